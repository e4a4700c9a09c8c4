"""When to try again: at once after a slip, then less and less often, so that what is ill can recover."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

_FIRST_S: Final = 0.1
_MOST_S: Final = 2.0


class Breaker:
    """Closed while writes go well. Open after one that failed: until a while has passed, nothing is tried.

    Then it is half open: one probe decides. Units: seconds of ``clock``, which is monotonic.
    """

    def __init__(self, clock: Callable[[], float], seed: random.Random | None = None) -> None:
        self._clock = clock
        self._random = seed or random.SystemRandom()
        self._failures = 0
        self._next_s = 0.0

    @property
    def is_closed(self) -> bool:
        """Whether the last try went well."""
        return not self._failures

    def may_try(self) -> bool:
        """Whether it is closed, or open for long enough."""
        return self._clock() >= self._next_s

    def failed(self) -> None:
        """A try failed: wait twice as long as before, and up to a half more or less."""
        wait_s = min(_MOST_S, _FIRST_S * 2.0 ** min(self._failures, 10))
        self._failures += 1
        self._next_s = self._clock() + wait_s * self._random.uniform(0.5, 1.0)

    def succeeded(self) -> None:
        """A try went well."""
        self._failures = 0
        self._next_s = 0.0
