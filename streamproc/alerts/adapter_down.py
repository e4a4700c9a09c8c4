"""AdapterDown: the connector of a room gives no sign of life, or says that it is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from statistics import median_low
from typing import Final

from msgspec import Struct

from streamproc.alerts.bounds import Count, DurationMs, ascending
from streamproc.alerts.model import FAR_MS, ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_OR_PAUSED, Rule
from streamproc.events.outputs import Advice, Evidence
from streamproc.events.registry import COMMENTS_TOPIC, VIEWERS_TOPIC

SILENT: Final = "silent"
CUT_OFF: Final = "cut_off"


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When a connector counts as down."""

    silent_ms: DurationMs = 30_000
    """No heartbeat for so long."""
    missed_beats: Count = 3
    """And for as long as so many heartbeats take."""
    cut_off_for_ms: DurationMs = 15_000
    """A connector that says that it is cut off may have so long to come back."""
    over_ms: DurationMs = 1_800_000
    """No heartbeat for so long: the connector was taken away."""
    hold_ms: DurationMs = 20_000
    """So long it is over before that is told."""

    def __post_init__(self) -> None:
        """Hold the silences to their order."""
        ascending(silent_ms=self.silent_ms, over_ms=self.over_ms)


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether the connector is down; a room that never sent a heartbeat has none."""
    beats = room.pulse.heartbeats
    if not beats:
        return
    beat = beats[-1]
    silent_ms = room.now_ms - beat.at_ms
    if silent_ms < limits.silent_ms and beat.connected:
        return
    if silent_ms >= limits.over_ms:
        return
    usual_ms = _usual_ms(room, limits)
    if silent_ms >= _missed_ms(usual_ms, limits):
        delivers = _delivered_ms(room) > room.now_ms - limits.silent_ms
        why = {"silent_ms": silent_ms, "usual_ms": usual_ms, "delivers": delivers}
        severity = Severity.TICKET if delivers else Severity.PAGE
        yield Finding(ROOM, Level.ENTER, severity, SILENT, hold_ms=limits.hold_ms, why=why)
    elif not beat.connected:
        yield Finding(
            ROOM,
            Level.ENTER,
            Severity.PAGE,
            CUT_OFF,
            for_ms=limits.cut_off_for_ms,
            hold_ms=limits.hold_ms,
            why={"connected": False},
        )
    elif ROOM in room.open_subjects:
        yield Finding(ROOM, Level.HOLD, Severity.PAGE, SILENT, hold_ms=limits.hold_ms)


def silent_until_ms(room: Room, limits: Limits) -> int:
    """When heartbeats are missing for too long."""
    beats = room.pulse.heartbeats
    if not beats or room.now_ms - beats[-1].at_ms >= limits.over_ms:
        return FAR_MS
    until_ms = beats[-1].at_ms + limits.silent_ms
    if until_ms > room.now_ms:
        return until_ms
    return beats[-1].at_ms + _missed_ms(_usual_ms(room, limits), limits)


def _missed_ms(usual_ms: int, limits: Limits) -> int:
    """After so long a silence heartbeats are missing."""
    return max(limits.silent_ms, limits.missed_beats * usual_ms)


def _usual_ms(room: Room, limits: Limits) -> int:
    """The time between two heartbeats; of one alone, as long as a silence."""
    times_ms = [each.at_ms for each in room.pulse.heartbeats]
    steps = [after - before for before, after in pairwise(times_ms)]
    return median_low(steps) if steps else limits.silent_ms


def _delivered_ms(room: Room) -> int:
    """When the latest comment or sign of a viewer came: what connectors bring."""
    return max(room.seen_ms.get(COMMENTS_TOPIC, 0), room.seen_ms.get(VIEWERS_TOPIC, 0))


def evidence(_room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """The length of the silence, and whether anything is delivered nevertheless."""
    return Evidence(inputs=dict(finding.why))


def advice(_room: Room, finding: Finding) -> Advice:
    """For the platform team; the room cannot help it."""
    if finding.state == CUT_OFF:
        return Advice(
            zh="平台组：采集程序与平台断开，查登录和限流后重连，再核对缺口",
            en="Platform team: the connector is cut off; see login and limits, reconnect, then reconcile",
        )
    return Advice(
        zh="平台组：采集程序没有心跳，重启后核对缺口；期间别信本房间的数字",
        en="Platform team: no heartbeat; restart the connector, reconcile the gap; do not trust this room's"
        " figures meanwhile",
    )


RULE = Rule(
    kind="AdapterDown",
    section="adapter_down",
    version=1,
    zh="采集中断",
    en="Adapter down",
    severity=Severity.PAGE,
    trigger=(
        "No heartbeat of the connector for 30 s and for 3 times as long as usual, or it says for 15 s"
        " that it is cut off. A ticket if comments or viewers still come. A room without heartbeats"
        " raises none"
    ),
    clears="A heartbeat that says connected, for 20 s; or 30 min without one: then it was taken away",
    runbook=(
        ("看采集程序进程和日志，重启", "Look at the connector's process and log, restart it"),
        (
            "登录失效、被限流：换账号或降频",
            "Logged out or throttled: log in again or ask less often",
        ),
        ("恢复后核对缺口：见 ReconcileDrift", "Then reconcile the gap: see ReconcileDrift"),
    ),
    limits=Limits,
    judge=judge,
    silent_until_ms=silent_until_ms,
    evidence=evidence,
    advice=advice,
    asked=LIVE_OR_PAUSED,
)
