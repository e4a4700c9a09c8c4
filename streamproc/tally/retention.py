"""How long what was told is kept, in days of event time.

Nothing here looks at a clock: a day is over when a topic has told of later ones.
"""

from __future__ import annotations

from typing import Final

from streamproc.events.limits import DAY_MS as DAY_MS

REFUND_DAYS: Final = 30
"""So long after the end of a broadcast money that is given back finds its line."""

BROADCAST_DAYS: Final = 7
"""A broadcast that lasts no longer does so from its first line on; nothing bounds how long one may last."""

ORDER_DAYS: Final = REFUND_DAYS + BROADCAST_DAYS
"""From the last fact of an order on."""

ATTEMPTS_OF_SESSION: Final = 20_000
"""Failed attempts of a broadcast that are remembered as orders are, by their ids; those behind are not."""

MINUTE_DAYS: Final = 8
"""From the first fact in a minute on: a day longer than the input topics hold their events."""

SESSION_DAYS: Final = 400
"""From the last minute of a broadcast on: longer than a year, so that years can be compared."""

SEEN_DAYS: Final = 1
"""Event ids of a host that fell silent; of one that goes on they end by its watermark, in minutes."""

LAST_DAY: Final = 65_535
"""The last day that is told apart, in the year 2149."""


def day_of(at_ms: int) -> int:
    """The UTC day of a time, counted since 1970."""
    return min(at_ms // DAY_MS, LAST_DAY)
