from __future__ import annotations

import pytest

from streamproc.tally.figures import OrderFigures
from streamproc.tally.lines import Line, OrderFact, Sale
from tests.builders import (
    T0,
    cancelled,
    created,
    paid,
    refund_closed,
    refund_requested,
    refunded,
)


def merged(*facts: OrderFact) -> tuple[Line, list[bool]]:
    line = Line()
    return line, [line.merge(fact, late=False) for fact in facts]


@pytest.mark.parametrize(
    "fact",
    [created(), paid(), cancelled(), refund_requested(), refunded(), refund_closed()],
    ids=lambda fact: type(fact).__name__,
)
def test_the_same_fact_again_is_not_taken(fact: OrderFact) -> None:
    assert merged(fact, fact)[1] == [True, False]


def test_each_kind_of_fact_is_held_beside_the_others() -> None:
    line, taken = merged(
        refund_requested(T0 + 3), paid(), refunded(500), created(), cancelled(), refund_closed()
    )

    assert all(taken)
    assert line.requested is not None
    assert line.requested["f-1"].at_ms == T0 + 3
    assert line.refunded is not None
    assert line.refunded["f-1"].refund_minor == 500
    assert line.created is not None
    assert line.cancelled is not None
    assert line.closed is not None
    assert "f-1" in line.closed


def test_two_refunds_of_a_line_are_two_facts() -> None:
    line, taken = merged(refunded(1, refund_id="f-1"), refunded(2, refund_id="f-2"))

    assert taken == [True, True]
    assert line.refunded is not None
    assert [each.refund_minor for each in line.refunded.values()] == [1, 2]


@pytest.mark.parametrize(
    "greater",
    [
        paid(1, T0 + 1),
        paid(2_000),
        paid(1_999, quantity=2),
        paid(1_999, currency="EUR"),
        paid(1_999, session_id="s-2"),
    ],
)
def test_of_two_payments_the_greater_stands_whichever_comes_first(greater: OrderFact) -> None:
    smaller = paid(1_999, event_id="another")

    up, taken_up = merged(smaller, greater)
    down, taken_down = merged(greater, smaller)

    assert (taken_up, taken_down) == ([True, True], [True, False])
    assert up.sale() == down.sale() != merged(smaller)[0].sale()


def test_of_two_creations_the_greater_stands() -> None:
    line, taken = merged(created(5), created(4), created(6))

    assert taken == [True, False, True]
    assert line.created is not None
    assert line.created.payable_minor == 6


def test_an_unpaid_line_is_no_sale() -> None:
    assert merged(created(), cancelled())[0].sale() is None


def test_a_sale_names_its_session_and_currency() -> None:
    line = Line()
    line.merge(created(session_id="s-1", currency="CNY"), late=False)
    line.merge(paid(7, T0 + 5, session_id="s-2", currency="EUR", quantity=3), late=True)

    assert line.sale() == Sale(T0 + 5, "s-2", 7, 3, "EUR", late=True)


def test_a_sale_taken_back_leaves_nothing_counted() -> None:
    figures, sale = OrderFigures(), Sale(T0, "s-1", 700, 2, "CNY", late=False)
    sale.add_to(figures, 1)
    assert (figures.paid_lines, figures.items_sold, figures.pay_gmv_minor) == (1, 2, {"CNY": 700})
    sale.add_to(figures, -1)

    assert (figures.paid_lines, figures.items_sold, figures.pay_gmv_minor) == (0, 0, {"CNY": 0})
