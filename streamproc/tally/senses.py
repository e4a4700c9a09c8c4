"""What viewers asked, counted: comments and people by label and subject, of a minute or a session.

Subjects are what comments mention, "p:<product>", "l:<link number>" or "" for nothing; which product
that was is resolved when somebody judges, since another topic tells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from streamproc.tally.uniques import EXACT_MEMBERS, Uniques

Pair = tuple[str, str]
"""A label and a subject."""

PAIRS_OF_MINUTE: Final = 64
PAIRS_OF_SESSION: Final = 256
OF_PRODUCT: Final = "p:"
"""What the subject begins with of a comment that names a product."""
OF_LINK: Final = "l:"
"""What it begins with where a link number was named."""
REST: Final = "*"
"""Subject of what comes when there is no room for another pair."""

Packed = tuple[int, list[int] | bytes, list[int] | bytes | None]
"""A count as it is written: comments, users, weighed users (None: the same)."""


class Asked:
    """How often one pair was told, and by whom.

    Shapes: ``users`` takes hashed keys without a call, and so does ``weighed``, of those who were not
        damped; it is None while nobody was damped who does not weigh anyway.
    """

    # Many are open at once, so nothing is begun before it is needed.
    __slots__ = ("_users", "_weighed", "comments", "users", "weighed")

    def __init__(self) -> None:
        self.comments = 0
        self.users: dict[int, None] = {}
        self.weighed: dict[int, None] | None = None
        self._users: Uniques | None = None  # once there are too many to be exact
        self._weighed: Uniques | None = None

    def tell(self, user: int, weighs: bool) -> None:
        """Count a person of a comment that is counted; see also ``users``."""
        if not weighs and self.weighed is None:
            known = user in self.users and len(self.users) <= EXACT_MEMBERS
            if not known or self._users is not None:
                self._part()
        self.users[user] = None
        if weighs and self.weighed is not None:
            self.weighed[user] = None

    def merge(self, other: Asked) -> None:
        """Count what the other counts, too."""
        self.comments += other.comments
        if other.weighed is not None and self.weighed is None:
            self._part()
        users, weighed = other.people()
        self._users = _merged(self._users, self.users, users)
        if self.weighed is not None:
            self._weighed = _merged(self._weighed, self.weighed, weighed)

    def weighing(self) -> int:
        """How many weighed users there are."""
        if self._users is None and self._weighed is None:
            told = self.users if self.weighed is None else self.weighed
            if len(told) <= EXACT_MEMBERS:
                return len(told)
        return self.people()[1].count()

    def people(self) -> tuple[Uniques, Uniques]:
        """Users, and weighed users: to read."""
        # What goes into a sketch leaves the hashes, so the sketch must stay.
        if self._users is None and len(self.users) > EXACT_MEMBERS:
            self._users = Uniques(self.users)
        users = self._users or Uniques(self.users)
        if self.weighed is None:
            return users, users
        if self._weighed is None and len(self.weighed) > EXACT_MEMBERS:
            self._weighed = Uniques(self.weighed)
        return users, self._weighed or Uniques(self.weighed)

    def pack(self) -> Packed:
        """The count as it is written."""
        users: list[int] | bytes
        if self._users is None and len(self.users) <= EXACT_MEMBERS:
            users = list(self.users)
        else:
            self._users = self._users or Uniques(self.users)
            users = self._users.pack()
        if self.weighed is None:
            return self.comments, users, None
        if self._weighed is None and len(self.weighed) <= EXACT_MEMBERS:
            # The order in which they came is not that in which they were told again.
            return self.comments, users, sorted(self.weighed)
        self._weighed = self._weighed or Uniques(self.weighed)
        return self.comments, users, self._weighed.pack()

    @classmethod
    def unpack(cls, packed: Packed) -> Asked:
        """The count that was written so."""
        held = cls()
        held.comments, users, weighed = packed
        held._users, held.users = _unpacked(users)
        if weighed is not None:
            held._weighed, held.weighed = _unpacked(weighed)
        return held

    def _part(self) -> None:
        """From now on the weighed are others than the users."""
        if self._users is None:
            self.weighed = self.users.copy()
        else:
            self.weighed = {}
            self._weighed = Uniques.unpack(self._users.pack(), self.weighed)


def _unpacked(packed: list[int] | bytes) -> tuple[Uniques | None, dict[int, None]]:
    if isinstance(packed, bytes):
        told: dict[int, None] = {}
        return Uniques.unpack(packed, told), told
    return None, dict.fromkeys(packed)


def _merged(held: Uniques | None, told: dict[int, None], other: Uniques) -> Uniques | None:
    """What is held and told, and another count; None while all of it is told."""
    if held is None and other.exact:
        told.update(other.told)
        return None
    held = held or Uniques(told)
    held.merge(other)
    return held


class MinuteSenses:
    """What was asked in one minute of a session.

    Shapes: ``asked`` by pair, in the order of coming, ``rest`` by label. What is in ``rest`` is in the
        session already; the pairs of the open minute join it when a later one opens.
    """

    __slots__ = ("asked", "dirty", "key", "number", "rest", "unexplained")

    def __init__(
        self,
        key: bytes,
        number: int,
        asked: dict[Pair, Asked] | None = None,
        unexplained: int = 0,
    ) -> None:
        self.key = key
        self.dirty = False
        self.number = number
        self.unexplained = unexplained
        held = {} if asked is None else asked
        self.asked = {pair: each for pair, each in held.items() if pair[1] != REST}
        self.rest = {label: each for (label, subject), each in held.items() if subject == REST}

    def of(self, pair: Pair) -> Asked | None:
        """Where a pair is counted, begun if it is new; None: there is no room for it."""
        found = self.asked.get(pair)
        if found is None and len(self.asked) < PAIRS_OF_MINUTE:
            found = self.asked[pair] = Asked()
        return found

    def rest_of(self, label: str) -> Asked:
        """Where pairs of a label are counted that there is no room for."""
        return self.rest.setdefault(label, Asked())

    def everything(self) -> Mapping[Pair, Asked]:
        """All counts by pair, the rest under its own subject."""
        return {**self.asked, **{(label, REST): each for label, each in self.rest.items()}}


class SessionSenses:
    """What was asked in a whole session, but for its open minute.

    Shapes: ``asked`` by pair, in the order of coming; one that is empty keeps a place for what the
        open minute holds.
    """

    __slots__ = ("asked", "dirty", "key")

    def __init__(self, key: bytes, asked: dict[Pair, Asked] | None = None) -> None:
        self.key = key
        self.dirty = False
        self.asked: dict[Pair, Asked] = {} if asked is None else asked

    def of(self, pair: Pair) -> Asked:
        """Where a pair is counted that there is room for, or the rest."""
        found = self.asked.get(pair)
        if found is None:
            found = self.asked[pair] = Asked()
        return found
