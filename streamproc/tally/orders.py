"""Orders: the facts of their lines, merged so that nothing depends on how often or when they come.

Of each fact of a line the greatest version stands, and a line that two versions of one fact were
told of is contradicted. Both are joins: commutative, associative, idempotent. Only whether a fact
was late is decided once, when the version that stands arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any, Final, NamedTuple

from streamproc.events.orders import (
    OrderCancelled,
    OrderCreated,
    OrderPaid,
    OrderRefundClosed,
    OrderRefunded,
    OrderRefundRequested,
)

OrderFact = (
    OrderCreated
    | OrderPaid
    | OrderCancelled
    | OrderRefundRequested
    | OrderRefunded
    | OrderRefundClosed
)

UNKNOWN_MINOR: Final = -1
"""How much is asked back, when nobody said."""


class Created(NamedTuple):
    """A line was ordered. Units: minor units of ``currency``."""

    at_ms: int
    payable_minor: int
    quantity: int
    currency: str
    session_id: str


class Paid(NamedTuple):
    """A line was paid. Units: minor units of ``currency``."""

    at_ms: int
    paid_minor: int
    quantity: int
    currency: str
    session_id: str
    payable_minor: int


class Told(NamedTuple):
    """A line was cancelled, or a request for money back was closed."""

    at_ms: int
    session_id: str


class Requested(NamedTuple):
    """Money is asked back.

    Shapes: versions are told apart by the first three; ``reason`` is the greatest that any delivery of this
        one gave, "" if none did; ``late``: the first of them was.
    Units: ``refund_minor`` may be ``UNKNOWN_MINOR``.
    """

    at_ms: int
    refund_minor: int
    session_id: str
    reason: str = ""
    late: bool = False


class Refunded(NamedTuple):
    """Money was given back. Units: minor units of ``currency``."""

    at_ms: int
    refund_minor: int
    currency: str
    session_id: str


Fact = Created | Paid | Told | Requested | Refunded


class Outcome(IntEnum):
    """What became of a fact that a line was told."""

    AGAIN = 0
    """Nothing: all of it was known."""
    NOTED = 1
    """Another version stands, but the line remembers that this one came."""
    STANDS = 2
    """It is the version that stands."""


class Line:
    """Everything known of one order line.

    Shapes: at most one created, paid and cancelled; the rest by refund id. ``created_late`` and
        ``paid_late`` are of the version that stands; ``buyer_known`` is of the paid version that
        stands, true if any delivery of it named the buyer. ``contradicted``: two versions of
        one fact were told. ``place`` is where it counts in the minute in
        which it was created, 0: in none.
    """

    __slots__ = (
        "buyer_known",
        "cancelled",
        "closed",
        "contradicted",
        "created",
        "created_late",
        "paid",
        "paid_late",
        "place",
        "refunded",
        "requested",
    )

    def __init__(self) -> None:
        self.created: Created | None = None
        self.paid: Paid | None = None
        self.cancelled: Told | None = None
        self.requested: dict[str, Requested] = {}
        self.refunded: dict[str, Refunded] = {}
        self.closed: dict[str, Told] = {}
        self.created_late = False
        self.paid_late = False
        self.buyer_known = False
        self.contradicted = False
        self.place = 0

    def merge(self, event: OrderFact, late: bool) -> Outcome:
        """Take a fact in."""
        before = self._noted(event)
        if _MERGE[type(event)](self, event, late):
            return Outcome.STANDS
        return Outcome.AGAIN if before == self._noted(event) else Outcome.NOTED

    def _noted(self, event: OrderFact) -> tuple[bool, bool, str]:
        """What the line remembers of versions that do not stand, and of copies of those that do."""
        reason = ""
        if isinstance(event, OrderRefundRequested) and event.refund_id in self.requested:
            reason = self.requested[event.refund_id].reason
        return self.contradicted, self.buyer_known, reason

    @property
    def counted(self) -> Created | Paid | None:
        """The fact by which it counts as created."""
        return self.created or self.paid

    @property
    def asked_back(self) -> Requested | None:
        """The request by which it counts as asked back: the earliest, by time and then by refund id."""
        requested = self.requested
        if not requested:
            return None
        _, first_id = min((each.at_ms, refund_id) for refund_id, each in requested.items())
        return requested[first_id]

    @property
    def gives_back_too_much(self) -> bool:
        """Whether refunds are of another currency than the payment, or of more than was paid."""
        paid, refunds = self.paid, self.refunded.values()
        if paid is None or not refunds:
            return False
        of_other = any(each.currency != paid.currency for each in refunds)
        return of_other or sum(each.refund_minor for each in refunds) > paid.paid_minor

    def facts(self) -> Iterator[Fact]:
        """Every fact held."""
        for fact in (self.created, self.paid, self.cancelled):
            if fact is not None:
                yield fact
        yield from self.requested.values()
        yield from self.refunded.values()
        yield from self.closed.values()

    def stands(self, fact: Fact, held: Fact | None) -> bool:
        """Whether a version of a fact takes the place of the one held; notes a contradiction."""
        if held is None:
            return True
        if fact == held:
            return False
        self.contradicted = True
        return fact > held


class Order:
    """The lines of one order of one host. Shapes: ``lines`` by line id."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}

    def line(self, line_id: str) -> Line:
        """A line, begun if it is new."""
        line = self.lines.get(line_id)
        if line is None:
            line = self.lines[line_id] = Line()
        return line


