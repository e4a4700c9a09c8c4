"""How long a broadcast was watched altogether, kept with it when its minutes are gone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

from streamproc.tally.lifecycle import Over
from streamproc.tally.online import Reading, held_online, on_air, watched_online
from streamproc.tally.timing import MINUTE_MS

SETTLED_AFTER_MINUTES: Final = 5
"""So many minutes behind that of the newest reading are kept one by one. Readings that are not late lie two
behind it at most, so what is older can change no more; the rest is for a broadcast that ended before the
last of them."""

LONG_HOLD_MS: Final = MINUTE_MS
"""A count that held for so long is kept by itself: the broadcast may have been over meanwhile."""
LONG_HOLDS_KEPT: Final = 16
"""So many of them, the longest."""

_SECOND_MS: Final = 1_000


class Hold(NamedTuple):
    """How long a count held until the next one."""

    from_ms: int
    until_ms: int
    online: int


class Settled(NamedTuple):
    """Readings that no other can come between any more, as a sum.

    Units: ``online_ms`` is the integral, viewers times milliseconds, from ``first_ms`` to ``last_ms``;
        ``online`` holds from there on. ``holds`` are the longest that it is the integral of.
    """

    first_ms: int
    last_ms: int
    online: int
    online_ms: int
    holds: tuple[Hold, ...] = ()

    def then(self, at_ms: int, online: int) -> Settled:
        """The same up to the next reading."""
        hold, holds = Hold(self.last_ms, at_ms, self.online), self.holds
        if at_ms - self.last_ms >= LONG_HOLD_MS:
            longest = sorted((*holds, hold), key=_length_ms, reverse=True)[:LONG_HOLDS_KEPT]
            holds = tuple(longest)
        online_ms = self.online_ms + self.online * (at_ms - self.last_ms)
        return Settled(self.first_ms, at_ms, online, online_ms, holds)

    def on_air(self, over: Sequence[Over]) -> tuple[int, int] | None:
        """For how long a count held while it was not over, and the integral, from the first to the last.

        Shapes: None: that is not known, since it was over for a time in which no one count held.
        """
        cut_ms: dict[Hold, int] = {}
        for from_ms, until_ms in over:
            if from_ms >= self.last_ms or (until_ms is not None and until_ms <= self.first_ms):
                continue
            hold = self._hold(from_ms, until_ms)
            if hold is None:
                return None
            cut_ms.setdefault(hold, hold.until_ms - from_ms)
        held_ms = self.last_ms - self.first_ms - sum(cut_ms.values())
        return held_ms, self.online_ms - sum(each.online * cut_ms[each] for each in cut_ms)

    def _hold(self, from_ms: int, until_ms: int | None) -> Hold | None:
        """That which held all the time, None: there is none, or it is not kept."""
        for hold in self.holds:
            if hold.from_ms <= from_ms and until_ms is not None and until_ms <= hold.until_ms:
                return hold
        return None


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

    def until(self, end_ms: int, over: Sequence[Over]) -> tuple[float | None, int | None] | None:
        """The mean from the first reading until a time, and the integral, as by all readings.

        Shapes: None: only a sum is known that reaches further, or in which it was over at times;
            within, None where no reading is so old.
        """
        held, readings = self.settled, self.readings()
        if held is None:
            readings = on_air(readings, over)
            return watched_online(readings, readings[0].at_ms, end_ms)
        settled = held.on_air(over)
        if settled is None or end_ms < held.last_ms:
            return None
        readings = on_air([Reading(held.last_ms, held.online, False), *readings], over)
        held_ms, online_ms = (
            before + since
            for before, since in zip(
                settled, held_online(readings, held.last_ms, end_ms), strict=True
            )
        )
        if not held_ms:
            return watched_online(readings, held.last_ms, end_ms)
        return online_ms / held_ms, online_ms

    def _settle(self, base_ms: int) -> None:
        """Let the readings before a time be a sum."""
        held, later_ms = self.settled, base_ms - self.base_ms
        settled = bisect_left(self.after_ms, later_ms)
        for after_ms, counted in zip(self.after_ms[:settled], self.counted, strict=False):
            at_ms, online = self.base_ms + after_ms, counted >> 1
            held = Settled(at_ms, at_ms, online, 0) if held is None else held.then(at_ms, online)
        self.settled, self.base_ms = held, base_ms
        self.after_ms = [each - later_ms for each in self.after_ms[settled:]]
        del self.counted[:settled]


def _length_ms(hold: Hold) -> int:
    return hold.until_ms - hold.from_ms
