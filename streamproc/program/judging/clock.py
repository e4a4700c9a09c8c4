"""The moment that rooms are judged at: wall time, less what events need to come."""

from __future__ import annotations

from typing import Final

PATIENCE_MS: Final = 2_000
"""For so long a fresh clock waits for news, to learn how old they are when they come."""
PAUSE_MS: Final = 10_000
"""When nobody asked for so long, this process did not run, and what it knows is as old."""

MOST_AGE_MS: Final = 1_800_000
"""Events that are older when they come are no news, but a log that is read again: its rooms are over."""


def is_set_back(wall_ms: int, before_ms: int) -> bool:
    """Whether wall time, since it was asked before, was found to be ahead and set right."""
    return wall_ms < before_ms - PAUSE_MS


class EventClock:
    """Wall time as a partition's events tell it.

    Shapes: silence is measured in event time, so it is judged at the time that an event would have
        which came just now: wall time, less how old the freshest event was when it came. Without news it
        goes on with wall time. It never runs ahead of wall time, however wrong a source's clock is. Where
        wall time was ahead and is set right, it begins anew.
    """

    def __init__(self) -> None:
        self._newest_ms = 0
        self._age_ms: int | None = None
        self._first_ms: int | None = None
        self._asked_ms = 0

    def now(self, wall_ms: int, newest_ms: int) -> int | None:
        """The moment to judge at; None: nobody knows yet.

        Shapes: ``newest_ms`` is the greatest event time of the partition so far.
        """
        has_paused = wall_ms - self._asked_ms > PAUSE_MS
        if self._first_ms is None or has_paused or is_set_back(wall_ms, self._asked_ms):
            self._first_ms, self._newest_ms, self._age_ms = wall_ms, newest_ms, None
        self._asked_ms = wall_ms
        if newest_ms > self._newest_ms:
            age_ms = max(0, wall_ms - newest_ms)
            self._newest_ms, self._age_ms = newest_ms, age_ms if age_ms <= MOST_AGE_MS else 0
        if self._age_ms is None and wall_ms - self._first_ms < PATIENCE_MS:
            return None
        return wall_ms - (self._age_ms or 0)
