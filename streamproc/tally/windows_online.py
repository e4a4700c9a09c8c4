"""Who was online in every window: readings as a step function, of which the integral is kept."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from streamproc.tally.model import MinuteTally
from streamproc.tally.online import Reading
from streamproc.tally.spans import NOBODY_WATCHED, Online
from streamproc.tally.timing import MINUTE_MS

_KEPT_MS: Final = 61 * MINUTE_MS
"""No window looks further back than this from the end of the minute of as_of."""

_SPARE: Final = 64
_FEW: Final = 60
"""So many minutes are looked for one by one rather than among all that there are."""
_NONE: Final[list[Reading]] = []


class RollingOnline:
    """The readings of a broadcast, as far back as windows look.

    Shapes: by time; ``_areas[i]`` is the integral from the very first reading to reading i.
        ``touched`` tells each minute that changed.
    """

    __slots__ = (
        "_areas",
        "_before",
        "_ended",
        "_first_ms",
        "_from_ms",
        "_last",
        "_let_go",
        "_minutes",
        "_now",
        "_spans",
        "_stale",
        "_stop",
        "_times",
        "_values",
    )

    def __init__(self, minutes: dict[int, MinuteTally]) -> None:
        self._minutes = minutes
        self._now = -1
        self._stale: int | None = None
        self._first_ms = -1
        self._let_go = False
        self._times, self._values, self._areas = array("q"), array("q"), array("q")
        self._last: list[Reading] = []
        self._before: list[Reading] = []
        self._ended = self._from_ms = -1
        self._spans: list[tuple[int, int, int, int | None]] = []
        self._stop: tuple[int, int | None, int] = (-1, None, 0)

    def touched(self, number: int) -> None:
        """A minute changed."""
        if self._stale is None or number < self._stale:
            self._stale = number

    def renew(self, now: int) -> None:
        """Read what was told since; ``now`` is the minute of as_of."""
        if now == self._now and self._stale is None:
            return
        stale = now if self._stale is None else self._stale
        self._stale = None
        told, last = self._told(now), self._last
        if now == self._now:
            # Most of what is told of viewers is not a reading.
            if stale == now - 1 and self._told(stale) == self._before:
                stale = now
            if stale >= now and told == last:
                return
            if stale >= now and told[: len(last)] == last:
                self._append(told[len(last) :])
            else:
                self._read_from(min(stale, now), now)
        elif now > self._now:
            self._read_from(min(stale, self._now), now)
        else:  # what is too old for the windows of a later time was let go of
            self._read_from(0, now)
        self._now = now
        self._last, self._before = told.copy(), self._told(now - 1).copy()

    def session(self, end_ms: int, peak: int | None) -> Online:
        """The mean and integral from the first reading on, beside a peak."""
        return self._between(self._first_ms, end_ms, peak)

    def window(self, begin_ms: int, end_ms: int, stop_ms: int) -> Online:
        """Mean, peak and integral; mean and integral end at ``stop_ms`` if that comes first."""
        if not self._times:
            return NOBODY_WATCHED
        return self._between(begin_ms, min(end_ms, stop_ms), self._peak(begin_ms, end_ms))

    def rolling(self, lengths_ms: tuple[int, ...], end_ms: int, stop_ms: int) -> Sequence[Online]:
        """Windows of these lengths that end together, no sooner than ``stop_ms``."""
        if not self._times:
            return [NOBODY_WATCHED] * len(lengths_ms)
        if end_ms != self._ended:
            self._reach(lengths_ms, end_ms)
        if stop_ms != self._stop[0]:
            self._stop = (stop_ms, *self._at(stop_ms))
        _, value, area = self._stop
        if value is not None and stop_ms > self._from_ms:
            return [
                ((area - before) / (stop_ms - from_ms), peak, area - before)
                for _, from_ms, before, peak in self._spans
            ]
        return [self._between(begin_ms, stop_ms, peak) for begin_ms, _, _, peak in self._spans]

    def _reach(self, lengths_ms: tuple[int, ...], end_ms: int) -> None:
        """Let the windows end at another time."""
        spans, held = [], self._spans
        is_next = bool(held) and end_ms - self._ended > 0 and self._times[-1] < self._ended
        for place, length_ms in enumerate(lengths_ms):
            begin_ms = end_ms - length_ms
            from_ms, before = self._begin(begin_ms)
            if is_next and self._stays(held[place], begin_ms):
                peak = held[place][3]
            else:
                peak = self._peak(begin_ms, end_ms)
            spans.append((begin_ms, from_ms, before, peak))
        self._spans, self._ended = spans, end_ms
        self._from_ms = max([each[1] for each in spans])

    def _stays(self, span: tuple[int, int, int, int | None], begin_ms: int) -> bool:
        """Whether the peak of a span is that of one that begins later and holds nothing else."""
        times = self._times
        first = max(0, bisect_right(times, span[0]) - 1)
        last = max(0, bisect_right(times, begin_ms) - 1)
        return first == last or max(self._values[first:last]) != span[3]

    def _told(self, number: int) -> list[Reading]:
        minute = self._minutes.get(number)
        return _NONE if minute is None else minute.readings

    def _between(self, begin_ms: int, stop_ms: int, peak: int | None) -> Online:
        if stop_ms != self._stop[0]:
            self._stop = (stop_ms, *self._at(stop_ms))
        _, value, area = self._stop
        if value is None or stop_ms < begin_ms:
            return None, peak, None
        from_ms, before = self._begin(begin_ms)
        if from_ms == stop_ms:
            return float(value), peak, 0
        area -= before
        return area / (stop_ms - from_ms), peak, area

    def _begin(self, begin_ms: int) -> tuple[int, int]:
        """From when on a span is known, and the integral until then."""
        from_ms = max(begin_ms, self._first_ms)
        return from_ms, 0 if from_ms == self._first_ms else self._at(from_ms)[1]

    def _at(self, at_ms: int) -> tuple[int | None, int]:
        """How many were online at a time, None if that is not known, and the integral until then."""
        known = len(self._times) - 1
        if known < 0 or self._times[known] > at_ms:
            known = bisect_right(self._times, at_ms) - 1
            if known < 0:
                return None, 0
        value = self._values[known]
        return value, self._areas[known] + value * (at_ms - self._times[known])

    def _changed(self) -> None:
        self._ended = -1
        self._stop = (-1, None, 0)

    def _peak(self, begin_ms: int, end_ms: int) -> int | None:
        first = max(0, bisect_right(self._times, begin_ms) - 1)
        return max(self._values[first : bisect_left(self._times, end_ms)], default=None)

    def _append(self, readings: Sequence[Reading]) -> None:
        """Take in what was read after everything else."""
        ended = self._ended if self._times else -1
        self._changed()
        self._add(readings)
        spans = []
        for begin_ms, from_ms, before, peak in self._spans:
            if any(each.at_ms == begin_ms for each in readings):
                return  # what held at the begin no longer does
            within = [each.online for each in readings if each.at_ms < ended]
            known = within if peak is None else [*within, peak]
            spans.append((begin_ms, from_ms, before, max(known, default=None)))
        self._spans, self._ended = spans, ended

    def _read_from(self, number: int, now: int) -> None:
        """Read a minute and those after it anew."""
        self._changed()
        kept = bisect_left(self._times, number * MINUTE_MS)
        if not kept:
            self._first_ms = -1
            if self._let_go:  # the integral begins with the first reading there is
                self._let_go = False
                number = 0
        del self._times[kept:], self._values[kept:], self._areas[kept:]
        for each in self._from(number, now):
            self._add(self._minutes[each].readings)
        self._forget(now)

    def _from(self, number: int, now: int) -> list[int]:
        """The minutes that there are from one to another, ascending."""
        numbers = range(number, now + 1)
        if len(numbers) <= _FEW:
            return [each for each in numbers if each in self._minutes]
        # who was not looked at for a year has no more minutes than were told of
        return sorted(each for each in self._minutes if number <= each <= now)

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
            self._let_go = True
            del self._times[:old], self._values[:old], self._areas[:old]
