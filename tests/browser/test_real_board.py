"""The page on the real board over a real Redis: they mean the same by every name."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, expect

from streamproc.embedded.ports import LOOPBACK, free_port
from tests.browser.conftest import LOST, Visits, until

pytestmark = pytest.mark.integration

ROOMS = 12
START_DEADLINE_S = 30.0
PAID = "document.querySelector('.total-pay dd').title"


class FilledBoard:
    """A board and lively rooms as a process; it keeps its port over a restart."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.board.filled"),
                *("--port", str(self.port), "--hosts", str(ROOMS)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/livez", timeout=1):  # noqa: S310 - loopback
                    return
            except (URLError, ConnectionError, TimeoutError):
                assert self._process.poll() is None, "it ended by itself"
                time.sleep(0.1)
        pytest.fail("the board did not start")

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_DEADLINE_S)


@pytest.fixture(scope="module")
def board() -> Iterator[FilledBoard]:
    """One board for this module."""
    running = FilledBoard()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def real(browser: Browser, board: FilledBoard) -> Iterator[Visits]:
    """Opens pages of the real board; afterwards nothing may have gone wrong in them."""
    visits = Visits(browser, board.url)
    yield visits
    visits.close()
    assert visits.troubles == []


def test_every_view_fills_with_what_the_board_tells(real: Visits) -> None:
    page = real()
    expect(page.locator(".room")).to_have_count(ROOMS)
    expect(page.locator(".fresh")).to_have_attribute("data-state", "live")
    expect(page.locator(".districts li").first).to_be_visible()
    assert page.locator(".room .spark-line[d]").count() > ROOMS

    host_id = page.locator(".room").first.get_attribute("data-host-id")
    page.evaluate("id => location.hash = `#/host/${id}`", host_id)
    expect(page.locator(".mark-net").first).to_be_attached()
    expect(page.locator(".figures td").first).to_be_visible()
    page.evaluate("location.hash = '#/rollups'")
    expect(page.locator(".rollups tbody tr").first).to_be_visible()
    page.evaluate("id => location.hash = `#/teleprompter/${id}`", host_id)
    expect(page.locator(".prompt-line")).to_be_visible()


def test_numbers_move_within_two_seconds(real: Visits) -> None:
    page = real()
    expect(page.locator(".room")).to_have_count(ROOMS)
    stalls = []
    for _ in range(5):
        before, begun = page.evaluate(PAID), time.monotonic()
        until(page, f"{PAID} !== {before!r}")
        stalls.append(time.monotonic() - begun)

    assert sorted(stalls)[2] < 2


def test_a_verdict_comes_back_as_the_next_step_of_the_alert(real: Visits) -> None:
    page = real()
    card = page.locator(".alerts-body > .alert-list .alert").first
    expect(card).to_be_visible(timeout=30_000)  # an alert comes every few seconds
    alert_id = card.get_attribute("data-alert-id")

    card.get_by_role("button", name="带节奏").click()

    taken = page.locator(f'.alerts-quiet .alert[data-alert-id="{alert_id}"]')
    expect(taken).to_have_count(1)
    expect(taken.locator(".verdict.chosen")).to_have_text("带节奏")


def test_the_page_comes_back_after_a_restart_of_the_board(real: Visits, board: FilledBoard) -> None:
    real.expected = LOST
    page = real()
    expect(page.locator(".room")).to_have_count(ROOMS)

    board.stop()
    expect(page.locator(".fresh")).to_have_attribute("data-state", "lost")
    board.start()

    expect(page.locator(".fresh")).to_have_attribute("data-state", "live", timeout=30_000)
    before = page.evaluate(PAID)
    until(page, f"{PAID} !== {before!r}")
