"""A connector that is not heard any more, or says that it is cut off."""

from __future__ import annotations

from streamproc.alerts.adapter_down import RULE
from streamproc.alerts.model import Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_OR_PAUSED
from streamproc.tally.pulse import Heartbeat, Pulse
from tests.builders import T0
from tests.rooms import room
from tests.unit.alerts.judged import MINUTE, S, alarm, is_clear, is_held, told


def beating(
    silent_ms: int, each_ms: int = 10 * S, connected: bool = True, beats: int = 24, **fields: object
) -> Room:
    """A room whose connector was last heard so long ago, and at this pace before."""
    last_ms = T0 - silent_ms
    held = [Heartbeat(last_ms - each_ms * back, True) for back in range(beats - 1, 0, -1)]
    pulse = Pulse([], [*held, Heartbeat(last_ms, connected)])
    return room(pulse=pulse, **{"silent_ms": silent_ms, **fields})  # type: ignore[arg-type]


def test_no_heartbeat_for_half_a_minute_is_a_page() -> None:
    found = alarm(RULE, beating(30 * S))

    assert (found.severity, found.state, found.for_ms) == (Severity.PAGE, "silent", 0)
    assert found.why == {"silent_ms": 30 * S, "usual_ms": 10 * S, "delivers": False}
    assert is_clear(RULE, beating(30 * S - 1))


def test_a_connector_that_is_heard_seldom_may_miss_three_beats_first() -> None:
    assert is_clear(RULE, beating(179 * S, each_ms=60 * S))
    assert alarm(RULE, beating(180 * S, each_ms=60 * S)).why["usual_ms"] == 60 * S


def test_one_that_was_heard_once_may_be_of_the_seldom_ones() -> None:
    assert is_clear(RULE, beating(89 * S, beats=1))
    assert alarm(RULE, beating(90 * S, beats=1)).state == "silent"


def test_one_that_delivers_all_the_same_pages_nobody() -> None:
    found = alarm(RULE, beating(40 * S, seen_ms={"live.comments.v1": T0 - S}))

    assert (found.severity, found.why["delivers"]) == (Severity.TICKET, True)
    orders_only = beating(40 * S, seen_ms={"live.orders.v1": T0 - S})
    assert alarm(RULE, orders_only).severity is Severity.PAGE


def test_one_that_says_that_it_is_cut_off_has_some_seconds_to_come_back() -> None:
    found = alarm(RULE, beating(2 * S, connected=False))

    assert (found.severity, found.state, found.for_ms) == (Severity.PAGE, "cut_off", 15 * S)
    assert alarm(RULE, beating(40 * S, each_ms=60 * S, connected=False)).state == "cut_off"
    assert alarm(RULE, beating(40 * S, connected=False)).state == "silent"


def test_an_open_alert_is_not_over_by_silence_alone() -> None:
    assert is_held(RULE, beating(40 * S, each_ms=60 * S))
    assert is_clear(RULE, beating(5 * S), "")


def test_half_an_hour_without_a_heartbeat_and_the_connector_is_gone_for_good() -> None:
    assert alarm(RULE, beating(30 * MINUTE - 1)).state == "silent"
    assert is_clear(RULE, beating(30 * MINUTE), "")
    assert is_clear(RULE, beating(30 * MINUTE, connected=False), "")


def test_a_room_that_never_sent_a_heartbeat_has_no_connector_to_miss() -> None:
    assert is_clear(RULE, room(silent_ms=10 * MINUTE))


def test_it_is_looked_at_in_a_pause_too() -> None:
    assert RULE.asked == LIVE_OR_PAUSED


def test_what_to_do_depends_on_what_is_wrong() -> None:
    for down, said in ((beating(40 * S), "重启"), (beating(S, connected=False), "重连")):
        evidence, advice = told(RULE, down, alarm(RULE, down))
        assert said in advice.zh
        assert evidence.inputs
