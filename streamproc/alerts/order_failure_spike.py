"""OrderFailureSpike: more attempts to buy fail than should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from streamproc.alerts.bounds import Count, DurationMs, Share, ascending
from streamproc.alerts.history import NO_PANES
from streamproc.alerts.model import ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_ONLY, Rule
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.timing import MINUTE_MS

OUT_OF_STOCK: Final = "out_of_stock"


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When too many attempts fail."""

    min_failed: Count = 10
    """Fewer failed attempts are left alone."""
    enter_share: Share = 0.10
    """More than this part of the attempts fails."""
    clear_share: Share = 0.04
    """Less than this part fails."""
    window_ms: DurationMs = 120_000
    """Attempts of so long are looked at."""
    for_ms: DurationMs = 30_000
    """So long it lasts before it is told."""
    hold_ms: DurationMs = 30_000
    """So long it is over before that is told."""

    def __post_init__(self) -> None:
        """Hold the shares to their order."""
        ascending(clear_share=self.clear_share, enter_share=self.enter_share)


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether too many attempts fail."""
    is_open = ROOM in room.open_subjects
    now_ms = room.now_ms
    if not is_open and _failed_at_most(room, limits) < limits.min_failed:
        return
    begin_ms, end_ms = now_ms - limits.window_ms, now_ms + MINUTE_MS
    failed = room.history.count("failed", begin_ms, end_ms)
    attempts = failed + room.history.count("created", begin_ms, end_ms)
    share = failed / attempts if attempts else 0.0
    is_spike = failed >= limits.min_failed and share > limits.enter_share
    if not is_spike and not (is_open and share >= limits.clear_share):
        return
    reasons = _reasons(room, begin_ms, end_ms)
    out = reasons[OUT_OF_STOCK] / max(1, reasons.total())
    others = failed * (1 - out)
    # what fails for lack of stock the stock-out alerts tell, and flash sales live on it
    is_page = others >= limits.min_failed and others > limits.enter_share * attempts
    yield Finding(
        ROOM,
        Level.ENTER if is_spike else Level.HOLD,
        Severity.PAGE if is_page else Severity.INFO,
        for_ms=limits.for_ms,
        hold_ms=limits.hold_ms,
        why={
            "failed_attempts": failed,
            "attempts": attempts,
            "failed_share": round(share, 3),
            "reasons": dict(sorted(reasons.items())),
        },
    )


def _failed_at_most(room: Room, limits: Limits) -> int:
    """Failed attempts of the minutes that the window touches."""
    rows, newest = room.history.rows, room.now_ms // MINUTE_MS
    failed = 0
    for number in range((room.now_ms - limits.window_ms) // MINUTE_MS, newest + 2):
        row = rows.get(number)
        if row is not None and row.failed is not NO_PANES:
            failed += sum(row.failed)
    return failed


def _reasons(room: Room, begin_ms: int, end_ms: int) -> Counter[str]:
    """Failed attempts by reason, of the minutes that a span touches."""
    reasons: Counter[str] = Counter()
    for row in room.history.minutes(begin_ms, end_ms):
        reasons.update(row.failed_by)
    return reasons


def evidence(_room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """Attempts, failures and their reasons."""
    return Evidence(inputs=dict(finding.why))


_OTHERWISE: Final = Advice(
    zh="按失败原因分头查；刚改过价格或链接就先改回去",
    en="Split by reason; if a price or link was just changed, change it back first",
)
_BY_REASON: Final = {
    OUT_OF_STOCK: Advice(
        zh="库存不够：补货、下架或换链接，主播说明",
        en="Out of stock: add stock, delist or switch the link; the host says so",
        teleprompter="没库存了，先别催单",
    ),
    "coupon_invalid": Advice(
        zh="优惠券用不了：查门槛、有效期和剩余，先停口播",
        en="The coupon does not work: look at its conditions, term and number; stop announcing it",
        teleprompter="券用不了，先别提券",
    ),
    "pay_declined": Advice(
        zh="支付被拒：试拍一单，联系支付渠道和平台",
        en="Payments are declined: buy one yourself, then call the payment channel and the platform",
        teleprompter="支付有问题，请稍等",
    ),
    "risk": Advice(
        zh="被风控拦截：查价格和下单规则，联系平台",
        en="Stopped by risk control: look at price and purchase rules, call the platform",
    ),
}


def advice(_room: Room, finding: Finding) -> Advice:
    """What helps against the reason that stands out."""
    reasons: dict[str, int] = finding.why.get("reasons", {})
    most = max(reasons, key=lambda reason: (reasons[reason], reason), default="")
    return _BY_REASON.get(most, _OTHERWISE)


RULE = Rule(
    kind="OrderFailureSpike",
    section="order_failure_spike",
    version=1,
    zh="下单失败激增",
    en="Order failure spike",
    severity=Severity.PAGE,
    trigger=(
        "For 30 s more than 10 % of the attempts of 2 min fail, and 10 or more (attempts: failed ones"
        " and created lines). No more than an info if it is so only with those that fail for lack of"
        " stock"
    ),
    clears="Less than 4 % of the attempts of 2 min fail",
    runbook=(
        ("看失败原因：库存、优惠券、支付、风控", "Split by reason: stock, coupon, payment, risk"),
        ("刚改过价格、链接或优惠券就改回去", "Roll back a fresh change of price, link or coupon"),
        (
            "试拍一单；支付被拒就联系支付渠道",
            "Buy one yourself; payments declined: call the channel",
        ),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=LIVE_ONLY,
    warm_up_ms=180_000,
)
