"""CouponExhausted: a coupon is gone, or nobody gets it any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from streamproc.alerts.bounds import Count, DurationMs
from streamproc.alerts.history import MINUTES
from streamproc.alerts.model import Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_OR_PAUSED, Rule
from streamproc.alerts.shown import newest_comments
from streamproc.events.outputs import Advice, Evidence
from streamproc.tally.floor import Coupon
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.uniques import union

COUPON_QUESTION: Final = "coupon_question"
EMPTY: Final = "empty"
STUCK: Final = "stuck"
_REMEMBERED_MS: Final = (MINUTES - 1) * MINUTE_MS


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When a coupon counts as gone."""

    min_users: Count = 5
    """So many people ask about coupons while nobody claims one any more."""
    quiet_ms: DurationMs = 120_000
    """Nobody claimed one for so long."""
    min_expected: Count = 5
    """So many would have been claimed meanwhile, going by all claims of the broadcast."""
    for_ms: DurationMs = 15_000
    """So long it lasts before it is told."""
    hold_ms: DurationMs = 15_000
    """So long it is over before that is told."""


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Which coupons are gone."""
    users: int | None = None
    for coupon_id, coupon in room.floor.coupons.items():
        if coupon.remaining == 0:
            yield _found(coupon_id, EMPTY, limits, {"remaining": 0})
            continue
        expected = _missing_claims(room, coupon, limits)
        if expected < limits.min_expected:
            continue
        if users is None:
            users = _asking(room, limits)
        if users >= limits.min_users:
            why = {
                "remaining": None if coupon.remaining < 0 else coupon.remaining,
                "claims": coupon.claims,
                "unclaimed_ms": room.now_ms - coupon.claimed_ms,
                "claims_expected": round(expected, 1),
                "users": users,
            }
            yield _found(coupon_id, STUCK, limits, why)


def _found(coupon_id: str, state: str, limits: Limits, why: Mapping[str, object]) -> Finding:
    return Finding(
        f"c:{coupon_id}",
        Level.ENTER,
        Severity.TICKET,
        state,
        for_ms=limits.for_ms,
        hold_ms=limits.hold_ms,
        why=why,
    )


def _missing_claims(room: Room, coupon: Coupon, limits: Limits) -> float:
    """How many would have been claimed since the last one; 0: it is not long ago, or nobody ever did."""
    quiet_ms = room.now_ms - coupon.claimed_ms
    if not coupon.claims or quiet_ms < limits.quiet_ms:
        return 0.0
    begun_ms = room.lifecycle.started_first_ms
    if begun_ms is None:
        # claims are of the whole broadcast, and minutes are remembered of its end only
        begun_ms = room.begun_ms
        if room.now_ms - begun_ms >= _REMEMBERED_MS:
            return 0.0
    running_ms = coupon.claimed_ms - begun_ms
    if running_ms <= 0:
        return 0.0
    return coupon.claims * min(quiet_ms, limits.quiet_ms) / max(running_ms, MINUTE_MS)


def _asking(room: Room, limits: Limits) -> int:
    """How many people ask about coupons, in the minutes since claims stopped, at most five."""
    begin_ms = room.now_ms - limits.quiet_ms
    return union(room.history.asked(COUPON_QUESTION, begin_ms, room.now_ms + 1).values()).count()


def evidence(room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """What is left of it, and who asks."""
    return Evidence(
        comments=newest_comments(room, COUPON_QUESTION),
        users=finding.why.get("users"),
        inputs=dict(finding.why),
    )


def advice(_room: Room, finding: Finding) -> Advice:
    """Refill it or stop announcing it."""
    if finding.state == EMPTY:
        return Advice(
            zh="优惠券领完了：加券，或让主播说明活动结束",
            en="The coupon is gone: add some, or the host ends the offer",
            teleprompter="券已领完，先别口播",
        )
    return Advice(
        zh="大家在问券、却没人领到：自己领一张试试，查门槛、时间和剩余",
        en="People ask and nobody gets one: claim one yourself; look at conditions, times and number",
        teleprompter="券可能领不了，先别提",
    )


RULE = Rule(
    kind="CouponExhausted",
    section="coupon_exhausted",
    version=1,
    zh="优惠券领完",
    en="Coupon exhausted",
    severity=Severity.TICKET,
    trigger=(
        "For 15 s none of a coupon is left; or nobody claimed it for 2 min while 5 claims or more"
        " were to be expected, and 5 people or more ask about coupons"
    ),
    clears="It is refilled, or claimed again, or fewer people ask",
    runbook=(
        ("自己领一张，看是否真的没了", "Claim one yourself: is it really gone"),
        ("加券，或让主播说明活动结束", "Add coupons, or the host says that the offer is over"),
        ("同步改口播和贴片", "Change the script and the overlay with it"),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=LIVE_OR_PAUSED,
)
