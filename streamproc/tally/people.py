"""Who did something: unique counts by name, of one minute or of a whole session in one topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

from streamproc.events.comments import CommentPosted, Role
from streamproc.events.registry import (
    COMMENTS_TOPIC,
    ORDERS_TOPIC,
    ROOMS_TOPIC,
    VIEWERS_TOPIC,
    AnyEvent,
)
from streamproc.events.viewers import (
    ViewerFollowed,
    ViewerJoined,
    ViewerLeft,
    ViewerLiked,
    ViewerShared,
)
from streamproc.tally.uniques import Uniques, packed_exactly

UNIQUES: Final[dict[str, tuple[str, ...]]] = {
    ORDERS_TOPIC: ("buyers",),
    COMMENTS_TOPIC: ("commenters",),
    VIEWERS_TOPIC: ("viewers", "active", "leavers"),
    ROOMS_TOPIC: (),
}
"""Topic -> the unique counts that it owns, in the order in which records hold them."""

BUYERS: Final = 0
"""Place of the buyers among the counts of orders."""

_FEW: Final = 8
"""So many members are packed in less time than it takes to remember what they packed to."""

Who = tuple[int, Callable[[Any], str | None]]
"""Which count an event's key belongs to, and how the key is got; None: it has none to count."""


class Members:
    """The unique counts of one topic, of a minute or of a session.

    Shapes: ``told[i]`` takes hashed keys for a count, see ``hashed``, without a call.
    """

    __slots__ = ("_held", "told")

    def __init__(self, names: int, packed: Sequence[bytes | None] | None = None) -> None:
        self.told: tuple[dict[int, None], ...] = tuple([{} for _ in range(names)])
        # Kept packed until somebody asks: most minutes that are opened are opened for their panes.
        self._held: list[Uniques | bytes | None] = (
            [None] * names if packed is None else list(packed)
        )

    def counts(self) -> list[Uniques | None]:
        """Each count as it is now; None where nobody was told."""
        return [
            None if held is None and not self.told[index] else self._begun(index)
            for index, held in enumerate(self._held)
        ]

    def merge(self, others: Iterable[Uniques | None]) -> None:
        """Count what others count, too."""
        for index, other in enumerate(others):
            if other is not None:
                self._begun(index).merge(other)

    def pack(self) -> list[bytes | None]:
        """The counts as bytes; the same for the same keys in the same order."""
        packed: list[Any] = self._held.copy()
        for index, told in enumerate(self.told):
            held = packed[index]
            if held is None:
                if told:  # most are few, and not worth an object
                    few = len(told) <= _FEW
                    packed[index] = packed_exactly(told) if few else self._begun(index).pack()
            elif told or held.__class__ is Uniques:
                packed[index] = self._begun(index).pack()
        return packed

    def _begun(self, index: int) -> Uniques:
        held = self._held[index]
        if not isinstance(held, Uniques):
            told = self.told[index]
            held = Uniques(told) if held is None else Uniques.unpack(held, told)
            self._held[index] = held
        return held


class People:
    """The unique counts of a whole session in one topic, but for its open minute.

    Shapes: the open minute is the one of the session's ``seen_ms``. Its members join here when a
        later one opens, so a hot room rewrites one minute and not the whole evening.
    """

    __slots__ = ("dirty", "key", "members")

    def __init__(self, key: bytes, members: Members) -> None:
        self.key = key
        self.dirty = False
        self.members = members


def _commenter(event: CommentPosted) -> str | None:
    return event.user_key if event.role is Role.VIEWER and not event.mirrored else None


def _leaver(event: ViewerLeft) -> str | None:
    return event.viewer_key if event.watched_ms is not None else None


_viewer: Final[Callable[[Any], str | None]] = attrgetter("viewer_key")
_names: Final = UNIQUES[VIEWERS_TOPIC].index

WHO: Final[dict[type[AnyEvent], Who]] = {
    CommentPosted: (UNIQUES[COMMENTS_TOPIC].index("commenters"), _commenter),
    ViewerJoined: (_names("viewers"), _viewer),
    ViewerLiked: (_names("active"), _viewer),
    ViewerFollowed: (_names("active"), _viewer),
    ViewerShared: (_names("active"), _viewer),
    ViewerLeft: (_names("leavers"), _leaver),
}
"""Event -> whom it tells of; an event that is missing here tells of nobody.

Order lines are not here: a buyer counts also by a payment that changes nothing else.
"""
