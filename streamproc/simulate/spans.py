"""Time within a broadcast: blocks of constant rates, and spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BLOCK_MS: Final = 10_000
"""Rates are constant within a block."""


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment on and before another.

    Units: milliseconds since the broadcast began.
    """

    start_ms: int
    end_ms: int

    def holds(self, at_ms: int) -> bool:
        """Whether a moment lies within."""
        return self.start_ms <= at_ms < self.end_ms

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms
