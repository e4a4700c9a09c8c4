"""How much a room usually tells: what silence is measured by."""

from __future__ import annotations

from typing import Final

from streamproc.alerts.history import NO_PANES
from streamproc.alerts.room import Room
from streamproc.tally.timing import MINUTE_MS

BEFORE_MS: Final = 10 * MINUTE_MS
"""The stretch before a silence that says what is usual."""


def expected_messages(room: Room, since_ms: int) -> float | None:
    """How many messages of the platform would have come since then, going by the time before it.

    Shapes: orders, comments, clicks and counts of viewers are messages of the platform; reports of the
        room's own instruments are not. Whole minutes before are looked at; None: nothing is known of them.
    """
    first = -(-max(since_ms - BEFORE_MS, room.live_since_ms) // MINUTE_MS)
    last = since_ms // MINUTE_MS
    held = room.history.rows
    rows = [held[number] for number in range(first, last) if number in held]
    if not rows:
        return None
    told = sum(
        len(row.readings)
        + sum(
            sum(panes)
            for panes in (row.created, row.paid, row.failed, row.comments, row.clicks)
            if panes is not NO_PANES
        )
        for row in rows
    )
    return told / (last - first) / MINUTE_MS * (room.now_ms - since_ms)


def after_ms(span_ms: float) -> int:
    """The first whole millisecond that is surely after a span.

    Trap: at the span's own end, rounded up, what grew in it may lack the last bit of a number.
    """
    return int(span_ms) + 1
