"""ViewerDrop: many more viewers left than come and go in this room."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from statistics import fmean
from typing import Final

from msgspec import Struct

from streamproc.alerts.bounds import Count, Deviations, DurationMs, Share, ascending
from streamproc.alerts.model import ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.online import Reading
from streamproc.tally.sessions import Online
from streamproc.tally.timing import MINUTE_MS

CLIFF: Final = "cliff"
DECLINE: Final = "decline"


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When a room loses its viewers."""

    min_online: Count = 200
    """A room whose most viewers in the last ten minutes are fewer is left alone."""
    enter_ratio: Share = 0.6
    """Viewers below this part of the most in the last ten minutes."""
    clear_ratio: Share = 0.75
    """Viewers above this part of the most in the last ten minutes."""
    min_deviations: Deviations = 3.0
    """So many standard deviations below the line through the half hour before."""
    cliff_ratio: Share = 0.2
    """What is left of the viewers when somebody is paged."""
    cliff_ms: DurationMs = 60_000
    """They fell to that within so long."""
    peak_ms: DurationMs = 600_000
    """The most viewers are looked for so far back, from the minute on that this falls into."""
    slope_ms: DurationMs = 1_800_000
    """The line goes so far back."""
    recent_ms: DurationMs = 120_000
    """Counts so young do not take part in the line that they are held against."""
    ending_ms: DurationMs = 1_200_000
    """So near to the planned end, before and behind it, a decline is no news; a fall that pages is."""
    fresh_ms: DurationMs = 90_000
    """A count of viewers is known for so long."""
    for_ms: DurationMs = 60_000
    """So long it lasts before it is told."""
    hold_ms: DurationMs = 30_000
    """So long it is over before that is told."""

    def __post_init__(self) -> None:
        """Hold the parts to their order."""
        ascending(
            cliff_ratio=self.cliff_ratio,
            enter_ratio=self.enter_ratio,
            clear_ratio=self.clear_ratio,
        )


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether viewers left."""
    online = room.online
    # the most of the broadcast is never below that of ten minutes
    if online is None or online.viewers >= limits.clear_ratio * room.peak_online:
        return
    if room.peak_online < limits.min_online:
        return
    now_ms = room.now_ms
    first = max((now_ms - limits.peak_ms) // MINUTE_MS, -(-room.live_since_ms // MINUTE_MS))
    peak = room.history.most_online(first, now_ms // MINUTE_MS)
    if online.viewers >= limits.clear_ratio * peak:
        return
    is_open = ROOM in room.open_subjects
    is_fresh = now_ms - online.at_ms <= limits.fresh_ms
    if is_fresh and peak >= limits.min_online and online.viewers < limits.enter_ratio * peak:
        yield from _fallen(room, limits, online, peak, is_open)
    elif is_open:
        yield Finding(ROOM, Level.HOLD, Severity.TICKET, hold_ms=limits.hold_ms)


def _fallen(
    room: Room, limits: Limits, online: Online, peak: int, is_open: bool
) -> Iterator[Finding]:
    """A fall, unless it goes on as it went before."""
    expected, deviations = _against_slope(room, limits, online)
    if deviations is not None and deviations > -limits.min_deviations:
        if is_open:
            yield Finding(ROOM, Level.HOLD, Severity.TICKET, hold_ms=limits.hold_ms)
        return
    fell_ms = _fell_within_ms(room, limits, online.viewers)
    is_cliff = fell_ms is not None and fell_ms <= limits.cliff_ms
    if not is_cliff and _is_ending(room, limits):
        if is_open:
            yield Finding(ROOM, Level.HOLD, Severity.TICKET, hold_ms=limits.hold_ms)
        return
    yield Finding(
        ROOM,
        Level.ENTER,
        Severity.PAGE if is_cliff else Severity.TICKET,
        CLIFF if is_cliff else DECLINE,
        for_ms=limits.for_ms,
        hold_ms=limits.hold_ms,
        why={
            "online": online.viewers,
            "online_most": peak,
            "left_ratio": round(online.viewers / peak, 3),
            "online_expected": expected,
            "deviations": deviations,
            "fell_within_ms": fell_ms,
        },
    )


MIN_READINGS: Final = 5
"""Through fewer counts goes no line."""


def _against_slope(room: Room, limits: Limits, online: Online) -> tuple[float | None, float | None]:
    """Viewers by the line through the counts before, and how many deviations they are off it."""
    begin_ms = max(room.now_ms - limits.slope_ms, room.live_since_ms)
    held = room.history.readings(begin_ms, room.now_ms - limits.recent_ms)
    if len(held) < MIN_READINGS:
        return None, None
    times = [float(each.at_ms - begin_ms) for each in held]
    counts = [float(each.online) for each in held]
    mean_time, mean_count = fmean(times), fmean(counts)
    spread = sum((time - mean_time) ** 2 for time in times)
    slope = 0.0
    if spread:
        pairs = zip(times, counts, strict=True)
        slope = sum((time - mean_time) * count for time, count in pairs) / spread
    rests = [
        count - mean_count - slope * (time - mean_time)
        for time, count in zip(times, counts, strict=True)
    ]
    at_ms = online.at_ms - begin_ms
    expected = max(0.0, mean_count + slope * (at_ms - mean_time))
    # people come and go by chance, so that a calm half hour does not make every wave a fall
    deviation = max(sqrt(fmean(rest**2 for rest in rests)), sqrt(expected), 1.0)
    return round(expected, 1), round((online.viewers - expected) / deviation, 2)


def _is_ending(room: Room, limits: Limits) -> bool:
    """Whether the planned end is near: then people leave."""
    started = room.lifecycle.started_last
    planned_end_ms = started.planned_end_ms if started else 0
    return planned_end_ms > 0 and abs(room.now_ms - planned_end_ms) <= limits.ending_ms


def _fell_within_ms(room: Room, limits: Limits, online: int) -> int | None:
    """How long the fall took to the part that pages; None: it did not go so far.

    Shapes: from the last count that today's is such a part of, to the first that was as low.
    """
    begin_ms = max(room.now_ms - limits.peak_ms, room.live_since_ms)
    held = room.history.readings(begin_ms, room.now_ms + 1)
    top = next((at for at in reversed(range(len(held))) if _is_far(held[at], online, limits)), None)
    if top is None:
        return None
    low = held[top].online * limits.cliff_ratio
    fallen = next((each.at_ms for each in held[top:] if each.online <= low), None)
    return None if fallen is None else fallen - held[top].at_ms


def _is_far(reading: Reading, online: int, limits: Limits) -> bool:
    return online <= reading.online * limits.cliff_ratio and reading.online >= limits.min_online


def evidence(_room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """Viewers now, at most and expected, and how fast they fell."""
    return Evidence(inputs=dict(finding.why))


def advice(_room: Room, finding: Finding) -> Advice:
    """Where to look, and what the host can do."""
    if finding.state == CLIFF:
        return Advice(
            zh="马上看推流画面和平台通知：可能断流、被限流或违规",
            en="Look at once at the picture and at the platform's notices: dead, throttled or a violation",
            teleprompter="人数骤降，先看画面",
        )
    return Advice(
        zh="检查画面、违规通知和流量来源；换话术或上福利",
        en="Check picture, notices and traffic sources; change the script or offer something",
        teleprompter="人在走，换话术拉互动",
    )


RULE = Rule(
    kind="ViewerDrop",
    section="viewer_drop",
    version=1,
    zh="在线人数骤降",
    en="Viewer drop",
    severity=Severity.TICKET,
    trigger=(
        "For 60 s fewer viewers than 60 % of the most in the last 10 min (200 or more), and 3 deviations"
        " below the line through the half hour before. A page: 80 % of them left within 60 s. Within 20 min"
        " of the planned end only that counts"
    ),
    clears="More than 75 % of the most in the last 10 min: they are back, or that is the room's new size",
    runbook=(
        ("看推流画面和码率", "Look at the picture and the bitrate"),
        (
            "看平台有没有违规、限流通知",
            "Look for a notice of the platform: violation or throttling",
        ),
        (
            "看流量来源：投放是否停了",
            "Look at the traffic sources: did paid traffic stop",
        ),
        ("换话术、换品或上福利", "Change script or product, or offer something"),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
    warm_up_ms=180_000,
)
