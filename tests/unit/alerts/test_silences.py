"""Rules that judge silence say until when there is nothing to find; whoever looks then is never late."""

from __future__ import annotations

from copy import copy
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproc.alerts.history import Row
from streamproc.alerts.model import Level
from streamproc.alerts.policy import Policy
from streamproc.alerts.registry import RULES
from streamproc.alerts.room import Room
from streamproc.alerts.rule import Rule
from streamproc.tally.pulse import Health, Heartbeat, Pulse
from streamproc.tally.session_sense import SessionSense, Spoken
from streamproc.tally.sessions import Online
from tests.builders import T0
from tests.rooms import room, row
from tests.unit.alerts.judged import MINUTE, S

SILENT_RULES: Final = [rule for rule in RULES if rule.silent_until_ms is not None]
LOOKED_AHEAD_MS: Final = 8 * MINUTE

agos = st.integers(0, 400).map(lambda seconds: seconds * S)


@st.composite
def beats_ms(draw: st.DrawFn) -> list[int]:
    """Times at which something came again and again until some time ago, ascending."""
    last_ms = draw(st.integers(0, 90)) * S
    each_ms = draw(st.sampled_from((10, 20, 30))) * S
    return [T0 - last_ms - each_ms * back for back in range(draw(st.integers(0, 20)), 0, -1)]


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    """A broadcast that told this and that until some minutes ago."""
    frames = draw(st.sampled_from((None, 25.0)))
    level = draw(st.sampled_from((None, None, -20.0, -80.0)))
    health = [Health(at_ms, frames, audio_rms_db=level) for at_ms in draw(beats_ms())]
    ages_ms = st.sampled_from((0, 20_000, 40_000, 90_000))
    beats = [Heartbeat(at_ms, True, draw(ages_ms)) for at_ms in draw(beats_ms())]
    a_minute = draw(st.sampled_from((0, 1, 2, 4, 12)))
    minutes: dict[int, Row] = {ago: row(comments=a_minute) for ago in range(1, 31)}
    said = SessionSense(b"")
    said.spoken = [Spoken(at_ms, 0, "staff", (), "") for at_ms in draw(beats_ms())]
    fields: dict[str, Any] = {
        "online": draw(st.sampled_from((None, Online(T0, 500, False), Online(T0, 500, False)))),
        "pulse": Pulse(health, beats),
        "said": said,
        "live_for_ms": draw(st.sampled_from((10, 60))) * MINUTE,
    }
    return room(minutes=minutes, silent_ms=draw(agos), **fields)


def later(told: Room, now_ms: int) -> Room:
    """The room at that time if nothing is told until then."""
    told = copy(told)
    told.now_ms = now_ms
    return told


def found(rule: Rule, told: Room, now_ms: int) -> bool:
    """Whether a rule finds anything then."""
    return any(
        each.level is not Level.CLEAR for each in rule.judge(later(told, now_ms), rule.limits())
    )


def until_ms(rule: Rule, told: Room, now_ms: int) -> int:
    assert rule.silent_until_ms is not None
    return rule.silent_until_ms(later(told, now_ms), rule.limits())


def test_the_rules_of_silence_say_so() -> None:
    assert {rule.kind for rule in SILENT_RULES} >= {"StreamDead", "HostSilent", "AdapterDown"}


@pytest.mark.parametrize("rule", SILENT_RULES, ids=lambda rule: rule.kind)
@settings(max_examples=60)
@given(told=rooms())
def test_nothing_is_found_before_and_what_is_found_is_found_on_time(rule: Rule, told: Room) -> None:
    end_ms = T0 + LOOKED_AHEAD_MS
    # what is there for less than a second nobody has to find
    each_second = (
        at_ms
        for at_ms in range(T0, end_ms, S)
        if found(rule, told, at_ms) and found(rule, told, at_ms + S)
    )
    first_ms = next(each_second, end_ms)

    now_ms = T0
    while now_ms < end_ms and not found(rule, told, now_ms):
        due_ms = until_ms(rule, told, now_ms)
        assert min(due_ms, end_ms) - S < first_ms or due_ms <= now_ms
        look_ms = now_ms + Policy().look_ms
        now_ms = min(due_ms, look_ms) if due_ms > now_ms else look_ms

    assert min(now_ms, end_ms) - S < first_ms
