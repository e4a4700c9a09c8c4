"""What a rule finds in a room, by the thresholds of the catalogue."""

from __future__ import annotations

from streamproc.alerts.model import Finding, Level
from streamproc.alerts.room import Room
from streamproc.alerts.rule import Rule
from streamproc.events.outputs import Advice, Evidence

S = 1_000
MINUTE = 60 * S


def judged(rule: Rule, room: Room, *opened: str, **limits: object) -> list[Finding]:
    """All findings, with alerts open for these subjects; the same if it is asked twice."""
    room.open_subjects = opened
    thresholds = rule.limits(**limits)
    found = list(rule.judge(room, thresholds))
    assert list(rule.judge(room, thresholds)) == found
    return found


def alarm(rule: Rule, room: Room, *opened: str, **limits: object) -> Finding:
    """The only finding, which opens an alert."""
    (found,) = judged(rule, room, *opened, **limits)
    assert found.level is Level.ENTER
    return found


def is_held(rule: Rule, room: Room, *opened: str, **limits: object) -> bool:
    """Whether an open alert goes on although the room would not open one."""
    found = judged(rule, room, *(opened or ("",)), **limits)
    return [each.level for each in found] == [Level.HOLD]


def is_clear(rule: Rule, room: Room, *opened: str, **limits: object) -> bool:
    """Whether nothing is found that opens an alert or keeps one open."""
    return all(each.level is Level.CLEAR for each in judged(rule, room, *opened, **limits))


def told(rule: Rule, room: Room, found: Finding) -> tuple[Evidence, Advice]:
    """What goes out with a finding; a line for the host fits."""
    advice = rule.advice(room, found)
    assert len(advice.teleprompter) <= 20
    assert advice.zh
    assert advice.en
    return rule.evidence(room, found, rule.limits()), advice
