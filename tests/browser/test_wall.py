"""The wall in a real browser: it moves, it warns, it comes back, it says when it is old."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOST, Visits, until
from tests.browser.stage import Stage, now_ms

pytestmark = pytest.mark.integration


def names(page: Page) -> list[str]:
    """The hosts in the order of the ranking."""
    found: list[str] = page.locator(".room").evaluate_all("rows => rows.map(r => r.dataset.hostId)")
    return found


def test_numbers_move_within_two_seconds_and_who_sells_more_overtakes(
    stage: Stage, visit: Visits
) -> None:
    stage.rooms(14)
    page = visit()
    expect(page.locator(".room")).to_have_count(14)
    assert names(page)[:2] == ["h0000", "h0001"]
    told = page.locator(".total-pay dd").inner_text()

    begun = time.monotonic()
    stage.sell("h0009", 900_000_00)
    expect(page.locator(".room").first).to_have_attribute("data-host-id", "h0009", timeout=2_000)
    took_s = time.monotonic() - begun

    assert took_s < 2
    assert page.locator(".total-pay dd").inner_text() != told
    expect(page.locator(".room").first.locator(".rank-move")).to_have_text("▲9")


@pytest.mark.parametrize(
    ("locale", "about"),
    [
        ("zh-CN", "至少 (缺少来源: 订单（4 场中 1 场）; 不可用: 订单 40)"),
        ("en-US", "at least (Missing sources: orders (1 of 4); Unusable: orders 40)"),
    ],
)
def test_a_district_whose_money_lacks_orders_says_so_and_no_other_does(
    stage: Stage, visit: Visits, locale: str, about: str
) -> None:
    stage.rooms(8)
    stage.cards["h0000"] |= {"missing_sources": ["live.orders.v1"]}
    stage.cards["h0001"] |= {"rejected": 40}
    stage.cards["h0002"] |= {"missing_sources": ["live.viewers.v1"], "late": 12}
    page = visit(locale=locale)

    lacks = page.locator(".district-lacks")
    expect(lacks).to_have_count(1)
    expect(lacks).to_have_text(f"≥ {about} ")
    expect(lacks).to_have_attribute("title", about)
    assert "电白区" in lacks.locator("xpath=ancestor::li").inner_text()


def test_a_wall_shows_twelve_rooms_and_more_without_scrolling(stage: Stage, visit: Visits) -> None:
    stage.rooms(34)
    page = visit()
    expect(page.locator(".room")).to_have_count(34)

    overflow = page.evaluate(
        """() => {
          const body = document.querySelector(".ranking-body");
          const root = document.documentElement;
          return [body.scrollHeight - body.clientHeight, root.scrollHeight - root.clientHeight];
        }"""
    )

    assert overflow == [0, 0]


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_no_page_is_wider_than_its_screen(
    stage: Stage, visit: Visits, width: int, height: int
) -> None:
    stage.rooms(14)
    stage.raise_alert("a", "h0002")
    for route in ("#/", "#/host/h0002", "#/rollups", "#/teleprompter/h0002"):
        page = visit(route, viewport={"width": width, "height": height}, locale="en-US")
        expect(page.locator("main > *")).to_be_visible()
        expect(page.locator(".room, .figures td, .rollups td, .prompt-line").first).to_be_attached()

        wide = page.evaluate("document.documentElement.scrollWidth")

        assert wide <= width, route


def test_an_alert_appears_with_its_evidence_and_is_announced(stage: Stage, visit: Visits) -> None:
    stage.rooms(3)
    page = visit()
    expect(page.locator(".all-well")).to_be_visible()
    page.wait_for_timeout(1_500)  # what stands at the beginning is not announced

    stage.raise_alert("a", "h0001")
    card = page.locator(".alert")
    expect(card).to_have_count(1)
    expect(page.locator("#announcements")).to_contain_text("断货")
    expect(card).to_contain_text("查仓库实际库存")
    expect(card.locator(".evidence")).to_be_hidden()
    card.get_by_role("button", name=re.compile("证据")).click()

    evidence = card.locator(".evidence")
    for words in (
        "1号没货了",
        "24",
        "25.4",
        "0 件（标记售罄）",
        "40 单（29–52）",
        "stockout，第 1 版",
    ):
        expect(evidence).to_contain_text(words)


def test_alerts_stand_in_order_of_urgency(stage: Stage, visit: Visits) -> None:
    stage.rooms(4)
    stage.raise_alert("info", "h0000", severity="info")
    stage.raise_alert("old", "h0001", opened_ms=now_ms() - 900_000)
    stage.raise_alert("ticket", "h0002", severity="ticket")
    stage.raise_alert("new", "h0003", opened_ms=now_ms() - 1_000)
    stage.raise_alert("taken", "h0003", verdict="acknowledged")

    page = visit()
    expect(page.locator(".alerts-body > .alert-list .alert")).to_have_count(4)

    shown = page.locator(".alerts-body > .alert-list .alert").evaluate_all(
        "cards => cards.map(card => card.dataset.alertId)"
    )
    assert shown == ["Stockout:new", "Stockout:old", "Stockout:ticket", "Stockout:info"]
    expect(page.locator(".alerts-quiet .alert")).to_have_count(1)


VERDICTS: dict[str, dict[str, object]] = {
    "属实": {"verdict": "real"},
    "带节奏": {"verdict": "bait"},
    "商品不对": {"verdict": "wrong_product"},
    "我来处理": {"verdict": "acknowledged"},
    "推迟10分钟": {"verdict": "snoozed", "snooze_minutes": 10},
}


def test_verdicts_are_sent_as_the_api_takes_them(stage: Stage, visit: Visits) -> None:
    stage.rooms(2)
    stage.raise_alert("a/b?c", "h0001")
    page = visit()

    for sent, button in enumerate(VERDICTS, start=1):
        page.get_by_role("button", name=button, exact=True).click()
        until(page, "document.querySelector('.verdict[aria-disabled]') === null")
        expect(page.locator(".verdict-status")).to_contain_text("已记录")
        assert len(stage.judged) == sent

    assert stage.judged == [("Stockout:a/b?c", body) for body in VERDICTS.values()]


def test_a_verdict_that_is_refused_is_told_and_can_be_sent_again(
    stage: Stage, visit: Visits
) -> None:
    stage.rooms(2)
    stage.raise_alert("a", "h0001")
    visit.expected = re.compile("503")
    page = visit()
    stage.refuse_verdicts = True
    button = page.get_by_role("button", name="属实", exact=True)

    button.click()
    expect(page.locator(".verdict-status")).to_contain_text("没有发出去")
    stage.refuse_verdicts = False
    button.click()

    expect(page.locator(".verdict-status")).to_contain_text("已记录")
    assert stage.judged == [("Stockout:a", {"verdict": "real"})]


def test_a_lost_line_is_plain_to_see_and_comes_back_where_it_was(
    stage: Stage, visit: Visits
) -> None:
    stage.rooms(5)
    visit.expected = LOST
    page = visit()
    stage.sell("h0004", 100)
    expect(page.locator(".fresh")).to_have_attribute("data-state", "live")

    stage.stop()
    expect(page.locator(".banner")).to_be_visible()
    expect(page.locator(".fresh")).to_have_attribute("data-state", "lost")
    expect(page.locator("html")).to_have_class(re.compile("is-old"))
    stage.start()
    stage.sell("h0004", 800_000_00)

    expect(page.locator(".banner")).to_be_hidden()
    expect(page.locator(".room").first).to_have_attribute("data-host-id", "h0004")
    assert stage.resumed_from, "the page says what it saw last"


def test_after_a_restart_everything_is_taken_anew(stage: Stage, visit: Visits) -> None:
    stage.rooms(5)
    visit.expected = LOST
    page = visit()
    expect(page.locator(".room")).to_have_count(5)
    for each in stage.cards.values():
        each["version"] = 0  # another incarnation of Redis counts from the beginning
    stage.cards["h0001"] |= {"host_name": "新名字"}

    stage.stop(forget=True)
    del stage.cards["h0004"]
    stage.start()

    expect(page.locator(".room")).to_have_count(4)
    expect(page.locator(".room").nth(1)).to_contain_text("新名字")


def test_data_that_stands_still_since_its_worker_died_looks_old(
    stage: Stage, visit: Visits
) -> None:
    stage.rooms(3)
    page = visit()
    expect(page.locator(".fresh")).to_have_attribute("data-state", "live")

    stage.beat_age_s = 9.0
    expect(page.locator(".fresh")).to_have_attribute("data-state", "stale")
    expect(page.locator(".banner")).to_contain_text("没有心跳")
    expect(page.locator(".room-notes").first).to_contain_text("前的数")
    stage.beat_age_s = 0.2
    expect(page.locator(".banner")).to_be_hidden()


def test_what_is_counted_late_or_not_at_all_is_marked_where_it_is_shown(
    stage: Stage, visit: Visits
) -> None:
    stage.rooms(4)
    stage.behind_s = {1: 300.0}
    page = visit()
    rows = [page.locator(f'.room[data-host-id="h000{n}"]') for n in range(4)]

    expect(page.locator(".fresh")).to_have_attribute("data-state", "partly")
    expect(page.locator(".banner")).to_contain_text("落后")
    expect(page.locator("html")).not_to_have_class(re.compile("is-old"))
    for row in (rows[1], rows[3]):
        expect(row).to_have_class(re.compile("not-of-now"))
        expect(row.locator(".room-notes")).to_contain_text("落后 5:0")
    expect(rows[0]).not_to_have_class(re.compile("not-of-now"))

    stage.behind_s, stage.paused = {}, {0: {"live.orders.v1": 600.0}}
    expect(page.locator(".banner")).to_contain_text("停止计入", timeout=30_000)
    expect(rows[0].locator(".room-notes")).to_contain_text("订单停止计入 10:0")
    expect(rows[1]).not_to_have_class(re.compile("not-of-now"))

    page.evaluate("location.hash = '#/host/h0001'")
    expect(page.locator(".fresh")).to_have_attribute("data-state", "live")


def test_a_room_that_is_gone_leaves(stage: Stage, visit: Visits) -> None:
    stage.rooms(3)
    page = visit()
    expect(page.locator(".room")).to_have_count(3)

    stage.tell("gone", {"host_id": "h0002"})

    expect(page.locator(".room")).to_have_count(2)


def test_less_motion_is_honoured(stage: Stage, visit: Visits) -> None:
    stage.rooms(14)
    page = visit(reduced_motion="reduce")
    expect(page.locator(".room")).to_have_count(14)

    page.evaluate(
        "() => { const own = Element.prototype.animate;"
        " globalThis.moved = 0; Element.prototype.animate = function (...a)"
        " { globalThis.moved += 1; return own.apply(this, a); }; }"
    )
    stage.sell("h0009", 900_000_00)
    expect(page.locator(".room").first).to_have_attribute("data-host-id", "h0009")

    assert page.evaluate("globalThis.moved") == 0


def test_language_and_theme_are_remembered(stage: Stage, visit: Visits) -> None:
    stage.rooms(3)
    page = visit()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")

    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Switch to light").click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator(".total-pay dt")).to_have_text("GMV, paid")


def test_sound_is_off_until_somebody_switches_it_on(stage: Stage, visit: Visits) -> None:
    stage.rooms(2)
    page = visit()
    page.evaluate(
        "() => { globalThis.tones = 0; const own = OscillatorNode.prototype.start;"
        " OscillatorNode.prototype.start = function (...a)"
        " { globalThis.tones += 1; return own.apply(this, a); }; }"
    )
    page.wait_for_timeout(1_500)
    stage.raise_alert("silent", "h0000")
    expect(page.locator(".alert")).to_have_count(1)
    assert page.evaluate("globalThis.tones") == 0

    page.get_by_role("button", name="声音关").click()
    until(page, "globalThis.tones", 2)  # so one knows how it sounds
    page.wait_for_timeout(4_100)  # tones do not run into each other
    stage.raise_alert("loud", "h0001")

    until(page, "globalThis.tones", 4)


def test_a_token_is_asked_for_and_kept_from_scripts(stage: Stage, visit: Visits) -> None:
    stage.rooms(2)
    stage.token = "s3cret"  # noqa: S105 - of the stage
    visit.expected = re.compile("401")
    page = visit()
    field = page.get_by_label("令牌", exact=True)

    field.fill("wrong")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("不对")
    field.fill("s3cret")
    field.press("Enter")

    expect(page.locator(".room")).to_have_count(2)
    assert "s3cret" not in page.evaluate("document.cookie + JSON.stringify({...localStorage})")


def test_who_may_only_read_gets_no_verdict_buttons(stage: Stage, visit: Visits) -> None:
    stage.rooms(2)
    stage.raise_alert("a", "h0001")
    stage.reader |= {"scope": "read", "may_judge": False}
    page = visit()

    expect(page.get_by_role("button", name=re.compile("证据"))).to_be_visible()
    expect(page.locator(".verdict").first).to_be_hidden()


def test_a_token_of_one_room_opens_that_room_and_nothing_else(stage: Stage, visit: Visits) -> None:
    stage.rooms(3)
    stage.reader |= {"scope": "room", "may_judge": False, "host_id": "h0002"}
    page = visit("#/rollups")

    expect(page.locator("h1")).to_have_text(stage.cards["h0002"]["host_name"])
    expect(page.locator(".bar nav")).to_be_hidden()


def test_a_restarted_board_that_refuses_the_token_asks_for_it(stage: Stage, visit: Visits) -> None:
    stage.rooms(2)
    visit.expected = re.compile(f"401|{LOST.pattern}")
    page = visit()
    expect(page.locator(".room")).to_have_count(2)

    stage.stop(forget=True)
    stage.token = "s3cret"  # noqa: S105 - of the stage
    stage.start()

    expect(page.get_by_label("令牌", exact=True)).to_be_focused()
