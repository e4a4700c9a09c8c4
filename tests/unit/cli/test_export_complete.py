"""Every file of figures says how complete it is: in the same columns, behind all others."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from pyarrow import parquet

from streamproc.errors import BadInput
from streamproc.events.codec import encode
from streamproc.events.registry import AnyEvent
from tests.builders import T0, joined, liked, paid, room_started, viewer_key
from tests.in_process import run

COMPLETE = ["late", "rejected", "approximate", "missing_sources", "as_of", "as_of_ms"]
BEGIN_MS = T0 // 60_000 * 60_000
HOUR_MS = 3_600_000
LAST_MS = BEGIN_MS + HOUR_MS
CONTEST = """
[[contest]]
id = "hour"
name = "一小时"
start = {start}
freeze = {start}
end = {end}
measure = "pay_gmv_minor"
hosts = ["h-1", "h-2", "h-9"]
timezone = "UTC"
"""
DAYS = ("--from", "2000-01-01", "--to", "2100-01-01")

Rows = list[dict[str, str]]


def told() -> Iterable[AnyEvent]:
    """A crowd of viewers, a payment that comes too late, and a host of whom only likes are told."""
    yield room_started(BEGIN_MS)
    for number in range(300):
        yield joined(number, BEGIN_MS)
    yield paid(500, BEGIN_MS, order_id="o-1")
    yield liked(1, BEGIN_MS, host_id="h-2", session_id="s-2")
    yield paid(700, LAST_MS, order_id="o-2", buyer_key=viewer_key(2))
    yield paid(900, BEGIN_MS + 60_000, order_id="o-3")


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """These events, and one of the first broadcast that cannot be used."""
    worthless = msgspec.json.decode(encode(paid(1, LAST_MS))) | {"paid_minor": -1}
    lines = [*map(encode, told()), msgspec.json.encode(worthless)]
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(lines) + b"\n")
    return file


def exported(
    capsys: pytest.CaptureFixture[str], events: Path, *what: str, form: str = "csv"
) -> Path:
    out = events.with_name(f"out.{form}")
    given = ("--events", str(events), "--format", form, "--timezone", "UTC", "--out", str(out))
    ended = run(capsys, "export", *what, *given)
    assert ended.code == BadInput.exit_code, ended.err  # of the line that cannot be used
    return out


def rows_of(file: Path) -> Rows:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


def contest_of(events: Path) -> tuple[str, ...]:
    file = events.with_name("contests.toml")
    start, end = ("2026-11-21T12:00:00", "2026-11-21T14:00:00")
    file.write_text(CONTEST.format(start=start, end=end), encoding="utf-8")
    return ("--contest", "hour", "--contests", str(file))


def test_a_place_says_what_its_sessions_leave_open(
    capsys: pytest.CaptureFixture[str], events: Path
) -> None:
    (row,) = rows_of(exported(capsys, events, "--rollup", "town", *DAYS))

    assert list(row)[-4:] == ["late", "rejected", "as_of", "as_of_ms"]
    assert (row["as_of_ms"], row["late"], row["rejected"]) == (
        str(LAST_MS),
        "live.orders.v1=1",
        "live.orders.v1=1",
    )
    assert row["approximate"].split()[0] == "viewers"
    assert row["missing_sources"] == "live.orders.v1=1 live.comments.v1=2 live.rooms.v1=1"


def test_a_session_says_it_in_its_row(capsys: pytest.CaptureFixture[str], events: Path) -> None:
    (row,) = rows_of(exported(capsys, events, "--session", "h-1", "s-1", "--summary"))

    assert list(row)[-3:] == ["late", "rejected", "missing_sources"]
    assert (row["late"], row["rejected"]) == ("live.orders.v1=1", "live.orders.v1=1")
    assert row["missing_sources"] == "live.comments.v1"
    assert row["as_of_ms"] == str(LAST_MS)


def test_each_minute_says_what_is_estimated_in_it(
    capsys: pytest.CaptureFixture[str], events: Path
) -> None:
    first, last = rows_of(exported(capsys, events, "--session", "h-1", "s-1", "--curve"))

    assert list(first)[-6:] == COMPLETE
    assert first["approximate"] == "viewers gpm_viewers_minor uv_value_minor"
    assert last["approximate"] == ""
    for row in (first, last):
        assert (row["as_of_ms"], row["late"]) == (str(LAST_MS), "live.orders.v1=1")
        assert (row["rejected"], row["missing_sources"]) == (
            "live.orders.v1=1",
            "live.comments.v1",
        )


def test_each_host_of_a_contest_says_what_may_be_missing(
    capsys: pytest.CaptureFixture[str], events: Path
) -> None:
    rows = rows_of(exported(capsys, events, *contest_of(events)))

    assert list(rows[0])[-6:] == COMPLETE
    of = {row["host_id"]: row for row in rows if row["board"] == "provisional"}
    assert {row["as_of_ms"] for row in rows} == {str(LAST_MS)}
    assert [of[host]["pay_gmv_minor_CNY"] for host in ("h-1", "h-2", "h-9")] == ["1200", "0", "0"]
    assert (of["h-1"]["late"], of["h-1"]["rejected"]) == ("live.orders.v1=1", "live.orders.v1=1")
    assert of["h-1"]["missing_sources"] == "live.comments.v1"
    # nobody told what these sold: their 0 is not known to be one
    assert of["h-2"]["missing_sources"] == "live.orders.v1 live.comments.v1 live.rooms.v1"
    assert of["h-9"]["missing_sources"].split()[0] == "live.orders.v1"
    assert (of["h-2"]["late"], of["h-9"]["rejected"]) == ("", "")


def test_a_session_that_was_on_air_at_another_time_says_nothing_of_a_contest(
    capsys: pytest.CaptureFixture[str], events: Path
) -> None:
    later = {"session_id": "s-9", "order_id": "o-9", "host_id": "h-2"}
    day_ms = LAST_MS + 24 * HOUR_MS
    with events.open("ab") as file:
        file.write(encode(paid(5, day_ms, **later)) + b"\n")
        file.write(encode(paid(6, day_ms - HOUR_MS, **{**later, "order_id": "o-8"})) + b"\n")

    rows = rows_of(exported(capsys, events, *contest_of(events)))

    (final,) = [each for each in rows if each["host_id"] == "h-2" and each["board"] == "final"]
    assert (final["late"], final["as_of_ms"]) == ("", str(day_ms))


def test_parquet_says_the_same(capsys: pytest.CaptureFixture[str], events: Path) -> None:
    what = ("--session", "h-1", "s-1", "--curve")
    text = rows_of(exported(capsys, events, *what))
    typed = parquet.read_table(exported(capsys, events, *what, form="parquet")).to_pylist()

    names = [name for name in COMPLETE if name != "as_of"]
    assert [[str(row[name]) for name in names] for row in typed] == [
        [row[name] for name in names] for row in text
    ]
    assert typed[0]["as_of"].timestamp() * 1_000 == LAST_MS


def test_of_no_events_a_contest_says_no_time(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nothing = tmp_path / "nothing.jsonl"
    nothing.write_bytes(b"")
    out = tmp_path / "out.csv"

    given = ("--events", str(nothing), "--out", str(out))

    ended = run(capsys, "export", *contest_of(nothing), *given)

    rows = rows_of(out)
    assert ended.code == 0
    assert {(row["board"], row["as_of"], row["as_of_ms"]) for row in rows} == {
        ("provisional", "", "")
    }
    assert len(rows) == 3
