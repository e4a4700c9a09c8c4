"""``streamproc export`` as an office uses it: which rows, from which events, and what is refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec
import pytest
from pyarrow import parquet

from streamproc.errors import BadInput, BadSetting
from streamproc.events.codec import encode
from streamproc.events.rooms import AlertJudged, Verdict
from tests.builders import T0, made, paid, viewer_key
from tests.golden.test_replay import RECORDED
from tests.in_process import Ended, run

EVENTS = ("--events", str(RECORDED))
CONTESTS = """
[[contest]]
id = "harvest"
name = "丰收节擂台"
start = 2026-11-21T20:00:00
freeze = 2026-11-21T20:01:00
end = 2026-11-21T20:02:00
measure = "net_gmv_minor"

[[contest]]
id = "sober"
name = "不计退货"
start = 2026-11-21T20:00:00
freeze = 2026-11-21T20:01:00
end = 2026-11-21T20:02:00
measure = "net_gmv_minor"
late_refunds = "ignore"

[[contest]]
id = "long"
name = "整月"
start = 2026-11-21T20:00:00
freeze = 2026-11-21T20:01:00
end = 2026-12-21T20:00:00
measure = "items_sold"
hosts = ["host-a", "host-c"]
"""

Rows = list[dict[str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "contests.toml").write_text(CONTESTS, encoding="utf-8")
    (tmp_path / "latin.toml").write_bytes(b"# M\xe4rz")
    return tmp_path


def exported(
    capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str
) -> tuple[Ended, Rows]:
    out = folder / "out.csv"
    ended = run(capsys, "export", *arguments, "--out", str(out))
    text = out.read_text(encoding="utf-8-sig") if out.exists() else ""
    return ended, list(csv.DictReader(io.StringIO(text)))


def event_time(line: bytes) -> int:
    """When the event of a line happened: it stands there bare, or as the record's value."""
    told = msgspec.json.decode(line)
    event = msgspec.json.decode(told["value"] or "{}") if "topic" in told else told
    return int(event.get("occurred_at_ms", 0))


