"""A real Chromium, a stage of its own for each test, and an eye on all that must never happen.

Playwright's synchronous API keeps a loop in this thread while it lives, so a browser lives for one
module of plain tests, and no asynchronous test shares it.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright

from tests.browser.stage import Stage
from tests.servers import skip_or_fail

WALL = {"width": 1920, "height": 1080}
DEADLINE_MS = 10_000
LOST = re.compile(r"ERR_(CONNECTION|EMPTY|INCOMPLETE|NETWORK)")

ON_VIOLATION = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


def until(page: Page, expression: str, value: object = True) -> None:
    """Wait until a script in the page says so. (``wait_for_function`` needs what the CSP forbids.)"""
    deadline = time.monotonic() + DEADLINE_MS / 1000
    while (found := page.evaluate(expression)) != value:
        assert time.monotonic() < deadline, f"{expression} is {found!r}, not {value!r}"
        page.wait_for_timeout(50)


class Visits:
    """Pages that a test opened, and what went wrong in them."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.url = url
        self.troubles: list[str] = []
        self.expected = re.compile("(?!)")
        """What the console may say in this test, since the test breaks that."""

    def __call__(self, route: str = "#/", **context: object) -> Page:
        """Open the page there, in Chinese and dark unless told otherwise."""
        told: dict[str, Any] = {
            "viewport": WALL,
            "locale": "zh-CN",
            "color_scheme": "dark",
            "timezone_id": "Asia/Shanghai",
        }
        opened = self._browser.new_context(**(told | context))
        self._contexts.append(opened)
        page = opened.new_page()
        page.set_default_timeout(DEADLINE_MS)
        page.add_init_script(ON_VIOLATION)
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("dialog", self._refuse)
        page.on("request", lambda request: self._asked(request.url))
        page.goto(f"{self.url}/{route}")
        return page

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not self.expected.search(text):
            self.troubles.append(f"console {kind}: {text}")

    def _refuse(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self.url).netloc:
            self.troubles.append(f"request to {url}")

    def close(self) -> None:
        """Close what was opened."""
        for context in self._contexts:
            context.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        skip_or_fail("chromium is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A board that does as the test says."""
    with Stage() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, stage: Stage) -> Iterator[Visits]:
    """Opens pages; afterwards nothing may have gone wrong in any of them."""
    visits = Visits(browser, stage.url)
    yield visits
    visits.close()
    assert visits.troubles == []
    assert stage.csp_reports == []
