"""What thresholds are: a length of time, a number of people, a share; each with what it may be."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Final

from msgspec import Meta

from streamproc.tally.timing import MINUTE_MS

DAY_MS: Final = 1_440 * MINUTE_MS

DurationMs = Annotated[int, Meta(ge=0, le=DAY_MS)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
"""Of people, lines, attempts, comments."""
Weight = Annotated[float, Meta(ge=0, le=1_000_000)]
"""People or pieces, of which some count less than one."""
Share = Annotated[float, Meta(ge=0, le=1)]
"""A part of a whole."""
Times = Annotated[float, Meta(ge=0, le=1_000)]
"""How many times as much."""
Deviations = Annotated[float, Meta(ge=0, le=100)]
"""Standard deviations from what is expected."""
Decibels = Annotated[float, Meta(ge=-120, le=10)]


def ascending(**named: float) -> None:
    """Hold thresholds to their order. Errors: ``ValueError`` that names two that are not in it."""
    for lower, upper in pairwise(named):
        if named[lower] > named[upper]:
            raise ValueError(
                f"{lower} ({named[lower]:g}) must not be above {upper} ({named[upper]:g})"
            )
