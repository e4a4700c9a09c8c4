"""Two hundred hostile texts, as names, titles, advice, comments and ids, stay text."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import scene
from tests.browser.conftest import Visits, until
from tests.browser.payloads import payloads
from tests.browser.stage import Stage, now_ms

pytestmark = pytest.mark.integration

OURS = """
A ABBR ARTICLE BUTTON CAPTION CODE DD DETAILS DIV DL DT FIELDSET FIGCAPTION FIGURE H1 H2 H3 H4 HEADER
INPUT LABEL LEGEND LI MAIN NAV NOSCRIPT OPTION P Q SECTION SELECT SPAN STRONG SUMMARY TABLE TBODY TD
TH THEAD TIME TR UL svg g path line rect circle text title
"""
"""What the page itself makes."""


ODD_ATTRIBUTES = """
[...document.body.querySelectorAll("*")]
  .flatMap((each) => [...each.attributes])
  .filter(({ name, value }) =>
    /^(on|src|action|formaction|style)/.test(name) || (name === "href" && !value.startsWith("#")))
  .map((one) => `${one.name}=${one.value}`)
  .filter((one) => !/^style=(--|left: |transform)/.test(one))
"""


def test_hostile_texts_stay_text_on_every_page(stage: Stage, visit: Visits) -> None:
    texts = payloads()
    _cast(stage, texts)
    page = visit("#/")
    expect(page.locator(".room")).to_have_count(len(texts))
    _shows_names_and_comments(page, texts)
    _is_harmless(page)
    page.evaluate("location.hash = '#/rollups'")
    expect(page.locator(".rollups tbody tr")).to_have_count(len(texts))
    _is_harmless(page)
    for host_id in (texts[0], texts[35]):
        for view in ("host", "teleprompter"):
            page.evaluate(
                "([view, id]) => location.hash = `#/${view}/${encodeURIComponent(id)}`",
                [view, host_id],
            )
            expect(page.locator("h1").filter(has_text=host_id)).to_be_visible()
            _is_harmless(page)


def _cast(stage: Stage, texts: list[str]) -> None:
    at_ms = now_ms()
    for n, text in enumerate(texts):
        shown = {"product_id": text, "title": text, "since_ms": at_ms}
        names = dict.fromkeys(
            ("host_name", "village", "town", "district", "session_id", "status"), text
        )
        stage.cards[text] = scene.card(n, at_ms) | names | {"host_id": text, "on_show": shown}
    for n in range(0, len(texts), 5):
        text, of = texts[n], stage.cards[texts[n]]
        said = scene.evidence(at_ms, *texts[n : n + 5])
        said["inputs"] = {text: text}
        said["offsets"] = {text: 1}
        advice = {"zh": text, "en": text, "teleprompter": text}
        raised = scene.alert(text, of, at_ms)
        words = dict.fromkeys(("kind", "state", "why", "rule", "subject", "lexicon_version"), text)
        told = {"evidence": said, "advice": advice, "product_title": text}
        stage.alerts[raised["alert_id"]] = raised | words | told


def _shows_names_and_comments(page: Page, texts: list[str]) -> None:
    expect(page.locator(".alert")).to_have_count(len(texts) // 5)
    page.locator(".evidence-opener").evaluate_all("all => all.forEach(each => each.click())")
    named = page.locator(".room-name").evaluate_all("all => all.map(each => each.textContent)")
    said = page.locator(".said").evaluate_all("all => all.map(each => each.textContent)")
    assert sorted(named) == sorted(texts)
    assert sorted(said) == sorted(texts)


def _is_harmless(page: Page) -> None:
    until(page, "document.readyState", "complete")
    tags = page.evaluate(
        "[...new Set([...document.body.querySelectorAll('*')].map(each => each.tagName))]"
    )
    assert set(tags) <= set(OURS.split())
    assert page.evaluate("globalThis.__ran") is None
    assert page.evaluate(ODD_ATTRIBUTES) == []
