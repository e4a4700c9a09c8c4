"""A connector that lives and brings nothing new, in a room that tells more."""

from __future__ import annotations

from streamproc.alerts.model import Severity
from streamproc.alerts.room import Room
from streamproc.alerts.source_lag import RULE
from streamproc.tally.pulse import Heartbeat, Pulse
from tests.builders import T0
from tests.rooms import room, row
from tests.unit.alerts.judged import MINUTE, S, alarm, is_clear, is_held, told


def lagging(age_ms: int, a_minute: int = 12, beat_ms: int = 5 * S) -> Room:
    """A room whose connector last said that its newest message is so old."""
    minutes = {ago: row(comments=a_minute) for ago in range(1, 31)}
    beats = [Heartbeat(T0 - beat_ms - 10 * S, True, 200), Heartbeat(T0 - beat_ms, True, age_ms)]
    return room(minutes=minutes, pulse=Pulse([], beats))


def test_a_message_older_than_half_a_minute_is_a_page_if_that_lasts() -> None:
    found = alarm(RULE, lagging(30_001))

    assert (found.severity, found.for_ms) == (Severity.PAGE, 2 * MINUTE)
    assert found.why == {"last_message_age_ms": 30_001, "expected_messages": 7.0}
    assert is_clear(RULE, lagging(30_000))


def test_a_room_that_tells_little_has_old_messages_and_no_lag() -> None:
    assert is_clear(RULE, lagging(60_000, a_minute=4))
    assert alarm(RULE, lagging(90_000, a_minute=4)).severity is Severity.PAGE


def test_between_the_two_ages_an_open_alert_goes_on_and_below_them_it_does_not() -> None:
    assert is_held(RULE, lagging(15_001))
    assert is_clear(RULE, lagging(15_000), "")
    assert is_clear(RULE, lagging(15_001))


def test_an_old_report_says_nothing_of_now() -> None:
    assert alarm(RULE, lagging(40_000, beat_ms=60_000)).severity is Severity.PAGE
    assert is_clear(RULE, lagging(40_000, beat_ms=60_001), "")


def test_a_room_without_heartbeats_or_ages_has_no_lag() -> None:
    assert is_clear(RULE, room())
    assert is_clear(RULE, lagging(-1), "")


def test_where_nothing_is_known_of_the_time_before_nothing_is_expected() -> None:
    assert is_clear(RULE, room(pulse=Pulse([], [Heartbeat(T0, True, 90_000)])))


def test_what_is_told_with_it_goes_to_the_platform_team() -> None:
    slow = lagging(50_000)
    evidence, advice = told(RULE, slow, alarm(RULE, slow))

    assert evidence.inputs["last_message_age_ms"] == 50_000
    assert advice.teleprompter == ""
