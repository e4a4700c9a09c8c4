"""What is exported of a state whose old minutes may be gone: nothing that is wrong for want of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streamproc.comparison import drop_expired
from streamproc.errors import BadSetting
from streamproc.events.codec import encode
from streamproc.events.orders import FailReason
from streamproc.events.registry import AnyEvent
from streamproc.program.canonical import canonical
from streamproc.program.live import LiveProgram
from streamproc.replay.contest_table import contest_table
from streamproc.replay.exports import curve_table, rollup_table, summary_table
from streamproc.replay.playback import last_event_ms
from streamproc.replay.tables import Table
from streamproc.tally.contests import Contest
from streamproc.tally.retention import DAY_MS, MINUTE_DAYS
from streamproc.tally.rollups import Level
from streamproc.verification import tallies_digest
from tests.builders import (
    T0,
    comment,
    joined,
    order_failed,
    paid,
    refunded,
    room_ended,
    room_started,
    viewers_counted,
)
from tests.folding import feed, log_of
from tests.in_process import run

BEGIN_MS = T0 // 60_000 * 60_000
CONTEST = Contest(
    id="harvest",
    name="丰收节擂台",
    start_ms=BEGIN_MS,
    freeze_ms=BEGIN_MS + 60_000,
    end_ms=BEGIN_MS + 3_600_000,
    measure="pay_gmv_minor",
)


def events(later_ms: int) -> list[AnyEvent]:
    """A broadcast, and another one of the same host some time later."""
    later = {"session_id": "s-2"}
    return [
        room_started(),
        joined(),
        viewers_counted(100),
        viewers_counted(50, T0 + 600_000),
        paid(5_000),
        room_ended(T0 + 1_200_000),
        joined(2, T0 + later_ms, **later),
        viewers_counted(7, T0 + later_ms, **later),
        paid(1, T0 + later_ms, order_id="o-2", **later),
        room_started(T0 + later_ms, **later),
    ]


def program(later_ms: int) -> LiveProgram:
    """One that has folded them."""
    made = LiveProgram()
    feed(made, log_of(events(later_ms)))
    return made


def swept(made: LiveProgram) -> LiveProgram:
    """After a worker's walk over all records."""
    made.take_dirty()
    for _ in range(20):
        made.tick(0, caught_up=True)
    return made


OLD_MS, YOUNG_MS = (MINUTE_DAYS + 2) * DAY_MS, (MINUTE_DAYS - 1) * DAY_MS


def test_who_was_online_is_known_as_before_once_minutes_are_gone() -> None:
    means = []
    for later_ms in (YOUNG_MS, OLD_MS):
        for made in (program(later_ms), swept(program(later_ms))):
            as_of_ms = last_event_ms([made]) or 0
            table = summary_table([made], "h-1", "s-1", as_of_ms, UTC, is_swept=True)
            means.append((cell(table, "online_mean"), cell(table, "watch_mean_s")))
            assert (cell(table, "online_peak"), cell(table, "pay_gmv_minor_CNY")) == (100, 5_000)

    assert means == [(75.0, 90_000.0)] * 4
    whole = program(OLD_MS)
    recorded = summary_table([whole], "h-1", "s-1", last_event_ms([whole]) or 0, UTC)
    assert cell(recorded, "online_mean") == 75.0


def test_a_summary_tells_why_orders_failed_and_nothing_of_what_nobody_told() -> None:
    failed = [
        order_failed(reason) for reason in (FailReason.RISK, FailReason.RISK, FailReason.OTHER)
    ]
    told, untold = (LiveProgram() for _ in range(2))
    feed(told, log_of(failed))
    feed(untold, log_of([joined()]))

    of_told, of_untold = (
        [
            cell(summary_table([made], "h-1", "s-1", T0, UTC), f"failed_{reason.value}")
            for reason in FailReason
        ]
        for made in (told, untold)
    )
    assert of_told == [0, 0, 0, 2, 1]
    assert of_untold == [None] * 5


