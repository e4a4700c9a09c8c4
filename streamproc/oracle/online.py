"""How many watched: a reading holds until the next one, or until the broadcast ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

Readings = Sequence[tuple[int, int]]
"""Event time and viewers online, by time, at most one a millisecond."""

OffAir = tuple[int, int | None]
"""From when until before when a broadcast was over; None: it still is."""


class Watched(NamedTuple):
    """Who was online over a stretch of time. Units: ``online_ms`` is viewers times milliseconds."""

    mean: float | None
    peak: int | None
    online_ms: int | None


class Hold(NamedTuple):
    """For how long a reading holds; ``until_ms`` None: still."""

    from_ms: int
    until_ms: int | None
    online: int


def holds(readings: Readings, off_air: Sequence[OffAir]) -> list[Hold]:
    """How long each reading holds, by time; one that was read while the broadcast was over does not."""
    return list(_holds(readings, off_air))


def _holds(readings: Readings, off_air: Sequence[OffAir]) -> Iterator[Hold]:
    for number, (at_ms, online) in enumerate(readings):
        if any(off_ms <= at_ms and (on_ms is None or at_ms < on_ms) for off_ms, on_ms in off_air):
            continue
        stops_ms = [off_ms for off_ms, _ in off_air if off_ms > at_ms]
        stops_ms += [later_ms for later_ms, _ in readings[number + 1 : number + 2]]
        yield Hold(at_ms, min(stops_ms, default=None), online)


def watched(held: Sequence[Hold], begin_ms: int, end_ms: int) -> Watched:
    """The mean from begin until end over the time in which a reading holds.

    Shapes: nothing is known if no reading is as old as the end, if none holds in between, or if the end is
        before the begin; if no time passes, the mean is the reading that holds. ``peak`` is left open.
    """
    if end_ms < begin_ms:
        return Watched(None, None, None)
    held_ms = online_ms = 0
    last = None
    for from_ms, until_ms, online in held:
        if from_ms <= end_ms and (until_ms is None or end_ms < until_ms):
            last = online
        stop_ms = end_ms if until_ms is None else min(until_ms, end_ms)
        span_ms = max(0, stop_ms - max(from_ms, begin_ms))
        held_ms += span_ms
        online_ms += online * span_ms
    if held_ms:
        return Watched(float(Fraction(online_ms, held_ms)), None, online_ms)
    return Watched(None, None, None) if last is None else Watched(float(last), None, 0)


def held_at_or_after(held: Sequence[Hold], begin_ms: int, end_ms: int) -> int | None:
    """The most viewers of readings that hold at some time from begin until before end."""
    return max(
        (
            online
            for from_ms, until_ms, online in held
            if from_ms < end_ms and (until_ms is None or until_ms > begin_ms)
        ),
        default=None,
    )
