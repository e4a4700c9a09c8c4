"""HostSilent: nobody speaks in the room, or nobody of the house does anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from streamproc.alerts.activity import after_ms
from streamproc.alerts.bounds import Count, Decibels, DurationMs
from streamproc.alerts.model import FAR_MS, ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.timing import MINUTE_MS

SOUND: Final = "sound"
ACTS: Final = "acts"
BEFORE_MS: Final = 30 * MINUTE_MS


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When a host counts as silent."""

    quiet_db: Decibels = -50.0
    """Sound below this level is no speech; decibels of full scale."""
    quiet_ms: DurationMs = 45_000
    """Every report of the sound for so long was below it."""
    fresh_ms: DurationMs = 45_000
    """A report of the sound says something for so long."""
    idle_ms: DurationMs = 300_000
    """Nobody of the house wrote, pinned, listed or reported stock by hand for so long."""
    min_online: Count = 50
    """That matters if so many watch."""
    min_expected: Count = 5
    """And if they did so often before that so much would have been seen meanwhile."""
    hold_ms: DurationMs = 5_000
    """So long it is over before that is told."""


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether the host is silent: by the sound where it is reported, else by what is done."""
    heard_ms, quiet_since_ms = _sound(room, limits)
    if heard_ms:
        quiet_ms = room.now_ms - quiet_since_ms if quiet_since_ms else 0
        if quiet_ms >= limits.quiet_ms:
            yield _found(SOUND, limits, {"quiet_ms": quiet_ms})
        return
    if room.online is None or room.online.viewers < limits.min_online:
        return
    acted_ms = room.acted_ms
    idle_ms = room.now_ms - max(acted_ms, room.live_since_ms)
    if not acted_ms or idle_ms < limits.idle_ms:
        return
    expected = _expected_acts(room, acted_ms) * idle_ms
    if expected >= limits.min_expected:
        why = {
            "idle_ms": idle_ms,
            "acts_expected": round(expected, 1),
            "online": room.online.viewers,
        }
        yield _found(ACTS, limits, why)


def _found(state: str, limits: Limits, why: Mapping[str, object]) -> Finding:
    return Finding(ROOM, Level.ENTER, Severity.TICKET, state, hold_ms=limits.hold_ms, why=why)


def silent_until_ms(room: Room, limits: Limits) -> int:
    """When the sound was low or nobody did anything for too long, or the sound is known no more."""
    heard_ms, quiet_since_ms = _sound(room, limits)
    if heard_ms:
        stale_ms = heard_ms + limits.fresh_ms + 1
        return min(stale_ms, quiet_since_ms + limits.quiet_ms) if quiet_since_ms else stale_ms
    acted_ms = room.acted_ms
    if not acted_ms or room.online is None or room.online.viewers < limits.min_online:
        return FAR_MS
    begin_ms = max(acted_ms, room.live_since_ms)
    if room.now_ms - begin_ms < limits.idle_ms:
        return begin_ms + limits.idle_ms
    per_ms = _expected_acts(room, acted_ms)
    return begin_ms + after_ms(limits.min_expected / per_ms) if per_ms else FAR_MS


def _sound(room: Room, limits: Limits) -> tuple[int, int]:
    """When the sound was reported last, and since when every report was low.

    Shapes: 0, 0: the sound is not known; 0 for the second: it is not low.
    """
    live_since_ms = room.live_since_ms  # a pause is silent
    last_ms = since_ms = 0
    for health in reversed(room.pulse.health):
        if health.at_ms < live_since_ms:
            break
        if health.audio_rms_db is None:
            continue
        if not last_ms and room.now_ms - health.at_ms > limits.fresh_ms:
            return 0, 0
        last_ms = last_ms or health.at_ms
        if health.audio_rms_db >= limits.quiet_db:
            break
        since_ms = health.at_ms
    return last_ms, since_ms


def _expected_acts(room: Room, acted_ms: int) -> float:
    """How much the house did in a millisecond, in the half hour until it last did something."""
    begin_ms = max(acted_ms - BEFORE_MS, room.live_since_ms)
    if acted_ms - begin_ms < MINUTE_MS:
        return 0.0
    acts = sum(begin_ms <= each.at_ms <= acted_ms for each in room.said.spoken)
    acts += sum(begin_ms <= at_ms <= acted_ms for at_ms, _ in room.floor.pins)
    return acts / (acted_ms - begin_ms)


def evidence(_room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """The length of the silence."""
    return Evidence(inputs=dict(finding.why))


def advice(_room: Room, finding: Finding) -> Advice:
    """Call the venue."""
    if finding.state == SOUND:
        return Advice(
            zh="直播间没有声音：联系现场，查麦克风和静音",
            en="No sound: call the venue; microphone, mute",
            teleprompter="没有声音，查麦克风",
        )
    return Advice(
        zh="主播和场控几分钟没有动作：联系现场",
        en="Nobody of the house did anything for minutes: call the venue",
        teleprompter="请继续讲解和互动",
    )


RULE = Rule(
    kind="HostSilent",
    section="host_silent",
    version=1,
    zh="主播静默",
    en="Host silent",
    severity=Severity.TICKET,
    trigger=(
        "Sound below -50 dB for 45 s, by the clock. Where no sound is reported: nobody of the house"
        " wrote, pinned, listed or set stock for 5 min, where they did so often before, while 50 or"
        " more watch"
    ),
    clears="Sound, or something done",
    runbook=(
        ("打电话到现场", "Call the venue"),
        ("查麦克风、静音和声卡", "Look at microphone, mute and sound card"),
        ("主播离开：安排接替或暂停", "The host left: send another one, or pause the broadcast"),
    ),
    limits=Limits,
    judge=judge,
    silent_until_ms=silent_until_ms,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
)
