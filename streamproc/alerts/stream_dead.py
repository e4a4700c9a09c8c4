"""StreamDead: a broadcast of which nothing is heard any more, or whose picture stands still."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from streamproc.alerts.activity import BEFORE_MS, after_ms, expected_messages
from streamproc.alerts.bounds import Count, DurationMs, ascending
from streamproc.alerts.history import MINUTES
from streamproc.alerts.model import ROOM, Finding, Level, Severity
from streamproc.alerts.policy import Policy
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.lifecycle import Status
from streamproc.tally.timing import MINUTE_MS

_KNOWN_MS: Final = (MINUTES - 1) * MINUTE_MS - BEFORE_MS
"""Of the time before a silence that is longer not all is remembered."""


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When a stream counts as dead."""

    silent_ms: DurationMs = 60_000
    """No event of any kind for so long."""
    min_expected: Count = 5
    """So many events would have come meanwhile, going by the ten minutes before."""
    quiet_ms: DurationMs = 300_000
    """No event for so long, of a room that has few: a ticket."""
    over_ms: DurationMs = Policy().abandoned_ms
    """No event for so long: the broadcast counts as over, though nobody said so; all its alerts end."""
    still_ms: DurationMs = 20_000
    """Every picture report for so long said zero frames."""
    fresh_ms: DurationMs = 60_000
    """A picture report says something for so long."""
    hold_ms: DurationMs = 10_000
    """Events for so long end the alert."""

    def __post_init__(self) -> None:
        """Hold the silences to their order."""
        ascending(silent_ms=self.silent_ms, quiet_ms=self.quiet_ms, over_ms=self.over_ms)


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether the room is silent, or its picture still."""
    heard_ms = room.heard_ms
    silent_ms = room.now_ms - heard_ms
    if silent_ms >= limits.silent_ms:
        if silent_ms < limits.over_ms:
            yield from _silent(room, heard_ms, limits)
    elif room.pulse.health:
        still_ms = _still_ms(room, limits)
        if still_ms >= limits.still_ms:
            why = {"still_ms": still_ms}
            yield Finding(
                ROOM, Level.ENTER, Severity.PAGE, "still", hold_ms=limits.hold_ms, why=why
            )


def _silent(room: Room, heard_ms: int, limits: Limits) -> Iterator[Finding]:
    """A silence, if the room usually tells more; nobody is woken where it seldom does, or nobody knows."""
    silent_ms = room.now_ms - heard_ms
    if ROOM in room.open_subjects and silent_ms > _KNOWN_MS:
        # what is usual is forgotten bit by bit: that makes a silence neither worse nor better
        yield Finding(ROOM, Level.HOLD, Severity.PAGE, "silent", hold_ms=limits.hold_ms)
        return
    expected = _expected(room, heard_ms)
    is_unusual = expected is not None and expected >= limits.min_expected
    severity = Severity.PAGE if is_unusual else Severity.TICKET
    if room.lifecycle.status() is Status.UNKNOWN:
        severity = Severity.TICKET  # a source that tells no start tells no end either
    why = {
        "silent_ms": silent_ms,
        "expected_events": None if expected is None else round(expected, 1),
    }
    if is_unusual or silent_ms >= limits.quiet_ms:
        yield Finding(ROOM, Level.ENTER, severity, "silent", hold_ms=limits.hold_ms, why=why)


def _expected(room: Room, heard_ms: int) -> float | None:
    """How many events would have come since the last; None: nobody knows."""
    expected = expected_messages(room, heard_ms)
    if expected is None:
        return None
    return expected + _reports(room, heard_ms) / BEFORE_MS * (room.now_ms - heard_ms)


def _reports(room: Room, heard_ms: int) -> int:
    """How many reports of the room's instruments came in the time before."""
    times_ms = [each.at_ms for each in room.pulse.health]
    times_ms += [each.at_ms for each in room.pulse.heartbeats]
    return sum(heard_ms - BEFORE_MS <= at_ms < heard_ms for at_ms in times_ms)


def _still_ms(room: Room, limits: Limits) -> int:
    """For how long every picture report said zero frames; 0 if the last did not, or is old.

    Shapes: what was told before the broadcast went on does not count: a pause has no picture.
    """
    if room.pulse.health[-1].frames_per_s:
        return 0
    last_ms = since_ms = 0
    live_since_ms = room.live_since_ms
    for health in reversed(room.pulse.health):
        if health.at_ms < live_since_ms:
            break
        if health.frames_per_s is None:
            continue
        if health.frames_per_s > 0:
            break
        last_ms = last_ms or health.at_ms
        since_ms = health.at_ms
    is_known = since_ms and room.now_ms - last_ms <= limits.fresh_ms
    return room.now_ms - since_ms if is_known else 0


def silent_until_ms(room: Room, limits: Limits) -> int:
    """When the silence is long enough for what the room usually tells."""
    heard_ms = room.heard_ms
    silent_ms = room.now_ms - heard_ms
    if silent_ms < limits.silent_ms:
        return heard_ms + limits.silent_ms
    expected = _expected(room, heard_ms)
    if not expected:
        return heard_ms + limits.quiet_ms
    return heard_ms + min(limits.quiet_ms, after_ms(limits.min_expected / expected * silent_ms))


def evidence(_room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """The length of the silence, and what would have come in it."""
    return Evidence(inputs=dict(finding.why))


def advice(_room: Room, _finding: Finding) -> Advice:
    """Whom to call."""
    return Advice(
        zh="检查推流机和网络；先看采集程序是否还活着，再联系现场",
        en="Check encoder and network; see first whether the connector is alive, then call the venue",
    )


RULE = Rule(
    kind="StreamDead",
    section="stream_dead",
    version=2,
    zh="直播中断",
    en="Stream dead",
    severity=Severity.PAGE,
    trigger=(
        "No event of any kind for 60 s while 5 or more were to be expected, or every picture report"
        " for 20 s said zero frames. A ticket: no event for 5 min in a room that has few, or of which"
        " nothing is known before, or in a broadcast whose start nobody told"
    ),
    clears="Events and frames for 10 s, the broadcast ended, or 30 min of silence: then it counts as over",
    runbook=(
        (
            "看推流机画面和码率；黑屏就重启推流",
            "Look at the encoder's picture and bitrate; restart it if black",
        ),
        (
            "看采集程序心跳；断了按 AdapterDown 处理",
            "Look at the connector's heartbeat; none: see AdapterDown",
        ),
        ("看平台有没有违规或断流通知", "Look whether the platform sent a notice"),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
    silent_until_ms=silent_until_ms,
    over_ms=lambda limits: limits.over_ms,
    brews=lambda room, _limits: bool(room.pulse.health) and not room.pulse.health[-1].frames_per_s,
)
