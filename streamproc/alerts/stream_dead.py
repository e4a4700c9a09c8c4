"""StreamDead: a broadcast of which nothing is heard any more, or whose picture stands still."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from streamproc.alerts.model import ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.events.outputs import Advice, Evidence


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When a stream counts as dead."""

    silent_ms: int = 60_000
    """No event of any kind for so long."""
    still_ms: int = 20_000
    """Every picture report for so long said zero frames."""
    hold_ms: int = 10_000
    """Events for so long end the alert."""


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether the room is silent, or its picture still."""
    silent_ms = room.now_ms - room.heard_ms
    if silent_ms >= limits.silent_ms:
        why = {"silent_ms": silent_ms}
        yield Finding(ROOM, Level.ENTER, Severity.PAGE, "silent", hold_ms=limits.hold_ms, why=why)
        return
    still_ms = _still_ms(room)
    if still_ms >= limits.still_ms:
        why = {"still_ms": still_ms}
        yield Finding(ROOM, Level.ENTER, Severity.PAGE, "still", hold_ms=limits.hold_ms, why=why)


def _still_ms(room: Room) -> int:
    """For how long every picture report said zero frames; 0 if the last did not."""
    since_ms = 0
    for health in reversed(room.pulse.health):
        if health.frames_per_s is None:
            continue
        if health.frames_per_s > 0:
            break
        since_ms = health.at_ms
    return room.now_ms - since_ms if since_ms else 0


def evidence(_room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """The length of the silence."""
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
    version=1,
    zh="直播中断",
    en="Stream dead",
    severity=Severity.PAGE,
    trigger="No event of any kind for 60 s, or every picture report for 20 s said zero frames",
    clears="Events and frames for 10 s, or the broadcast ended",
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
)
