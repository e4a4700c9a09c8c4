"""NegativeBurst: many people complain at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from streamproc.alerts.bounds import Count, DurationMs, Share, ascending
from streamproc.alerts.model import ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.alerts.shown import newest_comments
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.uniques import union

COMPLAINT: Final = "complaint"


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When too many complain."""

    min_users: Count = 15
    """Fewer people are left alone."""
    enter_share: Share = 0.25
    """More than this part of those who write complains."""
    clear_share: Share = 0.10
    """Less than this part complains."""
    clear_users: Count = 5
    """Or fewer people than that."""
    window_ms: DurationMs = 180_000
    """Comments of so long are looked at, in whole minutes, at most five."""
    for_ms: DurationMs = 60_000
    """So long it lasts before it is told."""
    hold_ms: DurationMs = 60_000
    """So long it is over before that is told."""

    def __post_init__(self) -> None:
        """Hold the thresholds to their order."""
        ascending(clear_share=self.clear_share, enter_share=self.enter_share)
        ascending(clear_users=self.clear_users, min_users=self.min_users)


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether many complain."""
    is_open = ROOM in room.open_subjects
    begin_ms, end_ms = room.now_ms - limits.window_ms, room.now_ms + 1
    rows = room.history.rows
    at_most = 0
    for number in range(begin_ms // MINUTE_MS, room.now_ms // MINUTE_MS + 1):
        row = rows.get(number)
        if row is not None and COMPLAINT in row.asked_users:
            at_most += row.asked_users[COMPLAINT]
    if at_most < (limits.clear_users if is_open else limits.min_users):
        return
    asked = room.history.asked(COMPLAINT, begin_ms, end_ms)
    users = union(asked.values()).count()
    wrote = max(users, room.history.commenters(begin_ms, end_ms))
    share = users / wrote if wrote else 0.0
    is_burst = users >= limits.min_users and share > limits.enter_share
    is_held = is_open and users >= limits.clear_users and share >= limits.clear_share
    if is_burst or is_held:
        yield Finding(
            ROOM,
            Level.ENTER if is_burst else Level.HOLD,
            Severity.PAGE,
            for_ms=limits.for_ms,
            hold_ms=limits.hold_ms,
            why={"users": users, "commenters": wrote, "complaint_share": round(share, 3)},
        )


def evidence(room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """The newest complaints, and how many complain."""
    return Evidence(
        comments=newest_comments(room, COMPLAINT),
        users=finding.why.get("users"),
        inputs=dict(finding.why),
    )


def advice(_room: Room, _finding: Finding) -> Advice:
    """Answer them."""
    return Advice(
        zh="先看评论说的是什么；主播马上道歉或澄清，涉及食品安全、虚假宣传的上报",
        en="Read what they say; the host apologises or explains at once; food safety or false claims go up",
        teleprompter="先回应大家的投诉",
    )


RULE = Rule(
    kind="NegativeBurst",
    section="negative_burst",
    version=1,
    zh="差评集中",
    en="Negative burst",
    severity=Severity.PAGE,
    trigger="For 60 s 15 people or more complain within 3 min, more than 25 % of those who write",
    clears="Less than 10 % of those who write complain, or fewer than 5 people",
    runbook=(
        ("看证据评论：投诉的是什么", "Read the comments: what do they complain of"),
        (
            "主播道歉或澄清，给处理办法",
            "The host apologises or explains, and says what will be done",
        ),
        (
            "涉及食品安全、虚假宣传：停讲并上报",
            "Food safety or false claims: stop the pitch and report it",
        ),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
    warm_up_ms=180_000,
)
