"""What the fold of orders does with events: what they count as, and where they are counted."""

from __future__ import annotations

from typing import Any

import pytest

from streamproc.events.orders import FailReason
from streamproc.events.registry import ORDERS_TOPIC
from streamproc.oracle import batch
from streamproc.program import attempt_records
from streamproc.program.canonical import canonical
from streamproc.program.keys import Kind
from streamproc.program.live import LiveProgram
from streamproc.tally.retention import DAY_MS
from tests.builders import (
    T0,
    cancelled,
    created,
    order_failed,
    orders_counted,
    paid,
    refunded,
    viewer_key,
)
from tests.folding import State, folded, log_of, take_into, tell

SECOND = 1_000
MINUTE = 60_000
BUYER = {"buyer_key": viewer_key(1)}
OTHER_BUYER = {"buyer_key": viewer_key(2)}


class Told:
    """A program, and its state as it was last looked at."""

    def __init__(self) -> None:
        self.program = LiveProgram()
        self.state = State()

    def session(self, session_id: str = "s-1") -> dict[str, Any]:
        take_into(self.state, self.program)
        hosts = canonical(self.state.items())["hosts"]
        found: dict[str, Any] = hosts["h-1"]["sessions"].get(session_id, {})
        return found

    def totals(self, session_id: str = "s-1") -> dict[str, Any]:
        found: dict[str, Any] = self.session(session_id)["totals"]
        return found


def test_an_evening_of_an_order() -> None:
    told = Told()
    tell(told.program, created(500, T0))
    assert told.totals()["unpaid_minor"] == {"CNY": 500}

    tell(told.program, paid(450, T0 + 20 * SECOND, payable_minor=500, quantity=2))
    tell(told.program, refunded(200, T0 + 40 * SECOND), cancelled(T0 + 41 * SECOND))

    assert told.totals() == {
        "created_minor": {"CNY": 500},
        "created_lines": 1,
        "pay_gmv_minor": {"CNY": 450},
        "paid_lines": 1,
        "items_sold": 2,
        "unnamed_paid_lines": 1,
        "orders_main": 1,
        "refunded_minor": {"CNY": 200},
        "refunded_lines": 1,
    }
    assert told.session()["panes"] == {
        str(T0): {"created_minor": {"CNY": 500}, "created_lines": 1},
        str(T0 + 20 * SECOND): {
            "pay_gmv_minor": {"CNY": 450},
            "paid_lines": 1,
            "items_sold": 2,
            "unnamed_paid_lines": 1,
            "orders_main": 1,
        },
        str(T0 + 40 * SECOND): {"refunded_minor": {"CNY": 200}, "refunded_lines": 1},
    }


def test_the_lines_of_an_order_are_one_record_and_one_order() -> None:
    told = Told()
    tell(told.program, *(paid(1, line_id=f"{line}") for line in range(3)))

    assert told.totals()["orders_main"] == 1
    assert told.totals()["paid_lines"] == 3
    assert len([key for key in told.state if key[0] == Kind.LINE]) == 1


def test_an_order_counts_where_its_first_line_was_paid_also_if_that_is_told_later() -> None:
    told = Told()
    for line_id in ("1", "2"):
        tell(told.program, created(500, T0, line_id=line_id))
    tell(told.program, paid(500, T0 + 20 * SECOND, line_id="2"))
    assert orders_by_pane(told) == {T0 + 20 * SECOND: 1}

    tell(told.program, paid(500, T0 + 5 * SECOND, line_id="1"))

    assert told.totals()["orders_main"] == 1
    assert orders_by_pane(told) == {T0: 1}


def orders_by_pane(told: Told) -> dict[int, int]:
    panes = told.session()["panes"]
    counted = {int(begin): pane.get("orders_main", 0) for begin, pane in panes.items()}
    return {begin: orders for begin, orders in counted.items() if orders}


def test_a_late_payment_is_not_in_the_pane_in_which_its_line_was_created() -> None:
    told = Told()
    tell(told.program, created(500, T0 + SECOND))
    tell(told.program, created(700, T0 + 20 * MINUTE, order_id="o-2"))
    tell(told.program, paid(500, T0 + 2 * SECOND))

    assert told.totals()["pay_gmv_minor"] == {"CNY": 500}
    pane = told.session()["panes"][str(T0)]
    assert pane["created_minor"] == {"CNY": 500}
    assert "pay_gmv_minor" not in pane or not pane["pay_gmv_minor"]


def test_a_losing_version_is_a_duplicate_but_its_line_is_contradicted() -> None:
    told = Told()
    tell(told.program, paid(2, T0 + 1))
    before = dict(told.session())
    report = tell(told.program, paid(1, T0 + 1))

    assert (report.applied, report.duplicate) == (0, 1)
    assert told.totals() == {**before["totals"], "contradicted_lines": 1}
    assert told.session()["panes"] == before["panes"]


def test_the_same_payment_again_changes_no_record_of_it() -> None:
    told = Told()
    pay = paid(2, T0)
    tell(told.program, pay)
    told.session()

    assert tell(told.program, pay).duplicate == 1
    assert told.program.take_dirty() == []


