"""Log lines go to stderr, as people or machines want them, and libraries keep quiet."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import msgspec
import pytest
import structlog

from streamproc.cli.logs import CHATTY, OF_RECORDS, configure_logging, libraries_silenced


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in (*CHATTY, *OF_RECORDS)}
    yield
    root.handlers, root.level = handlers, level
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def test_json_lines_hold_level_event_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")

    structlog.get_logger("streamproc.x").info("recovered", partitions=4)
    logging.getLogger("other").warning("from %s", "outside")

    out, err = capsys.readouterr()
    ours, theirs = (msgspec.json.decode(line) for line in err.splitlines())
    assert (ours["event"], ours["partitions"], ours["level"]) == ("recovered", 4, "info")
    assert (theirs["event"], theirs["logger"]) == ("from outside", "other")
    assert out == ""


def test_below_the_level_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("warning", "console")

    structlog.get_logger("streamproc.x").info("hidden")
    structlog.get_logger("streamproc.x").warning("seen")

    said = capsys.readouterr().err
    assert "seen" in said
    assert "hidden" not in said


def test_libraries_tell_warnings_only_unless_debugging(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "console")
    logging.getLogger("aiokafka.cluster").info("chat")
    configure_logging("debug", "console")
    logging.getLogger("aiokafka.cluster").info("asked for")

    said = capsys.readouterr().err
    assert "chat" not in said
    assert "asked for" in said


def test_no_library_tells_records_however_much_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("debug", "console")
    for name in OF_RECORDS:
        logging.getLogger(name).debug("Sending %r", "a comment")
        logging.getLogger(name).warning("broken")

    said = capsys.readouterr().err
    assert "a comment" not in said
    assert said.count("broken") == len(OF_RECORDS)


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_failed_is_told_without_the_values_that_it_failed_on(
    log_format: str,
    is_terminal: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    configure_logging("debug", log_format)

    def fold(text: str) -> None:
        if text:
            raise ZeroDivisionError

    try:
        fold("".join(("a ", "comment")))
    except ZeroDivisionError:
        structlog.get_logger("streamproc.x").exception("it failed")
        logging.getLogger("other").exception("it failed")

    said = capsys.readouterr().err
    assert "a comment" not in said
    assert said.count("fold") >= 2


def test_silenced_libraries_speak_again_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "console")

    with libraries_silenced():
        logging.getLogger("aiokafka").error("told twice")
    logging.getLogger("aiokafka").error("told")

    said = capsys.readouterr().err
    assert "told twice" not in said
    assert "told" in said


def test_what_a_library_repeats_is_told_once_and_then_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info", "console")
    started_s = 1_000.0

    for number in range(50):
        record = logging.LogRecord("aiokafka", logging.ERROR, "", 0, "no node %s", (number,), None)
        record.created = started_s + number / 4
        logging.getLogger("aiokafka").handle(record)

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "no node 0" in lines[0]
    assert "no node 40 (and 39 more like it)" in lines[1]


def test_our_own_lines_are_all_told(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "console")

    for _ in range(3):
        structlog.get_logger("streamproc.x").info("again")

    assert capsys.readouterr().err.count("again") == 3
