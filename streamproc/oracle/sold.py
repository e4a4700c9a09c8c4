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
from streamproc.oracle.sessions import MINUTE_MS, PANE_MS, SECOND_MS, Canonical, without_empty

PACKS_KEPT: Final = 256
OTHERS: Final = ("*", "")
"""The product and pack of what comes when all places are taken."""

Sale = OrderCreated | OrderPaid
_Pack = tuple[str, str]


@dataclass
class _OfPack:
    """The facts by which lines count now."""

    sales: list[Sale] = field(default_factory=list)
    refused: list[OrderFailed] = field(default_factory=list)

    def canonical(self) -> list[object]:
        """Lines and refusals by pane, pieces, and the second in which the last line was created."""
        pieces = sum(each.quantity for each in self.sales)
        last_ms = max((each.occurred_at_ms for each in self.sales), default=0)
        last_second_ms = last_ms // SECOND_MS * SECOND_MS
        return [_by_pane(self.sales), _by_pane(self.refused), pieces, last_second_ms]


@dataclass
class _Minute:
    """One minute of a broadcast. Shapes: ``packs`` in the order of coming."""

    packs: dict[_Pack, _OfPack] = field(default_factory=dict)

    def of(self, pack: _Pack) -> _OfPack:
        """Where a pack counts."""
        if pack not in self.packs and len(self.packs) >= PACKS_KEPT:
            return self.packs.setdefault(OTHERS, _OfPack())
        return self.packs.setdefault(pack, _OfPack())

    def canonical(self, asked_back: dict[str, int]) -> Canonical:
        """The minute, without packs of which nothing is left. Shapes: ``asked_back`` by reason."""
        packs: Canonical = {}
        for (product, sku), of_pack in self.packs.items():
            if of_pack.sales or of_pack.refused:
                packs.setdefault(product, {})[sku] = of_pack.canonical()
        return without_empty({"packs": packs, "requested": asked_back})


class HostSold:
    """The minutes of a host, by broadcast and begin.

    Shapes: a line counts by its creation, or by its payment while only that is known, under the product
        and pack that this fact names; as asked back it counts by the earliest request; what is late counts
        in no minute.
    """

    def __init__(self) -> None:
        self.minutes: dict[tuple[str, int], _Minute] = defaultdict(_Minute)
        self._asked_back: dict[tuple[str, str], Line] = {}
        self._counted: dict[tuple[str, str], tuple[_OfPack, Sale]] = {}

    def fail(self, event: OrderFailed, *, late: bool) -> None:
        """Take in an attempt that made no order."""
        if event.reason is FailReason.OUT_OF_STOCK and event.product_id is not None and not late:
            self._minute(event).of((event.product_id, "")).refused.append(event)

    def take(self, line: Line, event: OrderFact, *, late: bool) -> bool:
        """Let a line take in a fact of it; True if that says something new and stands."""
        before = line.counted
        stands = line.take(event, late=late)
        if isinstance(event, OrderRefundRequested):
            self._asked_back[line.order_id, line.line_id] = line
        if line.counted is not None and line.counted != before:
            self._take_back(line)
            fact, was_late = line.counted
            if isinstance(fact, Sale) and not was_late:
                self._count(line, fact)
        return stands

    def canonical(self, session_id: str) -> Canonical:
        """The minutes of a broadcast, by the text of their begin."""
        asked_back = self._asked_back_in(session_id)
        starts_ms = {start_ms for session, start_ms in self.minutes if session == session_id}
        minutes = {
            str(start_ms): self.minutes[session_id, start_ms].canonical(asked_back[start_ms])
            for start_ms in {*starts_ms, *asked_back}
        }
        return without_empty({"sold": without_empty(minutes)})

    def _asked_back_in(self, session_id: str) -> dict[int, dict[str, int]]:
        """How many lines were asked back in each minute of a broadcast, by reason."""
        minutes: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for line in self._asked_back.values():
            (at_ms, session, reason), late = line.asked_back
            if session == session_id and not late:
                minutes[at_ms // MINUTE_MS * MINUTE_MS][reason] += 1
        return minutes

    def _count(self, line: Line, fact: Sale) -> None:
        of_pack = self._minute(fact).of((fact.product_id, fact.sku_id or ""))
        of_pack.sales.append(fact)
        self._counted[line.order_id, line.line_id] = of_pack, fact

    def _take_back(self, line: Line) -> None:
        """A line that counted somewhere counts there no more."""
        of_pack, fact = self._counted.pop((line.order_id, line.line_id), (_OfPack(), None))
        of_pack.sales = [each for each in of_pack.sales if each is not fact]

    def _minute(self, event: Sale | OrderFailed) -> _Minute:
        start_ms = event.occurred_at_ms // MINUTE_MS * MINUTE_MS
        return self.minutes[event.session_id, start_ms]


def _by_pane(events: list[Sale] | list[OrderFailed]) -> list[int]:
    panes = [0] * (MINUTE_MS // PANE_MS)
    for event in events:
        panes[event.occurred_at_ms % MINUTE_MS // PANE_MS] += 1
    return panes
