"""What is kept of single comments of a session: facts, evidence, samples, and who repeats what."""

from __future__ import annotations

from typing import Final, NamedTuple

from streamproc.comments.senses import Asks
from streamproc.tally.senses import PAIRS_OF_SESSION, REST, Asked, MinuteSenses, Pair

COMMENTS_OF_USER: Final = 20
"""Of one user in a pane; what is more does not weigh."""
USERS_OF_BURST: Final = 3
"""Who write the same in a pane; more of them do not weigh."""
USERS_REMEMBERED: Final = 1024
BURSTS_REMEMBERED: Final = 512

FACTS: Final = 16
SAMPLES: Final = 8
EVIDENCE: Final = 8
PAIRS_WITH_EVIDENCE: Final = 24
VERSIONS: Final = 4
SPOKEN: Final = 32
"""Of what host and staff say, the newest of so many different things."""

EVIDENCE_OPEN: Final = 64
"""So long evidence of one pair may get before it is cut; what is cut when does not matter."""


class Fact(NamedTuple):
    """What host or staff said of stock. Shapes: ``told`` is the hash of the event id."""

    at_ms: int
    offset: int
    role: str
    polarity: str
    subject: str
    told: int
    shown: str


Evidence = tuple[int, int, int, int, str]
"""One viewer's comment: time (ms), offset, partition, hashed user key, masked text."""


class Spoken(NamedTuple):
    """A comment of host or staff.

    Shapes: ``labels`` and ``subject`` are what a viewer's comment would count under.
    """

    at_ms: int
    offset: int
    role: str
    labels: tuple[str, ...]
    subject: str

    @property
    def says(self) -> tuple[tuple[str, ...], str]:
        """What it says, about what."""
        return self.labels, self.subject


class Sample(NamedTuple):
    """A comment with a word of stock that no rule explains."""

    at_ms: int
    offset: int
    shown: str


Route = tuple[Asked, Pair | None, Pair, list[Evidence] | None]
"""Where a pair counts in the minute; where at once in the session (None: with its minute); the pair of
its evidence, and that evidence (None: none is kept of its label)."""


class Pane:
    """Who wrote how often, and who wrote the same, in the newest ten seconds of a session.

    Shapes: ``users``: how many comments, by hashed key; ``bursts``: the first users of a text,
        bare if it is one.
    """

    __slots__ = ("bursts", "number", "users")

    def __init__(
        self,
        number: int = -1,
        users: dict[int, int] | None = None,
        bursts: dict[str, int | list[int]] | None = None,
    ) -> None:
        self.number = number
        self.users: dict[int, int] = {} if users is None else users
        self.bursts: dict[str, int | list[int]] = {} if bursts is None else bursts


class SessionSense:
    """What is kept of single comments of a session.

    Shapes: ``facts``, ``spoken`` and ``samples`` ascend; ``evidence`` by pair, as it came;
        ``versions`` of the lexicon, the latest last. What is not written: ``minute`` is the one that was
        last told of, ``routes`` where comments count in it, ``pairs`` those that the session has room
        for, None while nobody asked.
    """

    __slots__ = (
        "_lists",
        "dirty",
        "evidence",
        "facts",
        "key",
        "minute",
        "pairs",
        "pane",
        "routes",
        "samples",
        "spoken",
        "unexplained",
        "versions",
    )  # fmt: skip

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.dirty = False
        self.unexplained = 0
        self.versions: list[str] = []
        self.facts: list[Fact] = []
        self.spoken: list[Spoken] = []
        self.samples: list[Sample] = []
        self.evidence: dict[Pair, list[Evidence]] = {}
        self.pane = Pane()
        self.minute: MinuteSenses | None = None
        self.routes: dict[Asks | tuple[Asks, str], list[Route]] = {}
        self.pairs: dict[Pair, None] | None = None
        self._lists: dict[Pair, list[Evidence]] = {}

    def read_by(self, version: str) -> bool:
        """Remember a version of the lexicon; whether it is new here."""
        if version in self.versions:
            return False
        self.versions = [*self.versions, version][-VERSIONS:]
        return True

    def tell(self, fact: Fact) -> None:
        """Keep a fact, if it is one of the newest."""
        self.facts = sorted([*self.facts, fact])[-FACTS:]

    def speak(self, spoken: Spoken) -> None:
        """Keep a comment of host or staff: of those that say the same, the newest."""
        newest = {each.says: each for each in self.spoken}
        held = newest.get(spoken.says)
        if held is None or held < spoken:
            newest[spoken.says] = spoken
            self.spoken = sorted(newest.values())[-SPOKEN:]

    def wonder(self, sample: Sample) -> None:
        """Count a comment that nothing explains; keep it, if it is one of the newest."""
        self.unexplained += 1
        self.samples = sorted([*self.samples, sample])[-SAMPLES:]

    def list_of(self, pair: Pair) -> list[Evidence]:
        """The evidence of a pair, to append to while there is some; else see ``begin``."""
        return self._lists.setdefault(pair, self.evidence.get(pair, []))

    def begin(self, pair: Pair, evidence: list[Evidence], first: Evidence) -> None:
        """Have evidence of another pair; that with the oldest goes if there are too many."""
        evidence.append(first)
        self.evidence[pair] = evidence
        if len(self.evidence) > PAIRS_WITH_EVIDENCE:
            oldest = min(self.evidence, key=lambda each: (max(self.evidence[each])[:2], each))
            self.evidence.pop(oldest).clear()

    def kept(self) -> dict[Pair, list[Evidence]]:
        """The evidence that is kept, not in order."""
        for each in self.evidence.values():
            if len(each) > EVIDENCE:
                trim(each)
        return self.evidence


def trim(evidence: list[Evidence]) -> None:
    """Cut evidence down to the newest, ascending."""
    evidence.sort()
    del evidence[:-EVIDENCE]


def place_of(pairs: dict[Pair, None], pair: Pair) -> tuple[Pair, bool]:
    """Where a session counts a pair, and whether that is a new place for it."""
    if pair in pairs:
        return pair, False
    if len(pairs) < PAIRS_OF_SESSION:
        pairs[pair] = None
        return pair, True
    return (pair[0], REST), False