def test_who_was_online_is_unknown_where_readings_went_on_long_after_the_end() -> None:
    made = program(OLD_MS)
    end_ms, room = T0 + 1_200_000, {"host_id": "h-2"}
    told: list[AnyEvent] = [
        viewers_counted(100, T0, **room),
        *(viewers_counted(1, end_ms + minute * 60_000, **room) for minute in range(1, 10)),
        room_ended(end_ms, **room),
    ]
    feed(made, log_of(told))
    as_of_ms = last_event_ms([made]) or 0
    table = summary_table([made], "h-2", "s-1", as_of_ms, UTC, is_swept=True)

    assert (cell(table, "online_mean"), cell(table, "online_peak")) == (None, 100)
    recorded = summary_table([made], "h-2", "s-1", as_of_ms, UTC)
    assert cell(recorded, "online_mean") == 100.0


@pytest.mark.parametrize("made", [program(OLD_MS), swept(program(OLD_MS))], ids=["whole", "swept"])
def test_a_contest_and_a_curve_whose_minutes_may_be_gone_are_refused(made: LiveProgram) -> None:
    as_of_ms = last_event_ms([made]) or 0

    with pytest.raises(BadSetting, match="no longer kept") as refused:
        contest_table([made], CONTEST, as_of_ms, UTC, is_swept=True)
    assert "--events" in (refused.value.hint or "")
    with pytest.raises(BadSetting, match="no longer kept"):
        curve_table([made], "h-1", "s-1", as_of_ms, UTC, is_swept=True)


def test_a_contest_is_told_while_its_minutes_are_kept_and_of_recorded_events() -> None:
    young, recorded = swept(program(YOUNG_MS)), program(OLD_MS)

    for table in (
        contest_table([young], CONTEST, last_event_ms([young]) or 0, UTC, is_swept=True),
        contest_table([recorded], CONTEST, last_event_ms([recorded]) or 0, UTC),
    ):
        assert cells(table, "pay_gmv_minor_CNY") == [5_000, 5_000]  # frozen and final


def test_the_digest_of_a_replay_is_that_of_a_worker_that_let_go_of_minutes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = tmp_path / "weeks.jsonl"
    lines.write_bytes(b"".join(encode(each) + b"\n" for each in events(OLD_MS)))
    worker = swept(program(OLD_MS))
    form = {"hosts": canonical(worker.records.items())["hosts"]}
    drop_expired(form, form)

    said = msgspec.json.decode(run(capsys, "replay", str(lines), "--json").out)

    assert said["digest"] == tallies_digest(form)


@pytest.mark.parametrize("days", [1, MINUTE_DAYS + 2, 300])
def test_a_session_that_nobody_started_begins_on_the_same_day_ever_after(days: int) -> None:
    later: dict[str, Any] = {"host_id": "h-2", "session_id": "s-2"}
    later_ms = T0 + days * DAY_MS
    made = LiveProgram()
    told: list[AnyEvent] = [
        comment(at_ms=T0 + 600_000),
        comment("还有吗", T0 + 240_000),  # late
        paid(5_000, T0 + 300_000),
        refunded(5_000, T0 + min(20, days) * DAY_MS),
        comment(at_ms=later_ms, **later),
        joined(2, later_ms, **later),
        paid(1, later_ms, order_id="o-2", **later),
    ]
    feed(made, log_of(told))
    for each in (made, swept(made)):
        as_of_ms = last_event_ms([each]) or 0
        table = summary_table([each], "h-1", "s-1", as_of_ms, UTC, is_swept=True)
        assert cell(table, "begin_ms") == (T0 + 240_000) // 60_000 * 60_000
        begun_on = datetime.fromtimestamp(T0 / 1_000, UTC).date()
        places = rollup_table([each], Level.VILLAGE, begun_on, begun_on, as_of_ms, UTC)
        assert (cell(places, "sessions"), cell(places, "refunded_minor_CNY")) == (1, 5_000)


def cell(table: Table, name: str) -> object:
    (found,) = cells(table, name)
    return found


def cells(table: Table, name: str) -> list[object]:
    place = [column.name for column in table.columns].index(name)
    return [row[place] for row in table.rows]
