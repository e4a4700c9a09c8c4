"""Order lines: every version of every fact that was told, and what they add when all is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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

_NEVER_TOLD = -1
_Version = tuple[Any, ...]
_Identity = tuple[str, str]


class Added(NamedTuple):
    """So much more of a sum.

    Shapes: ``currency`` is None for counts; ``in_pane`` is False for what counts in totals only.
    """

    name: str
    amount: int
    currency: str | None
    at_ms: int
    in_pane: bool


class Of(NamedTuple):
    """What is added, and to which session."""

    session_id: str
    added: Added


class _Told(NamedTuple):
    """A version of a fact as it was first told, and whether that was late."""

    fact: OrderFact
    late: bool


@dataclass
class Line:
    """All versions of all facts of an order line.

    Shapes: ``named`` are the versions of its payment of which any delivery named the buyer; ``reasons`` are
        those that deliveries of a version of a request gave.
    """

    order_id: str
    line_id: str
    versions: dict[_Identity, dict[_Version, _Told]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    named: set[_Version] = field(default_factory=set)
    reasons: dict[tuple[_Identity, _Version], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def take(self, fact: OrderFact, *, late: bool) -> bool:
        """Keep a version of a fact; True if it is the greatest of them, and new."""
        of_fact = self.versions[_identity(fact)]
        version = _version(fact)
        stands = not of_fact or version > max(of_fact)
        of_fact.setdefault(version, _Told(fact, late))
        if isinstance(fact, OrderPaid) and fact.buyer_key is not None:
            self.named.add(version)
        if isinstance(fact, OrderRefundRequested) and fact.reason is not None:
            self.reasons[_identity(fact), version].add(fact.reason.value)
        return stands

    @property
    def is_contradicted(self) -> bool:
        """Whether two versions of one fact were told."""
        return any(len(of_fact) > 1 for of_fact in self.versions.values())

    def standing(self, kind: type[OrderFact]) -> list[_Told]:
        """The greatest version of each fact of a kind."""
        return [
            of_fact[max(of_fact)]
            for of_fact in self.versions.values()
            if isinstance(next(iter(of_fact.values())).fact, kind)
        ]

    @property
    def paid(self) -> _Told | None:
        """The payment, as it stands."""
        return next(iter(self.standing(OrderPaid)), None)

    @property
    def counted(self) -> _Told | None:
        """The fact by which it counts as created: its creation, else its payment."""
        return next(iter(self.standing(OrderCreated)), None) or self.paid

    @property
    def asked_back(self) -> tuple[tuple[int, str, str], bool]:
        """Time, session and reason of the earliest request, and whether that was late."""
        requests = [
            (fact.occurred_at_ms, fact.refund_id, fact, late)
            for fact, late in self.standing(OrderRefundRequested)
            if isinstance(fact, OrderRefundRequested)
        ]
        at_ms, _, fact, late = min(requests, key=lambda request: request[:2])
        reason = max(self.reasons[_identity(fact), _version(fact)], default="")
        return (at_ms, fact.session_id, reason), late


def contributions(lines: Iterable[Line]) -> Iterator[Of]:
    """What lines of one host add to its sessions."""
    lines = list(lines)
    for line in lines:
        yield from _of_line(line)
    yield from _orders_main(lines)


def _of_line(line: Line) -> Iterator[Of]:
    paid, created = line.paid, line.counted
    if created is not None:
        yield from _of_created(created, unpaid=paid is None and not line.standing(OrderCancelled))
    if paid is not None:
        yield from _of_paid(paid, named=_version(paid.fact) in line.named)
        yield from _of_refunds(line, paid)
    else:
        for fact, _ in line.standing(OrderRefunded):
            orphan = Added("orphan_refunds", 1, None, fact.occurred_at_ms, in_pane=True)
            yield Of(fact.session_id, orphan)
    if line.is_contradicted or _gives_back_too_much(line):
        at_ms, session_id = _contradicted_at(line, paid or created)
        yield Of(session_id, Added("contradicted_lines", 1, None, at_ms, in_pane=False))


def _of_created(created: _Told, *, unpaid: bool) -> Iterator[Of]:
    """What an order adds; one that is implied by its payment is told by that."""
    fact, late = created
    assert isinstance(fact, OrderCreated | OrderPaid)  # noqa: S101 - told to the type checker
    where = (fact.occurred_at_ms, not late)
    added = [
        Added("created_minor", fact.payable_minor, fact.currency, *where),
        Added("created_lines", 1, None, *where),
    ]
    if unpaid:
        added.append(Added("unpaid_minor", fact.payable_minor, fact.currency, *where))
    for each in added:
        yield Of(fact.session_id, each)


def _of_paid(paid: _Told, *, named: bool) -> Iterator[Of]:
    fact, late = paid
    assert isinstance(fact, OrderPaid)  # noqa: S101 - told to the type checker
    where = (fact.occurred_at_ms, not late)
    added = [
        Added("pay_gmv_minor", fact.paid_minor, fact.currency, *where),
        Added("paid_lines", 1, None, *where),
        Added("items_sold", fact.quantity, None, *where),
    ]
    if not named:
        added.append(Added("unnamed_paid_lines", 1, None, *where))
    for each in added:
        yield Of(fact.session_id, each)


def _of_refunds(line: Line, paid: _Told) -> Iterator[Of]:
    """What refunds add: to the session that sold, at their own time, however late."""
    session_id = paid.fact.session_id
    refunds = [told.fact for told in line.standing(OrderRefunded)]
    for fact in refunds:
        assert isinstance(fact, OrderRefunded)  # noqa: S101 - told to the type checker
        refund = Added(
            "refunded_minor", fact.refund_minor, fact.currency, fact.occurred_at_ms, in_pane=True
        )
        yield Of(session_id, refund)
    if refunds:
        first_ms = min(fact.occurred_at_ms for fact in refunds)
        yield Of(session_id, Added("refunded_lines", 1, None, first_ms, in_pane=True))


def _gives_back_too_much(line: Line) -> bool:
    """Whether money was given back that was not paid: in another currency, or more of it."""
    paid = None if line.paid is None else line.paid.fact
    if not isinstance(paid, OrderPaid):
        return False
    given: dict[str, int] = defaultdict(int)
    for fact, _ in line.standing(OrderRefunded):
        if isinstance(fact, OrderRefunded):
            given[fact.currency] += fact.refund_minor
    return bool(given.keys() - {paid.currency}) or given[paid.currency] > paid.paid_minor


def _contradicted_at(line: Line, sale: _Told | None) -> tuple[int, str]:
    """Time and session of a contradiction: of the sale, else of the last fact that stands."""
    if sale is not None:
        return sale.fact.occurred_at_ms, sale.fact.session_id
    standing = [of_fact[max(of_fact)].fact for of_fact in line.versions.values()]
    return max((fact.occurred_at_ms, fact.session_id) for fact in standing)


def _orders_main(lines: Iterable[Line]) -> Iterator[Of]:
    """One order per session and order id, at the first line of it that was paid."""
    orders: dict[tuple[str, str], list[tuple[int, str, bool]]] = defaultdict(list)
    for line in lines:
        if (paid := line.paid) is not None:
            order = (paid.fact.session_id, line.order_id)
            orders[order].append((paid.fact.occurred_at_ms, line.line_id, paid.late))
    for (session_id, _), of_order in orders.items():
        at_ms, _, late = min(of_order)
        yield Of(session_id, Added("orders_main", 1, None, at_ms, not late))


def totals(added: Iterable[Added]) -> dict[str, Any]:
    """Sums by name: counts, and money by currency; without what adds up to nothing."""
    sums: dict[tuple[str, str | None], int] = defaultdict(int)
    for name, amount, currency, _, _ in added:
        sums[name, currency] += amount
    result: dict[str, Any] = {}
    for (name, currency), amount in sums.items():
        if not amount:
            continue
        if currency is None:
            result[name] = amount
        else:
            result.setdefault(name, {})[currency] = amount
    return result


def _identity(fact: OrderFact) -> _Identity:
    """What makes two facts of an order line the same fact."""
    kind = type(fact).__name__
    if isinstance(fact, OrderRefundRequested | OrderRefunded | OrderRefundClosed):
        return (kind, fact.refund_id)
    return (kind, "")


def _version(fact: OrderFact) -> _Version:
    """What two versions of a fact are told apart and ordered by."""
    at_ms = fact.occurred_at_ms
    if isinstance(fact, OrderCreated):
        return (at_ms, fact.payable_minor, fact.quantity, fact.currency, fact.session_id)
    if isinstance(fact, OrderPaid):
        sold = (fact.paid_minor, fact.quantity, fact.currency)
        return (at_ms, *sold, fact.session_id, fact.payable_minor)
    if isinstance(fact, OrderRefundRequested):
        asked = _NEVER_TOLD if fact.refund_minor is None else fact.refund_minor
        return (at_ms, asked, fact.session_id)
    if isinstance(fact, OrderRefunded):
        return (at_ms, fact.refund_minor, fact.currency, fact.session_id)
    return (at_ms, fact.session_id)
