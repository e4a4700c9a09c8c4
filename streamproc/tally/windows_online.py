"""Who was online in every window: readings as a step function, of which the integral is kept."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from streamproc.tally.model import MinuteTally
from streamproc.tally.online import Reading
from streamproc.tally.spans import NOBODY_WATCHED, Watched
from streamproc.tally.timing import MINUTE_MS

_KEPT_MS: Final = 61 * MINUTE_MS
"""No window looks further back than this from the end of the minute of as_of."""

_SPARE: Final = 512
_SPANS: Final = 32
_NONE: Final[list[Reading]] = []


class RollingOnline:
    """The readings of a broadcast, as far back as windows look.

    Shapes: by time; ``_areas[i]`` is the integral from the very first reading to reading i.
    """

    __slots__ = (
        "_areas",
        "_first_ms",
        "_last",
        "_minutes",
        "_now",
        "_peaks",
        "_stale",
        "_times",
        "_values",
    )

    def __init__(self, minutes: dict[int, MinuteTally]) -> None:
        self._minutes = minutes
        self._now = -1
        self._stale = -1
        self._first_ms = -1
        self._times, self._values, self._areas = array("q"), array("q"), array("q")
        self._last: list[Reading] = []
        self._peaks: dict[tuple[int, int], int | None] = {}

    def patched(self, number: int) -> None:
        """A minute changed; that of as_of is read anew each time."""
        self._stale = min(self._stale, number)

    def renew(self, now: int) -> None:
        """Read what was told since; ``now`` is the minute of as_of."""
        minute = self._minutes.get(now)
        told = minute.readings if minute is not None else _NONE
        last = self._last
        if now == self._now and self._stale >= now:
            if told == last:
                return
            if told[: len(last)] == last:
                self._append(told[len(last) :])
            else:
                self._read_from(now, now)
        else:
            self._read_from(min(self._stale, self._now, now), now)
        self._now = self._stale = now
        self._last = list(told)

    def session(self, end_ms: int) -> Watched:
        """The mean and integral from the first reading on."""
        return self._between(self._first_ms, end_ms)

    def window(self, begin_ms: int, end_ms: int, stop_ms: int) -> Watched:
        """Mean, peak and integral; mean and integral end at ``stop_ms`` if that comes first."""
        if not self._times:
            return NOBODY_WATCHED
        watched = self._between(begin_ms, min(end_ms, stop_ms))
        return Watched(watched.mean, self._peak(begin_ms, end_ms), watched.online_ms)

    def _between(self, begin_ms: int, stop_ms: int) -> Watched:
        times = self._times
        known = bisect_right(times, stop_ms) - 1
        if known < 0 or stop_ms < begin_ms:
            return NOBODY_WATCHED
        value = self._values[known]
        from_ms = begin_ms if begin_ms > self._first_ms else self._first_ms
        if from_ms == stop_ms:
            return Watched(float(value), None, 0)
        area = self._areas[known] + value * (stop_ms - times[known])
        if from_ms > self._first_ms:
            held = bisect_right(times, from_ms) - 1
            area -= self._areas[held] + self._values[held] * (from_ms - times[held])
        return Watched(area / (stop_ms - from_ms), None, area)

    def _peak(self, begin_ms: int, end_ms: int) -> int | None:
        span = (begin_ms, end_ms)
        if span not in self._peaks:
            if len(self._peaks) > _SPANS:
                self._peaks.clear()
            first = max(0, bisect_right(self._times, begin_ms) - 1)
            values = self._values[first : bisect_left(self._times, end_ms)]
            self._peaks[span] = max(values, default=None)
        return self._peaks[span]

    def _append(self, readings: Sequence[Reading]) -> None:
        """Take in what was read after everything else."""
        self._add(readings)
        for (begin_ms, end_ms), peak in list(self._peaks.items()):
            within = [each.online for each in readings if begin_ms < each.at_ms < end_ms]
            if any(each.at_ms == begin_ms for each in readings):
                del self._peaks[begin_ms, end_ms]  # what held at the begin no longer does
            elif within:
                self._peaks[begin_ms, end_ms] = max([*within, *(() if peak is None else (peak,))])

    def _read_from(self, number: int, now: int) -> None:
        """Read a minute and those after it anew."""
        self._peaks.clear()
        kept = bisect_left(self._times, number * MINUTE_MS)
        if not kept:  # also when older readings were let go of: the integral begins with them
            self._first_ms = -1
            number = min(self._minutes, default=now)
        del self._times[kept:], self._values[kept:], self._areas[kept:]
        for each in range(number, now + 1):
            if each in self._minutes:
                self._add(self._minutes[each].readings)
        self._forget(now)

    def _add(self, readings: Sequence[Reading]) -> None:
        times, values, areas = self._times, self._values, self._areas
        for at_ms, online, _ in readings:
            if times:
                areas.append(areas[-1] + values[-1] * (at_ms - times[-1]))
            else:
                self._first_ms = at_ms
                areas.append(0)
            times.append(at_ms)
            values.append(online)

    def _forget(self, now: int) -> None:
        """Let go of what is older than any window, but for the reading that holds there."""
        old = bisect_right(self._times, (now + 1) * MINUTE_MS - _KEPT_MS) - 1
        if old > _SPARE:
            del self._times[:old], self._values[:old], self._areas[:old]
