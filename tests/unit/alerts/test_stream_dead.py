"""A stream is dead if it is silent for longer than chance allows, or its picture stands still."""

from __future__ import annotations

import pytest

from streamproc.alerts.model import Severity
from streamproc.alerts.room import Room
from streamproc.alerts.stream_dead import RULE
from streamproc.tally.lifecycle import Status
from streamproc.tally.online import Reading
from streamproc.tally.pulse import Health, Heartbeat, Pulse
from tests.builders import T0
from tests.rooms import room, row
from tests.unit.alerts.judged import MINUTE, S, alarm, is_clear, is_held, told


def lively(silent_ms: int, a_minute: int = 12, **fields: object) -> Room:
    """A room that told so much a minute until it fell silent."""
    minutes = {ago: row(comments=a_minute) for ago in range(silent_ms // MINUTE + 1, 31)}
    return room(T0, minutes=minutes, silent_ms=silent_ms, **fields)  # type: ignore[arg-type]


def pictured(*frames: tuple[int, float | None], **fields: object) -> Room:
    """A room that told so many frames so many seconds ago."""
    health = [Health(T0 - ago * S, frames_per_s) for ago, frames_per_s in frames]
    return room(pulse=Pulse(health), **fields)  # type: ignore[arg-type]


def test_a_lively_room_is_dead_after_a_minute_of_silence() -> None:
    found = alarm(RULE, lively(60 * S))

    assert (found.severity, found.state) == (Severity.PAGE, "silent")
    assert found.why == {"silent_ms": 60 * S, "expected_events": 12.0}
    assert is_clear(RULE, lively(59 * S))


def test_a_room_that_seldom_tells_anything_pages_nobody_and_is_a_ticket_after_five_minutes() -> (
    None
):
    assert is_clear(RULE, lively(60 * S, a_minute=1))
    assert is_clear(RULE, lively(4 * MINUTE, a_minute=1))
    assert alarm(RULE, lively(5 * MINUTE, a_minute=0)).severity is Severity.TICKET


def test_counts_of_viewers_and_reports_of_instruments_say_that_a_room_tells_much() -> None:
    readings = [Reading(second * S, 3, False) for second in range(0, 60, 10)]
    counted = room(minutes={ago: row(online=readings) for ago in range(2, 12)}, silent_ms=MINUTE)
    beats = [Heartbeat(T0 - MINUTE - second * S, True) for second in range(240, 0, -10)]
    beating = room(
        minutes={ago: row() for ago in range(2, 12)}, silent_ms=MINUTE, pulse=Pulse([], beats)
    )

    assert alarm(RULE, counted).severity is Severity.PAGE
    assert is_clear(RULE, beating)
    assert alarm(RULE, beating, min_expected=2).severity is Severity.PAGE


def test_where_nothing_is_known_of_the_time_before_nobody_is_woken() -> None:
    assert is_clear(RULE, room(silent_ms=5 * MINUTE - S))
    found = alarm(RULE, room(silent_ms=5 * MINUTE))

    assert (found.severity, found.why["expected_events"]) == (Severity.TICKET, None)


@pytest.mark.parametrize("a_minute", [0, 1, 12])
def test_what_is_open_neither_rises_nor_falls_when_the_time_before_is_forgotten(
    a_minute: int,
) -> None:
    first_ms = 20 * MINUTE + S
    for silent_ms in range(first_ms, 30 * MINUTE, MINUTE):
        assert is_held(RULE, lively(silent_ms, a_minute), "")


def test_a_broadcast_whose_start_nobody_told_may_just_be_over_and_pages_nobody() -> None:
    assert alarm(RULE, lively(MINUTE, status=Status.UNKNOWN)).severity is Severity.TICKET


def test_a_picture_that_stands_still_for_twenty_seconds_is_dead() -> None:
    found = alarm(RULE, pictured((40, 25.0), (25, 0.0), (10, 0.0)))

    assert (found.severity, found.state) == (Severity.PAGE, "still")
    assert found.why == {"still_ms": 25 * S}
    assert is_clear(RULE, pictured((25, 25.0), (10, 0.0)))
    assert is_clear(RULE, pictured((40, 0.0), (25, 0.0), (10, 25.0)))


def test_reports_without_a_picture_say_nothing_of_it() -> None:
    assert is_clear(RULE, pictured((40, None), (10, None)))
    assert alarm(RULE, pictured((25, 0.0), (10, None))).state == "still"


def test_an_old_report_says_nothing_of_the_picture_now() -> None:
    assert is_clear(RULE, pictured((100, 0.0), (61, 0.0)))
    assert alarm(RULE, pictured((100, 0.0), (60, 0.0))).state == "still"


def test_the_still_picture_of_a_pause_does_not_count_when_the_broadcast_goes_on() -> None:
    assert is_clear(RULE, pictured((100, 0.0), (40, 0.0), (12, 0.0), live_for_ms=10 * S))


def test_what_is_told_with_it_names_the_silence_and_whom_to_call() -> None:
    dead = lively(MINUTE)
    evidence, advice = told(RULE, dead, alarm(RULE, dead))

    assert evidence.inputs["silent_ms"] == MINUTE
    assert "推流" in advice.zh
