"""What counts in a contest: whole minutes, and refunds as its rules say."""

from __future__ import annotations

from typing import Any

from streamproc.tally.contests import (
    Contest,
    LateRefunds,
    Minutes,
    Refund,
    final_board,
    frozen_board,
)

MINUTE = 60_000
START = 100 * MINUTE


def minute(number: int, **figures: object) -> dict[str, Any]:
    return {"minute_ms": START + number * MINUTE, **figures}


def sold(number: int, paid: int) -> dict[str, Any]:
    return minute(number, pay_gmv_minor={"CNY": paid})


def back(minor: int, *, of: int, at: int, currency: str = "CNY") -> Refund:
    """Given back in one minute of a sale of another."""
    return Refund(START + of * MINUTE + 7, START + at * MINUTE + 9, currency, minor)


def contest(measure: str = "net_gmv_minor", **fields: object) -> Contest:
    times = {
        "start_ms": START,
        "freeze_ms": START + 5 * MINUTE,
        "end_ms": START + 10 * MINUTE,
    }
    given: dict[str, Any] = {"id": "c", "name": "丰收节", "measure": measure, **times, **fields}
    return Contest(**given)


def values(
    contest: Contest, sessions: dict[str, list[Minutes]], *refunds: Refund
) -> dict[str, int]:
    board = final_board(contest, sessions, {"h-1": refunds})
    return {place.host_id: place.value for place in board}


def test_minutes_from_the_start_until_before_the_end_count() -> None:
    curve = [sold(-1, 1), sold(0, 10), sold(9, 100), sold(10, 1_000)]

    assert values(contest(), {"h-1": [curve]}) == {"h-1": 110}


def test_the_frozen_board_knows_nothing_of_the_last_minutes() -> None:
    sessions: dict[str, list[Minutes]] = {
        "h-1": [[sold(4, 10)]],
        "h-2": [[sold(3, 5), sold(5, 50)]],
    }

    frozen, final = (board(contest(), sessions, {}) for board in (frozen_board, final_board))

    assert [(place.host_id, place.value) for place in frozen] == [("h-1", 10), ("h-2", 5)]
    assert [(place.host_id, place.value) for place in final] == [("h-2", 55), ("h-1", 10)]
    assert final[0].reached_ms == START + 5 * MINUTE


def test_late_refunds_count_or_not_as_the_contest_says() -> None:
    sessions: dict[str, list[Minutes]] = {"h-1": [[sold(1, 100)]]}
    refunds = back(10, of=1, at=2), back(30, of=1, at=20)

    assert values(contest(late_refunds=LateRefunds.COUNT), sessions, *refunds) == {"h-1": 60}
    assert values(contest(late_refunds=LateRefunds.IGNORE), sessions, *refunds) == {"h-1": 90}
    assert values(contest("pay_gmv_minor"), sessions, *refunds) == {"h-1": 100}


def test_refunds_of_what_was_not_sold_in_the_contest_are_not_its_business() -> None:
    sessions: dict[str, list[Minutes]] = {"h-1": [[sold(-30, 500), sold(1, 100), sold(12, 70)]]}
    refunds = back(500, of=-30, at=2), back(70, of=12, at=13), back(9, of=1, at=1, currency="USD")

    assert values(contest(), sessions, *refunds) == {"h-1": 100}


def test_the_frozen_board_knows_the_refunds_until_the_freeze_alone() -> None:
    sessions: dict[str, list[Minutes]] = {"h-1": [[sold(1, 100), sold(6, 40)]]}
    refunds = {"h-1": [back(1, of=1, at=4), back(20, of=1, at=5), back(40, of=6, at=7)]}

    assert [each.value for each in frozen_board(contest(), sessions, refunds)] == [99]
    assert [each.value for each in final_board(contest(), sessions, refunds)] == [79]


def test_a_hosts_sessions_add_up_also_in_the_same_minute() -> None:
    sessions: dict[str, list[Minutes]] = {
        "h-1": [[minute(2, orders_main=3)], [minute(2, orders_main=4), minute(3, orders_main=None)]]
    }

    assert values(contest("orders_main"), sessions) == {"h-1": 7}


def test_money_is_of_the_contests_currency_alone() -> None:
    curve = [minute(1, pay_gmv_minor={"CNY": 5, "USD": 900})]

    assert values(contest("pay_gmv_minor"), {"h-1": [curve]}) == {"h-1": 5}
    assert values(contest("pay_gmv_minor", currency="USD"), {"h-1": [curve]}) == {"h-1": 900}


def test_who_is_named_stands_on_the_board_and_nobody_else() -> None:
    sessions: dict[str, list[Minutes]] = {"h-1": [[sold(1, 10)]], "h-3": [[sold(1, 99)]]}

    assert values(contest(hosts=("h-1", "h-2")), sessions) == {"h-1": 10, "h-2": 0}
    assert values(contest(), {**sessions, "h-4": [[sold(30, 1)]]}) == {"h-1": 10, "h-3": 99}
