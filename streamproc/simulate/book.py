"""What is true of order lines: sums that no single event can tell, from the facts that were sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from msgspec import Struct

from streamproc.events.orders import OrderCancelled, OrderCreated, OrderPaid, OrderRefunded
from streamproc.events.registry import AnyEvent

LINE_FIGURES: Final = (
    "created_lines",
    "created_minor",
    "orders_main",
    "orphan_refunds",
    "refunded_lines",
    "refunded_minor",
    "unpaid_minor",
)
"""The figures that a book tells."""

Session = tuple[str, str]
"""Host and session."""

Figures = dict[str, Any]


class Fact(Struct, frozen=True, array_like=True, omit_defaults=True):
    """What an event says about an order line.

    Units: ``minor`` in minor units of ``currency``: payable of a line created or paid, given back of
        one refunded.
    """

    kind: Literal["created", "paid", "cancelled", "refunded"]
    order_id: str
    line_id: str
    minor: int = 0
    currency: str = ""
    refund_id: str = ""


def fact_of(event: AnyEvent) -> Fact | None:
    """The fact that an event tells; None if it tells none that moves a figure of a book."""
    match event:
        case OrderCreated():
            minor, currency = event.payable_minor, event.currency
            return Fact("created", event.order_id, event.line_id, minor, currency)
        case OrderPaid():
            minor, currency = event.payable_minor, event.currency
            return Fact("paid", event.order_id, event.line_id, minor, currency)
        case OrderCancelled():
            return Fact("cancelled", event.order_id, event.line_id)
        case OrderRefunded():
            minor, currency, refund_id = event.refund_minor, event.currency, event.refund_id
            return Fact("refunded", event.order_id, event.line_id, minor, currency, refund_id)
        case _:
            return None


@dataclass(slots=True)
class _Line:
    created: Fact | None = None
    paid: Fact | None = None
    cancelled: bool = False
    refunds: dict[str, Fact] = field(default_factory=dict)


class LineBook:
    """Every order line that was told of.

    Shapes: all facts of a line have one session, and each fact is told once: so the simulator sends.
    """

    def __init__(self) -> None:
        self._lines: dict[Session, dict[tuple[str, str], _Line]] = defaultdict(dict)

    def add(self, session: Session, fact: Fact) -> None:
        """Write a fact down."""
        line = self._lines[session].setdefault((fact.order_id, fact.line_id), _Line())
        match fact.kind:
            case "created":
                line.created = fact
            case "paid":
                line.paid = fact
            case "cancelled":
                line.cancelled = True
            case "refunded":
                line.refunds[fact.refund_id] = fact

    def figures(self) -> Iterator[tuple[Session, Figures]]:
        """The figures of each session; sums of nothing are left out."""
        for session, lines in self._lines.items():
            sums: Figures = {}
            for line in lines.values():
                _count(sums, line)
            orders = {order for (order, _), line in lines.items() if line.paid is not None}
            if orders:
                sums["orders_main"] = len(orders)
            yield session, sums


def _count(sums: Figures, line: _Line) -> None:
    born = line.created or line.paid
    if born is not None:
        _more(sums, "created_lines", 1)
        _money(sums, "created_minor", born)
    if line.created is not None and line.paid is None and not line.cancelled:
        _money(sums, "unpaid_minor", line.created)
    if not line.refunds:
        return
    if line.paid is None:
        _more(sums, "orphan_refunds", len(line.refunds))
        return
    _more(sums, "refunded_lines", 1)
    for refund in line.refunds.values():
        _money(sums, "refunded_minor", refund)


def _more(sums: Figures, name: str, number: int) -> None:
    sums[name] = sums.get(name, 0) + number


def _money(sums: Figures, name: str, fact: Fact) -> None:
    _more(sums.setdefault(name, {}), fact.currency, fact.minor)
