"""The board of a running demo: numbers move, an alert shows what it rests on, a verdict comes back."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import LOOPBACK, free_port
from tests.browser.conftest import Visits, until

pytestmark = pytest.mark.integration

START_DEADLINE_S = 90.0
ALERT_DEADLINE_S = 120.0
BACK_DEADLINE_S = 30.0
SECONDS = 180
PAID = "document.querySelector('.total-pay dd').title"


@pytest.fixture
def demo(browser: Browser) -> Iterator[Visits]:
    """A demo as a person starts it, whose board may be visited."""
    port = free_port()
    command = [sys.executable, "-m", "streamproc", "demo", "--headless"]
    command += ["--seconds", str(SECONDS), "--board-port", str(port)]
    process = subprocess.Popen(leashed(command), stdout=subprocess.DEVNULL)
    visits = Visits(browser, f"http://{LOOPBACK}:{port}")
    try:
        asked(visits.url, START_DEADLINE_S, lambda api: api.get("/health").json()["hosts"])
        yield visits
        visits.close()
        assert visits.troubles == []
    finally:
        process.terminate()
        process.wait(START_DEADLINE_S)


def asked(url: str, patience_s: float, question: Any) -> Any:  # noqa: ANN401 - any answer
    """The first answer of the API that is something."""
    deadline_s = time.monotonic() + patience_s
    with httpx.Client(base_url=f"{url}/api/v1", timeout=5) as api:
        while True:
            try:
                if found := question(api):
                    return found
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline_s, "the board does not answer so"
            time.sleep(0.2)


def test_a_demo_shows_what_is_to_do_and_takes_what_people_say(demo: Visits) -> None:
    page = demo()
    until(page, "document.querySelectorAll('.total-pay dd').length > 0")
    before = page.evaluate(PAID)
    until(page, f"{PAID} !== {before!r}")

    def stockouts(api: httpx.Client) -> Any:  # noqa: ANN401 - JSON
        items = api.get("/alerts").json()["items"]
        return [each for each in items if each["kind"] == "Stockout"]

    alert_id = asked(demo.url, ALERT_DEADLINE_S, stockouts)[0]["alert_id"]
    card = page.locator(f'.alert[data-alert-id="{alert_id}"]').first
    card.get_by_role("button", name="证据").click()
    expect(card).to_contain_text(alert_id)
    card.get_by_role("button", name="我来处理").click()

    def judged(api: httpx.Client) -> Any:  # noqa: ANN401 - JSON
        return api.get(f"/alerts/{alert_id}").json().get("verdict")

    assert asked(demo.url, BACK_DEADLINE_S, judged) == "acknowledged"
    assert (
        asked(demo.url, BACK_DEADLINE_S, lambda api: api.get("/health").json())["unreadable"] == 0
    )
