"""``streamproc replay`` as a person uses it: what it takes, leaves out, prints, and refuses."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from streamproc.errors import BadInput, BadSetting
from streamproc.events.registry import AnyEvent
from tests import builders
from tests.builders import T0
from tests.in_process import Ended, run

MINUTE = 60_000


def lines(*events: AnyEvent) -> list[bytes]:
    return [builders.record(event)[2] for event in events]


def wrapped(event: AnyEvent, **other: object) -> bytes:
    topic, key, value, _ = builders.record(event)
    record = {"topic": topic, "key": key.decode(), "value": value.decode(), **other}
    return msgspec.json.encode(record)


def write(folder: Path, recorded: Iterable[bytes]) -> str:
    file = folder / "events.jsonl"
    file.write_bytes(b"\n".join(recorded) + b"\n")
    return str(file)


def answer(ended: Ended) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(ended.out)
    return found


def test_events_and_records_of_the_simulator_say_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events: list[AnyEvent] = [builders.paid(1_999), builders.comment(), builders.profiled()]
    plain = run(capsys, "replay", write(tmp_path, lines(*events)), "--json")
    records = run(capsys, "replay", write(tmp_path, [wrapped(e) for e in events]), "--json")

    assert (plain.code, plain.err) == (0, "")
    assert records.out == plain.out
    assert answer(plain)["hosts"]["h-1"]["s-1"]["figures"]["pay_gmv_minor"] == {"CNY": 1_999}


def test_events_come_from_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = SimpleNamespace(buffer=io.BytesIO(b"\n".join(lines(builders.paid(), builders.paid()))))
    monkeypatch.setattr("sys.stdin", pipe)

    ended = run(capsys, "replay", "-")

    assert ended.code == 0
    assert "2 events: 1 applied, 1 duplicate, 0 rejected; 0 late" in ended.out
    assert "19.99" in ended.out


def test_what_happened_later_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [builders.paid(at_ms=T0), builders.paid(at_ms=T0 + MINUTE, order_id="o-2")]
    file = write(tmp_path, lines(*events))

    until = answer(run(capsys, "replay", file, "--json", "--as-of", str(T0 + MINUTE - 1)))
    at_it = answer(run(capsys, "replay", file, "--json", "--as-of", "2026-11-21T20:01:00+08:00"))
    whole = answer(run(capsys, "replay", file, "--json"))
    short = write(tmp_path, lines(events[0]))
    alone = answer(run(capsys, "replay", short, "--json"))

    assert until["as_of_ms"] == T0 + MINUTE - 1
    assert until["hosts"]["h-1"]["s-1"]["figures"]["orders_sku"] == 1
    assert until["digest"] == alone["digest"]
    assert whole["as_of_ms"] == T0 + MINUTE
    assert at_it == whole


def test_a_line_that_cannot_be_used_is_named_and_the_others_are_folded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = lines(builders.paid(), builders.comment())
    bad = [b"{nonsense [bold]", wrapped(builders.paid(), topic="live.comments.v1")]
    file = write(tmp_path, [good[0], bad[0], b"", good[1], bad[1]])

    ended = run(capsys, "replay", file, "--json")
    clean = run(capsys, "replay", write(tmp_path, good), "--json")

    assert ended.code == BadInput.exit_code
    assert "line 2: malformed" in ended.err
    assert "line 5: wrong_topic: order.paid belongs to live.orders.v1" in ended.err
    assert "2 of 4 lines cannot be used" in ended.err
    assert completeness(answer(ended))["rejected"] == {"live.comments.v1": 1}
    assert but_for_rejected(answer(ended)) == answer(clean)


def test_an_event_of_another_year_is_judged_by_its_own_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ahead = lines(builders.paid(at_ms=T0 + 20 * 365 * 86_400_000))

    assert run(capsys, "replay", write(tmp_path, ahead)).code == 0


def test_a_profile_may_be_told_days_before_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early = builders.profiled(village="元宝村", at_ms=T0 - 3 * 86_400_000, valid_from_ms=T0)

    ended = run(capsys, "replay", "--json", write(tmp_path, lines(early, builders.paid())))

    assert ended.code == 0
    assert [each["village"] for each in answer(ended)["rollups"]["village"]] == ["元宝村"]


def test_each_time_of_a_line_is_in_milliseconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    far = lines(builders.profiled(valid_from_ms=T0 * 1_000))

    ended = run(capsys, "replay", write(tmp_path, far))

    assert ended.code == BadInput.exit_code
    assert "line 1: future: valid_from_ms: after the year 9998" in ended.err


@pytest.mark.parametrize("speed", ["60", "max"])
def test_what_lies_far_behind_its_record_is_rejected_as_a_worker_does(
    speed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events: list[AnyEvent] = [builders.paid(), builders.comment(at_ms=T0 + MINUTE)]
    first, last = (wrapped(each, timestamp_ms=each.occurred_at_ms + 1) for each in events)
    far = wrapped(builders.paid(at_ms=T0 + 70 * 365 * 86_400_000), timestamp_ms=T0 + 2)

    ended = run(
        capsys, "replay", write(tmp_path, [far, first, far, last]), "--json", "--speed", speed
    )
    clean = run(capsys, "replay", write(tmp_path, lines(*events)), "--json")

    assert ended.code == BadInput.exit_code
    assert "line 1: future: occurred_at_ms: more than a day after the record's own" in ended.err
    assert "years" not in ended.err
    assert completeness(answer(ended))["rejected"] == {"live.orders.v1": 2}
    assert answer(ended)["as_of_ms"] == T0 + MINUTE
    assert but_for_rejected(answer(ended)) == answer(clean)


def test_what_lies_minutes_behind_its_record_counts_as_of_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ahead = wrapped(builders.joined(at_ms=T0 + 10 * MINUTE), timestamp_ms=T0)

    ended = run(capsys, "replay", write(tmp_path, [ahead]), "--json")

    assert (ended.code, ended.err) == (0, "")
    said = answer(ended)
    assert said["as_of_ms"] == T0
    assert [each["minute_ms"] for each in said["hosts"]["h-1"]["s-1"]["curve"]] == [
        T0 // MINUTE * MINUTE
    ]


@pytest.mark.parametrize("timestamp_ms", ["now", 1.5, -1, True, T0 // 1_000, T0 * 1_000, 1 << 70])
def test_a_record_of_no_time_is_a_line_that_cannot_be_used(
    timestamp_ms: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = run(
        capsys, "replay", write(tmp_path, [wrapped(builders.paid(), timestamp_ms=timestamp_ms)])
    )

    assert ended.code == BadInput.exit_code
    assert "line 1: timestamp_ms is no time" in ended.err


@pytest.mark.parametrize("speed", ["60", "max"])
def test_a_line_that_cannot_be_used_counts_where_it_tells_its_topic(
    speed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unnamed = wrapped(builders.comment(), value="{")
    bad = [unnamed, b"{", *lines(builders.paid(-1)), wrapped(builders.joined(), key="h-2")]
    file = write(tmp_path, [*bad, *lines(builders.paid()), *bad])

    said = answer(run(capsys, "replay", file, "--json", "--speed", speed))

    assert completeness(said)["rejected"] == {"live.orders.v1": 2}
    assert said["rejected"] == {"h-1": {"live.comments.v1": 2}}
    assert said["as_of_ms"] == T0


def test_a_file_without_any_event_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = run(capsys, "replay", write(tmp_path, lines(builders.paid(-1))), "--json")

    assert ended.code == BadInput.exit_code
    assert answer(ended)["hosts"] == answer(ended)["rejected"] == {}


def completeness(said: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = said["hosts"]["h-1"]["s-1"]["completeness"]
    return found


def but_for_rejected(said: dict[str, Any]) -> dict[str, Any]:
    completeness(said)["rejected"] = {}
    for places in said["rollups"].values():
        for place in places:
            place["rejected"] = {}
    return said


@pytest.mark.parametrize("at_ms", [T0 * 1_000, 253_370_764_800_000])
def test_a_time_that_is_none_in_milliseconds_is_a_line_that_cannot_be_used(
    at_ms: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, far = lines(builders.paid(), builders.paid(at_ms=at_ms, order_id="o-2"))

    told = run(capsys, "replay", write(tmp_path, [good, far]))
    ended = run(capsys, "replay", "--json", write(tmp_path, [good, far]))
    clean = run(capsys, "replay", "--json", write(tmp_path, [good]))

    assert ended.code == BadInput.exit_code
    assert "line 2: future: occurred_at_ms: after the year 9998" in ended.err
    assert "milliseconds since 1970, not microseconds" in ended.err
    assert "1 of 2 lines cannot be used" in ended.err
    assert "2 events: 1 applied, 0 duplicate, 1 rejected" in told.out
    assert clean.code == 0
    assert completeness(answer(ended))["rejected"] == {"live.orders.v1": 1}
    assert but_for_rejected(answer(ended)) == answer(clean)


@pytest.mark.parametrize("as_of", [(), ("--as-of", "9999-12-31T23:59:59.999Z")])
def test_the_last_time_that_is_one_is_shown(
    as_of: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = lines(builders.paid(at_ms=253_370_764_799_999))

    ended = run(capsys, "replay", write(tmp_path, last), *as_of)

    assert ended.code == 0
    assert f"as of  {'9999-12-31' if as_of else '9998-12-31'}T23:59:59+00:00" in ended.out


def test_before_the_first_time_there_is_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, lines(builders.paid()))

    ended = run(capsys, "replay", file, "--as-of", "0001-01-01T00:00:00Z")

    assert ended.code == 0
    assert "as of  0001-01-01T00:00:00+00:00" in ended.out
    assert "0 events" in ended.out


def test_the_summary_shows_money_as_an_export_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events: list[AnyEvent] = [
        builders.paid(100),
        builders.refunded(250, T0 + 1_000),
        builders.paid(1_999, order_id="o-2", currency="JPY"),
    ]

    said = run(capsys, "replay", write(tmp_path, lines(*events))).out

    assert "1.00 + JPY 1,999" in said
    assert "-1.50 + JPY 1,999" in said


def test_the_speed_says_when_and_never_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [builders.comment(at_ms=T0 + 100 * number) for number in range(5)]
    file = write(tmp_path, lines(*events))

    paced = run(capsys, "replay", file, "--json", "--speed", "1000")
    at_once = run(capsys, "replay", file, "--json", "--speed", "max")

    assert (paced.code, paced.out) == (0, at_once.out)


def test_where_hosts_are_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, lines(builders.paid()))

    one = answer(run(capsys, "replay", file, "--json", "--partitions", "1"))
    many = answer(run(capsys, "replay", file, "--json"))

    assert one == many


def test_nothing_recorded_is_nothing_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = answer(run(capsys, "replay", write(tmp_path, []), "--json"))

    assert (nothing["hosts"], nothing["as_of_ms"]) == ({}, None)
    assert nothing["rollups"] == {"village": [], "town": [], "district": []}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "nothing to replay"),
        (["none.jsonl", "--from-kafka"], "a file and --from-kafka"),
        (["none.jsonl"], "the file cannot be read"),
        (["none.jsonl", "--speed", "0.5"], "'0.5' is no speed"),
        (["none.jsonl", "--speed", "nan"], "'nan' is no speed"),
        (["none.jsonl", "--speed", "fast"], "'fast' is no speed"),
        (["none.jsonl", "--as-of", "yesterday"], "'yesterday' is no moment"),
        (["none.jsonl", "--as-of", "2026-11-21T20:00:00"], "has no time zone"),
        (["none.jsonl", "--as-of", "1795435200000000"], "outside the years 1 to 9999"),
        (["none.jsonl", "--as-of", "9" * 21], "outside the years 1 to 9999"),
        (["none.jsonl", "--as-of", "9" * 5_000], "is no moment"),
        (["none.jsonl", "--as-of", "0001-01-01T00:00:00+08:00"], "outside the years 1 to 9999"),
        (["none.jsonl", "--as-of", "9999-12-31T23:00:00-08:00"], "outside the years 1 to 9999"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = run(capsys, "replay", *arguments)

    assert ended.code == BadSetting.exit_code
    assert told in ended.err
    assert ended.out == ""
