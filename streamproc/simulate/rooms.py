"""A room of a broadcast: its host, what it sells, how its show runs and what goes wrong in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from streamproc.simulate.incident_plans import AdapterDownPlan, IncidentPlan, StreamDeadPlan
from streamproc.simulate.incidents import Out, Staged
from streamproc.simulate.spans import Span
from streamproc.simulate.world import Product

_P = TypeVar("_P", bound=IncidentPlan)


@dataclass(slots=True)
class Listing:
    """A product as one room sells it."""

    product: Product
    link_no: int
    price_minor: int

    @property
    def product_id(self) -> str:
        """Name of the product."""
        return self.product.id


@dataclass(frozen=True, slots=True)
class Segment:
    """A while in which one product is on show; its link opens after some talk."""

    span: Span
    open_ms: int
    place: int
    """Of the product among the room's listings."""


@dataclass(slots=True)
class Room:
    """A room, its host and its show.

    Shapes: ``outs`` are the stock-outs, ``closed`` every product that cannot be ordered, and when.
    """

    host_id: str
    room_id: str
    name: str
    village: str
    town: str
    district: str
    share: float
    currency: str
    listings: list[Listing]
    segments: list[Segment]
    pause: Span | None
    end_ms: int
    fed: bool
    """Somebody reports its stock."""
    incidents: tuple[Staged, ...]
    outs: list[Out]
    closed: list[tuple[int, Span]]
    session_id: str = ""
    key: bytes = b""
    phase: float = 0.0
    """Where in their period the room's instruments report, 0 to 1."""
    weights: list[float] = field(default_factory=list)
    """Of the audience, by block; they add up to 1."""
    order_weights: list[float] = field(default_factory=list)

    def segment_at(self, at_ms: int) -> Segment:
        """What is on show at a moment."""
        length = self.segments[0].span.end_ms
        return self.segments[min(at_ms // length, len(self.segments) - 1)]

    def is_closed(self, place: int, at_ms: int) -> bool:
        """Whether a product cannot be ordered at a moment, be it there or not."""
        return any(of == place and span.holds(at_ms) for of, span in self.closed)

    def is_paused(self, at_ms: int) -> bool:
        """Whether the show is interrupted at a moment."""
        return self.pause is not None and self.pause.holds(at_ms)

    def of(self, plan: type[_P]) -> Iterator[tuple[_P, Staged]]:
        """The incidents of a kind."""
        for staged in self.incidents:
            if isinstance(staged.plan, plan):
                yield staged.plan, staged

    def during(self, plan: type[_P], at_ms: int) -> tuple[_P, Staged] | None:
        """The incident of a kind at a moment."""
        if not self.incidents:
            return None
        return next((each for each in self.of(plan) if each[1].span.holds(at_ms)), None)

    def silent_span(self, at_ms: int) -> Span | None:
        """The time around a moment in which nothing at all comes from the room."""
        found = self.during(StreamDeadPlan, at_ms)
        return found[1].span if found and found[0].signal == "silent" else None

    def deaf_span(self, at_ms: int) -> Span | None:
        """The time around a moment in which no comments and viewers come from the room."""
        down = self.during(AdapterDownPlan, at_ms)
        return down[1].span if down else self.silent_span(at_ms)
