"""What incidents do to order lines: nobody can pay, many want their money back, orders are told late."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from streamproc.simulate.incident_plans import (
    CouponExhaustedPlan,
    GmvStallPlan,
    ReconcileDriftPlan,
    RefundSpikePlan,
)
from streamproc.simulate.rooms import Room
from streamproc.simulate.sales import Line
from streamproc.simulate.spans import Span

_PAID_AFTER_MS: Final = 45_000
_REFUNDS_WITHIN_MS: Final = 120_000
_LEAST_REFUNDS: Final = 16
_CLAIMED_BEFORE_MS: Final = 60_000


def trouble(room: Room, lines: Sequence[Line], rng: Random) -> None:
    """Change the order lines of a room as its incidents want it."""
    for _, staged in room.of(GmvStallPlan):
        _stall(lines, staged.span, rng)
    for spike, staged in room.of(RefundSpikePlan):
        _want_back(lines, staged.span, staged.place, spike, rng)
    for drift, staged in room.of(ReconcileDriftPlan):
        _hold_back(lines, staged.span, drift.share, rng)
    for _, staged in room.of(CouponExhaustedPlan):
        for line in lines:
            if staged.span.start_ms <= line.created_ms < staged.span.end_ms + _CLAIMED_BEFORE_MS:
                line.coupon = False


def _stall(lines: Sequence[Line], span: Span, rng: Random) -> None:
    """What would have been paid is paid when that is possible again."""
    for line in lines:
        if line.paid_ms is not None and span.holds(line.paid_ms):
            line.paid_ms = span.end_ms + rng.randrange(_PAID_AFTER_MS)


def _want_back(
    lines: Sequence[Line], span: Span, place: int, plan: RefundSpikePlan, rng: Random
) -> None:
    """A share of all lines paid before, all of one product, is asked back."""
    paid = [line for line in lines if line.paid_ms is not None and line.paid_ms < span.start_ms]
    of_it = [line for line in paid if line.place == place]
    wanted = max(_LEAST_REFUNDS, round(len(paid) * plan.share))
    for line in rng.sample(of_it, min(wanted, len(of_it))):
        line.refund_ms = span.start_ms + rng.randrange(_REFUNDS_WITHIN_MS)


def _hold_back(lines: Sequence[Line], span: Span, share: float, rng: Random) -> None:
    """A share of what is paid is told when the incident is over."""
    for line in lines:
        if line.paid_ms is not None and span.holds(line.paid_ms) and rng.random() < share:
            line.told_ms = span.end_ms
