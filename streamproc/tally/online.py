"""How many watched at a time: readings of one minute, and means and peaks over any span.

A reading holds until the next one, so what is watched is a step function of event time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from msgspec import msgpack

from streamproc.tally.timing import MINUTE_MS

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


def integral_online(readings: Sequence[Reading], begin_ms: int, end_ms: int) -> int:
    """The time that viewers spent watching from begin until end.

    Shapes: readings ascending by time, also from before ``begin_ms``; nobody watches before the
        first of them. 0 where the end does not lie behind the begin.
    Units: viewers times milliseconds.
    """
    steps = readings[_first(readings, begin_ms) : bisect_right(readings, end_ms, key=_at_ms)]
    if not steps:
        return 0
    times = [*(max(each.at_ms, begin_ms) for each in steps), max(begin_ms, end_ms)]
    spans = (after - before for before, after in pairwise(times))
    return sum(each.online * span for each, span in zip(steps, spans, strict=True))


def mean_online(readings: Sequence[Reading], begin_ms: int, end_ms: int) -> float | None:
    """The mean over time from begin until end, or from the first reading if that comes later.

    Shapes: readings as in ``integral_online``; None if none is known at ``end_ms`` or the end lies
        before the begin; the reading that holds if no time passes.
    """
    known = bisect_right(readings, end_ms, key=_at_ms)
    if not known or end_ms < begin_ms:
        return None
    length_ms = end_ms - max(begin_ms, readings[0].at_ms)
    if not length_ms:
        return float(readings[known - 1].online)
    return integral_online(readings, begin_ms, end_ms) / length_ms


def peak_online(readings: Sequence[Reading], begin_ms: int, end_ms: int) -> int | None:
    """The most viewers from begin until just before end, also by the reading that holds at begin.

    Shapes: readings as in ``integral_online``; None if none holds in the span or it is empty.
    """
    if end_ms <= begin_ms:
        return None
    held = [each for each in readings[_first(readings, begin_ms) :] if each.at_ms < end_ms]
    return max((each.online for each in held), default=None)


def _first(readings: Sequence[Reading], begin_ms: int) -> int:
    """The index of the reading that holds at begin, or else of the first."""
    return max(0, bisect_right(readings, begin_ms, key=_at_ms) - 1)


def _at_ms(reading: Reading) -> int:
    return reading.at_ms
