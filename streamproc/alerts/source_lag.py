"""SourceLag: the connector lives, but what it brings is old."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from streamproc.alerts.activity import after_ms, expected_messages
from streamproc.alerts.bounds import Count, DurationMs, ascending
from streamproc.alerts.model import FAR_MS, ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.events.outputs import Advice, Evidence


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When a source lags."""

    enter_age_ms: DurationMs = 30_000
    """The last message of the platform is older than that when the connector reports."""
    clear_age_ms: DurationMs = 15_000
    """It is younger than that."""
    min_expected: Count = 5
    """So many messages would have come meanwhile, going by the ten minutes before."""
    fresh_ms: DurationMs = 60_000
    """A report says something for so long."""
    for_ms: DurationMs = 120_000
    """So long it lasts before it is told."""
    hold_ms: DurationMs = 30_000
    """So long it is over before that is told."""

    def __post_init__(self) -> None:
        """Hold the ages to their order."""
        ascending(clear_age_ms=self.clear_age_ms, enter_age_ms=self.enter_age_ms)


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether the connector brings nothing new."""
    beats = room.pulse.heartbeats
    if not beats:
        return
    beat = beats[-1]
    age_ms = beat.last_message_age_ms
    if age_ms <= limits.clear_age_ms or room.now_ms - beat.at_ms > limits.fresh_ms:
        return
    if age_ms > limits.enter_age_ms:
        since_ms = beat.at_ms - age_ms
        expected = expected_messages(room, since_ms)
        if expected is not None and expected >= limits.min_expected:
            why = {"last_message_age_ms": age_ms, "expected_messages": round(expected, 1)}
            yield _found(Level.ENTER, limits, why)
            return
    if ROOM in room.open_subjects:
        yield _found(Level.HOLD, limits, {"last_message_age_ms": age_ms})


def silent_until_ms(room: Room, limits: Limits) -> int:
    """When so much would have come since the last message, of a source that lags, that it is missed."""
    beats = room.pulse.heartbeats
    if not beats or beats[-1].last_message_age_ms <= limits.enter_age_ms:
        return FAR_MS
    since_ms = beats[-1].at_ms - beats[-1].last_message_age_ms
    expected = expected_messages(room, since_ms)
    if not expected:
        return FAR_MS
    return since_ms + after_ms(limits.min_expected / expected * (room.now_ms - since_ms))


def _found(level: Level, limits: Limits, why: Mapping[str, object]) -> Finding:
    return Finding(
        ROOM, level, Severity.PAGE, for_ms=limits.for_ms, hold_ms=limits.hold_ms, why=why
    )


def evidence(_room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """The age of the last message, and what would have come since."""
    return Evidence(inputs=dict(finding.why))


def advice(_room: Room, _finding: Finding) -> Advice:
    """For the platform team; the room cannot help it."""
    return Advice(
        zh="平台组：重连采集程序，恢复后核对缺口；期间的数字会偏少",
        en="Platform team: reconnect the connector, then reconcile the gap; figures are short meanwhile",
    )


RULE = Rule(
    kind="SourceLag",
    section="source_lag",
    version=1,
    zh="数据源延迟",
    en="Source lag",
    severity=Severity.PAGE,
    trigger=(
        "For 2 min the connector says that the last message of the platform is more than 30 s old,"
        " while 5 messages or more were to be expected since. A room without heartbeats raises none"
    ),
    clears="The last message is less than 15 s old",
    runbook=(
        (
            "看采集程序日志：限流、登录失效、被断开",
            "Read the connector's log: throttled, logged out, cut off",
        ),
        ("重连；不行就重启采集程序", "Reconnect; if that fails, restart the connector"),
        ("恢复后核对缺口：见 ReconcileDrift", "Then reconcile the gap: see ReconcileDrift"),
    ),
    limits=Limits,
    judge=judge,
    silent_until_ms=silent_until_ms,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
)
