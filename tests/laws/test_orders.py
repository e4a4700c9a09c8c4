"""The law of orders: whatever is told of them, and in whatever order, the state says the same of it."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streamproc.events.orders import (
    FailReason,
    OrderCancelled,
    OrderCreated,
    OrderFailed,
    OrderPaid,
    OrderRefundClosed,
    OrderRefunded,
    OrderRefundRequested,
    OrdersCounted,
    RefundReason,
)
from streamproc.events.registry import AnyEvent
from streamproc.oracle.batch import compute, differences
from streamproc.program.canonical import canonical
from tests.builders import T0, made, viewer_key
from tests.folding import folded, log_of

IN_TIME_MS = 600_000
"""Nothing of so long a time is late."""


def told(chance: Random, facts: int) -> list[AnyEvent]:
    """Facts of a few lines, many of which contradict each other, and what else is told of orders."""
    return [_fact(chance, number) for number in range(facts)]


def _fact(chance: Random, number: int) -> AnyEvent:
    at_ms = T0 + chance.choice((1_000, 9_999, 10_000, 60_000, 90_000, IN_TIME_MS))
    where = {"event_id": f"e-{number}", "session_id": chance.choice("sst")}
    line = {**where, "order_id": chance.choice("op"), "line_id": chance.choice("12")}
    money = {"currency": chance.choice(("CNY", "CNY", "EUR"))}
    quantity = chance.choice((1, 2))
    # Which product it is of is no part of a version: two of one version are never told apart.
    sale = {**line, **money, "quantity": quantity, "product_id": f"p-{quantity}"}
    refund = {**line, "refund_id": chance.choice("xy")}
    buyer = chance.choice((None, viewer_key(1), viewer_key(2)))
    drawn: tuple[tuple[type[AnyEvent], dict[str, Any]], ...] = (
        (OrderCreated, {**sale, "payable_minor": chance.choice((0, 5))}),
        (OrderCreated, {**sale, "payable_minor": 5}),
        (OrderPaid, {**sale, "payable_minor": 5, "paid_minor": 5, "buyer_key": buyer}),
        (OrderPaid, {**sale, "payable_minor": 5, "paid_minor": 4, "buyer_key": buyer}),
        (OrderCancelled, line),
        (OrderRefundRequested, {**refund, "reason": chance.choice((None, *RefundReason))}),
        (OrderRefunded, {**refund, **money, "refund_minor": chance.choice((1, 5))}),
        (OrderRefundClosed, refund),
        (
            OrderFailed,
            {
                **where,
                "attempt_id": f"a-{number}",
                "reason": chance.choice((FailReason.OUT_OF_STOCK, FailReason.RISK)),
                "product_id": "p-1",
            },
        ),
        (OrdersCounted, {**where, **money, "paid_lines": 1, "paid_minor": chance.choice((1, 2))}),
    )
    kind, fields = chance.choice(drawn)
    event: AnyEvent = made(kind, at_ms, **fields)
    return event


@given(seed=st.integers(0, 2**32), facts=st.integers(2, 20))
@settings(deadline=None)
def test_the_state_says_the_same_in_whatever_order_orders_are_told_of(
    seed: int, facts: int
) -> None:
    chance = Random(seed)
    events = told(chance, facts)
    first, other = log_of(events), log_of(chance.sample(events, facts))
    held, again = (canonical(folded(log).items())["hosts"] for log in (first, other))

    assert differences(held, again) == []
    assert differences(held, compute(first)["hosts"]) == []
