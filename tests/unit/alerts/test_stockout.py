"""When a product counts as out of stock, cell by cell, and when nothing is said."""

from __future__ import annotations

from typing import Any

import pytest

from streamproc.alerts import stockout
from streamproc.alerts.asking import Backdrop
from streamproc.alerts.model import Level
from streamproc.alerts.stockout_limits import Limits
from streamproc.tally.floor import Plan
from tests.unit.alerts.shop import (
    NOW,
    ago,
    asked,
    batches,
    fact,
    floor_with,
    found,
    in_stock,
    out_of_stock,
    shop,
    told,
)

OUT, MORE, IS_THERE = "stockout_report", "restock_request", "availability_question"
BACK = "recovered"


CASES: dict[str, tuple[dict[str, Any], str]] = {
    # --- a fresh zero
    "a fresh zero and a buyer just before": (
        {"stopped_s": 8, "stock": out_of_stock(6)},
        "confirmed ticket",
    ),
    "a fresh zero of a product that one viewer asks for": (
        {"pace": 0, "stock": out_of_stock(6), "said": asked(OUT, 1, from_s=3)},
        "confirmed ticket",
    ),
    "a zero that is not five seconds old is waited for": (
        {"stopped_s": 5, "stock": out_of_stock(4)},
        "hold",
    ),
    "out for longer than a batch": (
        {"stopped_s": 95, "stock": out_of_stock(92, told_s=10)},
        "confirmed page",
    ),
    "marked as sold out while some are left": (
        {"stopped_s": 8, "stock": out_of_stock(6, available=20, sold_out=True)},
        "confirmed ticket",
    ),
    "a fresh zero that nobody wants": ({"pace": 0, "stock": out_of_stock(20)}, "info info"),
    "a zero that nobody wanted for long": ({"pace": 0, "stock": out_of_stock(200, told_s=5)}, ""),
    "orders go on whatever the feed says": ({"stock": out_of_stock(40)}, ""),
    "orders that were under way when it ran out": (
        {"stopped_s": 20, "stock": out_of_stock(36, told_s=5)},
        "confirmed ticket",
    ),
    "out for long, and one viewer asks": (
        {"pace": 0, "stock": out_of_stock(900, told_s=5), "said": asked(OUT, 1)},
        "confirmed ticket",
    ),
    "out for long, and many ask": (
        {"pace": 0, "stock": out_of_stock(900, told_s=5), "said": asked(OUT, 5)},
        "confirmed page",
    ),
    "viewers who got some of the batch before": (
        {
            "stopped_s": 100,
            "stock": out_of_stock(95, told_s=5),
            "said": asked(BACK, 4, from_s=110) + asked(OUT, 3, first=50),
        },
        "confirmed page",
    ),
    # --- batches
    "a planned release": (
        {"stopped_s": 20, "stock": out_of_stock(18), "plan": Plan(ago(14), ago(-60))},
        "batch_selling info",
    ),
    "a release that was planned before it ran out": (
        {"stopped_s": 20, "stock": out_of_stock(18), "plan": Plan(ago(40), ago(-30))},
        "batch_selling info",
    ),
    "a release that is overdue": (
        {"stopped_s": 95, "stock": out_of_stock(92, told_s=2), "plan": Plan(ago(80), ago(40))},
        "confirmed page",
    ),
    "a release of another day": (
        {"stopped_s": 20, "stock": out_of_stock(18), "plan": Plan(ago(14), ago(-86_400))},
        "confirmed ticket",
    ),
    "a plan of the time before": (
        {"stopped_s": 20, "stock": out_of_stock(18), "plan": Plan(ago(400), ago(300))},
        "confirmed ticket",
    ),
    "the third time out within minutes": (
        {"stopped_s": 20, "stock": out_of_stock(18, cycles=batches(40, 80, 2, 18))},
        "batch_selling info",
    ),
    "the second time out within minutes": (
        {"stopped_s": 20, "stock": out_of_stock(18, cycles=batches(40, 80, 1, 18))},
        "confirmed ticket",
    ),
    "a batch that stays away for more than twice as long": (
        {"stopped_s": 100, "stock": out_of_stock(96, told_s=4, cycles=batches(40, 80, 2, 96))},
        "confirmed page",
    ),
    "a second time out is no page before twice the first": (
        {"stopped_s": 100, "stock": out_of_stock(96, told_s=4, cycles=batches(60, 80, 1, 96))},
        "confirmed ticket",
    ),
    "times out that lie far apart are no batches": (
        {"stopped_s": 20, "stock": out_of_stock(18, cycles=batches(40, 400, 2, 18))},
        "confirmed ticket",
    ),
    "a planned release where nobody reports stock": (
        {"stopped_s": 20, "said": asked(OUT, 4), "plan": Plan(ago(30), ago(-60))},
        "batch_selling info",
    ),
    # --- viewers and orders
    "viewers say so and orders stopped": (
        {"stopped_s": 20, "said": asked(OUT, 4)},
        "suspected ticket",
    ),
    "viewers ask for more and orders stopped": (
        {"stopped_s": 20, "said": asked(MORE, 4)},
        "suspected ticket",
    ),
    "viewers name the link": ({"stopped_s": 20, "said": asked(OUT, 4, "l:1")}, "suspected ticket"),
    "two viewers are too few": ({"stopped_s": 20, "said": asked(OUT, 2)}, ""),
    "two viewers and two buyers who were refused": (
        {"stopped_s": 20, "said": asked(OUT, 2), "refused": [12, 8]},
        "suspected ticket",
    ),
    "one viewer, refused buyers and the house": (
        {"pace": 0, "said": asked(OUT, 1), "refused": [14, 12, 8], "facts": [fact(9, "unknown")]},
        "suspected ticket",
    ),
    "refused buyers alone": ({"stopped_s": 20, "refused": [14, 12, 9, 8]}, ""),
    "what viewers repeat counts once": (
        {
            "stopped_s": 20,
            "said": [(12, OUT, "p:p-1", 1), (10, MORE, "p:p-1", 1), (8, OUT, "l:1", 1)],
        },
        "",
    ),
    "questions whether it is there weigh a fifth": (
        {"stopped_s": 20, "said": asked(IS_THERE, 6) + asked(OUT, 2, first=50)},
        "suspected ticket",
    ),
    "few such questions": (
        {"stopped_s": 20, "said": asked(IS_THERE, 4) + asked(OUT, 2, first=50)},
        "",
    ),
    "comments that name nothing are about what is on show, half": (
        {"stopped_s": 20, "said": asked(OUT, 6, "")},
        "suspected ticket",
    ),
    "five that name nothing are not enough": ({"stopped_s": 20, "said": asked(OUT, 5, "")}, ""),
    "viewers who got some speak against it": (
        {"stopped_s": 20, "said": asked(OUT, 4) + asked(BACK, 2, first=70, from_s=6)},
        "",
    ),
    "orders that did not stop for long enough": (
        {"stopped_s": 4, "said": asked(OUT, 4, from_s=3)},
        "info info",
    ),
    "a slow product must be silent for longer": (
        {"pace": 1, "stopped_s": 20, "said": asked(OUT, 4)},
        "info info",
    ),
    "a slow product that was": (
        {"pace": 1, "stopped_s": 70, "said": asked(OUT, 4)},
        "suspected ticket",
    ),
    "bait: they shout and orders go on": ({"said": asked(OUT, 12, from_s=60)}, "info info"),
    "bait and a chance gap: who spoke before the last line was refuted": (
        {"stopped_s": 9, "pace": 7, "said": asked(OUT, 8, from_s=60)},
        "info info",
    ),
    "they cried wolf, so twice as much must be missing": (
        {"pace": 5, "stopped_s": 15, "said": asked(OUT, 6, from_s=60) + asked(MORE, 6, first=30)},
        "info info",
    ),
    "they cried wolf, and then it was gone": (
        {"pace": 5, "stopped_s": 40, "said": asked(OUT, 6, from_s=60) + asked(MORE, 6, first=30)},
        "suspected ticket",
    ),
    "a room in which that many ask all the time": (
        {"stopped_s": 40, "said": asked(OUT, 7, from_s=30), "usual": 40},
        "",
    ),
    "a room in which very many write": (
        {"stopped_s": 60, "said": asked(OUT, 6, from_s=50), "wrote": 3000},
        "",
    ),
    "nobody watches any more": (
        {"stopped_s": 20, "said": asked(OUT, 4), "clicks": 0},
        "info info",
    ),
    # --- stock that is told
    "the feed tells of stock, orders stopped, many say so": (
        {"stopped_s": 20, "said": asked(OUT, 6), "stock": in_stock()},
        "desync ticket",
    ),
    "the feed tells of stock, and four say so": (
        {"stopped_s": 20, "said": asked(OUT, 4), "stock": in_stock()},
        "",
    ),
    "the feed tells of stock, buyers are refused": (
        {"pace": 0, "said": asked(OUT, 4), "refused": [14, 12, 9, 8], "stock": in_stock()},
        "desync ticket",
    ),
    "a report that is old tells nothing": (
        {"stopped_s": 20, "said": asked(OUT, 4), "stock": in_stock(told_s=90)},
        "suspected ticket",
    ),
    "what was told is sold since": (
        {"stopped_s": 20, "said": asked(OUT, 4), "stock": in_stock(told_s=55, available=20)},
        "suspected ticket",
    ),
    "an old zero and viewers": (
        {"pace": 0, "said": asked(OUT, 4), "stock": out_of_stock(240, told_s=90)},
        "suspected ticket",
    ),
    "an old zero and two viewers": (
        {"pace": 0, "said": asked(OUT, 2), "stock": out_of_stock(240, told_s=90)},
        "",
    ),
    # --- the house
    "the house says that it is out, viewers too, of what nobody could buy": (
        {"pace": 0, "said": asked(OUT, 4), "facts": [fact(15)]},
        "suspected ticket",
    ),
    "the house says so and orders go on": (
        {"said": asked(OUT, 4), "facts": [fact(15)]},
        "info info",
    ),
    "the house says so and the feed tells of stock": (
        {"pace": 0, "said": asked(OUT, 4), "facts": [fact(15)], "stock": in_stock()},
        "info info",
    ),
    "the house said so long ago": (
        {"pace": 0, "said": asked(OUT, 4), "facts": [fact(200)]},
        "info info",
    ),
    "the house says it is there again": (
        {"stopped_s": 20, "said": asked(OUT, 4), "facts": [fact(5, "in")]},
        "",
    ),
    "the house speaks of another product": (
        {"pace": 0, "said": asked(OUT, 4), "facts": [fact(15, subject="p:p-2")]},
        "info info",
    ),
    # --- nothing
    "an ordinary room": ({}, ""),
    "orders stop and nobody says a word": ({"stopped_s": 60}, ""),
    "a broadcast that has just begun": (
        {"stopped_s": 20, "said": asked(OUT, 4), "live_for_s": 120},
        "info info",
    ),
    "another product was pinned just now": (
        {
            "stopped_s": 20,
            "said": asked(OUT, 4),
            "floor": floor_with(pins=[(ago(4000), "p-1"), (ago(30), "p-2")]),
        },
        "info info",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_cell(name: str) -> None:
    fields, expected = CASES[name]
    fields = dict(fields)
    live_for_s, clicks = fields.pop("live_for_s", None), fields.pop("clicks", None)
    made = shop(**fields)
    if live_for_s is not None:
        made.lifecycle.started_last = None
        made.begun_ms = ago(live_for_s)
        made.lifecycle.resumed_ms = ago(live_for_s)
    if clicks is not None:
        for number, row in made.history.rows.items():
            if number >= NOW // 60_000 - 1:
                row.clicks = (clicks,) * 6

    assert told(made) == expected


def test_a_finding_says_when_it_may_change() -> None:
    made = shop(stopped_s=5, stock=out_of_stock(4))

    assert found(made)["p:p-1"].due_ms == ago(4) + Limits().seen_ms


def test_a_confirmed_one_is_looked_at_again_when_it_becomes_a_page() -> None:
    made = shop(stopped_s=60, stock=out_of_stock(58, told_s=1))

    assert found(made)["p:p-1"].due_ms == ago(58) + Limits().page_after_ms


def test_an_order_that_a_fast_clock_told_keeps_nobody_from_judging_the_room() -> None:
    backdrop = Backdrop(shop(said=asked(OUT, 4), usual=4))

    assert backdrop.threshold(3, 0.005, span_ms=-20_000) == 3
    assert backdrop.threshold(3, 0.005) > 3


def test_what_is_suspected_must_last_for_five_seconds() -> None:
    finding = found(shop(stopped_s=20, said=asked(OUT, 4)))["p:p-1"]

    assert (finding.level, finding.for_ms) == (Level.ENTER, 5_000)


def test_the_product_next_to_it_is_left_alone() -> None:
    made = shop(stopped_s=20, also=5, said=asked(OUT, 4), stock=out_of_stock(10))

    assert set(found(made)) == {"p:p-1"}


def test_thresholds_are_those_that_are_given() -> None:
    made = shop(stopped_s=20, said=asked(OUT, 4))

    assert found(made, Limits(min_users=5)) == {}


def test_the_rule_is_called_as_its_alerts_are() -> None:
    assert (stockout.RULE.kind, stockout.RULE.section) == ("Stockout", "stockout")