def _merge_created(line: Line, event: OrderCreated, late: bool) -> bool:
    fact = Created(
        event.occurred_at_ms, event.payable_minor, event.quantity, event.currency, event.session_id
    )
    if not line.stands(fact, line.created):
        return False
    line.created, line.created_late = fact, late
    return True


def _merge_paid(line: Line, event: OrderPaid, late: bool) -> bool:
    fact = Paid(
        event.occurred_at_ms,
        event.paid_minor,
        event.quantity,
        event.currency,
        event.session_id,
        event.payable_minor,
    )
    known = event.buyer_key is not None
    if not line.stands(fact, line.paid):
        line.buyer_known |= known and fact == line.paid
        return False
    line.paid, line.paid_late, line.buyer_known = fact, late, known
    return True


def _merge_cancelled(line: Line, event: OrderCancelled, _late: bool) -> bool:
    fact = Told(event.occurred_at_ms, event.session_id)
    if not line.stands(fact, line.cancelled):
        return False
    line.cancelled = fact
    return True


def _merge_requested(line: Line, event: OrderRefundRequested, late: bool) -> bool:
    minor = UNKNOWN_MINOR if event.refund_minor is None else event.refund_minor
    reason = "" if event.reason is None else event.reason.value
    fact = Requested(event.occurred_at_ms, minor, event.session_id, reason, late)
    held = line.requested.get(event.refund_id)
    if held is not None and held[:3] == fact[:3]:
        line.requested[event.refund_id] = held._replace(reason=max(held.reason, reason))
        return False
    if not line.stands(fact, held):
        return False
    line.requested[event.refund_id] = fact
    return True


def _merge_refunded(line: Line, event: OrderRefunded, _late: bool) -> bool:
    fact = Refunded(event.occurred_at_ms, event.refund_minor, event.currency, event.session_id)
    if not line.stands(fact, line.refunded.get(event.refund_id)):
        return False
    line.refunded[event.refund_id] = fact
    return True


def _merge_closed(line: Line, event: OrderRefundClosed, _late: bool) -> bool:
    fact = Told(event.occurred_at_ms, event.session_id)
    if not line.stands(fact, line.closed.get(event.refund_id)):
        return False
    line.closed[event.refund_id] = fact
    return True


_MERGE: Final[dict[type[OrderFact], Callable[[Line, Any, bool], bool]]] = {
    OrderCreated: _merge_created,
    OrderPaid: _merge_paid,
    OrderCancelled: _merge_cancelled,
    OrderRefundRequested: _merge_requested,
    OrderRefunded: _merge_refunded,
    OrderRefundClosed: _merge_closed,
}
