"""One room's page, its teleprompter, and the sums of places."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from streamproc.tally.registry import DEFINITIONS
from tests.browser.conftest import Visits, until
from tests.browser.stage import Stage, now_ms

pytestmark = pytest.mark.integration


def test_a_room_shows_its_curves_with_pins_and_alerts_and_every_figure(
    stage: Stage, visit: Visits
) -> None:
    stage.rooms(3)
    stage.raise_alert("a", "h0001")
    page = visit("#/host/h0001")

    expect(page.locator(".figures tbody tr")).to_have_count(len(DEFINITIONS))
    expect(page.locator(".curve")).to_have_count(3)
    expect(page.locator(".curve .pin").first).to_be_attached()
    expect(page.locator(".curve .band").first).to_be_attached()
    expect(page.locator(".host-alerts .alert")).to_have_count(1)
    complete = page.locator(".complete")
    for words in ("观众", "评论 12", "订单 40; 未注明场次：评论 3", "成交人数", "平台取整"):
        expect(complete).to_contain_text(words)


def test_a_figure_says_what_it_means_when_its_name_has_the_focus(
    stage: Stage, visit: Visits
) -> None:
    stage.rooms(1)
    page = visit("#/host/h0000")
    page.locator(".figures").get_by_role("button", name="退款率").focus()

    tip = page.get_by_role("tooltip")
    expect(tip).to_contain_text(DEFINITIONS["refund_rate"].formula)
    page.keyboard.press("Escape")

    expect(tip).to_be_hidden()


def test_the_arrow_keys_read_a_curve_minute_by_minute(stage: Stage, visit: Visits) -> None:
    stage.rooms(1)
    page = visit("#/host/h0000")
    page.locator(".curve").first.focus()

    page.keyboard.press("ArrowLeft")
    last = page.locator(".readout").inner_text()
    page.keyboard.press("ArrowLeft")

    assert re.match(r"\d\d:\d\d", last)
    assert page.locator(".readout").inner_text() != last
    expect(page.locator(".crosshair")).to_have_count(3)


def test_the_numbers_of_a_room_move(stage: Stage, visit: Visits) -> None:
    stage.rooms(2)
    page = visit("#/host/h0001")
    paid = page.locator(".total-pay_gmv_minor dd")
    expect(paid).to_contain_text("¥")
    before = paid.inner_text()

    stage.sell("h0001", 1_00)

    expect(paid).not_to_have_text(before)


def test_a_room_that_nobody_knows_is_told(stage: Stage, visit: Visits) -> None:
    visit.expected = re.compile("404")
    stage.rooms(1)

    expect(visit("#/host/nobody").locator(".empty").first).to_contain_text("没有这个直播间")


def test_a_teleprompter_shows_the_line_and_takes_it_back(stage: Stage, visit: Visits) -> None:
    stage.rooms(2)
    page = visit("#/teleprompter/h0001")
    expect(page.locator(".prompt-line")).to_have_text("按节奏讲就好")

    raised = stage.raise_alert("a", "h0001")
    expect(page.locator(".prompt-line")).to_have_text("荔枝干没货,先讲别的")
    stage.tell("alert", raised | {"seq": 2, "phase": "resolved", "why": "restocked"})

    expect(page.locator(".prompt-line")).to_have_text("按节奏讲就好")


def test_a_line_is_cut_at_twenty_characters_and_old_news_are_not_shouted(
    stage: Stage, visit: Visits
) -> None:
    stage.rooms(2)
    advice = {"zh": "", "en": "", "teleprompter": "讲" * 30}
    stage.raise_alert("long", "h0001", advice=advice)
    stage.raise_alert("old", "h0000", at_ms=now_ms() - 61_000)

    expect(visit("#/teleprompter/h0001").locator(".prompt-line")).to_have_text("讲" * 20)
    old = visit("#/teleprompter/h0000")
    expect(old.locator(".prompt-line")).to_have_text("按节奏讲就好")
    expect(old.locator(".prompt-open li")).to_have_count(1)


def test_places_are_told_by_level(stage: Stage, visit: Visits) -> None:
    stage.rooms(12)
    page = visit("#/rollups")
    rows = page.locator(".rollups tbody tr")
    expect(rows).to_have_count(5)
    shares = page.locator(".share-number").evaluate_all(
        "all => all.map(each => parseFloat(each.textContent))"
    )
    assert shares == sorted(shares, reverse=True)

    page.get_by_text("村", exact=True).click()

    expect(rows).to_have_count(6)
    until(page, "document.querySelector('.rollups tbody th').textContent.includes('村')")
