"""RefundSpike: many ask their money back at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import sqrt

from msgspec import Struct

from streamproc.alerts.bounds import Count, Deviations, DurationMs, Share, ascending
from streamproc.alerts.model import ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import ALWAYS, Rule
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.timing import MINUTE_MS


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When too many ask their money back."""

    min_requested: Count = 10
    """Fewer lines are left alone."""
    enter_share: Share = 0.05
    """More than this part of the lines that the host sold in the last day, or this broadcast in all."""
    min_deviations: Deviations = 3.0
    """And so many standard deviations more: of few lines sold, a larger part is chance."""
    clear_share: Share = 0.025
    """Fewer lines than this part."""
    window_ms: DurationMs = 1_800_000
    """Requests of so long are looked at, at most of half an hour."""
    for_ms: DurationMs = 300_000
    """So long it lasts before it is told."""
    hold_ms: DurationMs = 60_000
    """So long it is over before that is told."""

    def __post_init__(self) -> None:
        """Hold the shares to their order."""
        ascending(clear_share=self.clear_share, enter_share=self.enter_share)


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether too many ask their money back."""
    first = (room.now_ms - limits.window_ms) // MINUTE_MS + 1
    if room.history.asked_back < first:
        return
    requested = 0
    for row in room.history.rows.values():
        sold = row.sold
        if sold is not None and sold.requested and row.number >= first:
            requested += sum(sold.requested.values())
    if not requested:
        return
    # what is asked back after some days belongs to a broadcast that sold before the last day
    paid = max(room.paid_day, room.sold.paid_lines)
    usual = limits.enter_share * paid
    is_spike = (
        requested >= limits.min_requested
        and requested > usual + limits.min_deviations * sqrt(usual)
    )
    is_open = ROOM in room.open_subjects
    if is_spike or (is_open and requested >= limits.clear_share * paid):
        yield Finding(
            ROOM,
            Level.ENTER if is_spike else Level.HOLD,
            Severity.TICKET,
            for_ms=limits.for_ms,
            hold_ms=limits.hold_ms,
            why={
                "requested_lines": requested,
                "paid_lines": paid,
            },
        )


def _reasons(room: Room, limits: Limits) -> dict[str, int]:
    """Lines asked back by reason, most first."""
    reasons: Counter[str] = Counter()
    for row in room.history.minutes(room.now_ms - limits.window_ms, room.now_ms + MINUTE_MS):
        if row.sold is not None:
            reasons.update(row.sold.requested)
    return dict(sorted(reasons.items(), key=lambda each: (-each[1], each[0])))


def evidence(room: Room, finding: Finding, limits: Limits) -> Evidence:
    """Lines asked back and their reasons; of which products is not known."""
    return Evidence(inputs={**finding.why, "reasons": _reasons(room, limits)})


def advice(_room: Room, _finding: Finding) -> Advice:
    """Find the batch first: requests name no product."""
    return Advice(
        zh="看退款原因，在订单后台找出是哪个货；先停卖这一批，告诉仓库",
        en="Read the reasons, find the product among the orders; stop that batch, tell the warehouse",
    )


RULE = Rule(
    kind="RefundSpike",
    section="refund_spike",
    version=1,
    zh="退款激增",
    en="Refund spike",
    severity=Severity.TICKET,
    trigger=(
        "For 5 min the lines whose money is asked back in 30 min are 10 or more, and 3 deviations"
        " more than 5 % of the lines that the host sold in the last 24 h, or this broadcast in all if"
        " those are more. Of which product is not told: requests name none"
    ),
    clears="Less than 2.5 % of those lines",
    runbook=(
        ("看退款原因，从多的看起", "Read the reasons, the most frequent first"),
        (
            "在订单后台找出集中在哪个货、哪一批",
            "Find in the shop's orders which product and batch they are of: requests do not tell here",
        ),
        ("先停卖这一批，告诉仓库", "Stop selling that batch and tell the warehouse"),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=ALWAYS,
)
