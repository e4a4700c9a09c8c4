"""How many watched: a reading of the viewers online holds until the next one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

Readings = Sequence[tuple[int, int]]
"""Event time and viewers online, by time, at most one a millisecond."""


class Watched(NamedTuple):
    """Who was online over a stretch of time. Units: ``online_ms`` is viewers times milliseconds."""

    mean: float | None
    peak: int | None
    online_ms: int | None


def watched(readings: Readings, begin_ms: int, end_ms: int) -> Watched:
    """The mean over time from begin until end, or from the first reading if that comes later.

    Shapes: nothing is known if no reading is as old as the end, or if the end is before the begin;
        if no time passes, the mean is the reading that holds. ``peak`` is left open.
    """
    known = [reading for reading in readings if reading[0] <= end_ms]
    if not known or end_ms < begin_ms:
        return Watched(None, None, None)
    from_ms = max(begin_ms, known[0][0])
    if from_ms == end_ms:
        return Watched(float(known[-1][1]), None, 0)
    online_ms = 0
    for number, (at_ms, online) in enumerate(known):
        until_ms = known[number + 1][0] if number + 1 < len(known) else end_ms
        online_ms += online * max(0, until_ms - max(at_ms, from_ms))
    return Watched(float(Fraction(online_ms, end_ms - from_ms)), None, online_ms)


def held_at_or_after(readings: Readings, begin_ms: int, end_ms: int) -> int | None:
    """The most viewers read from begin until before end, or read before and holding at begin."""
    before = [online for at_ms, online in readings if at_ms <= begin_ms]
    within = [online for at_ms, online in readings if begin_ms <= at_ms < end_ms]
    return max([*before[-1:], *within], default=None)
