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
        room's own instruments are not. None: nothing is known of the time before, or it is no minute.
    """
    start_ms = max(since_ms - BEFORE_MS, room.live_since_ms)
    if since_ms - start_ms < MINUTE_MS:
        return None
    rows = room.history.minutes(start_ms, since_ms)
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
    return told / (since_ms - start_ms) * (room.now_ms - since_ms)
