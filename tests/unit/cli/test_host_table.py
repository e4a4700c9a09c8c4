"""The live table: money to the cent, rough counts marked, old counts with their age."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from streamproc.cli.host_table import headline, host_table, money_words, online_words
from streamproc.cli.status import Status
from streamproc.program.view import HostRow

NOW_MS = 1_760_000_000_000


def row(**given: object) -> HostRow:
    fields: dict[str, object] = {
        "host_id": "h-1",
        "name": "阿梅",
        "session_id": "s-1",
        "online": 1_234,
        "online_at_ms": NOW_MS,
        "online_approximate": False,
        "orders": 5,
        "items": 9,
        "gmv_minor": {"CNY": 123_456_705},
        "comments_last_minute": 7,
        "watermark_ms": NOW_MS,
    }
    return HostRow(**{**fields, **given})  # type: ignore[arg-type]


def drawn(*rows: HostRow, now_ms: int = NOW_MS) -> str:
    page = io.StringIO()
    Console(width=120, file=page).print(host_table(rows, now_ms))
    assert "h-1" in page.getvalue()
    return page.getvalue()


@pytest.mark.parametrize(
    ("by_currency", "words"),
    [
        ({}, "0.00"),
        ({"CNY": 5}, "0.05"),
        ({"CNY": 123_456_705}, "1,234,567.05"),
        ({"CNY": 100, "EUR": 250}, "1.00 + EUR 2.50"),
        ({"CNY": -150}, "-1.50"),
        ({"CNY": -5, "JPY": -1_999_000}, "-0.05 + JPY -1,999,000"),
        ({"JPY": 1_999, "KWD": 1_999}, "0.00 + JPY 1,999 + KWD 1.999"),
    ],
)
def test_money_is_yuan_and_what_was_paid_otherwise(by_currency: dict[str, int], words: str) -> None:
    assert money_words(by_currency) == words


def test_a_host_that_nobody_counted_has_no_number() -> None:
    assert str(online_words(row(online=None), NOW_MS)) == "-"


def test_a_rough_count_is_marked_and_an_old_one_has_its_age() -> None:
    rough = row(online_approximate=True)

    assert str(online_words(rough, NOW_MS)) == "~1,234"
    assert str(online_words(rough, NOW_MS + 150_000)) == "~1,234 (2 min ago)"


def test_a_row_shows_every_figure() -> None:
    said = drawn(row())

    for words in ("h-1", "阿梅", "1,234", "5", "1,234,567.05", "7"):
        assert words in said


def test_ages_in_a_live_room_follow_the_clock() -> None:
    silent = row(host_id="h-2", online_at_ms=NOW_MS - 600_000, watermark_ms=NOW_MS - 600_000)

    assert "(10 min ago)" in drawn(row(), silent)


def test_ages_in_a_replay_follow_the_events() -> None:
    old = row(online_at_ms=NOW_MS - 86_400_000, watermark_ms=NOW_MS - 86_400_000)

    assert "ago" not in drawn(old)


def test_markup_in_a_name_is_text() -> None:
    assert "[red]x[/red]" in drawn(row(name="[red]x[/red]"))


def test_the_headline_tells_recovery_and_lag() -> None:
    status = Status(
        pid=1,
        at_ms=NOW_MS,
        state="recovering",
        events=1_000,
        partitions=[0, 1],
        lag_records={"live.orders.v1/0": 40, "live.orders.v1/1": 2},
        recovering_records=12_345,
    )

    said = str(headline(status, 9_876.5))

    assert "recovering  12,345 records read  partitions 2" in said
    assert "9,876 events/s  lag 42" in said
