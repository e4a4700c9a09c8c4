"""What an alert of a stock-out shows, and what people are told to do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.alerts import stockout
from streamproc.alerts.lost_sales import lost_sales
from streamproc.alerts.model import Finding, Level, Severity
from streamproc.alerts.shown import TELEPROMPTER
from streamproc.alerts.stockout_limits import Limits
from streamproc.events.outputs import Evidence
from streamproc.tally.floor import Floor, Plan
from tests.rooms import product
from tests.unit.alerts.shop import (
    NOW,
    ago,
    asked,
    floor_with,
    found,
    in_stock,
    out_of_stock,
    shop,
)

STATES = ("confirmed", "suspected", "desync", "batch_selling", "info", "")


def shown(**fields: Any) -> Evidence:  # noqa: ANN401 - as ``shop`` takes them
    made = shop(**fields)
    finding = found(made)["p:p-1"]
    return stockout.RULE.evidence(made, finding, Limits())


def test_the_five_newest_comments_are_shown_by_their_place_in_the_log() -> None:
    evidence = shown(stopped_s=20, said=asked("stockout_report", 7))

    assert [each.id for each in evidence.comments] == [
        f"live.comments.v1-3-{100 + number}" for number in range(2, 7)
    ]
    assert {each.label for each in evidence.comments} == {"stockout_report"}


def test_a_comment_that_asks_and_reports_is_shown_once() -> None:
    made = shop(stopped_s=20, said=asked("stockout_report", 4))
    evidence = made.said.evidence
    evidence["restock_request", "p:p-1"] = list(evidence["stockout_report", "p:p-1"])

    assert len(stockout.RULE.evidence(made, found(made)["p:p-1"], Limits()).comments) == 4


def test_viewers_are_counted_once() -> None:
    said = asked("stockout_report", 4) + asked("restock_request", 5)

    assert shown(stopped_s=20, said=said).users == 5


def test_orders_now_and_before() -> None:
    evidence = shown(pace=10, stopped_s=40, said=asked("stockout_report", 4))

    assert evidence.orders_per_min == 10
    assert evidence.orders_per_min_before == pytest.approx(60, rel=0.1)


def test_stock_and_its_age() -> None:
    evidence = shown(stopped_s=30, stock=out_of_stock(25, told_s=8))

    assert evidence.stock is not None
    assert (evidence.stock.available, evidence.stock.sold_out) == (0, True)
    assert evidence.stock.age_s == 8.0


def test_what_is_planned() -> None:
    plan = Plan(ago(14), ago(-60), 200)
    evidence = shown(stopped_s=20, stock=out_of_stock(18), plan=plan)

    assert evidence.planned is not None
    assert (evidence.planned.release_at_ms, evidence.planned.quantity) == (ago(-60), 200)


def test_what_it_costs_grows_with_the_time_and_is_told_with_its_method() -> None:
    short = shown(pace=10, stopped_s=32, stock=out_of_stock(30, told_s=5)).lost_sales
    long = shown(pace=10, stopped_s=92, stock=out_of_stock(90, told_s=5)).lost_sales

    assert short is not None
    assert long is not None
    assert short.low <= short.lines <= short.high
    assert short.lines == pytest.approx(30, rel=0.15)
    assert long.lines == pytest.approx(3 * short.lines, rel=0.15)
    assert short.method


def test_batches_cost_nothing() -> None:
    plan = Plan(ago(14), ago(-60))

    assert shown(stopped_s=20, stock=out_of_stock(18), plan=plan).lost_sales is None


def test_how_the_product_was_known_is_among_the_numbers() -> None:
    by_link = shown(stopped_s=20, said=asked("stockout_report", 4, "l:1"))
    on_show = shown(stopped_s=20, said=asked("stockout_report", 7, ""))

    assert (by_link.inputs["via"], on_show.inputs["via"]) == ("link", "on_show")


def test_more_evidence_is_more_confidence() -> None:
    said = asked("stockout_report", 4)
    bait = found(shop(said=said))["p:p-1"].why["confidence"]
    suspected = found(shop(stopped_s=20, said=said))["p:p-1"].why["confidence"]
    confirmed = found(shop(stopped_s=20, said=said, stock=out_of_stock(18)))["p:p-1"].why
    desync = found(shop(stopped_s=20, said=asked("stockout_report", 6), stock=in_stock()))["p:p-1"]

    assert desync.why["confidence"] < suspected
    assert 0 < bait < suspected < confirmed["confidence"] <= 1


def test_all_that_is_shown_can_be_written() -> None:
    evidence = shown(stopped_s=30, said=asked("stockout_report", 4), stock=out_of_stock(25))

    assert msgspec.json.decode(msgspec.json.encode(evidence), type=Evidence) == evidence


@given(
    before=st.integers(0, 5_000),
    span_ms=st.integers(1, 600_000),
    out_ms=st.integers(1, 600_000),
    meanwhile=st.integers(0, 50),
)
def test_an_estimate_lies_in_its_interval(
    before: int, span_ms: int, out_ms: int, meanwhile: int
) -> None:
    lost = lost_sales(
        lines_before=before, span_before_ms=span_ms, out_ms=out_ms, lines_meanwhile=meanwhile
    )

    assert lost is not None
    assert 0 <= lost.low <= lost.lines <= lost.high


def test_nothing_is_estimated_of_what_was_not_seen() -> None:
    assert lost_sales(lines_before=0, span_before_ms=0, out_ms=5, lines_meanwhile=0) is None


@given(title=st.text(max_size=200), link_no=st.integers(0, 999), state=st.sampled_from(STATES))
def test_a_teleprompter_line_has_at_most_twenty_characters(
    title: str, link_no: int, state: str
) -> None:
    floor = Floor(products={"p-1": product(title=title, link_no=link_no)})
    made = shop(floor=floor)
    finding = Finding("p:p-1", Level.ENTER, Severity.TICKET, state)

    advice = stockout.RULE.advice(made, finding)

    assert len(advice.teleprompter) <= TELEPROMPTER
    assert bool(advice.teleprompter) == (state not in {"info", ""})
    assert advice.zh
    assert advice.en


def test_a_line_names_the_product() -> None:
    finding = Finding("p:p-1", Level.ENTER, Severity.TICKET, "confirmed")

    assert stockout.RULE.advice(shop(), finding).teleprompter == "年糕没货,先讲别的"


@pytest.mark.parametrize("subject", ["", "p:p-9", "p:p-1/盒装"])
def test_advice_can_be_given_on_every_subject(subject: str) -> None:
    finding = Finding(subject, Level.ENTER, Severity.TICKET, "suspected")
    made = shop(floor=floor_with(pins=[(NOW - 1, "p-1")]))

    advice = stockout.RULE.advice(made, finding)

    assert advice.zh
    assert 0 < len(advice.teleprompter) <= TELEPROMPTER
