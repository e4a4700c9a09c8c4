"""How much of each product a room has left: zero in its stock-outs, and never else."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from streamproc.simulate.sales import Line
from streamproc.simulate.show import Room

_SPARE: Final = 60
_LAST: Final = 1  # gone by another way when the stock-out begins, if no order takes it
_NEVER: Final = 1 << 62


class Stock:
    """The stock of one room over its broadcast."""

    def __init__(self, room: Room, lines: Sequence[Line]) -> None:
        self._room = room
        self._times: dict[int, list[int]] = defaultdict(list)
        self._sold: dict[int, list[int]] = {}
        quantities: dict[int, list[int]] = defaultdict(list)
        for line in sorted(lines, key=lambda line: line.created_ms):
            self._times[line.place].append(line.created_ms)
            quantities[line.place].append(line.quantity)
        for place, each in quantities.items():
            self._sold[place] = [0, *accumulate(each)]
        self._outs: dict[int, list[int]] = defaultdict(list)
        for segment in room.segments:
            if segment.stockout is not None:
                self._outs[segment.place].append(segment.stockout.start_ms)

    def available(self, place: int, at_ms: int) -> int:
        """Pieces left: what will be sold until the product runs out, or that and some to spare."""
        if self._room.is_out(place, at_ms):
            return 0
        outs = self._outs[place]
        next_out = bisect_left(outs, at_ms)
        if next_out == len(outs):
            return self._sold_between(place, at_ms, _NEVER) + _SPARE
        return max(_LAST, self._sold_between(place, at_ms, outs[next_out]))

    def _sold_between(self, place: int, start_ms: int, end_ms: int) -> int:
        times = self._times[place]
        sold = self._sold.get(place, [0])
        return sold[bisect_left(times, end_ms)] - sold[bisect_left(times, start_ms)]
