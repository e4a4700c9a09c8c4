"""What becomes of an open alert of a stock-out: it goes on, changes, or is over."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rooms import product, shown
from tests.unit.alerts.shop import ago, asked, batches, fact, in_stock, out_of_stock, shop, told

OUT = "stockout_report"


OPEN: dict[str, tuple[dict[str, Any], str]] = {
    "stock is told": (
        {"stopped_s": 40, "said": asked(OUT, 2), "stock": in_stock()},
        "over restocked",
    ),
    "two orders came after the gap": (
        {"stopped_s": 60, "again": [8, 4], "said": asked(OUT, 4, from_s=30)},
        "over ordered",
    ),
    "one order came": ({"stopped_s": 60, "again": [4], "said": asked(OUT, 4, from_s=30)}, "hold"),
    "orders in spite of the zero": (
        {"stopped_s": 90, "again": [9, 6, 3], "stock": out_of_stock(80, told_s=20)},
        "over ordered",
    ),
    "it is taken out of the room": (
        {
            "stopped_s": 60,
            "said": asked(OUT, 4),
            "floor": shown("p-2", held=product(link_no=2)),
            "delist": True,
        },
        "over delisted",
    ),
    "nobody wanted it for three minutes": (
        {"stopped_s": 400, "stock": out_of_stock(390, told_s=20)},
        "over no_demand",
    ),
    "the zero grows old": ({"stopped_s": 75, "stock": out_of_stock(70)}, "hold"),
    "the zero grows old while viewers shout": (
        {"stopped_s": 75, "stock": out_of_stock(70), "said": asked(OUT, 5)},
        "hold",
    ),
    "the zero grows old, they shout on, and it lasts": (
        {"stopped_s": 100, "stock": out_of_stock(95), "said": asked(OUT, 5)},
        "confirmed page",
    ),
    "out for long, and only one asks still": (
        {"pace": 0, "stock": out_of_stock(400, told_s=5), "said": asked(OUT, 1)},
        "hold",
    ),
    "the house says it is there": (
        {"stopped_s": 30, "said": asked(OUT, 4, from_s=20), "facts": [fact(4, "in")]},
        "over said_back",
    ),
    "fewer say so, but nothing changed": (
        {"stopped_s": 60, "said": asked(OUT, 1)},
        "hold",
    ),
    "the link is still dead though the feed tells of stock": (
        {"stopped_s": 60, "said": asked(OUT, 3), "stock": in_stock()},
        "hold",
    ),
    "a batch came: more batches are to be expected": (
        {"stock": in_stock(cycles=batches(40, 80, 3, 0)[:-1])},
        "hold",
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_becomes_of_an_open_alert(name: str) -> None:
    fields, expected = OPEN[name]
    fields = dict(fields)
    delist = fields.pop("delist", False)
    made = shop(is_open=True, **fields)
    if delist:
        made.floor.products["p-1"] = product(listed_ms=ago(1000), delisted_ms=ago(5))

    assert told(made) == expected


def test_an_alert_that_is_told_already_must_last_before_it_gets_worse() -> None:
    fields: dict[str, Any] = {"said": asked(OUT, 4)}
    young, old = shop(stopped_s=9, **fields), shop(stopped_s=20, **fields)

    for each in (young, old):
        each.open_subjects = ("p:p-1",)

    assert told(young) != "suspected ticket"
    assert told(old) == "suspected ticket"
