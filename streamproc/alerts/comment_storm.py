"""CommentStorm: far more comments than usual, of many people."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Final

from msgspec import Struct

from streamproc.alerts.bounds import Count, DurationMs, Times, ascending
from streamproc.alerts.history import NO_PANES
from streamproc.alerts.model import ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE

USUAL_MINUTES: Final = 10
LEAST_MINUTES: Final = 3
"""Of fewer there is no telling what is usual."""


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When there are too many comments."""

    min_comments: Count = 120
    """Fewer comments in a minute are left alone."""
    min_users: Count = 30
    """Written by so many people, or it is somebody's spam."""
    enter_times: Times = 5.0
    """More comments in a minute than so many times the median of the ten whole minutes before."""
    clear_times: Times = 2.0
    """Fewer comments in a minute than so many times the median."""
    for_ms: DurationMs = 30_000
    """So long it lasts before it is told."""
    hold_ms: DurationMs = 30_000
    """So long it is over before that is told."""

    def __post_init__(self) -> None:
        """Hold the times to their order."""
        ascending(clear_times=self.clear_times, enter_times=self.enter_times)


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether comments storm in."""
    is_open = ROOM in room.open_subjects
    least = limits.min_comments
    if is_open:
        least = max(1, int(least * limits.clear_times / limits.enter_times))
    end = room.now_ms // PANE_MS + 1
    comments = _last_minute(room, end)
    if comments < least:
        return
    times = limits.clear_times if is_open else limits.enter_times
    before = _minutes_before(room, end - PANES_PER_MINUTE)
    if len(before) < LEAST_MINUTES or _is_usual(comments, before, times):
        return
    usual = median(before)
    users = room.history.commenters(room.now_ms - MINUTE_MS, room.now_ms + 1)
    is_storm = (
        comments >= limits.min_comments
        and comments > limits.enter_times * usual
        and users >= limits.min_users
    )
    if is_storm or is_open:
        yield Finding(
            ROOM,
            Level.ENTER if is_storm else Level.HOLD,
            Severity.INFO,
            for_ms=limits.for_ms,
            hold_ms=limits.hold_ms,
            why={"comments_per_min": comments, "comments_per_min_median": usual, "users": users},
        )


def _last_minute(room: Room, end: int) -> int:
    """The comments of the six panes before this one."""
    rows = room.history.rows
    number, within = divmod(end, PANES_PER_MINUTE)
    total = 0
    row = rows.get(number)
    if row is not None and row.comments is not NO_PANES:
        total = sum(row.comments[:within])
    row = rows.get(number - 1)
    if row is not None and row.comments is not NO_PANES:
        total += sum(row.comments[within:])
    return total


def _minutes_before(room: Room, end: int) -> list[int]:
    """The comments of each whole minute of the broadcast that ends before this pane, the newest first."""
    rows = room.history.rows
    newest = end // PANES_PER_MINUTE - 1
    first = max(newest - USUAL_MINUTES + 1, -(-room.begun_ms // MINUTE_MS))
    return [
        sum(rows[number].comments) if number in rows else 0
        for number in range(newest, first - 1, -1)
    ]


def _is_usual(comments: int, before: list[int], times: float) -> bool:
    """Whether that is no more than so many times the median: so it is for more than half of them."""
    as_many = sum([times * each >= comments for each in before])
    return 2 * as_many > len(before)


def evidence(room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """How many comments of how many people, and what they ask most."""
    asked: dict[str, int] = {}
    for row in room.history.minutes(room.now_ms - MINUTE_MS, room.now_ms + 1):
        for label, users in row.asked_users.items():
            asked[label] = asked.get(label, 0) + users
    most = dict(sorted(asked.items(), key=lambda each: (-each[1], each[0])))
    return Evidence(users=finding.why.get("users"), inputs={**finding.why, "users_by_label": most})


def advice(_room: Room, _finding: Finding) -> Advice:
    """Look before muting."""
    return Advice(
        zh="看看大家在说什么：有事就让主播回应，刷屏就禁言",
        en="Look at what they say: if it is about something, the host answers; if it is spam, mute it",
    )


RULE = Rule(
    kind="CommentStorm",
    section="comment_storm",
    version=1,
    zh="评论激增",
    en="Comment storm",
    severity=Severity.INFO,
    trigger=(
        "For 30 s 120 comments a minute or more, more than 5 times the median of the 10 min before,"
        " of 30 people or more"
    ),
    clears="Fewer than twice the median: it is over, or that is the room's new pace",
    runbook=(
        ("看评论主要在问什么", "Look at what most of them ask"),
        ("刷屏、广告：禁言", "Spam: mute it"),
        ("别让刷屏盖住缺货和客诉", "See that it does not hide stock-outs and complaints"),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
    warm_up_ms=180_000,
    after_pin_ms=60_000,
    look_ms=5_000,
)
