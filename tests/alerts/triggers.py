"""The catalogue's triggers, read off a broadcast's events in the slowest and most obvious way.

These are no rules: they know no lifecycle, no hysteresis and no grouping. They show that a scenario
holds what its ledger says, and that its background holds nothing else, whatever rules will make of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, Final, NamedTuple

from streamproc.comments.labels import ALARMS
from streamproc.events.orders import (
    OrderCreated,
    OrderFailed,
    OrderPaid,
    OrderRefundRequested,
    OrdersCounted,
)
from streamproc.events.rooms import (
    AdapterHeartbeat,
    CouponClaimed,
    CouponReported,
    ProductPinned,
    RoomEnded,
    RoomPaused,
    RoomResumed,
    RoomStarted,
    StockCause,
    StockReleasePlanned,
    StockReported,
    StreamHealth,
)
from streamproc.events.viewers import ViewersCounted
from tests.alerts.watched import NEVER, Said, Watched

S: Final = 1_000
MINUTE: Final = 60 * S
HEARD: Final = 15 * S
QUESTIONS: Final = (
    "price_question",
    "usage_question",
    "availability_question",
    "shipping_question",
)


Holds = Callable[[Watched, int], bool]


class Trigger(NamedTuple):
    """A trigger held at a moment. Shapes: ``product_id`` is None for the room."""

    kind: str
    product_id: str | None
    at_ms: int


def triggers(room: Watched, now_ms: int) -> Iterator[Trigger]:
    """Every trigger that holds in a room at a moment; none before its start and after its end."""
    if room.of[RoomStarted].last_ms(now_ms) == NEVER or room.of[RoomEnded].last_ms(now_ms) != NEVER:
        return
    held = _held(ROOM_TRIGGERS, room, now_ms)
    if room.of[RoomPaused].last_ms(now_ms) > room.of[RoomResumed].last_ms(now_ms):
        yield from (each for each in held if each.kind not in NOT_PAUSED)
        return
    yield from held
    if now_ms - _running_since_ms(room, now_ms) < 3 * MINUTE:
        return
    for product in sorted(room.listed):
        for kind in _stockouts(room, product, now_ms):
            yield Trigger(kind, product, now_ms)
    if now_ms - room.of[ProductPinned].last_ms(now_ms) >= MINUTE:
        yield from _held(RATE_TRIGGERS, room, now_ms)


def _held(rules: dict[str, Holds], room: Watched, now_ms: int) -> list[Trigger]:
    return [Trigger(kind, None, now_ms) for kind, holds in rules.items() if holds(room, now_ms)]


def _running_since_ms(room: Watched, now_ms: int) -> int:
    return max(room.of[RoomStarted].last_ms(now_ms), room.of[RoomResumed].last_ms(now_ms))


def _stockouts(room: Watched, product: str, now_ms: int) -> Iterator[str]:
    """E3 for 5 s with demand; or E1 and E2 without a fresh report; E1 and E2 beside stock; stock low."""
    reports = _about(room, StockReported, product, 0, now_ms)
    fresh = bool(reports) and now_ms - reports[-1].occurred_at_ms <= MINUTE
    asked = askers(room, product, now_ms)
    plans = _about(room, StockReleasePlanned, product, 0, now_ms)
    gone = (
        "BatchSelling"
        if any(each.release_at_ms > now_ms - 15 * S for each in plans)
        else "Stockout"
    )
    lines = _about(room, OrderCreated, product, now_ms - 5 * MINUTE, now_ms)
    if fresh and reports[-1].available == 0:
        zero_ms = _zero_since_ms(reports)
        if now_ms - zero_ms >= 5 * S and (asked or lines):
            yield gone
        return
    if fresh:
        pieces = sum(each.quantity for each in lines if each.occurred_at_ms > now_ms - 2 * MINUTE)
        if pieces >= 10 and reports[-1].available / (pieces / 120) < 120:
            yield "StockoutImminent"
    if asked >= 3 and _has_stopped(room, product, now_ms):
        if not fresh:
            yield gone
        elif asked >= 5:
            yield "Stockout/desync"


def askers(room: Watched, product: str, now_ms: int) -> int:
    """Different viewers who said in two minutes that a product is out; since any was sold or came."""
    start_ms = now_ms - 2 * MINUTE
    lines = _about(room, OrderCreated, product, start_ms, now_ms)
    releases = _about(room, StockReported, product, start_ms, now_ms)
    came = [each for each in releases if each.cause is StockCause.BATCH_RELEASE]
    since_ms = max([start_ms, *(each.occurred_at_ms for each in lines + came)])
    return len(
        {
            each.event.user_key
            for each in room.said.within(since_ms, now_ms)
            if each.is_viewer and each.product == product and ALARMS & set(each.labels)
        }
    )


def _has_stopped(room: Watched, product: str, now_ms: int) -> bool:
    """No line for so long that five were to be expected, and for 13 s at least."""
    lines = _about(room, OrderCreated, product, now_ms - 10 * MINUTE, now_ms)
    if not lines:
        return False
    last_ms = lines[-1].occurred_at_ms
    before = [each for each in lines if each.occurred_at_ms > last_ms - 3 * MINUTE]
    per_ms = len(before) / (3 * MINUTE)
    return bool(now_ms - last_ms >= max(8 * S, 5 / per_ms) + 5 * S)


def _zero_since_ms(reports: list[Any]) -> int:
    since_ms = 0
    for report in reversed(reports):
        if report.available:
            break
        since_ms = report.occurred_at_ms
    return since_ms


def _unlisted(room: Watched, now_ms: int) -> bool:
    users: dict[str, set[str | None]] = {}
    for each in room.said.within(now_ms - 5 * MINUTE, now_ms):
        if each.is_viewer and each.via == "alias" and each.product not in room.listed:
            users.setdefault(each.product or "", set()).add(each.event.user_key)
    return any(len(each) >= 5 for each in users.values())


def _dropped(room: Watched, now_ms: int) -> bool:
    told = _of(room, ViewersCounted, now_ms - 10 * MINUTE, now_ms)
    counts: list[int] = [each.online for each in told]
    return bool(counts) and max(counts) >= 200 and counts[-1] < 0.6 * max(counts)


def _stalled(room: Watched, now_ms: int) -> bool:
    paid = room.of[OrderPaid]
    before = paid.count(now_ms - 10 * MINUTE, now_ms - 5 * MINUTE)
    return before >= 10 and not paid.count(now_ms - 5 * MINUTE, now_ms)


def _failing(room: Watched, now_ms: int) -> bool:
    failed = room.of[OrderFailed].count(now_ms - 2 * MINUTE, now_ms)
    made = room.of[OrderCreated].count(now_ms - 2 * MINUTE, now_ms)
    return failed >= 10 and failed > 0.1 * (failed + made)


def _wanted_back(room: Watched, now_ms: int) -> bool:
    asked = room.of[OrderRefundRequested].count(now_ms - 30 * MINUTE, now_ms)
    return asked >= 10 and asked > 0.05 * room.of[OrderPaid].count(0, now_ms)


def _storm(room: Watched, now_ms: int) -> bool:
    now = room.said.within(now_ms - MINUTE, now_ms)
    minutes = [
        room.said.count(now_ms - n * MINUTE, now_ms - (n - 1) * MINUTE) for n in range(2, 12)
    ]
    users = {each.event.user_key for each in now}
    return len(now) >= 120 and len(users) >= 30 and len(now) > 5 * median(minutes)


def _negative(room: Watched, now_ms: int) -> bool:
    said = [each for each in room.said.within(now_ms - 3 * MINUTE, now_ms) if each.is_viewer]
    users = {each.event.user_key for each in said if "complaint" in each.labels}
    bad = sum(1 for each in said if "complaint" in each.labels)
    return len(users) >= 15 and bad > 0.25 * len(said)


def _unanswered(room: Watched, now_ms: int) -> bool:
    """A question of five viewers of which the first waits for 90 s, and for no longer than 5 minutes."""
    waiting: dict[tuple[str, str | None], list[Said]] = {}
    for each in room.said.within(now_ms - 5 * MINUTE, now_ms):
        for label in QUESTIONS:
            if label not in each.labels:
                continue
            about = each.product if label != "shipping_question" else None
            if each.is_viewer:
                waiting.setdefault((label, about), []).append(each)
            else:
                waiting.pop((label, about), None)
        if each.event.reply_to is not None:
            _answer(waiting, each.event.reply_to)
    return any(
        len({said.event.user_key for said in each}) >= 5 and now_ms - each[0].at_ms >= 90 * S
        for each in waiting.values()
    )


def _answer(waiting: dict[tuple[str, str | None], list[Said]], event_id: str) -> None:
    for key in [
        key
        for key, each in waiting.items()
        if any(said.event.event_id == event_id for said in each)
    ]:
        del waiting[key]


def _no_coupons(room: Watched, now_ms: int) -> bool:
    report = room.of[CouponReported].last(now_ms)
    if isinstance(report, CouponReported) and report.remaining == 0:
        return True
    users = {
        each.event.user_key
        for each in room.said.within(now_ms - 2 * MINUTE, now_ms)
        if each.is_viewer and "coupon_question" in each.labels
    }
    if now_ms - room.all.last_ms(now_ms) > HEARD:
        return False  # that nobody claims says nothing of a room of which nothing is heard
    claims = room.of[CouponClaimed]
    before = claims.count(now_ms - 5 * MINUTE, now_ms - MINUTE)
    return len(users) >= 5 and before >= 5 and not claims.count(now_ms - MINUTE, now_ms)


def _host_silent(room: Watched, now_ms: int) -> bool:
    count = room.of[ViewersCounted].last(now_ms)
    if not isinstance(count, ViewersCounted) or count.online < 50:
        return False
    sound = _of(room, StreamHealth, now_ms - 45 * S, now_ms)
    if (
        now_ms - _running_since_ms(room, now_ms) >= 45 * S
        and sound
        and all(_is_low(each.audio_rms_db) for each in sound)
    ):
        return True
    acted = [each.at_ms for each in room.said.within(0, now_ms) if not each.is_viewer]
    return now_ms - max([room.of[ProductPinned].last_ms(now_ms), *acted]) >= 5 * MINUTE


def _is_low(audio_db: float | None) -> bool:
    return audio_db is not None and audio_db < -55


def _dead(room: Watched, now_ms: int) -> bool:
    start_ms = max(now_ms - 35 * S, _running_since_ms(room, now_ms))
    pictures = _of(room, StreamHealth, start_ms, now_ms)
    still = len(pictures) >= 2 and all(each.frames_per_s == 0 for each in pictures)
    return still or now_ms - room.all.last_ms(now_ms) >= MINUTE


def _adapter_down(room: Watched, now_ms: int) -> bool:
    beat = room.of[AdapterHeartbeat].last(now_ms)
    if not isinstance(beat, AdapterHeartbeat):
        return False
    return not beat.connected or now_ms - room.of[AdapterHeartbeat].last_ms(now_ms) >= 30 * S


def _behind(room: Watched, now_ms: int) -> bool:
    beats = _of(room, AdapterHeartbeat, now_ms - 2 * MINUTE, now_ms)
    return len(beats) >= 10 and all((each.last_message_age_ms or 0) > 30 * S for each in beats)


def _drifts(room: Watched, now_ms: int) -> bool:
    """Two sums of the platform in a row that are not ours."""
    counts = room.of[OrdersCounted]
    told = list(zip(counts.at_ms, counts.each, strict=True))
    told = [each for each in told if each[0] <= now_ms][-2:]
    return len(told) == 2 and all(_differs(room, at_ms, each) for at_ms, each in told)


def _differs(room: Watched, at_ms: int, count: Any) -> bool:  # noqa: ANN401
    ours_minor = sum(each.payable_minor for each in _of(room, OrderPaid, 0, at_ms))
    return bool(abs(ours_minor - count.paid_minor) > 0.001 * count.paid_minor)


def _of(room: Watched, kind: type, start_ms: int, end_ms: int) -> list[Any]:
    return room.of[kind].within(start_ms, end_ms)


def _about(room: Watched, kind: type, product: str, start_ms: int, end_ms: int) -> list[Any]:
    return [each for each in _of(room, kind, start_ms, end_ms) if each.product_id == product]


ROOM_TRIGGERS: Final[dict[str, Holds]] = {
    "UnlistedDemand": _unlisted,
    "RefundSpike": _wanted_back,
    "UnansweredQuestions": _unanswered,
    "CouponExhausted": _no_coupons,
    "HostSilent": _host_silent,
    "StreamDead": _dead,
    "AdapterDown": _adapter_down,
    "SourceLag": _behind,
    "ReconcileDrift": _drifts,
}
RATE_TRIGGERS: Final[dict[str, Holds]] = {
    "ViewerDrop": _dropped,
    "GmvStall": _stalled,
    "OrderFailureSpike": _failing,
    "CommentStorm": _storm,
    "NegativeBurst": _negative,
}
NOT_PAUSED: Final = frozenset(("HostSilent", "StreamDead", "UnansweredQuestions"))
