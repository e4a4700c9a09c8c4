"""Which records are over: each that grows old ends in the day from which its age counts.

The days are those of the greatest event time of the record's topic in its partition, so the log
alone decides, and a record that is over is as good as absent long before it is deleted.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from streamproc.program.keys import Kind
from streamproc.tally.retention import MINUTE_DAYS, ORDER_DAYS, SESSION_DAYS

STAMP_BYTES: Final = 2
"""Length of the day at the end of a value."""

KEPT_DAYS: Final[dict[Kind, int]] = {
    Kind.LINE: ORDER_DAYS,
    Kind.ATTEMPT: ORDER_DAYS,
    Kind.SESSION: SESSION_DAYS,
    Kind.MINUTE: MINUTE_DAYS,
    Kind.REJECTED: SESSION_DAYS,
}
"""Kind -> how many days behind its stamp a record is kept; a kind that is missing has no stamp."""


@cache
def stamp(day: int) -> bytes:
    """A day as values end in it."""
    return day.to_bytes(STAMP_BYTES, "big")


def day_of_stamp(value: bytes) -> int:
    """The day that a value ends in."""
    return int.from_bytes(value[-STAMP_BYTES:], "big")


def oldest_stamp(kind: Kind, today: int) -> bytes:
    """The oldest stamp that a record of a kind may have and not be over. Shapes: stamps sort as days do."""
    return stamp(max(0, today - KEPT_DAYS[kind]))
