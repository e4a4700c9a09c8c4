"""When stock is about to run out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.alerts import stockout_imminent
from streamproc.alerts.model import Finding
from streamproc.alerts.room import Room
from streamproc.alerts.stockout_imminent import Limits
from streamproc.tally.floor import Cycle, Floor, Plan, Stock
from tests.rooms import product
from tests.unit.alerts.shop import ago, floor_with, in_stock, out_of_stock, shop


def _findings(made: Room) -> list[Finding]:
    return list(stockout_imminent.RULE.judge(made, Limits()))


def imminent(made: Room) -> Finding | None:
    findings = _findings(made)
    return findings[0] if findings else None


def said(made: Room) -> str:
    """The level, or why it is over, or nothing."""
    finding = imminent(made)
    return "" if finding is None else finding.over or finding.level.value


# ten lines in ten seconds: 60 pieces a minute; what was told 5 s ago lost about 10 of them since
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "less than two minutes left": ({"stock": in_stock(available=100)}, "enter"),
    "between the two thresholds": ({"stock": in_stock(available=200)}, "hold"),
    "plenty": ({"stock": in_stock(available=400)}, ""),
    "too slow to matter": ({"pace": 0, "stock": in_stock(available=3)}, ""),
    "an old report": ({"stock": in_stock(told_s=70, available=100)}, ""),
    "more is planned in time": (
        {"stock": in_stock(available=100), "plan": Plan(ago(9), ago(-30))},
        "",
    ),
    "more is planned, too late": (
        {"stock": in_stock(available=100), "plan": Plan(ago(9), ago(-300))},
        "enter",
    ),
    "it sells in batches": (
        {
            "stock": in_stock(
                available=100, cycles=[Cycle(ago(200), ago(160)), Cycle(ago(80), ago(40))]
            )
        },
        "",
    ),
    "open, and it is out": ({"is_open": True, "stock": out_of_stock(3)}, "out"),
    "nothing is known of its stock": ({}, ""),
}


@pytest.mark.parametrize("name", CASES)
def test_a_cell(name: str) -> None:
    fields, expected = CASES[name]

    assert said(shop(**fields)) == expected


def test_it_must_last_for_fifteen_seconds() -> None:
    finding = imminent(shop(stock=in_stock(available=100)))

    assert finding is not None
    assert finding.for_ms == 15_000


def test_what_was_sold_since_the_report_is_not_there_any_more() -> None:
    fresh, older = (shop(stock=in_stock(told_s=told_s, available=130)) for told_s in (1, 50))

    assert said(fresh) == "hold"
    assert said(older) == "enter"


def test_pieces_count_and_not_lines() -> None:
    made = shop(pace=2, stock=in_stock(available=60))
    for row in made.history.rows.values():
        for sold in row.sold.packs.values() if row.sold else ():
            sold.units *= 10

    assert said(made) == "enter"


def test_each_pack_has_its_own_stock() -> None:
    stock = {"s": in_stock(available=40), "m": in_stock(available=4000)}
    finding = imminent(shop(packs=("s", "m"), stock=stock))

    assert finding is not None
    assert finding.subject == "p:p-1/s"


@pytest.mark.parametrize(
    ("packs", "stock", "expected"),
    [
        (("s", "m"), in_stock(available=100), "enter"),
        (("s", "m"), in_stock(available=400), ""),
        (("",), {"s": in_stock(available=60), "m": in_stock(available=40)}, "enter"),
        (("",), {"s": in_stock(available=60), "m": in_stock(available=400)}, ""),
        (("",), {"s": in_stock(available=90), "m": in_stock(available=0)}, "enter"),
        (("",), {"s": in_stock(available=60), "m": in_stock(told_s=70, available=40)}, ""),
    ],
)
def test_orders_and_stock_need_not_name_the_same_packs(
    packs: tuple[str, ...], stock: Stock | dict[str, Stock], expected: str
) -> None:
    made = shop(packs=packs, stock=stock)

    assert said(made) == expected
    assert not expected or [each.subject for each in _findings(made)] == ["p:p-1"]


def test_it_shows_stock_and_pace() -> None:
    made = shop(stock=in_stock(available=100))
    finding = imminent(made)
    assert finding is not None

    evidence = stockout_imminent.RULE.evidence(made, finding, Limits())

    assert evidence.stock is not None
    assert evidence.stock.available == 100
    assert evidence.orders_per_min == pytest.approx(60, rel=0.2)
    assert evidence.inputs["cover_s"] < 120


@given(title=st.text(max_size=100))
def test_a_teleprompter_line_has_at_most_twenty_characters(title: str) -> None:
    floor = Floor(products={"p-1": product(title=title, stock=in_stock(available=100))})
    made = shop(floor=floor)
    finding = imminent(made)
    assert finding is not None

    assert 0 < len(stockout_imminent.RULE.advice(made, finding).teleprompter) <= 20


def test_a_product_that_is_taken_out_is_over() -> None:
    floor = floor_with(in_stock(available=100))
    floor.products["p-1"].delisted_ms = ago(1)

    assert said(shop(floor=floor, is_open=True)) == "out"
