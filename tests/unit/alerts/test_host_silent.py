"""A host that is not heard; or, where no sound is told, a house that does nothing any more."""

from __future__ import annotations

from streamproc.alerts.host_silent import RULE
from streamproc.alerts.model import Severity
from streamproc.alerts.room import Room
from streamproc.tally.floor import Floor
from streamproc.tally.pulse import Health, Pulse
from streamproc.tally.session_sense import SessionSense, Spoken
from streamproc.tally.sessions import Online
from tests.builders import T0
from tests.rooms import room
from tests.unit.alerts.judged import MINUTE, S, alarm, is_clear, told


def heard(*levels: tuple[int, float | None], **fields: object) -> Room:
    """A room that told so many decibels so many seconds ago."""
    health = [Health(T0 - ago * S, audio_rms_db=level) for ago, level in levels]
    return room(pulse=Pulse(health), **fields)  # type: ignore[arg-type]


def acting(idle_ms: int, each_ms: int = 30 * S, online: int | None = 50, **fields: object) -> Room:
    """A room whose staff wrote and pinned at this pace until they stopped."""
    said = SessionSense(b"")
    last_ms = T0 - idle_ms
    said.spoken = [
        Spoken(last_ms - each_ms * back, 0, "staff", (), "") for back in range(15, -1, -1)
    ]
    counted = None if online is None else Online(T0, online, False)
    begun_ms = idle_ms + 15 * each_ms
    return room(said=said, online=counted, live_for_ms=begun_ms, **fields)  # type: ignore[arg-type]


def test_low_sound_for_three_quarters_of_a_minute_is_a_ticket() -> None:
    found = alarm(RULE, heard((60, -20.0), (45, -80.0), (30, -90.0), (15, -70.0)))

    assert (found.severity, found.state) == (Severity.TICKET, "sound")
    assert found.why == {"quiet_ms": 45 * S}
    assert is_clear(RULE, heard((60, -20.0), (44, -80.0), (30, -90.0), (15, -70.0)))


def test_one_loud_report_and_the_host_speaks() -> None:
    assert is_clear(RULE, heard((60, -80.0), (45, -80.0), (30, -49.0), (15, -80.0)))
    assert is_clear(RULE, heard((60, -80.0), (45, -80.0), (30, -80.0), (15, -20.0)))


def test_an_old_report_says_nothing_of_the_sound_now() -> None:
    assert is_clear(RULE, heard((120, -80.0), (46, -80.0)))
    assert alarm(RULE, heard((120, -80.0), (45, -80.0))).state == "sound"


def test_the_quiet_of_a_pause_does_not_count_when_the_broadcast_goes_on() -> None:
    assert is_clear(RULE, heard((90, -90.0), (60, -90.0), (20, -90.0), live_for_ms=30 * S))


def test_a_house_that_does_nothing_for_five_minutes_is_a_ticket() -> None:
    found = alarm(RULE, acting(5 * MINUTE))

    assert (found.severity, found.state) == (Severity.TICKET, "acts")
    assert found.why == {"idle_ms": 5 * MINUTE, "acts_expected": 10.7, "online": 50}
    assert is_clear(RULE, acting(5 * MINUTE - 1))


def test_a_small_room_is_left_alone() -> None:
    assert is_clear(RULE, acting(5 * MINUTE, online=49))
    assert is_clear(RULE, acting(5 * MINUTE, online=None))


def test_a_house_that_seldom_does_anything_is_given_time() -> None:
    assert is_clear(RULE, acting(5 * MINUTE, each_ms=2 * MINUTE))


def test_a_house_that_was_never_seen_to_do_anything_is_unknown() -> None:
    assert is_clear(RULE, room(online=Online(T0, 5_000, False)))


def test_who_is_heard_need_not_do_anything() -> None:
    speaking = Pulse([Health(T0 - 15 * S, audio_rms_db=-20.0)])

    assert is_clear(RULE, acting(20 * MINUTE, pulse=speaking))
    assert alarm(RULE, acting(20 * MINUTE, pulse=Pulse([Health(T0 - 15 * S)]))).state == "acts"


def test_pins_and_stock_set_by_hand_are_something_done() -> None:
    pinned = acting(5 * MINUTE)
    pinned.floor = Floor(acted_ms=T0 - 4 * MINUTE)

    assert is_clear(RULE, pinned)


def test_what_to_do_depends_on_what_is_missing() -> None:
    quiet = heard((45, -80.0), (30, -80.0), (15, -80.0))
    idle = acting(5 * MINUTE)

    evidence, advice = told(RULE, quiet, alarm(RULE, quiet))
    assert "麦克风" in advice.zh
    assert evidence.inputs == {"quiet_ms": 45 * S}
    _, advice = told(RULE, idle, alarm(RULE, idle))
    assert "现场" in advice.zh
