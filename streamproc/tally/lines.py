"""Order lines: a set of facts each, merged so that no total depends on how often or when they come.

A line is held packed, so its struct is made to pack small: sessions and currencies are named once,
in ``names``, and facts hold their index.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from msgspec import Struct, field

from streamproc.events.orders import (
    OrderCancelled,
    OrderCreated,
    OrderPaid,
    OrderRefundClosed,
    OrderRefunded,
    OrderRefundRequested,
)
from streamproc.tally.figures import OrderFigures

OrderFact = (
    OrderCreated
    | OrderPaid
    | OrderCancelled
    | OrderRefundRequested
    | OrderRefunded
    | OrderRefundClosed
)


class Sale(NamedTuple):
    """A paid order line, as far as figures need it.

    Units: ``paid_minor`` in minor units of ``currency``. ``late``: it is in no pane.
    """

    at_ms: int
    session_id: str
    paid_minor: int
    quantity: int
    currency: str
    late: bool

    def add_to(self, figures: OrderFigures, sign: int) -> None:
        """Count the sale (sign 1) or take it back (sign -1)."""
        figures.paid_lines += sign
        figures.items_sold += sign * self.quantity
        money = figures.pay_gmv_minor
        money[self.currency] = money.get(self.currency, 0) + sign * self.paid_minor


class Fact(Struct, array_like=True, frozen=True, gc=False):
    """That something happened, when, and in which session (an index of the line's names)."""

    at_ms: int
    session: int


class CreatedFact(Fact, array_like=True, frozen=True, gc=False):
    """The line was ordered. Units: minor units of ``currency`` (an index)."""

    payable_minor: int
    quantity: int
    currency: int


class PaidFact(Fact, array_like=True, frozen=True, gc=False):
    """The line was paid. Units: minor units of ``currency`` (an index). ``late``: in no pane."""

    paid_minor: int
    quantity: int
    currency: int
    late: bool


class RequestedFact(Fact, array_like=True, frozen=True, gc=False):
    """Money is asked back; how much may be unknown."""

    refund_minor: int | None


class RefundedFact(Fact, array_like=True, frozen=True, gc=False):
    """Money was given back. Units: minor units of ``currency`` (an index)."""

    refund_minor: int
    currency: int


class Line(Struct, array_like=True):
    """Everything known of one order line.

    Shapes: at most one created, paid and cancelled; the rest by refund id, None while there is none.
    """

    names: list[str] = field(default_factory=list)
    created: CreatedFact | None = None
    paid: PaidFact | None = None
    cancelled: Fact | None = None
    requested: dict[str, RequestedFact] | None = None
    refunded: dict[str, RefundedFact] | None = None
    closed: dict[str, Fact] | None = None

    def merge(self, event: OrderFact, late: bool) -> bool:
        """Take a fact in; False: it is held already, or loses against the one held."""
        return _MERGE[type(event)](self, event, late)

    def sale(self) -> Sale | None:
        """What the line adds to the figures; None while it is not paid."""
        paid = self.paid
        if paid is None:
            return None
        session_id, currency = self.names[paid.session], self.names[paid.currency]
        return Sale(paid.at_ms, session_id, paid.paid_minor, paid.quantity, currency, paid.late)

    def name(self, text: str) -> int:
        """The index of a session or currency, which is named from now on."""
        names = self.names
        if text in names:
            return names.index(text)
        names.append(text)
        return len(names) - 1


def _merge_created(line: Line, event: OrderCreated, late: bool) -> bool:
    del late  # it moves no pane
    held = line.created
    if held is not None:
        old = (held.at_ms, held.payable_minor, held.quantity)
        new = (event.occurred_at_ms, event.payable_minor, event.quantity)
        names = (line.names[held.currency], line.names[held.session])
        if (*new, event.currency, event.session_id) <= (*old, *names):
            return False
    line.created = CreatedFact(
        event.occurred_at_ms,
        line.name(event.session_id),
        event.payable_minor,
        event.quantity,
        line.name(event.currency),
    )
    return True


def _merge_paid(line: Line, event: OrderPaid, late: bool) -> bool:
    held = line.paid
    if held is not None:
        old = (held.at_ms, held.paid_minor, held.quantity)
        new = (event.occurred_at_ms, event.paid_minor, event.quantity)
        names = (line.names[held.currency], line.names[held.session])
        if (*new, event.currency, event.session_id) <= (*old, *names):
            return False
    line.paid = PaidFact(
        event.occurred_at_ms,
        line.name(event.session_id),
        event.paid_minor,
        event.quantity,
        line.name(event.currency),
        late,
    )
    return True


def _merge_cancelled(line: Line, event: OrderCancelled, _late: bool) -> bool:
    if line.cancelled is not None:
        return False
    line.cancelled = Fact(event.occurred_at_ms, line.name(event.session_id))
    return True


def _merge_requested(line: Line, event: OrderRefundRequested, _late: bool) -> bool:
    held = line.requested = line.requested or {}
    if event.refund_id in held:
        return False
    held[event.refund_id] = RequestedFact(
        event.occurred_at_ms, line.name(event.session_id), event.refund_minor
    )
    return True


def _merge_refunded(line: Line, event: OrderRefunded, _late: bool) -> bool:
    held = line.refunded = line.refunded or {}
    if event.refund_id in held:
        return False
    held[event.refund_id] = RefundedFact(
        event.occurred_at_ms,
        line.name(event.session_id),
        event.refund_minor,
        line.name(event.currency),
    )
    return True


def _merge_closed(line: Line, event: OrderRefundClosed, _late: bool) -> bool:
    held = line.closed = line.closed or {}
    if event.refund_id in held:
        return False
    held[event.refund_id] = Fact(event.occurred_at_ms, line.name(event.session_id))
    return True


_MERGE: Final[dict[type[OrderFact], Callable[[Line, Any, bool], bool]]] = {
    OrderCreated: _merge_created,
    OrderPaid: _merge_paid,
    OrderCancelled: _merge_cancelled,
    OrderRefundRequested: _merge_requested,
    OrderRefunded: _merge_refunded,
    OrderRefundClosed: _merge_closed,
}
