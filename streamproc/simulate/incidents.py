"""What happens in a room, drawn from its plans: when exactly, to which product, with what effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from streamproc.simulate.incident_plans import (
    AdapterDownPlan,
    AnyPlan,
    BatchSellingPlan,
    DeadLinkPlan,
    EndedPlan,
    OversellPlan,
    PausePlan,
    ProductIncident,
    StockoutPlan,
    StreamDeadPlan,
    ViewerDropPlan,
)
from streamproc.simulate.spans import BLOCK_MS, Span

STALE_BEFORE_MS: Final = 120_000
_ANNOUNCED_BEFORE_MS: Final = (10_000, 25_000)
_WITHOUT_THE_ONE_ON_SHOW: Final = 0.4
"""Of the orders of a room while its main product cannot be had."""


@dataclass(frozen=True, slots=True)
class Out:
    """A product is out of stock for a while.

    Shapes: the stock feed tells of it from ``told_ms`` on; None: never. ``sudden``: there was plenty a
        moment before. ``planned_ms`` is when its end was announced, None: it was not.
    """

    place: int
    span: Span
    told_ms: int | None
    sudden: bool
    planned_ms: int | None
    staged: Staged | None = None
    """What it is part of; None: it just sold out."""

    def is_told(self, at_ms: int) -> bool:
        """Whether the feed says so."""
        return self.told_ms is not None and self.told_ms <= at_ms < self.span.end_ms


@dataclass(frozen=True, slots=True)
class Staged:
    """An incident of a room. Shapes: ``place`` is the product's among the listings."""

    plan: AnyPlan
    span: Span
    place: int

    @property
    def kind(self) -> str:
        """Its name in the ledger."""
        return type(self.plan).__name__.removesuffix("Plan")


def draw_span(plan: AnyPlan, duration_ms: int, rng: Random) -> Span:
    """When an incident is: whole blocks, if it changes what rates there are."""
    by_ms = int(rng.random() * plan.jitter_s * 1000)
    if isinstance(plan, AdapterDownPlan | StreamDeadPlan | PausePlan | EndedPlan | ViewerDropPlan):
        by_ms = by_ms // BLOCK_MS * BLOCK_MS
    end_ms = plan.to_s * 1000 + by_ms
    return Span(plan.from_s * 1000 + by_ms, duration_ms if isinstance(plan, EndedPlan) else end_ms)


def place_of(plan: AnyPlan, on_show: int) -> int:
    """The product of an incident."""
    if isinstance(plan, ProductIncident) and plan.link_no is not None:
        return plan.link_no - 1
    return on_show


def outs_of(staged: Staged, *, fed: bool, rng: Random) -> Iterator[Out]:
    """The stock-outs that an incident is made of. ``fed``: the room has a stock feed."""
    plan, span = staged.plan, staged.span
    if isinstance(plan, StockoutPlan):
        told_ms = span.start_ms + plan.told_after_s * 1000 if fed and not plan.stale else None
        yield Out(staged.place, span, told_ms, True, None, staged)
    elif isinstance(plan, BatchSellingPlan):
        cycle_ms, out_ms = plan.cycle_s * 1000, plan.out_s * 1000
        for end_ms in range(span.start_ms + out_ms, span.end_ms + 1, cycle_ms):
            out = Span(end_ms - out_ms, end_ms)
            before_ms = rng.randint(*_ANNOUNCED_BEFORE_MS)
            planned_ms = out.start_ms - before_ms if plan.announced else None
            told_ms = out.start_ms if fed else None
            yield Out(staged.place, out, told_ms, True, planned_ms, staged)


def closed_spans(staged: Staged) -> Iterator[tuple[int, Span]]:
    """The products that cannot be ordered because of an incident, though they may be in stock."""
    if isinstance(staged.plan, DeadLinkPlan | OversellPlan):
        yield staged.place, staged.span


def audience_factor(incidents: Sequence[Staged], at_ms: int) -> float:
    """What is left of what viewers do at a moment."""
    factor = 1.0
    for staged in incidents:
        if not staged.span.holds(at_ms):
            continue
        match staged.plan:
            case AdapterDownPlan() | EndedPlan() | StreamDeadPlan(signal="silent"):
                factor = 0.0
            case ViewerDropPlan(lost_share=lost):
                factor *= 1 - lost
            case _:
                pass
    return factor


def orders_factor(incidents: Sequence[Staged], at_ms: int) -> float:
    """What is left of the orders placed at a moment, but for products that cannot be had."""
    factor = 1.0
    for staged in incidents:
        if not staged.span.holds(at_ms):
            continue
        match staged.plan:
            case EndedPlan() | StreamDeadPlan(signal="silent"):
                factor = 0.0
            case ViewerDropPlan(lost_share=lost):
                factor *= 1 - lost
            case _:
                pass
    return factor


def without_factor(closed: Sequence[tuple[int, Span]], on_show: int, at_ms: int) -> float:
    """What is left of the orders when the product on show cannot be had at a moment."""
    gone = any(place == on_show and span.holds(at_ms) for place, span in closed)
    return _WITHOUT_THE_ONE_ON_SHOW if gone else 1.0
