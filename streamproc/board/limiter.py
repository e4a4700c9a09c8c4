"""How often one asks: token buckets by whoever asks, as many as fit."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

BUCKETS_MAX: Final = 10_000
BURST_S: Final = 2.0
"""What was not asked for so long may be asked at once."""


class Limiter:
    """Lets each through so often a second, and twice that at once."""

    def __init__(self, per_s: float, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = max(1.0, per_s * BURST_S)
        self._clock_s = clock_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str) -> float:
        """Count one request; 0 lets it through, else how long to wait until one may be."""
        now_s = self._clock_s()
        left = self._left(name, now_s)
        self._buckets.pop(name, None)
        allowed = left >= 1.0
        self._buckets[name] = (left - 1.0 if allowed else left, now_s)
        if len(self._buckets) > BUCKETS_MAX:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - left) / self._per_s

    def _left(self, name: str, now_s: float) -> float:
        left, at_s = self._buckets.get(name, (self._burst, now_s))
        return min(self._burst, left + (now_s - at_s) * self._per_s)
