"""When a broadcast began: the same on the day after it and a year later."""

from __future__ import annotations

from streamproc.events.registry import ROOMS_TOPIC
from streamproc.tally.model import SessionTally
from streamproc.tally.timing import MINUTE_MS


def begin_ms(tally: SessionTally) -> int:
    """When a session began: at its first start, else with the first minute that anything was told of."""
    return begin_by_minutes_ms(tally, min(tally.minutes, default=None))


def begin_by_minutes_ms(tally: SessionTally, first: int | None) -> int:
    """The same, of a session whose first minute that is kept is known. Shapes: None: there is none.

    What a topic keeps with the session outlives its minutes, and is never later than any of them; they
    speak for a session that an earlier version of the program began. Rooms speak where nobody else does: a
    shelf may be laid out the day before.
    """
    turns = tally.lifecycle
    if turns is not None and turns.started_first_ms is not None:
        return turns.started_first_ms
    told_ms = [at_ms for topic, at_ms in tally.begun_ms.items() if topic != ROOMS_TOPIC]
    if first is not None:
        told_ms.append(first * MINUTE_MS)
    return min(told_ms or tally.begun_ms.values() or tally.seen_ms.values(), default=0)
