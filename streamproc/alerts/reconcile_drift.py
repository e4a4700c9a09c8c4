"""ReconcileDrift: our totals and the platform's own do not agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta, Struct

from streamproc.alerts.bounds import DurationMs, Share
from streamproc.alerts.history import MINUTES, NO_PANES
from streamproc.alerts.model import ROOM, Finding, Level, Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import ALWAYS, Rule
from streamproc.events.outputs import Advice, Evidence
from streamproc.events.registry import ORDERS_TOPIC
from streamproc.tally.lifecycle import Status
from streamproc.tally.sessions import PlatformOrders
from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE

LIVE: Final = "live"
CLOSE: Final = "close"
_REACH_MS: Final = (MINUTES - 1) * MINUTE_MS

SettleMs = Annotated[int, Meta(ge=0, le=MINUTE_MS)]
"""Of totals that come often those of the last two minutes are kept, so that there are some so old."""


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When totals drift apart."""

    live_share: Share = 0.001
    """Live, more than this part of the money."""
    settle_ms: SettleMs = 15_000
    """The newest totals that are so old are compared, however often others follow; what was paid so shortly
    before or after may be in them or not."""
    live_for_ms: DurationMs = 10_000
    """So long it lasts before it is told, live;"""
    close_for_ms: DurationMs = 60_000
    """and when the broadcast is over."""
    hold_ms: DurationMs = 30_000
    """So long it is over before that is told."""


def judge(room: Room, limits: Limits) -> Iterator[Finding]:
    """Whether the platform's newest totals can be ours."""
    if not room.platform_orders:
        return
    told = _settled(room, limits)
    if told is None:
        if ROOM in room.open_subjects:
            yield Finding(ROOM, Level.HOLD, Severity.TICKET, hold_ms=limits.hold_ms)
        return
    age_ms = room.now_ms - told.at_ms
    is_over = room.status is Status.ENDED
    lines, minor = _drift(room, told, limits)
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


def _settled(room: Room, limits: Limits) -> PlatformOrders | None:
    """The newest totals that can be compared; None: there are none.

    Shapes: when the broadcast is over, those of before its end tell of less than the whole.
    """
    oldest_ms = room.now_ms - _REACH_MS
    if room.status is Status.ENDED:
        oldest_ms = max(oldest_ms, room.ended_ms or 0)
    newest_ms = min(room.now_ms - limits.settle_ms, room.seen_ms.get(ORDERS_TOPIC, 0))
    for told in reversed(room.platform_orders):
        if oldest_ms <= told.at_ms <= newest_ms:
            return told
    return None


def _drift(room: Room, told: PlatformOrders, limits: Limits) -> tuple[int, int]:
    """How many lines, and how much money, we have more than the platform, at least; less than 0: less.

    Shapes: what we had when the platform counted is all that we have less what came later: in panes from
        ``maybe`` on a payment may not be in the totals, from ``surely`` on it is not. So we know the least
        and the most that we had then, and between them nothing has drifted.
    """
    maybe = (told.at_ms - limits.settle_ms) // PANE_MS
    surely = -(-(told.at_ms + limits.settle_ms) // PANE_MS)
    least_lines = most_lines = room.sold.paid_lines
    least_minor = most_minor = room.sold.pay_gmv_minor.get(told.currency, 0)
    rows = room.history.rows
    # a clock elsewhere may be ahead
    for number in range(maybe // PANES_PER_MINUTE, room.now_ms // MINUTE_MS + 2):
        row = rows.get(number)
        if row is None or row.paid is NO_PANES:
            continue
        begin = number * PANES_PER_MINUTE
        from_maybe, from_surely = max(0, maybe - begin), max(0, surely - begin)
        minor = row.paid_minor.get(told.currency, NO_PANES)
        least_lines -= sum(row.paid[from_maybe:])
        most_lines -= sum(row.paid[from_surely:])
        least_minor -= sum(minor[from_maybe:])
        most_minor -= sum(minor[from_surely:])
    return (
        max(0, least_lines - told.paid_lines) + min(0, most_lines - told.paid_lines),
        max(0, least_minor - told.paid_minor) + min(0, most_minor - told.paid_minor),
    )


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
    version=2,
    zh="对账不平",
    en="Reconcile drift",
    severity=Severity.TICKET,
    trigger=(
        "Live, what we count as paid differs by more than 0.1 % from the money that the platform's"
        " own totals (`orders.counted`) tell, 15 s after they were told and for 10 s more, by those or"
        " by later ones. When the"
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
