from __future__ import annotations

from tests.alerts.opened import opened
from tests.alerts.told import S, step


def test_an_alert_opens_when_it_first_fires_and_again_after_it_was_resolved() -> None:
    steps = [
        step("a", 1, 10),
        step("a", 2, 20, phase="resolving"),
        step("a", 3, 25),
        step("a", 4, 40, phase="resolved"),
        step("a", 5, 90),
    ]

    assert [each.at_ms for each in opened(steps)] == [10 * S, 90 * S]
    assert opened([*reversed(steps), *steps]) == opened(steps)


def test_a_stock_out_claims_to_be_one_when_it_is_confirmed_or_suspected() -> None:
    [first, second] = opened(
        [
            step("a", 1, 10, state="info", severity="info"),
            step("a", 2, 30, state="suspected"),
            step("a", 3, 50, state="confirmed", severity="page"),
            step("b", 1, 60, state="desync"),
        ]
    )

    assert (first.at_ms, first.claimed_ms, first.paged) == (10 * S, 30 * S, True)
    assert first.told_ms == {"Stockout/info": 10 * S, "Stockout": 30 * S}
    assert (second.claimed_ms, second.paged) == (None, False)
    assert second.told_ms == {"Stockout/desync": 60 * S}


def test_what_follows_from_another_alert_wakes_nobody() -> None:
    [alert] = opened([step("a", 1, 5, severity="page", inhibited_by="AdapterDown")])

    assert alert.inhibited
    assert not alert.paged

    [alert] = opened(
        [
            step("a", 1, 5, severity="page", inhibited_by="AdapterDown"),
            step("a", 2, 9, severity="page"),
        ]
    )

    assert not alert.inhibited
    assert alert.paged


def test_the_product_is_that_of_the_subject_where_it_is_not_told_apart() -> None:
    [alert] = opened([step("a", 1, 5, product_id=None, subject="p:niangao/500g")])

    assert alert.product_id == "niangao"
