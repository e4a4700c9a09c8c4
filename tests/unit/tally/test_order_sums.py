"""What orders add to the sums: the traps one by one, and everything against a count by hand."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamproc.events.orders import OrderRefunded
from streamproc.tally.figures import OrderFigures
from streamproc.tally.order_sums import (
    MAIN,
    SOLD,
    Contribution,
    add,
    contributions,
    of_line,
    of_whole,
)
from streamproc.tally.orders import Order, OrderFact
from tests.builders import T0, cancelled, created, paid, refunded, viewer_key
from tests.unit.tally.told_orders import Told, by_hand, facts, order_of, sums_of, told_in_turn

PANE = 10_000
NAMED: dict[str, Any] = {"buyer_key": viewer_key()}


def totals(order: Order, session_id: str = "s-1") -> dict[str, int]:
    return {
        column: amount
        for (session, at_ms, column), amount in sums_of(order).items()
        if session == session_id and at_ms is None
    }


def at(order: Order, at_ms: int, session_id: str = "s-1") -> dict[str, int]:
    return {
        column: amount
        for (session, when_ms, column), amount in sums_of(order).items()
        if session == session_id and when_ms == at_ms
    }


ONE_SALE = {"paid_lines": 1, "items_sold": 1, "orders_main": 1, "created_lines": 1}


def test_a_created_line_is_unpaid() -> None:
    assert totals(order_of(created(500))) == {
        "created_minor CNY": 500,
        "created_lines": 1,
        "unpaid_minor CNY": 500,
    }


def test_a_cancelled_line_is_no_longer_unpaid() -> None:
    order = order_of(created(500), cancelled(T0 + 1))

    assert totals(order) == {"created_minor CNY": 500, "created_lines": 1}


def test_a_payment_before_its_creation_implies_one_until_it_comes() -> None:
    pay = paid(450, T0 + PANE, payable_minor=500, **NAMED)
    implied, told = order_of(pay), order_of(pay, created(510, T0))

    assert totals(implied) == {**ONE_SALE, "created_minor CNY": 500, "pay_gmv_minor CNY": 450}
    assert at(implied, T0 + PANE) == totals(implied)
    assert totals(told) == {**ONE_SALE, "created_minor CNY": 510, "pay_gmv_minor CNY": 450}
    assert at(told, T0) == {"created_minor CNY": 510, "created_lines": 1}


def test_a_refund_before_its_payment_is_held_as_an_orphan() -> None:
    refund = refunded(400, T0 + PANE)
    held = order_of(created(500), refund)
    settled = order_of(created(500), refund, paid(500, T0 + 5 * PANE, **NAMED))

    assert at(held, T0 + PANE) == {"orphan_refunds": 1}
    assert totals(held)["orphan_refunds"] == 1
    assert "orphan_refunds" not in totals(settled)
    assert at(settled, T0 + PANE) == {"refunded_minor CNY": 400, "refunded_lines": 1}


def test_a_refund_of_an_unknown_line_counts_where_it_was_told() -> None:
    order = order_of(refunded(400, T0 + PANE, session_id="s-2"))

    assert totals(order, "s-2") == at(order, T0 + PANE, "s-2") == {"orphan_refunds": 1}
    assert totals(order) == {}


def test_partial_refunds_add_up_and_the_first_in_time_makes_the_line_refunded() -> None:
    order = order_of(
        paid(500, **NAMED),
        refunded(100, T0 + 2 * PANE, refund_id="f-1"),
        refunded(150, T0 + PANE, refund_id="f-2"),
    )

    assert totals(order)["refunded_minor CNY"] == 250
    assert totals(order)["refunded_lines"] == 1
    assert at(order, T0 + PANE) == {"refunded_minor CNY": 150, "refunded_lines": 1}
    assert at(order, T0 + 2 * PANE) == {"refunded_minor CNY": 100}


def test_a_refund_belongs_to_the_session_of_the_payment() -> None:
    order = order_of(paid(500, **NAMED), refunded(100, T0 + PANE, session_id="s-2"))

    assert at(order, T0 + PANE) == {"refunded_minor CNY": 100, "refunded_lines": 1}
    assert totals(order, "s-2") == {}


def test_contradicting_amounts_count_once_and_in_no_pane() -> None:
    order = order_of(paid(500, **NAMED), paid(400, **NAMED))

    assert totals(order)["pay_gmv_minor CNY"] == 500
    assert totals(order)["paid_lines"] == 1
    assert totals(order)["contradicted_lines"] == 1
    assert "contradicted_lines" not in at(order, T0)


@pytest.mark.parametrize(
    ("given_back", "contradicted"),
    [
        ([refunded(500)], False),
        ([refunded(501)], True),
        ([refunded(300), refunded(200, refund_id="f-2")], False),
        ([refunded(300), refunded(201, refund_id="f-2")], True),
        ([refunded(1, currency="EUR")], True),
    ],
)
def test_a_refund_of_other_money_than_was_paid_contradicts_the_payment(
    given_back: list[OrderRefunded], contradicted: bool
) -> None:
    facts: list[OrderFact] = [paid(500, **NAMED), *given_back]
    orders = order_of(*facts), order_of(*reversed(facts))

    for order in orders:
        assert ("contradicted_lines" in totals(order)) is contradicted
        assert totals(order)["refunded_lines"] == 1
        assert "contradicted_lines" not in at(order, T0)
    assert "contradicted_lines" not in totals(order_of(*given_back))


def test_a_contradiction_without_a_sale_belongs_to_the_latest_fact() -> None:
    order = order_of(
        refunded(1, T0, session_id="s-1"),
        refunded(2, T0, session_id="s-1"),
        cancelled(T0 + 1, session_id="s-2"),
    )

    assert totals(order, "s-2") == {"contradicted_lines": 1}


def test_a_paid_line_that_is_cancelled_stays_sold() -> None:
    sold = order_of(created(500), paid(500, T0 + 1, **NAMED))
    order = order_of(created(500), paid(500, T0 + 1, **NAMED), cancelled(T0 + 2))

    assert sums_of(order) == sums_of(sold)


def test_two_currencies_are_kept_apart() -> None:
    order = order_of(
        paid(500, currency="CNY", **NAMED),
        paid(70, currency="EUR", line_id="2", **NAMED),
        refunded(30, T0 + 1, currency="EUR", line_id="2"),
    )

    assert totals(order) == {
        "pay_gmv_minor CNY": 500,
        "pay_gmv_minor EUR": 70,
        "created_minor CNY": 500,
        "created_minor EUR": 70,
        "refunded_minor EUR": 30,
        "refunded_lines": 1,
        "created_lines": 2,
        "paid_lines": 2,
        "items_sold": 2,
        "orders_main": 1,
    }


def test_an_order_with_lines_in_two_sessions_is_one_order_in_each() -> None:
    order = order_of(
        paid(1, T0 + 2, line_id="1"),
        paid(1, T0 + 1, line_id="2"),
        paid(1, T0 + 1, line_id="3"),
        paid(1, T0, line_id="4", session_id="s-2"),
        created(1, T0, line_id="5"),
    )

    assert totals(order)["orders_main"] == totals(order, "s-2")["orders_main"] == 1
    assert at(order, T0 + 1)["orders_main"] == at(order, T0, "s-2")["orders_main"] == 1
    assert "orders_main" not in at(order, T0 + 2)


def test_of_lines_paid_at_once_the_smaller_id_stands_for_the_order() -> None:
    told: list[Told] = [(paid(1, line_id="2"), False), (paid(1, line_id="10"), True)]

    assert of_whole(told_in_turn(told)[0]) == [Contribution("s-1", T0, late=True, part=MAIN)]


def test_a_late_creation_is_in_no_pane_and_its_payment_on_time_is() -> None:
    order, _ = told_in_turn([(created(500, T0), True), (paid(500, T0 + 1, **NAMED), False)])

    assert at(order, T0) == {}
    assert at(order, T0 + 1)["pay_gmv_minor CNY"] == 500
    assert "created_lines" not in at(order, T0 + 1)
    assert totals(order)["created_minor CNY"] == 500


def test_a_late_payment_is_in_no_pane_but_its_refund_is() -> None:
    order, _ = told_in_turn([(paid(500, T0, **NAMED), True), (refunded(500, T0 + 1), True)])

    assert at(order, T0) == {}
    assert at(order, T0 + 1) == {"refunded_minor CNY": 500, "refunded_lines": 1}


def test_a_payment_without_a_buyer_is_unnamed() -> None:
    assert totals(order_of(paid()))["unnamed_paid_lines"] == 1
    assert "unnamed_paid_lines" not in totals(order_of(paid(**NAMED)))


def test_five_million_yuan_are_exact_to_the_fen() -> None:
    figures, lines = OrderFigures(), 300_007
    shares = [500_000_000 // lines] * (lines - 1)
    shares.append(500_000_000 - sum(shares))
    for share in shares:
        add(figures, Contribution("s-1", T0, False, SOLD, "CNY", share), 1)

    assert figures.pay_gmv_minor == {"CNY": 500_000_000}


def test_money_taken_back_leaves_no_currency_behind() -> None:
    figures = OrderFigures()
    added = contributions(order_of(paid(700), paid(70, currency="EUR", line_id="2")))
    for sign in (1, -1):
        for each in added:
            add(figures, each, sign)

    assert figures.row() == OrderFigures().row()


@given(told=st.lists(st.tuples(facts(), st.booleans()), max_size=25))
@example(told=[(paid(1), False), (paid(1, line_id="2"), True)])
def test_an_order_adds_what_the_definitions_say(told: list[Told]) -> None:
    assert sums_of(told_in_turn(told)[0]) == by_hand(told)


@given(told=st.lists(facts(), min_size=1, max_size=25), shuffled=st.randoms(use_true_random=False))
def test_what_an_order_adds_does_not_depend_on_how_often_or_when_facts_come(
    told: list[OrderFact], shuffled: Random
) -> None:
    again = [*told, *shuffled.choices(told, k=len(told))]
    shuffled.shuffle(again)

    assert sums_of(order_of(*again)) == sums_of(order_of(*told))


@given(told=st.lists(st.tuples(facts(), st.booleans()), max_size=25))
def test_a_fact_changes_only_what_its_line_and_the_order_as_one_add(told: list[Told]) -> None:
    order = Order()
    for fact, late in told:
        others = {each: of_line(line) for each, line in order.lines.items()}
        others.pop(fact.line_id, None)
        whole = of_whole(order)
        order.line(fact.line_id).merge(fact, late)

        assert all(of_line(order.lines[each]) == added for each, added in others.items())
        assert fact.__class__.__name__ == "OrderPaid" or of_whole(order) == whole


@given(told=st.lists(st.tuples(facts(), st.booleans()), max_size=25))
def test_paid_money_never_falls_but_for_a_contradiction(told: list[Told]) -> None:
    order, before = Order(), 0
    for fact, late in told:
        line = order.line(fact.line_id)
        line.merge(fact, late)
        sold = sum(each.minor for each in contributions(order) if each.part == SOLD)
        assert sold >= before or line.contradicted
        before = sold
