"""ReconcileDrift: our totals and the platform's own do not agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from streamproc.alerts.bounds import DurationMs, Share
from streamproc.alerts.history import MINUTES
from streamproc.alerts.model import ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import ALWAYS, Rule
from streamproc.events.outputs import Advice, Evidence
from streamproc.events.registry import ORDERS_TOPIC
from streamproc.tally.lifecycle import Status
from streamproc.tally.sessions import PlatformOrders
from streamproc.tally.timing import MINUTE_MS, PANE_MS

LIVE: Final = "live"
CLOSE: Final = "close"
_REACH_MS: Final = (MINUTES - 1) * MINUTE_MS


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When totals drift apart."""

    live_share: Share = 0.001
    """Live, more than this part of the money."""
    settle_ms: DurationMs = 15_000
    """Totals are compared when they are so old, and what was paid so shortly before or after may be in them
    or not."""
    live_for_ms: DurationMs = 15_000
    """So long it lasts before it is told, live;"""
    close_for_ms: DurationMs = 60_000
    """and when the broadcast is over."""
    hold_ms: DurationMs = 30_000
    """So long it is over before that is told."""


class _Ours(NamedTuple):
    """The least and the most that we counted until the platform counted."""

    least: int
    most: int

    def drift(self, theirs: int) -> int:
        """How much more we counted than the platform; less than 0: less; 0: it can be the same."""
        return max(0, self.least - theirs) + min(0, self.most - theirs)


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether the platform's newest totals can be ours."""
    told = room.platform_orders
    if told is None:
        return
    age_ms = room.now_ms - told.at_ms
    is_told = limits.settle_ms <= age_ms <= _REACH_MS
    is_over = room.status is Status.ENDED
    if is_over and told.at_ms < (room.lifecycle.ended_ms or 0):
        is_told = False  # it tells of less than the whole broadcast
    if not is_told or room.seen_ms.get(ORDERS_TOPIC, 0) < told.at_ms:
        if ROOM in room.open_subjects:
            yield Finding(ROOM, Level.HOLD, Severity.TICKET, hold_ms=limits.hold_ms)
        return
    lines = _lines(room, told, limits).drift(told.paid_lines)
    minor = _minor(room, told, limits).drift(told.paid_minor)
    if not lines and not minor:
        return
    is_drift = bool(lines) if is_over else abs(minor) > limits.live_share * max(1, told.paid_minor)
    if is_drift or ROOM in room.open_subjects:
        yield Finding(
            ROOM,
            Level.ENTER if is_drift else Level.HOLD,
            Severity.TICKET,
            CLOSE if is_over else LIVE,
            for_ms=limits.close_for_ms if is_over else limits.live_for_ms,
            hold_ms=limits.hold_ms,
            why={
                "drift_lines": lines,
                "drift_minor": minor,
                "currency": told.currency,
                "platform_lines": told.paid_lines,
                "platform_minor": told.paid_minor,
                "platform_age_ms": age_ms,
            },
        )


def _lines(room: Room, told: PlatformOrders, limits: Limits) -> _Ours:
    before_ms, after_ms, end_ms = _spans(room, told, limits)
    ours, history = room.sold.paid_lines, room.history
    return _Ours(
        ours - history.count("paid", before_ms, end_ms),
        ours - history.count("paid", after_ms, end_ms),
    )


def _minor(room: Room, told: PlatformOrders, limits: Limits) -> _Ours:
    before_ms, after_ms, end_ms = _spans(room, told, limits)
    ours, history = room.sold.pay_gmv_minor.get(told.currency, 0), room.history
    return _Ours(
        ours - history.paid_minor(told.currency, before_ms, end_ms),
        ours - history.paid_minor(told.currency, after_ms, end_ms),
    )


def _spans(room: Room, told: PlatformOrders, limits: Limits) -> tuple[int, int, int]:
    """From when what was paid may not be in the totals, from when it is not, and the end of it all."""
    before_ms = (told.at_ms - limits.settle_ms) // PANE_MS * PANE_MS
    return before_ms, told.at_ms + limits.settle_ms, room.now_ms + MINUTE_MS


def evidence(room: Room, finding: Finding, _limits: Limits) -> Evidence:
    """Both totals, and how far they are apart at least."""
    currency = finding.why.get("currency", "")
    return Evidence(
        inputs={
            **finding.why,
            "our_lines_now": room.sold.paid_lines,
            "our_minor_now": room.sold.pay_gmv_minor.get(currency, 0),
        }
    )


def advice(_room: Room, finding: Finding) -> Advice:
    """Find the gap."""
    if finding.why.get("drift_minor", 0) > 0 or finding.why.get("drift_lines", 0) > 0:
        return Advice(
            zh="我们比平台多：查其他渠道的订单、平台口径和重复的订单号",
            en="We have more: look for orders of another channel, another definition, ids told twice",
        )
    return Advice(
        zh="我们比平台少：订单源有缺口，补推缺口的订单后再核对",
        en="We have less: the order feed has a gap; send those orders again, then compare",
    )


RULE = Rule(
    kind="ReconcileDrift",
    section="reconcile_drift",
    version=1,
    zh="对账不平",
    en="Reconcile drift",
    severity=Severity.TICKET,
    trigger=(
        "Live, what we count as paid differs by more than 0.1 % from the money that the platform's"
        " own totals (`orders.counted`) tell, 15 s after they were told and for 15 s more. When the"
        " broadcast is over: any difference in lines, by totals told at its end or later. What was"
        " paid within 15 s of the totals may be in them or not"
    ),
    clears="No such difference in the newest totals, for 30 s",
    runbook=(
        ("看差多少：证据里有双方的数", "See how much: the evidence holds both totals"),
        (
            "用 `streamproc verify` 核对状态与日志；一致则缺口在数据源",
            "Compare state and log with `streamproc verify`; if they agree, the gap is in the source",
        ),
        ("补推缺口的订单：重复的不会多算", "Send the missing orders again: nothing counts twice"),
    ),
    limits=Limits,
    judge=judge,
    evidence=evidence,
    advice=advice,
    asked=ALWAYS,
)
