"""Who was online in every window: readings as a step function, of which the integral is kept."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from streamproc.tally.lifecycle import Over
from streamproc.tally.model import MinuteTally
from streamproc.tally.online import OVER, Reading, on_air
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

    Shapes: by time; ``_areas[i]`` is the integral from the very first reading to reading i, ``_held_ms[i]``
        for how long of that a count held. ``touched`` tells each minute that changed, ``turned`` when the
        broadcast was over: there ``OVER`` stands among the readings.
    """

    __slots__ = (
        "_areas",
        "_before",
        "_ended",
        "_from_held_ms",
        "_held_ms",
        "_is_turned",
        "_last",
        "_let_go",
        "_minutes",
        "_now",
        "_over",
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
        self._over: Sequence[Over] = ()
        self._is_turned = False
        self._let_go = False
        self._times, self._values = array("q"), array("q")
        self._areas, self._held_ms = array("q"), array("q")
        self._last: list[Reading] = []
        self._before: list[Reading] = []
        self._ended = self._from_held_ms = -1
        self._spans: list[tuple[int, int, int, int | None]] = []
        self._stop: tuple[int, int | None, int, int] = (-1, None, 0, 0)

    def touched(self, number: int) -> None:
        """A minute changed."""
        if self._stale is None or number < self._stale:
            self._stale = number

    def turned(self, over: Sequence[Over]) -> None:
        """The broadcast was over in these times."""
        if over == self._over:
            return
        for held, told in zip_longest(self._over, over):
            if held != told:
                self._over, self._is_turned = over, True
                self.touched(min(each[0] for each in (held, told) if each) // MINUTE_MS)
                return

    def renew(self, now: int) -> None:
        """Read what was told since; ``now`` is the minute of as_of."""
        if now == self._now and self._stale is None:
            return
        stale = now if self._stale is None else self._stale
        self._stale = None
        told, last = self._told(now), self._last
        if now == self._now and not self._is_turned:
            # Most of what is told of viewers is not a reading.
            if stale == now - 1 and self._told(stale) == self._before:
                stale = now
            if stale >= now and told == last:
                return
            if stale >= now and told[: len(last)] == last:
                self._append(told[len(last) :])
            else:
                self._read_from(min(stale, now), now)
        elif now >= self._now:
            self._read_from(min(stale, self._now), now)
        else:  # what is too old for the windows of a later time was let go of
            self._read_from(0, now)
        self._now, self._is_turned = now, False
        self._last, self._before = told.copy(), self._told(now - 1).copy()

    def session(self, end_ms: int, peak: int | None) -> Online:
        """The mean and integral from the first reading on, beside a peak."""
        return _watched(*self._stop_at(end_ms), peak)

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
        value, held_ms, area = self._stop_at(stop_ms)
        if value is not None and held_ms > self._from_held_ms:
            return [
                ((area - before) / (held_ms - before_ms), peak, area - before)
                for _, before_ms, before, peak in self._spans
            ]
        return [self._between(begin_ms, stop_ms, peak) for begin_ms, _, _, peak in self._spans]

    def _reach(self, lengths_ms: tuple[int, ...], end_ms: int) -> None:
        """Let the windows end at another time."""
        spans, held = [], self._spans
        is_next = bool(held) and end_ms - self._ended > 0 and self._times[-1] < self._ended
        for place, length_ms in enumerate(lengths_ms):
            begin_ms = end_ms - length_ms
            _, before_ms, before = self._at(begin_ms)
            if is_next and self._stays(held[place], begin_ms):
                peak = held[place][3]
            else:
                peak = self._peak(begin_ms, end_ms)
            spans.append((begin_ms, before_ms, before, peak))
        self._spans, self._ended = spans, end_ms
        self._from_held_ms = max([each[1] for each in spans])

    def _stays(self, span: tuple[int, int, int, int | None], begin_ms: int) -> bool:
        """Whether the peak of a span is that of one that begins later and holds nothing else."""
        times = self._times
        first = max(0, bisect_right(times, span[0]) - 1)
        last = max(0, bisect_right(times, begin_ms) - 1)
        return first == last or max(self._values[first:last]) != span[3]

    def _told(self, number: int) -> list[Reading]:
        """The readings of a minute as ``on_air`` has them."""
        minute = self._minutes.get(number)
        readings = _NONE if minute is None else minute.readings
        if not self._over:
            return readings
        begin_ms, end_ms = number * MINUTE_MS, (number + 1) * MINUTE_MS
        told = on_air(readings, [each for each in self._over if each[0] < end_ms])
        return [each for each in told if each.at_ms >= begin_ms]

    def _between(self, begin_ms: int, stop_ms: int, peak: int | None) -> Online:
        value, held_ms, area = self._stop_at(stop_ms)
        if stop_ms < begin_ms:
            return None, peak, None
        _, before_ms, before = self._at(begin_ms)
        return _watched(value, held_ms - before_ms, area - before, peak)

    def _stop_at(self, stop_ms: int) -> tuple[int | None, int, int]:
        """As ``_at``, of the time that was asked for last at no cost."""
        if stop_ms != self._stop[0]:
            self._stop = (stop_ms, *self._at(stop_ms))
        return self._stop[1:]

    def _at(self, at_ms: int) -> tuple[int | None, int, int]:
        """How many were online at a time, and for how long a count held until then, and the integral.

        Shapes: None where no count was told until then, ``OVER`` where it was over.
        """
        known = len(self._times) - 1
        if known < 0 or self._times[known] > at_ms:
            known = bisect_right(self._times, at_ms) - 1
            if known < 0:
                return None, 0, 0
        value, held_ms, area = self._values[known], self._held_ms[known], self._areas[known]
        if value == OVER:
            return value, held_ms, area
        span_ms = at_ms - self._times[known]
        return value, held_ms + span_ms, area + value * span_ms

    def _changed(self) -> None:
        self._ended = -1
        self._stop = (-1, None, 0, 0)

    def _peak(self, begin_ms: int, end_ms: int) -> int | None:
        first = max(0, bisect_right(self._times, begin_ms) - 1)
        peak = max(self._values[first : bisect_left(self._times, end_ms)], default=OVER)
        return None if peak == OVER else peak

    def _append(self, readings: Sequence[Reading]) -> None:
        """Take in what was read after everything else."""
        ended = self._ended if self._times else -1
        self._changed()
        self._add(readings)
        spans = []
        for begin_ms, before_ms, before, peak in self._spans:
            if any(each.at_ms == begin_ms for each in readings):
                return  # what held at the begin no longer does
            within = [each.online for each in readings if each.at_ms < ended]
            highest = max([*within, OVER if peak is None else peak])
            spans.append((begin_ms, before_ms, before, None if highest == OVER else highest))
        self._spans, self._ended = spans, ended

    def _read_from(self, number: int, now: int) -> None:
        """Read a minute and those after it anew."""
        self._changed()
        kept = bisect_left(self._times, number * MINUTE_MS)
        if not kept and self._let_go:  # the integral begins with the first reading there is
            self._let_go = False
            number = 0
        del self._times[kept:], self._values[kept:], self._areas[kept:], self._held_ms[kept:]
        for each in self._from(number, now):
            self._add(self._told(each))
        self._forget(now)

    def _from(self, number: int, now: int) -> list[int]:
        """The minutes from one to another that there are, or in which it ended; ascending."""
        numbers = range(number, now + 1)
        ends = {each[0] // MINUTE_MS for each in self._over}
        if len(numbers) <= _FEW:
            return [each for each in numbers if each in self._minutes or each in ends]
        # who was not looked at for a year has no more minutes than were told of
        return sorted(each for each in {*self._minutes, *ends} if number <= each <= now)

    def _add(self, readings: Sequence[Reading]) -> None:
        times, values, areas, helds_ms = self._times, self._values, self._areas, self._held_ms
        for at_ms, online, _ in readings:
            if not times:
                areas.append(0)
                helds_ms.append(0)
            elif values[-1] == OVER:
                areas.append(areas[-1])
                helds_ms.append(helds_ms[-1])
            else:
                span_ms = at_ms - times[-1]
                areas.append(areas[-1] + values[-1] * span_ms)
                helds_ms.append(helds_ms[-1] + span_ms)
            times.append(at_ms)
            values.append(online)

    def _forget(self, now: int) -> None:
        """Let go of what is older than any window, but for the reading that holds there."""
        old = bisect_right(self._times, (now + 1) * MINUTE_MS - _KEPT_MS) - 1
        if old > _SPARE:
            self._let_go = True
            del self._times[:old], self._values[:old], self._areas[:old], self._held_ms[:old]


def _watched(value: int | None, held_ms: int, area: int, peak: int | None) -> Online:
    """What is known of a span in which a count held for so long, and at whose end so many were online."""
    if held_ms:
        return area / held_ms, peak, area
    if value is None or value == OVER:
        return None, peak, None
    return float(value), peak, 0