def picked(rows: Rows, *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


@pytest.mark.parametrize(
    ("level", "places"),
    [
        (
            "village",
            [("unknown", "0.00", "3.00"), ("北坡村", "35.00", "0.00"), ("南坡村", "99.00", "0.00")],
        ),
        ("town", [("unknown", "0.00", "3.00"), ("北坡镇", "134.00", "0.00")]),
        ("district", [("unknown", "0.00", "3.00"), ("遂溪县", "134.00", "0.00")]),
    ],
)
def test_each_level_of_a_day(
    level: str,
    places: list[tuple[str, ...]],
    capsys: pytest.CaptureFixture[str],
    folder: Path,
) -> None:
    days = ("--from", "2026-11-21", "--to", "2026-11-21")

    ended, rows = exported(capsys, folder, "--rollup", level, *days, *EVENTS)

    assert ended.code == 0
    assert picked(rows, level, "pay_gmv_CNY", "pay_gmv_USD") == places
    assert "online_peak" not in rows[0]


def test_a_session_belongs_to_the_day_on_which_it_began_where_the_office_is(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    next_day = ("--rollup", "district", "--from", "2026-11-22", "--to", "2026-11-30", *EVENTS)

    _, there = exported(capsys, folder, *next_day)
    _, east = exported(capsys, folder, *next_day, "--timezone", "Pacific/Auckland")

    # 23:00 in China is four in the morning in Auckland, and 20:00 is one in the morning
    assert there == []
    assert picked(east, "district", "sessions") == [("unknown", "1"), ("遂溪县", "2")]


def test_the_curve_of_a_session_has_a_row_for_each_minute(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    _, rows = exported(capsys, folder, "--session", "host-a", "a-1", "--curve", *EVENTS)

    assert picked(rows, "minute", "pay_gmv_minor_CNY", "net_gmv_CNY", "online_peak", "likes") == [
        ("2026-11-21 20:00:00", "2000", "20.00", "10", "0"),
        ("2026-11-21 20:01:00", "1500", "15.00", "30", "5"),
        ("2026-11-21 20:02:00", "0", "-5.00", "30", "0"),
    ]
    assert "conversion" not in rows[0]


def test_the_summary_of_a_session_is_one_row(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    _, rows = exported(
        capsys, folder, "--session", "host-a", "a-1", "--summary", "--timezone", "UTC", *EVENTS
    )
    out = folder / "out.parquet"
    parquet_too = ("--session", "host-a", "a-1", "--summary", "--format", "parquet")
    ended = run(capsys, "export", *parquet_too, *EVENTS, "--out", str(out))

    assert picked(rows, "name", "village", "status", "begin", "end", "net_gmv_CNY", "buyers") == [
        ("张桂兰", "北坡村", "ended", "2026-11-21 12:00:00", "2026-11-21 12:04:00", "30.00", "2")
    ]
    assert ended.code == 0
    assert parquet.read_table(out).to_pylist()[0]["net_gmv_minor_CNY"] == 3_000


def test_a_contest_ends_in_a_frozen_and_a_final_board(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    file = ("--contests", str(folder / "contests.toml"), *EVENTS)

    _, counted = exported(capsys, folder, "--contest", "harvest", *file)
    _, ignored = exported(capsys, folder, "--contest", "sober", *file)

    columns = ("board", "rank", "host_id", "village", "net_gmv_minor_CNY", "reached")
    frozen = ("frozen", "1", "host-a", "北坡村", "2000", "2026-11-21 20:00:00")
    late = ("final", "1", "host-a", "北坡村", "3000", "2026-11-21 20:01:00")
    assert frozen in picked(counted, *columns)
    assert late in picked(counted, *columns)
    assert (*late[:4], "3500", late[5]) in picked(ignored, *columns)
    # who sold in another currency has none of this one
    assert ("final", "2", "host-b", "unknown", "0", "") in picked(counted, *columns)


def test_a_contest_that_goes_on_has_a_provisional_board_of_the_hosts_it_names(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    file = ("--contests", str(folder / "contests.toml"), *EVENTS)

    _, rows = exported(capsys, folder, "--contest", "long", *file)

    assert picked(rows, "board", "rank", "host_id", "items_sold") == [
        ("frozen", "1", "host-a", "2"),
        ("frozen", "2", "host-c", "0"),
        ("provisional", "1", "host-a", "7"),
        ("provisional", "2", "host-c", "0"),
    ]


def test_a_line_that_cannot_be_used_is_named_and_the_file_is_written(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    file = folder / "events.jsonl"
    file.write_bytes(b"nonsense\n" + RECORDED.read_bytes())

    ended, rows = exported(
        capsys, folder, "--session", "host-a", "a-2", "--summary", "--events", str(file)
    )

    assert ended.code == BadInput.exit_code
    assert "line 1: malformed" in ended.err
    assert len(rows) == 1


@pytest.mark.parametrize("of_session", ["--curve", "--summary"])
def test_lines_that_cannot_be_used_are_why_a_session_is_unknown(
    of_session: str, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    file = folder / "events.jsonl"
    file.write_bytes(b"nonsense\n{}\n")

    ended, rows = exported(
        capsys, folder, "--session", "host-a", "a-1", of_session, "--events", str(file)
    )
    clean, _ = exported(capsys, folder, "--session", "host-z", "a-1", of_session, *EVENTS)

    told = " ".join(ended.err.split())
    assert (ended.code, rows) == (BadInput.exit_code, [])
    assert "nothing is known of session a-1 of host host-a" in told
    assert "2 of 2 lines cannot be used" in told
    assert clean.code == BadSetting.exit_code


@pytest.mark.parametrize(
    "what",
    [
        ("--session", "host-a", "a-2", "--summary"),
        ("--rollup", "town", "--from", "2026-11-21", "--to", "2026-11-21"),
        ("--verdicts",),
    ],
)
def test_a_line_whose_time_is_none_in_milliseconds_changes_no_figure(
    what: tuple[str, ...], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    far = encode(paid(at_ms=T0 * 1_000, host_id="host-a", session_id="a-2"))
    file = folder / "events.jsonl"
    file.write_bytes(far + b"\n" + RECORDED.read_bytes())

    _, clean = exported(capsys, folder, *what, *EVENTS)
    ended, rows = exported(capsys, folder, *what, "--events", str(file))

    assert ended.code == BadInput.exit_code
    assert "line 1: future: occurred_at_ms: after the year 9998" in ended.err
    if "rejected" in what_is_told(rows):
        assert {row.pop("rejected") for row in clean} <= {""}
        assert "live.orders.v1=1" in {row.pop("rejected") for row in rows}
    assert rows == clean


def what_is_told(rows: Rows) -> set[str]:
    return {name for row in rows for name in row}


def test_days_on_which_no_session_began_are_said_to_have_none(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    days = ("--from", "2026-12-01", "--to", "2026-12-02")

    ended, rows = exported(capsys, folder, "--rollup", "town", *days, *EVENTS)

    assert (ended.code, rows) == (0, [])
    assert "0 rows in" in ended.out
    assert "no session began from 2026-12-01 to 2026-12-02" in " ".join(ended.out.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "what to export is not one thing"),
        (["--rollup", "town", "--contest", "harvest"], "what to export is not one thing"),
        (["--rollup", "town", "--from", "2026-11-21"], "--rollup without days"),
        (["--rollup", "town", "--from", "21.11.", "--to", "2026-11-21"], "'21.11.' is no day"),
        (
            ["--rollup", "town", "--from", "2026-11-22", "--to", "2026-11-21"],
            "2026-11-21 is before 2026-11-22",
        ),
        (["--session", "host-a", "a-1"], "what of the session is not one thing"),
        (["--session", "host-a", "a-1", "--curve", "--summary"], "not one thing"),
        (["--session", "host-a", "a-9", "--curve"], "its last sessions are a-1, a-2"),
        (["--session", "host-z", "a-1", "--curve"], "nothing is known of this host"),
        (["--contest", "harvest"], "--contest without a contests file"),
        (["--contest", "harvest", "--contests", "none.toml"], "the contests cannot be read"),
        (["--contest", "none", "--contests", "{}/contests.toml"], "it knows harvest, long, sober"),
        (["--session", "h", "s", "--curve", "--timezone", "Mars/Base"], "'Mars/Base' is no time"),
        (["--contest", "harvest", "--contests", "{}"], "cannot be read: Is a directory"),
        (["--contest", "harvest", "--contests", "{}/latin.toml"], "cannot be read: it is no UTF-8"),
        (
            ["--contest", "harvest", "--contests", "c", "--to", "2026-11-21"],
            "--to goes with --rollup",
        ),
        (["--session", "host-a", "a-1", "--curve", "--contests", "c"], "--contests goes with"),
        (["--verdicts", "--summary"], "--summary goes with --session"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    given = [each.replace("{}", str(folder)) for each in arguments]

    ended, rows = exported(capsys, folder, *given, *EVENTS)

    assert ended.code == BadSetting.exit_code
    assert told in " ".join(ended.err.split())
    assert rows == []


def test_verdicts_are_exported_with_what_the_alert_rested_on(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    replayed = run(capsys, "replay", str(RECORDED), "--json")
    alerts = msgspec.json.decode(replayed.out)["alerts"]
    alert = next(each for each in alerts if each["why"] == "entered")
    judged = made(
        AlertJudged,
        alert["at_ms"] + 1_000,
        host_id=alert["host_id"],
        session_id=alert["session_id"],
        alert_id=alert["alert_id"],
        verdict=Verdict.BAIT,
        operator_key=viewer_key(9),
    )
    events = folder / "judged.jsonl"
    lines = [*RECORDED.read_bytes().splitlines(), encode(judged)]
    lines.sort(key=event_time)
    events.write_bytes(b"\n".join(lines) + b"\n")

    ended, rows = exported(capsys, folder, "--verdicts", "--events", str(events))

    assert ended.code == 0
    (row,) = rows
    assert (row["alert_id"], row["verdict"], row["kind"]) == (
        alert["alert_id"],
        "bait",
        alert["kind"],
    )
    assert row["opened_ms"] == str(alert["opened_ms"])
    assert msgspec.json.decode(row["inputs"]) == alert["evidence"]["inputs"]
    assert viewer_key(9) not in (folder / "out.csv").read_text(encoding="utf-8")


def test_without_a_verdict_the_file_has_its_columns_alone(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    ended, rows = exported(capsys, folder, "--verdicts", *EVENTS)

    assert (ended.code, rows) == (0, [])
    assert (folder / "out.csv").read_text(encoding="utf-8").startswith("alert_id,kind,verdict,")
