"""What of each product was ordered, refused and asked back in each minute, kept as lists of events."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from streamproc.events.orders import (
    FailReason,
    OrderCreated,
    OrderFailed,
    OrderPaid,
    OrderRefundRequested,
)
from streamproc.oracle.lines import Line, OrderFact
from streamproc.oracle.sessions import MINUTE_MS, PANE_MS, Canonical, without_empty

PACKS_KEPT: Final = 256
OTHERS: Final = ("*", "")
"""The product and pack of what comes when all places are taken."""

Sale = OrderCreated | OrderPaid
_Pack = tuple[str, str]


@dataclass
class _OfPack:
    """The facts by which lines count now; ``last_ms`` is of the last of them since there were none."""

    sales: list[Sale] = field(default_factory=list)
    refused: list[OrderFailed] = field(default_factory=list)
    last_ms: int = 0

    def canonical(self) -> list[object]:
        """Lines and refusals by pane, pieces, and when the last line was created."""
        pieces = sum(each.quantity for each in self.sales)
        return [_by_pane(self.sales), _by_pane(self.refused), pieces, self.last_ms]


@dataclass
class _Minute:
    """One minute of a broadcast. Shapes: ``packs`` in the order of coming."""

    packs: dict[_Pack, _OfPack] = field(default_factory=dict)
    asked_back: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def of(self, pack: _Pack) -> _OfPack:
        """Where a pack counts."""
        if pack not in self.packs and len(self.packs) >= PACKS_KEPT:
            return self.packs.setdefault(OTHERS, _OfPack())
        return self.packs.setdefault(pack, _OfPack())

    def canonical(self) -> Canonical:
        """The minute, without packs of which nothing is left."""
        packs: Canonical = {}
        for (product, sku), of_pack in self.packs.items():
            if of_pack.sales or of_pack.refused:
                packs.setdefault(product, {})[sku] = of_pack.canonical()
        return without_empty({"packs": packs, "requested": dict(self.asked_back)})


class HostSold:
    """The minutes of a host, by broadcast and begin.

    Shapes: a line counts by its creation, or by its payment while only that is known, under the product
        and pack that this fact names; what is late counts in no minute.
    """

    def __init__(self) -> None:
        self.minutes: dict[tuple[str, int], _Minute] = defaultdict(_Minute)
        self._counted: dict[tuple[str, str], tuple[_OfPack, Sale]] = {}

    def fail(self, event: OrderFailed, *, late: bool) -> None:
        """Take in an attempt that made no order."""
        if event.reason is FailReason.OUT_OF_STOCK and event.product_id is not None and not late:
            self._minute(event).of((event.product_id, "")).refused.append(event)

    def take(self, line: Line, event: OrderFact, *, late: bool) -> bool:
        """Let a line take in a fact of it; True if that says something new and stands."""
        asked_back = bool(line.standing(OrderRefundRequested))
        before = line.counted
        stands = line.take(event, late=late)
        if isinstance(event, OrderRefundRequested) and not asked_back and not late:
            reason = "" if event.reason is None else event.reason.value
            self._minute(event).asked_back[reason] += 1
        if line.counted is not None and line.counted != before:
            self._take_back(line)
            fact, was_late = line.counted
            if isinstance(fact, Sale) and not was_late:
                self._count(line, fact)
        return stands

    def canonical(self, session_id: str) -> Canonical:
        """The minutes of a broadcast, by the text of their begin."""
        minutes = {
            str(start_ms): minute.canonical()
            for (session, start_ms), minute in self.minutes.items()
            if session == session_id
        }
        return without_empty({"sold": without_empty(minutes)})

    def _count(self, line: Line, fact: Sale) -> None:
        of_pack = self._minute(fact).of((fact.product_id, fact.sku_id or ""))
        of_pack.sales.append(fact)
        of_pack.last_ms = max(of_pack.last_ms, fact.occurred_at_ms)
        self._counted[line.order_id, line.line_id] = of_pack, fact

    def _take_back(self, line: Line) -> None:
        """A line that counted somewhere counts there no more."""
        of_pack, fact = self._counted.pop((line.order_id, line.line_id), (_OfPack(), None))
        of_pack.sales = [each for each in of_pack.sales if each is not fact]
        if not of_pack.sales:
            of_pack.last_ms = 0

    def _minute(self, event: Sale | OrderFailed | OrderRefundRequested) -> _Minute:
        start_ms = event.occurred_at_ms // MINUTE_MS * MINUTE_MS
        return self.minutes[event.session_id, start_ms]


def _by_pane(events: list[Sale] | list[OrderFailed]) -> list[int]:
    panes = [0] * (MINUTE_MS // PANE_MS)
    for event in events:
        panes[event.occurred_at_ms % MINUTE_MS // PANE_MS] += 1
    return panes
