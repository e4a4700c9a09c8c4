from __future__ import annotations

import math
import os
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from streamproc.cli.simulate import simulate
from streamproc.errors import BadSetting
from streamproc.simulate.truth import read_totals
from tests.simulated import START_MS, options

FULL = Path("/dev/full")
SLICE = ("evening", "--seconds", "300", "--garbage", "0.1")


def run(*arguments: str) -> str:
    app = typer.Typer()
    app.command()(simulate)
    result = CliRunner().invoke(app, arguments, catch_exceptions=False, standalone_mode=False)
    return result.output


def test_a_broadcast_is_written_to_a_file_the_same_way_every_time(tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"

    said = run(*SLICE, "--start", str(START_MS), "--to", str(one))
    run(*SLICE, "--start", "2026-09-21T14:13:20Z", "--to", str(other))

    assert one.read_bytes() == other.read_bytes()
    totals = read_totals(tmp_path / "one.totals.json")
    assert totals.emitted == len(one.read_bytes().splitlines())
    assert f"{totals.emitted:,}" in said


def test_a_record_in_a_file_says_where_it_belongs(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    run(*SLICE, "--to", str(file))

    records = [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]

    assert records[0]["topic"] == "live.hosts.v1"
    assert records[0]["key"] == "evening-h0001"
    assert msgspec.json.decode(records[0]["value"])["type"] == "host.profiled"
    assert any("value_base64" in each for each in records)
    assert any(each.get("value", "") is None for each in records)
    assert all(each["partition"] == 0 for each in records if each["key"] is None)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("evening", "--start", "tomorrow"), "no moment"),
        (("evening", "--start", "2026-11-23T20:00:00"), "no time zone"),
        (("evening", "--garbage", "1.5"), "garbage is no share"),
        (("evening", "--garbage-kind", "confetti"), "unknown"),
        (("carnival",), "no scenario"),
        (("evening", "--audience-scale", "inf"), "audience_scale is inf"),
        (("evening", "--speed", "inf"), "speed is inf"),
        (("evening", "--to", "/no/such/folder/file"), "cannot be written"),
    ],
)
def test_a_wrong_argument_is_a_bad_setting(arguments: tuple[str, ...], problem: str) -> None:
    with pytest.raises(BadSetting, match=problem):
        run(*arguments)


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_a_file_without_room_is_a_bad_setting() -> None:
    with pytest.raises(BadSetting, match="cannot be written: No space left") as full:
        run(*SLICE, "--to", str(FULL))

    assert full.value.where == str(FULL)


def test_totals_that_cannot_be_written_are_a_bad_setting_and_leave_nothing(tmp_path: Path) -> None:
    (tmp_path / "records.totals.json").mkdir()

    with pytest.raises(BadSetting, match="totals cannot be written") as refused:
        run("evening", "--seconds", "5", "--to", str(tmp_path / "records.jsonl"))

    assert refused.value.where == str(tmp_path / "records.totals.json")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "records.jsonl",
        "records.totals.json",
    ]


def test_what_is_no_ordinary_file_gets_no_totals(tmp_path: Path) -> None:
    nowhere = tmp_path / "records.jsonl"
    nowhere.symlink_to(os.devnull)

    said = run("evening", "--seconds", "5", "--to", str(nowhere))

    assert [each.name for each in tmp_path.iterdir()] == ["records.jsonl"]
    assert "no totals" in said


@pytest.mark.parametrize("name", ["audience_scale", "speed", "rate_per_s"])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused_by_name(name: str, number: float) -> None:
    with pytest.raises(BadSetting, match=f"{name} is {number}"):
        options(**{name: number})
