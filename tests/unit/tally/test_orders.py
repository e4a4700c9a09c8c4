from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.tally.orders import OrderFact, Outcome
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
from tests.unit.tally.told_orders import Told, facts, order_of, recorded, told_in_turn

AGAIN, NOTED, STANDS = Outcome

ONE_OF_EACH: list[OrderFact] = [
    created(),
    paid(),
    cancelled(),
    refund_requested(),
    refunded(),
    refund_closed(),
]


def outcomes(*told: OrderFact) -> list[Outcome]:
    return told_in_turn([(each, False) for each in told])[1]


@pytest.mark.parametrize("fact", ONE_OF_EACH, ids=lambda fact: type(fact).__name__)
def test_the_same_fact_again_changes_nothing(fact: OrderFact) -> None:
    assert outcomes(fact, fact) == [STANDS, AGAIN]
    assert not order_of(fact, fact).line("1").contradicted


def test_each_kind_of_fact_is_held_beside_the_others() -> None:
    line = order_of(*ONE_OF_EACH).line("1")

    assert len(list(line.facts())) == len(ONE_OF_EACH)
    assert not line.contradicted


def test_two_refunds_of_a_line_are_two_facts() -> None:
    line = order_of(refunded(1, refund_id="f-1"), refunded(2, refund_id="f-2")).line("1")

    assert [each.refund_minor for each in line.refunded.values()] == [1, 2]
    assert not line.contradicted


@pytest.mark.parametrize(
    ("smaller", "greater"),
    [
        (created(5), created(6)),
        (created(5), created(5, T0 + 1)),
        (created(5), created(5, quantity=2)),
        (created(5), created(5, currency="EUR")),
        (created(5), created(5, session_id="s-2")),
        (paid(1_999), paid(1, T0 + 1)),
        (paid(1_999), paid(2_000)),
        (paid(1_999), paid(1_999, quantity=2)),
        (paid(1_999), paid(1_999, currency="EUR")),
        (paid(1_999), paid(1_999, session_id="s-2")),
        (paid(1_999), paid(1_999, payable_minor=2_000)),
        (cancelled(), cancelled(T0 + 1)),
        (cancelled(), cancelled(session_id="s-2")),
        (refund_requested(), refund_requested(refund_minor=0)),
        (refund_requested(refund_minor=1), refund_requested(refund_minor=2)),
        (refunded(1), refunded(2)),
        (refunded(1), refunded(1, currency="EUR")),
        (refund_closed(), refund_closed(T0 + 1)),
    ],
    ids=[str(number) for number in range(18)],
)
def test_of_two_versions_the_greater_stands_and_the_line_is_contradicted(
    smaller: OrderFact, greater: OrderFact
) -> None:
    up, down = order_of(smaller, greater), order_of(greater, smaller)

    assert outcomes(smaller, greater, smaller) == [STANDS, STANDS, AGAIN]
    assert outcomes(greater, smaller, smaller) == [STANDS, NOTED, AGAIN]
    assert list(up.line("1").facts()) == list(order_of(greater).line("1").facts())
    assert list(up.line("1").facts()) == list(down.line("1").facts())
    assert up.line("1").contradicted
    assert down.line("1").contradicted


def test_one_line_of_an_order_is_contradicted_without_the_others() -> None:
    order = order_of(paid(1), paid(2), paid(1, line_id="2"))

    assert [each.contradicted for each in order.lines.values()] == [True, False]


def test_lateness_is_of_the_version_that_stands_when_it_first_came() -> None:
    told: list[Told] = [(paid(1), False), (paid(2), True), (paid(2), False), (created(), True)]
    line = told_in_turn(told)[0].line("1")

    assert line.paid_late
    assert line.created_late
    assert not told_in_turn([(paid(1), False), (paid(1), True)])[0].line("1").paid_late


def test_a_buyer_is_known_if_any_delivery_of_the_payment_that_stands_names_one() -> None:
    named, unnamed = paid(5, buyer_key=viewer_key()), paid(5)

    assert outcomes(unnamed, named, unnamed) == [STANDS, NOTED, AGAIN]
    assert order_of(unnamed, named).line("1").buyer_known
    assert order_of(named, unnamed).line("1").buyer_known
    assert not order_of(named, paid(6)).line("1").buyer_known
    assert not order_of(paid(6), named).line("1").buyer_known


def late(fact: OrderFact) -> bool:
    """Some facts are late, whenever they come."""
    return fact.occurred_at_ms == T0


@given(told=st.lists(facts(), min_size=1), shuffled=st.randoms(use_true_random=False))
def test_an_order_does_not_depend_on_how_often_or_when_facts_come(
    told: list[OrderFact], shuffled: Random
) -> None:
    again = [*told, *shuffled.choices(told, k=len(told))]
    shuffled.shuffle(again)

    one, _ = told_in_turn((fact, late(fact)) for fact in told)
    other, _ = told_in_turn((fact, late(fact)) for fact in again)

    assert recorded(one).pack() == recorded(other).pack()


@given(told=st.lists(facts(), min_size=1))
def test_facts_that_were_all_told_change_nothing(told: list[OrderFact]) -> None:
    _, told_twice = told_in_turn((fact, late(fact)) for fact in told + told)

    assert set(told_twice[len(told) :]) == {AGAIN}