def test_a_payment_that_moves_to_another_session_leaves_nothing_behind() -> None:
    told = Told()
    tell(told.program, created(5, session_id="s-1"), paid(5, T0, session_id="s-1"))
    tell(told.program, refunded(5, T0 + 10 * SECOND, session_id="s-1"))
    tell(told.program, paid(6, T0 + 20 * SECOND, session_id="s-2"))

    assert told.totals() == {"created_lines": 1, "created_minor": {"CNY": 5}}
    assert told.totals("s-2")["refunded_minor"] == {"CNY": 5}
    assert told.session("s-2")["panes"][str(T0 + 10 * SECOND)]["refunded_lines"] == 1


def test_buyers_of_every_payment_count_also_of_one_that_loses() -> None:
    told = Told()
    tell(told.program, paid(2, T0, **BUYER), paid(1, T0, **OTHER_BUYER), paid(2, T0, **BUYER))

    assert told.session()["uniques"] == {"buyers": 2}
    assert told.session()["minute_uniques"] == {str(T0): {"buyers": 2}}


def test_a_buyer_of_a_losing_payment_counts_where_that_was_told() -> None:
    told = Told()
    tell(told.program, paid(2, T0 + MINUTE), paid(1, T0, session_id="s-2", **BUYER))

    assert told.session("s-2") == {
        "begun_ms": {ORDERS_TOPIC: T0},
        "uniques": {"buyers": 1},
        "minute_uniques": {str(T0): {"buyers": 1}},
    }


def test_a_late_buyer_counts_in_the_session_and_in_no_minute() -> None:
    told = Told()
    tell(told.program, paid(1, T0, order_id="o-2", **BUYER))
    tell(told.program, paid(1, T0 - 16 * MINUTE, **OTHER_BUYER))

    assert told.session()["late"] == {ORDERS_TOPIC: 1}
    assert told.session()["uniques"] == {"buyers": 2}
    assert told.session()["minute_uniques"] == {str(T0): {"buyers": 1}}


@pytest.mark.parametrize("reason", FailReason)
def test_failures_count_by_reason_once_per_event(reason: FailReason) -> None:
    told = Told()
    failed = order_failed(reason, T0)
    report = tell(told.program, failed, failed, order_failed(reason, T0))

    assert (report.applied, report.duplicate) == (2, 1)
    assert told.totals() == {f"failed_{reason.value}": 2}
    assert told.session()["panes"] == {str(T0): {f"failed_{reason.value}": 2}}


def test_an_attempt_told_again_counts_once_however_long_after_and_by_whichever_event() -> None:
    told = Told()
    again = {"attempt_id": "a-again"}
    tell(told.program, order_failed(FailReason.RISK, T0, **again))
    tell(told.program, order_failed(at_ms=T0 + 37 * DAY_MS, host_id="h-2"))
    report = tell(
        told.program,
        order_failed(FailReason.RISK, T0, **again),
        order_failed(FailReason.OTHER, T0 + MINUTE, **again),
        order_failed(FailReason.RISK, T0, session_id="s-2", **again),
    )

    assert (report.applied, report.duplicate) == (1, 2)
    assert told.totals() == {"failed_risk": 1}
    # A day later it is forgotten, as orders are.
    tell(told.program, order_failed(at_ms=T0 + 38 * DAY_MS, host_id="h-2"))
    assert tell(told.program, order_failed(FailReason.RISK, T0, **again)).applied == 1


def test_only_so_many_attempts_of_a_broadcast_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempt_records, "ATTEMPTS_OF_SESSION", 3)
    monkeypatch.setattr(batch, "ATTEMPTS_TOLD_APART", 3)
    told = [order_failed(at_ms=T0 + number * SECOND) for number in range(5)]
    log = log_of([*told, created(at_ms=T0 + 5 * MINUTE), *told])
    state = folded(log)

    assert sum(key[0] == Kind.ATTEMPT for key in state) == 3
    hosts = canonical(state.items())["hosts"]
    assert hosts == batch.compute(log)["hosts"]
    assert hosts["h-1"]["sessions"]["s-1"]["totals"]["failed_out_of_stock"] == 7


def test_a_late_failure_is_in_no_pane() -> None:
    told = Told()
    tell(told.program, created(1, T0), order_failed(FailReason.RISK, T0 - 16 * MINUTE))

    assert told.totals()["failed_risk"] == 1
    assert told.session()["panes"].keys() == {str(T0)}


def test_the_greatest_totals_of_the_platform_are_kept() -> None:
    told = Told()
    tell(
        told.program,
        orders_counted(5, 100, T0),
        orders_counted(4, 900, T0 + 1),
        orders_counted(4, 901, T0 + 1),
        orders_counted(9, 999, T0 - MINUTE),
    )

    assert told.session()["platform_orders"] == [T0 + 1, 4, 901, "CNY"]


def test_five_million_yuan_in_many_lines_are_exact_to_the_fen() -> None:
    told, lines = Told(), 2_011
    shares = [500_000_000 // lines] * (lines - 1)
    shares.append(500_000_000 - sum(shares))
    tell(
        told.program,
        *(
            paid(share, T0 + at, order_id=f"o-{at % 700}", line_id=f"{at}")
            for at, share in enumerate(shares)
        ),
    )

    assert told.totals()["pay_gmv_minor"] == {"CNY": 500_000_000}
    panes = told.session()["panes"].values()
    assert sum(pane["pay_gmv_minor"]["CNY"] for pane in panes) == 500_000_000
    assert told.totals()["orders_main"] == 700
