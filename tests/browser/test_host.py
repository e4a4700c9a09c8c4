"""One room's page, its teleprompter, and the sums of places."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from streamproc.events.orders import FailReason
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


REASONS = [
    ("zh-CN", "其中，按原因", ["缺货 12", "优惠券无效 3", "其他 1"]),
    ("en-US", "Of these, by reason", ["out of stock 12", "coupon invalid 3", "other 1"]),
]


@pytest.mark.parametrize(("locale", "name", "told"), REASONS)
def test_failed_orders_are_told_by_reason_below_their_number(
    stage: Stage, visit: Visits, locale: str, name: str, told: list[str]
) -> None:
    stage.rooms(2)
    reasons = {"out_of_stock": 12, "coupon_invalid": 3, "pay_declined": 0, "other": 1}
    stage.cards["h0001"] |= {"failed_by_reason": reasons}
    page = visit("#/host/h0001", locale=locale)
    by_reason = page.locator(".figures tbody tr", has_text=name)

    expect(by_reason).to_have_count(1)
    expect(by_reason.locator("li")).to_have_text(told)
    failed = DEFINITIONS["failed_orders"]
    above = page.locator(".figures tr:has(+ .by-reason) th")
    expect(above).to_contain_text(failed.zh if locale == "zh-CN" else failed.en, ignore_case=True)

    stage.sell("h0001", 1_00, failed_by_reason={"out_of_stock": 13})
    expect(by_reason.locator("li")).to_have_text([told[0].replace("12", "13")])
    stage.sell("h0001", 1_00, failed_by_reason={})
    expect(by_reason).to_have_count(0)


def test_every_reason_why_an_order_fails_has_words_in_both_languages(
    stage: Stage, visit: Visits
) -> None:
    stage.rooms(1)
    stage.cards["h0000"] |= {"failed_by_reason": {each.value: 1 for each in FailReason}}
    for locale in ("zh-CN", "en-US"):
        told = visit("#/host/h0000", locale=locale).locator(".by-reason li")
        expect(told).to_have_count(len(FailReason))
        assert not [each for each in told.all_inner_texts() if "_" in each]
        assert (locale == "en-US") == told.first.inner_text().isascii()


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


LACKING = [
    (
        "zh-CN",
        "数据时间",
        ["缺少来源观众（4 场中 1 场）", "迟到评论 12", "不可用订单 40", "估计值订单数（主订单）"],
    ),
    (
        "en-US",
        "As of",
        [
            "Missing sourcesviewers (1 of 4)",
            "Latecomments 12",
            "Unusableorders 40",
            "EstimatesOrders",
        ],
    ),
]


@pytest.mark.parametrize(("locale", "as_of", "terms"), LACKING)
def test_a_place_says_what_its_sums_lack_and_a_whole_one_nothing(
    stage: Stage, visit: Visits, locale: str, as_of: str, terms: list[str]
) -> None:
    stage.rooms(8)
    stage.cards["h0001"] |= {"late": 12, "rejected": 40, "approximate": ["orders_main"]}
    stage.cards["h0000"] |= {"missing_sources": ["live.viewers.v1"]}
    page = visit("#/rollups", locale=locale)

    expect(page.locator(".as-of")).to_have_text(re.compile(rf"{as_of} \d\d:\d\d:\d\d"))
    expect(page.locator(".rollups tbody th")).to_have_count(5)
    expect(page.locator(".rollups .lacks")).to_have_count(1)
    assert page.locator(".lacks dl > div").all_text_contents() == terms
    place = page.locator(".lacks td").get_attribute("headers")
    assert "电白区" in page.locator(f"#{place}").inner_text()


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", "估计值"), ("en-US", "an estimate")])
def test_a_sum_that_is_an_estimate_says_so_to_eyes_and_ears(
    stage: Stage, visit: Visits, locale: str, words: str
) -> None:
    stage.rooms(2)
    stage.cards["h0001"] |= {"approximate": ["orders_main"]}
    page = visit("#/rollups", locale=locale)

    about = page.locator(".rollups td", has_text="≈")
    expect(about).to_have_count(1)
    expect(about.locator(".unseen")).to_have_text(words)


def test_on_a_phone_what_a_place_lacks_is_read_without_scrolling_sideways(
    stage: Stage, visit: Visits
) -> None:
    stage.rooms(6)
    for each in stage.cards.values():
        each |= {"late": 12, "rejected": 40_000, "approximate": ["orders_main", "items_sold"]}
        each |= {"missing_sources": ["live.comments.v1", "live.viewers.v1", "live.rooms.v1"]}
    page = visit("#/rollups", locale="en-US", viewport={"width": 390, "height": 844})
    lacks = page.locator(".lacks dl")
    expect(lacks).to_have_count(5)

    for _ in range(2):
        boxes = [each.bounding_box() for each in lacks.all()]
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes), boxes
        page.locator(".table-scroll").evaluate("each => { each.scrollLeft = 300; }")
