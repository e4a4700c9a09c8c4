"""Whoever uses a keyboard or a screen reader, or sees little contrast, can work with the page."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.browser.stage import Stage
from tests.servers import skip_or_fail

pytestmark = pytest.mark.integration

LOOKS = [("zh-CN", "dark", 1920, 1080), ("en-US", "light", 390, 844)]


@cache
def axe() -> str:
    """The source of axe-core, as its package brings it."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        skip_or_fail("axe-playwright-python is not installed")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def serious(page: Page) -> list[str]:
    """What axe-core finds serious or critical."""
    page.evaluate(axe())
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize(("locale", "theme", "width", "height"), LOOKS)
def test_axe_finds_nothing_serious(
    stage: Stage, visit: Visits, locale: str, theme: str, width: int, height: int
) -> None:
    stage.rooms(8)
    stage.raise_alert("a", "h0002")
    stage.raise_alert("b", "h0002", severity="ticket", episode=2)
    stage.raise_alert("c", "h0003", severity="info", verdict="bait")
    stage.cards["h0004"] |= {"status": "paused", "late": 3, "rejected": 40}
    stage.cards["h0004"] |= {"approximate": ["items_sold"], "missing_sources": ["live.viewers.v1"]}
    stage.cards["h0002"] |= {"failed_by_reason": {"out_of_stock": 3, "other": 1}}
    found = {}
    page = visit(
        "#/", locale=locale, color_scheme=theme, viewport={"width": width, "height": height}
    )
    for route in ("#/", "#/host/h0002", "#/rollups", "#/teleprompter/h0002", "#/nowhere"):
        page.evaluate("hash => location.hash = hash", route)
        expect(page.locator("main > *")).to_be_visible()
        expect(
            page.locator(".room, .figures td, .rollups td, .prompt-line, .empty").first
        ).to_be_attached()
        if route == "#/":
            page.locator(".evidence-opener").first.click()
        found[route] = serious(page)

    assert found == {route: [] for route in found}


def test_everything_can_be_reached_with_the_keyboard(stage: Stage, visit: Visits) -> None:
    stage.rooms(3)
    stage.raise_alert("a", "h0001")
    page = visit()
    expect(page.locator(".alert")).to_be_visible()

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        active = "document.activeElement"
        reached.append(
            page.evaluate(f"{active}.className + '|' + {active}.textContent.slice(0, 30)")
        )
        assert page.evaluate(
            f"{active} === document.body || getComputedStyle({active}).outlineStyle !== 'none'"
            f" || {active}.matches('.choice input')"
        ), reached[-1]
    for part in ("大屏", "声音关", "English", "search", "room-name", "证据", "属实", "推迟"):
        assert any(part in each for each in reached), part


def test_a_verdict_can_be_given_with_the_keyboard_alone(stage: Stage, visit: Visits) -> None:
    stage.rooms(2)
    stage.raise_alert("a", "h0001")
    page = visit()

    page.locator(".evidence-opener").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".evidence")).to_be_visible()
    page.get_by_role("button", name="带节奏").focus()
    page.keyboard.press("Space")

    expect(page.locator(".verdict-status")).to_contain_text("带节奏")
    assert [body for _, body in stage.judged] == [{"verdict": "bait"}]


def test_the_focus_stays_with_a_room_that_moves(stage: Stage, visit: Visits) -> None:
    stage.rooms(6)
    page = visit()
    link = page.locator('.room[data-host-id="h0004"] .room-name')
    link.focus()

    stage.sell("h0004", 900_000_00)
    expect(page.locator(".room").first).to_have_attribute("data-host-id", "h0004")

    expect(link).to_be_focused()
