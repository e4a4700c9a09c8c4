"""How many lines a stock-out costs, as an estimate."""

from __future__ import annotations

from math import sqrt
from typing import Final

from streamproc.events.outputs import LostSales

METHOD: Final = (
    "rate_before x time_out - lines_meanwhile; 90 % of a Poisson rate that is itself estimated"
)

_NINETY: Final = 1.645
"""Standard deviations that leave out 5 % at either end."""
_UNSEEN: Final = 0.5
"""Of a line, added to those seen: who saw none may still have missed some."""


def lost_sales(
    *, lines_before: int, span_before_ms: int, out_ms: int, lines_meanwhile: int
) -> LostSales | None:
    """The lines that were not ordered in a time out of stock; None where nothing was seen before.

    Shapes: lines before came in ``span_before_ms``. The interval widens with what is not known of the rate:
        the variance of lines to come is mean x (1 + time out / time seen).
    """
    if span_before_ms <= 0 or out_ms <= 0:
        return None
    ratio = out_ms / span_before_ms
    mean = (lines_before + _UNSEEN) * ratio
    spread = _NINETY * sqrt(mean * (1 + ratio))
    return LostSales(
        lines=round(max(0.0, lines_before * ratio - lines_meanwhile), 1),
        low=round(max(0.0, mean - spread - lines_meanwhile), 1),
        high=round(max(0.0, mean + spread - lines_meanwhile), 1),
        method=METHOD,
    )
