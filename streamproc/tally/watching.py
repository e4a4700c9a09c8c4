"""How long a broadcast was watched altogether, kept with it when its minutes are gone."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, NamedTuple

from streamproc.tally.online import Reading, integral_online
from streamproc.tally.timing import MINUTE_MS

SETTLED_AFTER_MINUTES: Final = 5
"""So many minutes behind that of the newest reading are kept one by one. Readings that are not late lie two
behind it at most, so what is older can change no more; the rest is for a broadcast that ended before the
last of them."""

_SECOND_MS: Final = 1_000


class Settled(NamedTuple):
    """Readings that no other can come between any more, as a sum.

    Units: ``online_ms`` is the integral, viewers times milliseconds, from ``first_ms`` to ``last_ms``;
        ``online`` holds from there on.
    """

    first_ms: int
    last_ms: int
    online: int
    online_ms: int


class Watching:
    """Who was online in a broadcast: the greatest reading of each second, the older ones as a sum.

    Shapes: readings that are not late, of which what is kept depends on their order alone. ``settled`` is
        None while all are kept. Of those that are, by time, ``after_ms`` holds how long after ``base_ms``,
        the begin of the oldest minute that may be kept, and ``counted`` twice the viewers, plus 1 if
        approximate: as they are written, for that is done at each reading.
    """

    __slots__ = ("after_ms", "base_ms", "counted", "settled")

    def __init__(
        self,
        settled: Settled | None = None,
        base_ms: int = 0,
        after_ms: list[int] | None = None,
        counted: list[int] | None = None,
    ) -> None:
        self.settled = settled
        self.base_ms = base_ms
        self.after_ms = after_ms or []
        self.counted = counted or []

    def put(self, reading: Reading) -> None:
        """Take in a reading."""
        at_ms, online, approximate = reading
        base_ms = (at_ms // MINUTE_MS - SETTLED_AFTER_MINUTES) * MINUTE_MS
        if base_ms > self.base_ms:
            self._settle(base_ms)
        after_ms, counted = at_ms - self.base_ms, 2 * online + approximate
        second_ms = after_ms - after_ms % _SECOND_MS
        place = len(self.after_ms)
        if place and self.after_ms[-1] >= second_ms:
            place = bisect_left(self.after_ms, second_ms)
            if self.after_ms[place] < second_ms + _SECOND_MS:
                held = self.after_ms[place], self.counted[place]
                self.after_ms[place], self.counted[place] = max(held, (after_ms, counted))
                return
        self.after_ms.insert(place, after_ms)
        self.counted.insert(place, counted)

    def readings(self) -> list[Reading]:
        """Those that are kept one by one, by time."""
        return [
            Reading(self.base_ms + after_ms, counted >> 1, bool(counted & 1))
            for after_ms, counted in zip(self.after_ms, self.counted, strict=True)
        ]

    def until(self, end_ms: int) -> tuple[float | None, int | None] | None:
        """The mean from the first reading until a time, and the integral, as by all readings.

        Shapes: None: only a sum is known that reaches further; within, None where no reading is so old.
        """
        held, readings = self.settled, self.readings()
        first_ms, online_ms = readings[0].at_ms, 0
        if held is not None:
            if end_ms < held.last_ms:
                return None
            first_ms, online_ms = held.first_ms, held.online_ms
            readings.insert(0, Reading(held.last_ms, held.online, False))
        if end_ms < first_ms:
            return None, None
        online_ms += integral_online(readings, readings[0].at_ms, end_ms)
        if end_ms == first_ms:
            return float(readings[0].online), online_ms
        return online_ms / (end_ms - first_ms), online_ms

    def _settle(self, base_ms: int) -> None:
        """Let the readings before a time be a sum."""
        held, later_ms = self.settled, base_ms - self.base_ms
        settled = bisect_left(self.after_ms, later_ms)
        for after_ms, counted in zip(self.after_ms[:settled], self.counted, strict=False):
            at_ms, online = self.base_ms + after_ms, counted >> 1
            if held is None:
                held = Settled(at_ms, at_ms, online, 0)
            else:
                online_ms = held.online_ms + held.online * (at_ms - held.last_ms)
                held = Settled(held.first_ms, at_ms, online, online_ms)
        self.settled, self.base_ms = held, base_ms
        self.after_ms = [each - later_ms for each in self.after_ms[settled:]]
        del self.counted[:settled]
