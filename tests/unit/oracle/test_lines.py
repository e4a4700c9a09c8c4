"""What order lines add to their sessions, computed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from streamproc.events.orders import FailReason
from streamproc.events.registry import AnyEvent
from streamproc.oracle.batch import compute
from tests.builders import (
    T0,
    cancelled,
    created,
    order_failed,
    orders_counted,
    paid,
    refund_closed,
    refund_requested,
    refunded,
    viewer_key,
)
from tests.folding import log_of

MINUTE_MS = 60_000
LATER_MS = T0 + 1_000_000
"""So late that an order of ``T0`` is late after it."""


def told(*events: AnyEvent, session: str = "s-1") -> dict[str, Any]:
    """What the canonical form says of a session."""
    result: dict[str, Any] = compute(log_of(events))["hosts"]["h-1"]["sessions"].get(session, {})
    return result


def totals(*events: AnyEvent, session: str = "s-1") -> dict[str, Any]:
    result: dict[str, Any] = told(*events, session=session).get("totals", {})
    return result


def pane_of(name: str, *events: AnyEvent) -> list[int]:
    """The panes, in ms after T0, that hold something of a sum."""
    return [int(at) - T0 for at, pane in told(*events).get("panes", {}).items() if name in pane]


def test_an_unpaid_line_is_open_until_it_is_paid_or_cancelled() -> None:
    open_line = {
        "created_lines": 1,
        "created_minor": {"CNY": 500},
        "unpaid_minor": {"CNY": 500},
    }
    assert totals(created(500)) == open_line
    assert "unpaid_minor" not in totals(created(500), cancelled())
    assert "unpaid_minor" not in totals(created(500), paid(450))
    assert totals(created(500), cancelled())["created_minor"] == {"CNY": 500}


def test_a_payment_implies_its_order_until_that_is_told() -> None:
    early = paid(450, T0 + MINUTE_MS, payable_minor=500)

    assert totals(early)["created_minor"] == {"CNY": 500}
    assert pane_of("created_minor", early) == [MINUTE_MS]
    both = (early, created(520, T0))
    assert totals(*both)["created_minor"] == {"CNY": 520}
    assert pane_of("created_minor", *both) == [0]
    assert totals(*both)["created_lines"] == 1


def test_a_paid_line_that_is_cancelled_stays_sold() -> None:
    assert totals(paid(500), cancelled(T0 + 1)) == totals(paid(500))


def test_refunds_take_nothing_back_and_stand_on_their_own_time() -> None:
    events = (paid(1_000), refunded(300, T0 + MINUTE_MS), refunded(200, T0, refund_id="f-2"))

    assert totals(*events)["pay_gmv_minor"] == {"CNY": 1_000}
    assert totals(*events)["refunded_minor"] == {"CNY": 500}
    assert totals(*events)["refunded_lines"] == 1
    assert pane_of("refunded_minor", *events) == [0, MINUTE_MS]
    assert pane_of("refunded_lines", *events) == [0]


def test_a_refund_counts_in_the_session_that_sold() -> None:
    events = (paid(1_000), refunded(300, session_id="s-2"))

    assert totals(*events)["refunded_minor"] == {"CNY": 300}
    assert totals(*events, session="s-2") == {}


def test_a_refund_before_its_payment_waits_as_an_orphan() -> None:
    orphan = refunded(300, session_id="s-2")

    assert totals(orphan, session="s-2") == {"orphan_refunds": 1}
    assert totals(orphan, paid(1_000), session="s-2") == {}
    assert totals(orphan, paid(1_000))["refunded_minor"] == {"CNY": 300}


def test_a_refund_that_is_told_weeks_later_is_not_late_and_in_its_pane() -> None:
    events = (paid(1_000), paid(1, LATER_MS, order_id="o-2"), refunded(300, T0 + 1))

    assert "late" not in told(*events)
    assert pane_of("refunded_minor", *events) == [0]


def test_wishes_for_money_back_add_nothing() -> None:
    assert totals(paid(9), refund_requested(), refund_closed()) == totals(paid(9))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (created(1), created(2)),
        (paid(1), paid(1, T0 + 1)),
        (paid(5), paid(5, payable_minor=6)),
        (cancelled(), cancelled(T0 + 1)),
        (refund_requested(), refund_requested(refund_minor=0)),
        (refunded(1), refunded(1, currency="HKD")),
        (refund_closed(), refund_closed(session_id="s-2")),
    ],
)
def test_two_versions_of_one_fact_contradict_each_other_in_either_order(
    one: AnyEvent, other: AnyEvent
) -> None:
    def all_told(*events: AnyEvent) -> dict[str, Any]:
        sessions = compute(log_of(events))["hosts"]["h-1"]["sessions"]
        return {name: each["totals"] for name, each in sessions.items() if "totals" in each}

    assert all_told(one, other) == all_told(other, one, other)
    counted = [each.get("contradicted_lines", 0) for each in all_told(one, other).values()]
    assert sum(counted) == 1


def test_different_refunds_and_equal_versions_contradict_nothing() -> None:
    events = (paid(9), paid(9), refunded(1), refunded(2, refund_id="f-2"), refunded(1))

    assert "contradicted_lines" not in totals(*events)


@pytest.mark.parametrize(
    ("given_back", "counted"),
    [
        ([refunded(9)], None),
        ([refunded(8), refunded(2, refund_id="f-2")], 1),
        ([refunded(1, currency="EUR")], 1),
    ],
)
def test_a_refund_of_other_money_than_was_paid_contradicts_the_payment(
    given_back: list[AnyEvent], counted: int | None
) -> None:
    assert totals(paid(9), *given_back).get("contradicted_lines") == counted
    assert "contradicted_lines" not in totals(*given_back)


def test_a_contradiction_belongs_to_the_session_of_the_payment_then_of_the_order() -> None:
    events: list[AnyEvent] = [cancelled(T0, session_id="s-3"), cancelled(T0 + 9, session_id="s-4")]
    assert totals(*events, session="s-4") == {"contradicted_lines": 1}

    events.append(created(1, session_id="s-2"))
    assert totals(*events, session="s-4") == {}
    assert totals(*events, session="s-2")["contradicted_lines"] == 1

    events.append(paid(1))
    assert "contradicted_lines" not in totals(*events, session="s-2")
    assert totals(*events)["contradicted_lines"] == 1
    assert "contradicted_lines" not in told(*events)["panes"][str(T0)]


def test_an_order_counts_once_where_its_first_line_was_paid() -> None:
    events = (
        paid(1, T0 + MINUTE_MS, line_id="a"),
        paid(1, T0, line_id="b"),
        paid(1, T0, line_id="c", session_id="s-2"),
    )

    assert totals(*events)["orders_main"] == 1
    assert pane_of("orders_main", *events) == [0]
    assert totals(*events, session="s-2")["orders_main"] == 1


def test_an_order_whose_first_line_was_late_is_in_no_pane() -> None:
    events = (paid(1, LATER_MS, line_id="a"), paid(1, T0, line_id="b"))

    assert pane_of("paid_lines", *events) == [LATER_MS // 10_000 * 10_000 - T0]
    assert pane_of("orders_main", *events) == []
    assert totals(*events)["orders_main"] == 1


def test_a_fact_is_late_or_not_as_its_standing_version_came() -> None:
    standing = paid(5, T0 + 1)
    assert pane_of("paid_lines", standing, paid(1, LATER_MS, order_id="o-2"), standing)[0] == 0
    late = (paid(4, T0), paid(1, LATER_MS, order_id="o-2"), standing)
    assert 0 not in pane_of("paid_lines", *late)


def test_a_buyer_counts_by_any_version_and_by_any_delivery_of_a_payment() -> None:
    named = paid(1, T0, buyer_key=viewer_key(1))
    greater = paid(2, T0, buyer_key=viewer_key(2))

    assert told(greater, named)["uniques"] == {"buyers": 2}
    assert told(greater, named)["minute_uniques"] == {str(T0): {"buyers": 2}}
    assert totals(paid(1))["unnamed_paid_lines"] == 1
    assert "unnamed_paid_lines" not in totals(paid(1), named)
    assert "unnamed_paid_lines" not in totals(named, paid(1))
    assert totals(named, paid(2))["unnamed_paid_lines"] == 1


def test_a_late_buyer_counts_in_the_session_and_in_no_minute() -> None:
    events = (paid(1, LATER_MS), paid(1, T0, order_id="o-2", buyer_key=viewer_key(1)))

    assert told(*events)["uniques"] == {"buyers": 1}
    assert "minute_uniques" not in told(*events)


def test_failures_count_by_reason_and_the_platforms_last_word_is_kept() -> None:
    events = (
        order_failed(FailReason.RISK),
        order_failed(FailReason.RISK),
        order_failed(FailReason.OTHER),
        orders_counted(3, 900, T0 + 1),
        orders_counted(9, 100),
    )

    assert totals(*events) == {"failed_risk": 2, "failed_other": 1}
    assert told(*events)["platform_orders"] == [T0 + 1, 3, 900, "CNY"]
