"""GmvStall: nobody pays any more, in a room where people did."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean
from typing import Final

from msgspec import Struct

from streamproc.alerts.bounds import Count, DurationMs, Share, Times
from streamproc.alerts.history import NO_PANES, Row
from streamproc.alerts.model import ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When sales have stopped."""

    quiet_ms: DurationMs = 300_000
    """No line was paid for so long."""
    min_expected: Count = 5
    """So many would have been paid in such a time."""
    settle_ms: DurationMs = 10_000
    """What was paid in so many last milliseconds may still be on its way."""
    gap_times: Times = 1.5
    """And for so many times as long as the longest gap before: some rooms sell in bursts."""
    fade_share: Share = 0.2
    """The weight of the newest minute among those that say what is usual; older ones have less and less."""
    usual_ms: DurationMs = 1_200_000
    """How far back minutes say what is usual."""
    min_usual_ms: DurationMs = 180_000
    """So long they must reach back at least."""
    online_times_max: Times = 2.0
    """More viewers than before raise what is expected up to so many times."""
    clear_lines: Count = 3
    """So many paid lines end the alert."""
    for_ms: DurationMs = 60_000
    """So long it lasts before it is told."""


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether payments stopped: by the clock, also if nothing is told at all."""
    if not room.sold.paid_lines:
        return
    now_ms = room.now_ms
    paid_ms = _last_paid_ms(room)
    begin_ms = max(paid_ms, room.live_since_ms)
    quiet_ms = now_ms - begin_ms - limits.settle_ms
    if ROOM in room.open_subjects:
        yield from _open(room, limits, quiet_ms)
    elif paid_ms and quiet_ms > MINUTE_MS:
        yield from _quiet(room, limits, begin_ms, quiet_ms)


def _open(room: Room, limits: Limits, quiet_ms: int) -> Iterator[Finding]:
    """Sales alone end the alert: what was usual is forgotten after half an hour."""
    begin_ms = room.now_ms - limits.quiet_ms - limits.settle_ms
    paid = room.history.count("paid", begin_ms, room.now_ms + MINUTE_MS)
    if paid < limits.clear_lines:
        why = {"paid_lines": paid, "quiet_ms": max(0, quiet_ms)}
        yield Finding(ROOM, Level.ENTER if not paid else Level.HOLD, Severity.PAGE, why=why)


def _quiet(room: Room, limits: Limits, begin_ms: int, quiet_ms: int) -> Iterator[Finding]:
    """A stall, or when this may be one."""
    if quiet_ms < limits.quiet_ms:
        due_ms = begin_ms + limits.settle_ms + limits.quiet_ms
        yield Finding(ROOM, Level.CLEAR, Severity.PAGE, due_ms=due_ms)
        return
    minutes = _minutes_before(room, limits, begin_ms)
    per_ms = _usual_per_ms(minutes, limits)
    if per_ms * limits.online_times_max * limits.quiet_ms < limits.min_expected:
        return
    online_times = _online_times(room, minutes, limits)
    expected = per_ms * online_times * limits.quiet_ms
    if expected < limits.min_expected:
        return
    gap_ms = _longest_gap_ms(room, begin_ms - limits.usual_ms, begin_ms)
    needed_ms = int(gap_ms * limits.gap_times)
    why = {
        "paid_lines": 0,
        "quiet_ms": quiet_ms,
        "expected_lines": round(expected, 1),
        "paid_lines_per_min_before": round(per_ms * MINUTE_MS, 2),
        "online_times": round(online_times, 2),
        "longest_gap_ms": gap_ms,
    }
    if quiet_ms >= needed_ms:
        yield Finding(ROOM, Level.ENTER, Severity.PAGE, for_ms=limits.for_ms, why=why)
    else:
        due_ms = begin_ms + limits.settle_ms + needed_ms
        yield Finding(ROOM, Level.CLEAR, Severity.PAGE, due_ms=due_ms, why=why)


def _last_paid_ms(room: Room) -> int:
    """The end of the newest pane in which a line was paid; 0: none that is remembered."""
    rows = room.history.rows
    newest = room.now_ms // MINUTE_MS + 1  # a clock elsewhere may be ahead
    for number in range(newest, newest - _REMEMBERED, -1):
        row = rows.get(number)
        if row is None or row.paid is NO_PANES:
            continue
        for pane in range(PANES_PER_MINUTE - 1, -1, -1):
            if row.paid[pane]:
                return (number * PANES_PER_MINUTE + pane + 1) * PANE_MS
    return 0


_REMEMBERED: Final = 32


def _minutes_before(room: Room, limits: Limits, end_ms: int) -> list[Row | None]:
    """The whole minutes of the broadcast before a time, the newest first; none if there are too few.

    Shapes: None for a minute in which nothing was told; those of the last pause are left out.
    """
    first = -(-max(end_ms - limits.usual_ms, room.begun_ms) // MINUTE_MS)
    paused_ms, resumed_ms = room.lifecycle.paused_ms, room.lifecycle.resumed_ms
    last_paused = first_paused = 0
    if paused_ms is not None and resumed_ms is not None:
        first_paused, last_paused = paused_ms // MINUTE_MS, (resumed_ms - 1) // MINUTE_MS
    rows = room.history.rows
    minutes = [
        rows.get(number)
        for number in range(end_ms // MINUTE_MS - 1, first - 1, -1)
        if not first_paused <= number <= last_paused
    ]
    return minutes if len(minutes) * MINUTE_MS >= limits.min_usual_ms else []


def _usual_per_ms(minutes: list[Row | None], limits: Limits) -> float:
    """Lines paid in a millisecond by these minutes, the newer ones weighing more."""
    weight, weights, lines = 1.0, 0.0, 0.0
    keeps = 1 - limits.fade_share
    for row in minutes:
        weights += weight
        if row is not None and row.paid is not NO_PANES:
            lines += weight * sum(row.paid)
        weight *= keeps
    return lines / weights / MINUTE_MS if weights else 0.0


def _online_times(room: Room, minutes: list[Row | None], limits: Limits) -> float:
    """How many times as many viewers there are as there were then; 1: it is not known."""
    weight, weights, online = 1.0, 0.0, 0.0
    for row in minutes:
        if row is not None and row.readings:
            online += weight * fmean([each.online for each in row.readings])
            weights += weight
        weight *= 1 - limits.fade_share
    if room.online is None or not online:
        return 1.0
    return min(room.online.viewers * weights / online, limits.online_times_max)


def _longest_gap_ms(room: Room, begin_ms: int, end_ms: int) -> int:
    """The longest time between two panes with payments, but for the last pause."""
    longest = before = 0
    for row in room.history.minutes(begin_ms, end_ms):
        if row.paid is NO_PANES:
            continue
        for pane, paid in enumerate(row.paid, row.number * PANES_PER_MINUTE):
            if paid:
                if before and not _spans_pause(room, before * PANE_MS, pane * PANE_MS):
                    longest = max(longest, pane - before - 1)
                before = pane
    return longest * PANE_MS


def _spans_pause(room: Room, begin_ms: int, end_ms: int) -> bool:
    resumed_ms = room.lifecycle.resumed_ms
    return resumed_ms is not None and begin_ms < resumed_ms <= end_ms


def evidence(room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """For how long nobody paid, and what was to be expected."""
    now_ms = room.now_ms
    before = finding.why.get("paid_lines_per_min_before")
    paid = room.history.count("paid", now_ms - MINUTE_MS, now_ms + MINUTE_MS)
    return Evidence(
        orders_per_min=float(paid),
        orders_per_min_before=before,
        inputs={
            **finding.why,
            "created_lines_5m": room.history.count("created", now_ms - 300_000, now_ms + MINUTE_MS),
            "failed_attempts_5m": room.history.count(
                "failed", now_ms - 300_000, now_ms + MINUTE_MS
            ),
            "clicks_5m": room.history.count("clicks", now_ms - 300_000, now_ms + MINUTE_MS),
        },
    )


def advice(_room: Room, _finding: Finding) -> Advice:
    """Test before talking."""
    return Advice(
        zh="马上用手机试拍一单：看支付、链接和库存；都正常再换话术",
        en="Buy one yourself at once: payment, link, stock; if all work, change the script",
        teleprompter="没人下单，先等试拍",
    )


RULE = Rule(
    kind="GmvStall",
    section="gmv_stall",
    version=1,
    zh="成交停滞",
    en="GMV stall",
    severity=Severity.PAGE,
    trigger=(
        "No line paid for 5 min, and for half as long again as the longest gap before, while 5 or"
        " more were to be expected by the 20 min before and the viewers now; for 60 s, by the clock"
    ),
    clears="3 lines paid",
    runbook=(
        ("用手机试拍一单", "Buy one yourself"),
        ("看支付渠道、商品链接、库存和价格", "Look at payment, links, stock and prices"),
        ("看失败原因：见 OrderFailureSpike", "Look at why attempts fail: see OrderFailureSpike"),
        ("都正常：换话术、换品或上福利", "All works: change script or product, or offer something"),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
    warm_up_ms=180_000,
    after_pin_ms=60_000,
)
