"""Reports of stock that contradict each other, or whose clock is ahead of ours."""

from __future__ import annotations

from typing import Any

import pytest

from streamproc.alerts.shelf import Shelf, shelf_of
from streamproc.tally.floor import Cycle
from tests.rooms import product
from tests.unit.alerts.shop import (
    NOW,
    ago,
    asked,
    batches,
    found,
    in_stock,
    out_of_stock,
    shop,
    told,
)

REFUSED = list(range(5, 60, 7))
AHEAD_S = 600

FLAPPING: dict[str, tuple[dict[str, Any], str]] = {
    "out and there by turns while buyers are refused": (
        {"stock": out_of_stock(6, cycles=batches(10, 10, 3, 6)), "refused": REFUSED},
        "desync ticket",
    ),
    "the same while it is told to be there": (
        {
            "stock": in_stock(4, cycles=[*batches(10, 10, 3, 14)[:-1], Cycle(ago(14), ago(4))]),
            "refused": REFUSED,
            "is_open": True,
        },
        "desync ticket",
    ),
    "for longer than a batch": (
        {"stock": out_of_stock(6, cycles=batches(10, 10, 5, 6)), "refused": REFUSED},
        "desync page",
    ),
    "while viewers say that it is out": (
        {
            "stock": out_of_stock(6, cycles=batches(10, 10, 3, 6)),
            "said": asked("stockout_report", 4),
        },
        "desync ticket",
    ),
    "once only": (
        {"stock": out_of_stock(6, cycles=batches(10, 10, 1, 6)), "refused": REFUSED},
        "confirmed ticket",
    ),
    "while it sells each time that it is back": (
        {"stopped_s": 8, "stock": out_of_stock(6, cycles=batches(10, 10, 5, 6))},
        "batch_selling info",
    ),
}


@pytest.mark.parametrize("name", FLAPPING)
def test_reports_by_turns_are_no_batches_where_nothing_is_sold_between(name: str) -> None:
    fields, expected = FLAPPING[name]

    assert told(shop(**{"stopped_s": 130, **fields})) == expected


def test_a_zero_by_a_clock_that_is_ahead_is_seen_from_now_on() -> None:
    finding = found(shop(stopped_s=8, stock=out_of_stock(-AHEAD_S)))["p:p-1"]

    assert (finding.state, finding.for_ms) == ("confirmed", 5_000)


def test_a_feed_whose_clock_is_ahead_says_for_how_long_it_is_out() -> None:
    made = shop(stopped_s=105, stock=out_of_stock(100 - AHEAD_S, told_s=-AHEAD_S))

    assert told(made) == "confirmed page"
    assert found(made)["p:p-1"].for_ms == 0


def test_what_came_back_by_a_clock_that_is_ahead_came_back_by_now() -> None:
    back = in_stock(-AHEAD_S, cycles=[Cycle(ago(90 - AHEAD_S), ago(60 - AHEAD_S))])
    shelf: Shelf = shelf_of(product(stock=back)).by(NOW)

    assert shelf.stock is not None
    assert (shelf.told_ms, shelf.stock.cycles[0]) == (NOW, Cycle(ago(90), ago(60)))
