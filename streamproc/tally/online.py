"""How many watched at a time: readings of one minute, and means and peaks over any span.

A reading holds until the next one or the end of the broadcast, so what is watched is a step function of
event time. One that was told while the broadcast was over holds for no time; a pause is no end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from msgspec import msgpack

from streamproc.tally.lifecycle import Over
from streamproc.tally.timing import MINUTE_MS

OVER: Final = -1
"""Stands for a count where a broadcast ended: none holds until the next one."""

_SECOND_MS: Final = 1_000

_encode: Final = msgpack.Encoder().encode
_decode: Final = msgpack.Decoder(list[int]).decode


class Reading(NamedTuple):
    """A count of viewers; of two the greater tuple stands."""

    at_ms: int
    online: int
    approximate: bool


class Readings:
    """What was counted in one minute: the greatest reading of each second.

    Shapes: ``number`` counts minutes since 1970.
    """

    __slots__ = ("_of_second", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self._of_second: dict[int, Reading] = {}

    def put(self, reading: Reading) -> bool:
        """Take in a reading of this minute; False: one that is as great is held for its second."""
        second = reading.at_ms // _SECOND_MS
        held = self._of_second.get(second)
        if held is not None and held >= reading:
            return False
        self._of_second[second] = reading
        return True

    def ordered(self) -> list[Reading]:
        """The readings, by time."""
        return sorted(self._of_second.values())

    def pack(self) -> bytes:
        """The readings as bytes, the same in whichever order they came.

        Shapes: msgpack, one list: time within the minute, twice the viewers plus 1 if approximate.
        """
        begin_ms = self.number * MINUTE_MS
        row: list[int] = []
        for at_ms, online, approximate in self.ordered():
            row += (at_ms - begin_ms, 2 * online + approximate)
        return _encode(row)

    @classmethod
    def unpack(cls, number: int, packed: bytes) -> Readings:
        """The readings of a minute that ``pack`` gave these bytes for."""
        held, begin_ms, row = cls(number), number * MINUTE_MS, _decode(packed)
        for offset_ms, counted in zip(row[::2], row[1::2], strict=True):
            held.put(Reading(begin_ms + offset_ms, counted >> 1, bool(counted & 1)))
        return held


def on_air(readings: Iterable[Reading], over: Sequence[Over]) -> list[Reading]:
    """The readings of a broadcast while it was not over, and ``OVER`` at each end of it, by time."""
    if not over:
        return list(readings)
    told = [each for each in readings if not is_over(over, each.at_ms)]
    return sorted([*told, *(Reading(from_ms, OVER, False) for from_ms, _ in over)])


def is_over(over: Iterable[Over], at_ms: int) -> bool:
    """Whether a broadcast was over at a time."""
    return any(
        from_ms <= at_ms and (until_ms is None or at_ms < until_ms) for from_ms, until_ms in over
    )


def held_online(readings: Sequence[Reading], begin_ms: int, end_ms: int) -> tuple[int, int]:
    """For how long from begin until end a count held, and the time that viewers spent watching.

    Shapes: readings ascending by time, also from before ``begin_ms``; nobody watches before the first of
        them, nor while it is ``OVER``. 0 where the end does not lie behind the begin.
    Units: milliseconds; viewers times milliseconds.
    """
    steps = readings[_first(readings, begin_ms) : bisect_right(readings, end_ms, key=_at_ms)]
    if not steps:
        return 0, 0
    times = [*(max(each.at_ms, begin_ms) for each in steps), max(begin_ms, end_ms)]
    spans = (after - before for before, after in pairwise(times))
    held = [
        (span, each.online * span)
        for each, span in zip(steps, spans, strict=True)
        if each.online != OVER
    ]
    return sum(span for span, _ in held), sum(online_ms for _, online_ms in held)


def watched_online(
    readings: Sequence[Reading], begin_ms: int, end_ms: int
) -> tuple[float | None, int | None]:
    """The mean over the time from begin until end in which a count held, and the integral.

    Shapes: readings as in ``held_online``; both None if none is known at ``end_ms``, the end lies before
        the begin, or it was over all the time; the mean is the count that holds if no time passes.
    Units: the integral in viewers times milliseconds.
    """
    known = bisect_right(readings, end_ms, key=_at_ms)
    if not known or end_ms < begin_ms:
        return None, None
    held_ms, online_ms = held_online(readings, begin_ms, end_ms)
    if held_ms:
        return online_ms / held_ms, online_ms
    last = readings[known - 1].online
    return (None, None) if last == OVER else (float(last), 0)


def peak_online(readings: Sequence[Reading], begin_ms: int, end_ms: int) -> int | None:
    """The most viewers from begin until just before end, also by the reading that holds at begin.

    Shapes: readings as in ``held_online``; None if none holds in the span or it is empty.
    """
    if end_ms <= begin_ms:
        return None
    held = [each for each in readings[_first(readings, begin_ms) :] if each.at_ms < end_ms]
    return max((each.online for each in held if each.online != OVER), default=None)


def _first(readings: Sequence[Reading], begin_ms: int) -> int:
    """The index of the reading that holds at begin, or else of the first."""
    return max(0, bisect_right(readings, begin_ms, key=_at_ms) - 1)


def _at_ms(reading: Reading) -> int:
    return reading.at_ms
