"""How much of each product a room has left: zero in its stock-outs, and never else."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from streamproc.simulate.incident_plans import StockoutImminentPlan, StockoutPlan
from streamproc.simulate.incidents import STALE_BEFORE_MS
from streamproc.simulate.rooms import Room
from streamproc.simulate.sales import Line

_SPARE: Final = 60
_LAST: Final = 1  # gone by another way when the stock-out begins, if no order takes it
_LAST_FEW: Final = 5
_NEVER: Final = 1 << 62


class Stock:
    """The stock of one room over its broadcast, as its feed tells it."""

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
        for out in room.outs:
            if not out.sudden:
                self._outs[out.place].append(out.span.start_ms)
        self._low = [(staged.place, staged.span) for _, staged in room.of(StockoutImminentPlan)]

    def is_told(self, at_ms: int) -> bool:
        """Whether the feed works at a moment."""
        return self._room.fed and not any(
            plan.stale and staged.span.start_ms - STALE_BEFORE_MS <= at_ms < staged.span.end_ms
            for plan, staged in self._room.of(StockoutPlan)
        )

    def available(self, place: int, at_ms: int) -> int:
        """Pieces left: what will be sold until the product runs out, or that and plenty to spare."""
        if any(out.place == place and out.is_told(at_ms) for out in self._room.outs):
            return 0
        for low, span in self._low:
            if low == place and span.holds(at_ms):
                return self._sold_between(place, at_ms, span.end_ms) + _LAST_FEW
        outs = self._outs[place]
        next_out = bisect_left(outs, at_ms)
        if next_out == len(outs):
            return self._sold_between(place, at_ms, _NEVER) + self._spare(place)
        return max(_LAST, self._sold_between(place, at_ms, outs[next_out]))

    def _spare(self, place: int) -> int:
        """So much that it is never low at the rate of sale."""
        return _SPARE + self._sold.get(place, [0])[-1]

    def _sold_between(self, place: int, start_ms: int, end_ms: int) -> int:
        times = self._times[place]
        sold = self._sold.get(place, [0])
        return sold[bisect_left(times, end_ms)] - sold[bisect_left(times, start_ms)]
