"""Orders for tests: what happens to lines, and what it adds up to when it is counted by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from streamproc.events.orders import (
    OrderCancelled,
    OrderCreated,
    OrderPaid,
    OrderRefundClosed,
    OrderRefunded,
    OrderRefundRequested,
)
from streamproc.program.order_codec import OrderRecord
from streamproc.tally.figures import OrderFigures
from streamproc.tally.order_sums import add, contributions
from streamproc.tally.orders import Order, OrderFact, Outcome
from tests.builders import (
    T0,
    cancelled,
    created,
    paid,
    refund_closed,
    refund_requested,
    refunded,
    viewer_key,
)

Told = tuple[OrderFact, bool]
"""A fact and whether it comes late."""

Fact = Any
"""Any fact: which fields it has depends on its class."""

Sums = Counter[tuple[str, int | None, str]]
"""(session, time of the pane's content or None for totals, column and currency) -> amount."""


def order_of(*facts: OrderFact, late: bool = False) -> Order:
    return told_in_turn([(fact, late) for fact in facts])[0]


def told_in_turn(told: Iterable[Told]) -> tuple[Order, list[Outcome]]:
    order = Order()
    return order, [order.line(fact.line_id).merge(fact, late) for fact, late in told]


def recorded(order: Order) -> OrderRecord:
    record = OrderRecord(b"an order", b"\0\0", 0, [], [])
    record.hold(order)
    return record


def sums_of(order: Order) -> Sums:
    """The contributions of an order, added up."""
    sums: Sums = Counter()
    for each in contributions(order):
        figures = OrderFigures()
        add(figures, each, 1)
        for column, amount in _columns(figures):
            sums[each.session_id, None, column] += amount
            if not each.late:
                sums[each.session_id, each.at_ms, column] += amount
    return +sums


def _columns(figures: OrderFigures) -> Iterator[tuple[str, int]]:
    for name in figures.__slots__:
        amount = getattr(figures, name)
        if name in figures.MONEY:
            yield from ((f"{name} {currency}", minor) for currency, minor in amount.items())
        else:
            yield name, amount


def by_hand(told: Sequence[Told]) -> Sums:
    """What these facts add up to, by the definitions: every version kept, the greatest picked."""
    sums: Sums = Counter()
    lines = defaultdict(list)
    for fact, late in told:
        lines[fact.line_id].append((fact, late))
    main: dict[str, list[tuple[int, str, bool]]] = defaultdict(list)
    for line_id, of_line in lines.items():
        sale = _count_line(sums, of_line)
        if sale is not None:
            session_id, at_ms, late = sale
            main[session_id].append((at_ms, line_id, late))
    for session_id, (at_ms, _, late) in {each: min(main[each]) for each in main}.items():
        sums[session_id, None, "orders_main"] += 1
        if not late:
            sums[session_id, at_ms, "orders_main"] += 1
    return +sums


def _count_line(sums: Sums, told: Sequence[Told]) -> tuple[str, int, bool] | None:
    """Count a line but for its order; the session, time and lateness of its payment."""
    create, pay = _standing(told, OrderCreated), _standing(told, OrderPaid)
    ordered = create or pay
    if ordered is not None:
        fact, late = ordered
        unpaid = pay is None and _standing(told, OrderCancelled) is None
        for column in ("created_minor", "unpaid_minor") if unpaid else ("created_minor",):
            _count(sums, fact, late, f"{column} {fact.currency}", fact.payable_minor)
        _count(sums, fact, late, "created_lines", 1)
    if pay is not None:
        fact, late = pay
        _count(sums, fact, late, f"pay_gmv_minor {fact.currency}", fact.paid_minor)
        _count(sums, fact, late, "paid_lines", 1)
        _count(sums, fact, late, "items_sold", fact.quantity)
        same = [each for each, _ in told if type(each) is OrderPaid and _said(each) == _said(fact)]
        if all(each.buyer_key is None for each in same):
            _count(sums, fact, late, "unnamed_paid_lines", 1)
    _count_refunds(sums, told, None if pay is None else pay[0].session_id)
    two_versions = any(len({_said(each) for each in same}) > 1 for same in _by_fact(told).values())
    if two_versions or (pay is not None and _gives_back_too_much(told, pay[0])):
        latest = max((max(same, key=_said) for same in _by_fact(told).values()), key=_place)
        home = pay or create or (latest, True)
        _count(sums, home[0], True, "contradicted_lines", 1)
    return None if pay is None else (pay[0].session_id, pay[0].occurred_at_ms, pay[1])


def _count_refunds(sums: Sums, told: Sequence[Told], paid_in: str | None) -> None:
    refunds = [
        max(same, key=_said) for (kind, _), same in _by_fact(told).items() if kind is OrderRefunded
    ]
    for refund in refunds:
        if paid_in is None:
            _count(sums, refund, False, "orphan_refunds", 1)
            continue
        column = f"refunded_minor {refund.currency}"
        _count(sums, refund, False, column, refund.refund_minor, paid_in)
    if refunds and paid_in is not None:
        first = min(refunds, key=lambda each: (each.occurred_at_ms, each.refund_id))
        _count(sums, first, False, "refunded_lines", 1, paid_in)


def _gives_back_too_much(told: Sequence[Told], pay: Fact) -> bool:
    """Whether refunds are of another currency than the payment, or of more than was paid."""
    refunds = [
        max(same, key=_said) for (kind, _), same in _by_fact(told).items() if kind is OrderRefunded
    ]
    of_other = any(each.currency != pay.currency for each in refunds)
    return of_other or sum(each.refund_minor for each in refunds) > pay.paid_minor


def _count(
    sums: Sums, fact: Fact, late: bool, column: str, amount: int, session_id: str | None = None
) -> None:
    """Count at the time of a fact and in its session, if in no other."""
    session_id = session_id or fact.session_id
    sums[session_id, None, column] += amount
    if not late:
        sums[session_id, fact.occurred_at_ms, column] += amount


def _place(fact: Fact) -> tuple[int, str]:
    return fact.occurred_at_ms, fact.session_id


def _standing(told: Sequence[Told], kind: type) -> tuple[Fact, bool] | None:
    """The greatest version and whether it was late when it first came; None without one."""
    versions = [each for each in told if type(each[0]) is kind]
    return max(versions, key=lambda each: _said(each[0]), default=None)


def _by_fact(told: Sequence[Told]) -> dict[tuple[type, str | None], list[Fact]]:
    found = defaultdict(list)
    for each, _ in told:
        found[type(each), getattr(each, "refund_id", None)].append(each)
    return found


_SAID: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    OrderCreated: lambda e: (e.payable_minor, e.quantity, e.currency, e.session_id),
    OrderPaid: lambda e: (e.paid_minor, e.quantity, e.currency, e.session_id, e.payable_minor),
    OrderCancelled: lambda e: (e.session_id,),
    OrderRefundRequested: lambda e: (
        -1 if e.refund_minor is None else e.refund_minor,
        e.session_id,
    ),
    OrderRefunded: lambda e: (e.refund_minor, e.currency, e.session_id),
    OrderRefundClosed: lambda e: (e.session_id,),
}


