"""Whether a broadcast is alive, and which of a host's broadcasts come first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from streamproc.program.showing.cells import SESSIONS, Cells
from streamproc.tally.formulas import alive_ms
from streamproc.tally.lifecycle import Lifecycle, Status

GOES_ON_MS: Final = 3_600_000
"""A broadcast that nobody ended goes on while it was heard of so lately: as long as a window looks back."""
LIVELY_MS: Final = 300_000
"""Of broadcasts that were alive so lately none comes first for having been heard a moment later.

A host who is live on two platforms would show the one and the other, turn by turn. Longer than the pauses
of a quiet room, and not so long that one that ended without a word hides another all evening.
"""
SHOWN_MAX: Final = 4


class Signs(NamedTuple):
    """When a broadcast was heard of.

    Shapes: ``alive_ms`` is when it last gave a sign of life, which orders do not; if it never did, when it
        was heard of. ``started_ms`` is when it started first. 0: never.
    """

    status: Status
    alive_ms: int
    heard_ms: int
    started_ms: int

    @classmethod
    def of(cls, seen_ms: Mapping[str, int], turns: Lifecycle | None) -> Signs:
        """The signs of a broadcast of which topics told until some time."""
        status = Status.UNKNOWN if turns is None else turns.status()
        started_ms = 0 if turns is None else turns.started_first_ms or 0
        return cls(status, alive_ms(seen_ms), max(seen_ms.values(), default=0), started_ms)

    def goes_on(self, as_of_ms: int) -> bool:
        """Whether it is not over at a time."""
        return self.status is not Status.ENDED and self.alive_ms > as_of_ms - GOES_ON_MS

    def rank(self, as_of_ms: int) -> tuple[bool, bool, int, int]:
        """What is compared to tell which of two broadcasts comes first at a time: the greater does."""
        goes_on = self.goes_on(as_of_ms)
        if goes_on and self.alive_ms > as_of_ms - LIVELY_MS:
            return goes_on, True, self.started_ms, 0
        return goes_on, False, self.alive_ms, self.heard_ms


def signs_of(cells: Cells) -> Signs:
    """The signs of a broadcast that nobody watches."""
    seen_ms: dict[str, int] = {}
    turns: Lifecycle | None = None
    for topic in SESSIONS:
        session = cells.session(topic)
        if session is not None:
            seen_ms[topic] = session.seen_ms
            turns = session.told.lifecycle or turns
    return Signs.of(seen_ms, turns)


def in_order(signs: Mapping[bytes, Signs], as_of_ms: int) -> list[bytes]:
    """The broadcasts of a host that are told of, by their ids.

    Shapes: those that go on, at least the one that lived last; of those that were alive within the last
        minutes that which started last first, then that which lived last; ``SHOWN_MAX`` at most; none of
        which nothing is known.
    """
    known = [ids for ids, each in signs.items() if each.heard_ms]
    known.sort(key=lambda ids: (signs[ids].rank(as_of_ms), ids), reverse=True)
    return [
        ids
        for place, ids in enumerate(known[:SHOWN_MAX])
        if not place or signs[ids].goes_on(as_of_ms)
    ]
