"""When a broadcast began: the same on the day after it and a year later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streamproc.events.registry import ROOMS_TOPIC
from streamproc.tally.lifecycle import Lifecycle
from streamproc.tally.model import SessionTally
from streamproc.tally.retention import DAY_MS
from streamproc.tally.timing import MINUTE_MS

STRAY_MS: Final = DAY_MS
"""A start so long before all else that is told of a broadcast is a wrong clock, or an id used before."""


def begin_ms(tally: SessionTally) -> int:
    """When a session began: at its first start, else with the first minute that anything was told of."""
    return begin_by_minutes_ms(tally, min(tally.minutes, default=None))


def begin_by_minutes_ms(tally: SessionTally, first: int | None) -> int:
    """The same, of a session whose first minute that is kept is known. Shapes: None: there is none.

    What a topic keeps with the session outlives its minutes, and is never later than any of them; they
    speak for a session that an earlier version of the program began. Rooms speak where nobody else does: a
    shelf may be laid out the day before.
    """
    told_ms = _told_ms(tally, first)
    started_ms = _started_ms(tally.lifecycle, told_ms)
    if started_ms is not None:
        return started_ms
    return min(told_ms or tally.begun_ms.values() or tally.seen_ms.values(), default=0)


def started_by_minutes_ms(tally: SessionTally, first: int | None) -> int | None:
    """When it started first, as far as that is believed; None: nobody told. Shapes: as above."""
    return _started_ms(tally.lifecycle, _told_ms(tally, first))


def _told_ms(tally: SessionTally, first: int | None) -> list[int]:
    """When orders, comments and viewers first told of it, to the minute."""
    told_ms = [at_ms for topic, at_ms in tally.begun_ms.items() if topic != ROOMS_TOPIC]
    return told_ms if first is None else [*told_ms, first * MINUTE_MS]


def _started_ms(lifecycle: Lifecycle | None, told_ms: Sequence[int]) -> int | None:
    """The first start; if that is a stray one and there is another, the turn after it that is no end."""
    if lifecycle is None or lifecycle.started_first_ms is None:
        return None
    first_ms, turns = lifecycle.started_first_ms, lifecycle.known_turns()
    others_ms = [*told_ms, *(turn >> 1 for turn in turns if turn >> 1 != first_ms)]
    if min(others_ms, default=first_ms) <= first_ms + STRAY_MS:
        return first_ms
    if lifecycle.starts <= 1:
        return None
    return min((turn >> 1 for turn in turns if not turn & 1 and turn >> 1 > first_ms), default=None)
