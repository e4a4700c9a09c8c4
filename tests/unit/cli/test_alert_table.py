"""The open alerts of a worker, as people see them."""

from __future__ import annotations

import io

from rich.console import Console

from streamproc.alerts.model import Severity
from streamproc.cli.alert_table import alert_table
from streamproc.program.alert_view import AlertRow, alert_rows
from tests.builders import T0, joined, profiled, room_started, stock_reported
from tests.folding import tell
from tests.judged import judging, pass_time

ROW = AlertRow(
    Severity.PAGE,
    T0 - 95_000,
    "h-1",
    "阿梅",
    "s-1",
    "断货",
    "Stock-out",
    "confirmed",
    "牛大力 500g",
    is_ending=False,
    follows="",
)


def drawn(*rows: AlertRow) -> str:
    page = io.StringIO()
    Console(width=120, file=page).print(alert_table(rows, T0))
    return page.getvalue()


def test_an_alert_is_shown_with_how_bad_it_is_where_it_is_and_for_how_long() -> None:
    page = drawn(ROW)

    assert all(each in page for each in ("page", "断货 confirmed", "1 min", "阿梅", "牛大力 500g"))


def test_what_follows_from_another_alert_or_is_about_to_end_says_so() -> None:
    page = drawn(ROW._replace(is_ending=True, follows="StreamDead"))

    assert "(ending, follows from StreamDead)" in page


def test_a_name_cannot_move_the_cursor() -> None:
    assert "\x1b" not in drawn(ROW._replace(host_name="\x1b[2J", about="a\x1bb"))


def test_the_rows_of_a_program_are_its_open_alerts_the_worst_first() -> None:
    program = judging()
    tell(program, profiled(at_ms=T0), room_started(T0), joined(at_ms=T0 + 1_000))
    pass_time(program, T0 + 2_000, T0 + 400_000)

    rows = alert_rows([program])

    assert [(row.en, row.host_name, row.about) for row in rows] == [("Stream dead", "张桂兰", "")]


def test_a_program_that_does_not_judge_has_none() -> None:
    program = judging()
    program.judging = None
    tell(program, stock_reported(0))

    assert alert_rows([program]) == []