def _said(event: Fact) -> tuple[Any, ...]:
    """What makes two deliveries the same version of a fact."""
    return (event.occurred_at_ms, *_SAID[type(event)](event))


def facts() -> st.SearchStrategy[OrderFact]:
    """Facts of a few lines that duplicate and contradict each other."""
    minor = st.sampled_from([0, 1, 1_999])
    common = {
        "at_ms": st.sampled_from([T0, T0 + 1, T0 + 10_000]),
        "session_id": st.sampled_from(["s-1", "s-2"]),
        "line_id": st.sampled_from(["1", "10", "2"]),
    }
    currency = {"currency": st.sampled_from(["CNY", "EUR"])}
    refund = {**common, "refund_id": st.sampled_from(["f-1", "f-2"])}
    sale = {
        **common,
        **currency,
        "payable_minor": minor,
        "quantity": st.integers(1, 2),
        "buyer_key": st.sampled_from([None, viewer_key()]),
    }
    return st.one_of(
        st.builds(created, **sale),
        st.builds(paid, paid_minor=minor, **sale),
        st.builds(paid, paid_minor=minor, **sale),
        st.builds(cancelled, **common),
        st.builds(refund_requested, refund_minor=st.none() | minor, **refund),
        st.builds(refunded, refund_minor=minor, **currency, **refund),
        st.builds(refund_closed, **refund),
    )
