"""The life of an order line as its events: created, paid, cancelled, refunded in full or in part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypedDict

from streamproc.events.orders import (
    Attribution,
    CancelReason,
    FailReason,
    OrderCancelled,
    OrderCreated,
    OrderFailed,
    OrderPaid,
    OrderRefundClosed,
    OrderRefunded,
    OrderRefundRequested,
    RefundReason,
)
from streamproc.events.rooms import CouponClaimed
from streamproc.simulate.chance import chance, poisson
from streamproc.simulate.coupons import coupon_id
from streamproc.simulate.frame import Frame, Timed
from streamproc.simulate.incident_plans import OrderFailureSpikePlan, OversellPlan
from streamproc.simulate.rooms import Room
from streamproc.simulate.sales import Line
from streamproc.simulate.show import Stage
from streamproc.simulate.spans import Span

_BUYER_CANCELS_SHARE: Final = 0.4
_BUYER_CANCELS_MEAN_MS: Final = 60_000
_TIMEOUT_MS: Final = 900_000
_REFUND_MEAN_MS: Final = 600_000
_REFUND_AT_LEAST_MS: Final = 20_000
_DECISION_MS: Final = (15_000, 240_000)
_CLOSED_SHARE: Final = 0.2
_PARTIAL_SHARE: Final = 0.35
_CLAIM_MS: Final = (3_000, 60_000)
_OUT_OF_STOCK_ATTEMPTS: Final = 1.5
_FIRST_TRY_MS: Final = (3_000, 12_000)
_NEXT_TRY_MS: Final = (18_000, 30_000)
"""Most viewers see a grey button: too few attempts for a spike of failures."""
_REFUND_REASONS: Final = tuple(RefundReason)
_FAIL_REASONS: Final = (FailReason.PAY_DECLINED, FailReason.COUPON_INVALID, FailReason.RISK)
_ATTRIBUTIONS: Final = (Attribution.IN_LIVE,) * 8 + (Attribution.CART_IN_LIVE,) * 2


class _Bought(TypedDict):
    order_id: str
    line_id: str
    product_id: str
    link_no: int
    quantity: int
    currency: str
    payable_minor: int
    buyer_key: str
    attribution: Attribution
    coupon_id: str | None


class _Asked(TypedDict):
    order_id: str
    line_id: str
    refund_id: str


class Lives:
    """Draws what becomes of order lines."""

    def __init__(self, stage: Stage, frame: Frame, seed: int) -> None:
        self._stage = stage
        self._plan = stage.scenario.orders
        self._frame = frame
        self._rng = chance(seed, stage.scenario.name, "lives")

    def of(self, line: Line) -> Iterator[Timed]:
        """The events of one line, in no order."""
        frame, rng = self._frame, self._rng
        order_id = f"{frame.run}-o{line.order}"
        name = f"o{line.order}.{line.number}"
        viewer = int(rng.random() * self._stage.scenario.viewers)
        listing = line.room.listings[line.place]
        what: _Bought = {
            "order_id": order_id,
            "line_id": str(line.number),
            "product_id": listing.product_id,
            "link_no": listing.link_no,
            "quantity": line.quantity,
            "currency": line.room.currency,
            "payable_minor": line.payable_minor,
            "buyer_key": frame.viewer_key(viewer),
            "attribution": rng.choice(_ATTRIBUTIONS),
            "coupon_id": coupon_id(line.room) if line.coupon else None,
        }
        if line.coupon:
            yield self._claim(line, name, viewer)
        told_ms = line.told_ms or 0
        envelope = frame.envelope(line.room, line.created_ms, f"{name}.created")
        yield max(line.created_ms, told_ms), OrderCreated(**envelope, **what)
        if line.paid_ms is None:
            yield self._cancel(line, order_id, name)
            return
        envelope = frame.envelope(line.room, line.paid_ms, f"{name}.paid")
        yield (
            max(line.paid_ms, told_ms),
            OrderPaid(
                **envelope,
                **what,
                paid_minor=line.payable_minor,
                freight_minor=line.freight_minor or None,
                platform_discount_minor=line.discount_minor or None,
            ),
        )
        if line.refund_ms is not None:
            yield from self._refund(line, order_id, name, line.refund_ms)
        elif rng.random() < self._plan.refund_share:
            after_ms = _REFUND_AT_LEAST_MS + int(rng.expovariate(1 / _REFUND_MEAN_MS))
            yield from self._refund(line, order_id, name, max(line.paid_ms, told_ms) + after_ms)

    def failures(self, room: Room, orders: int) -> Iterator[Timed]:
        """Attempts of a room that made no order; many more while something is out of stock."""
        rng = self._rng
        weights = room.order_weights
        for block in rng.choices(
            range(len(weights)), weights, k=poisson(rng, orders * self._plan.failed_share)
        ):
            at_ms = int((block + rng.random()) * self._stage.duration_ms / len(weights))
            yield self._failure(room, at_ms, rng.choice(_FAIL_REASONS), None)
        per_ms = orders / self._stage.duration_ms
        for out in room.outs:
            if out.staged is None:
                yield from self._turned_away(room, out.place, out.span, per_ms)
            else:
                yield from self._few_tries(room, out.place, out.span)
        for _, staged in room.of(OversellPlan):
            yield from self._few_tries(room, staged.place, staged.span)
        for spike, staged in room.of(OrderFailureSpikePlan):
            yield from self._spike(room, staged.span, spike.per_min)

    def _turned_away(self, room: Room, place: int, out: Span, per_ms: float) -> Iterator[Timed]:
        mean = per_ms * (out.end_ms - out.start_ms) * _OUT_OF_STOCK_ATTEMPTS
        for _ in range(poisson(self._rng, mean)):
            at_ms = self._rng.randrange(out.start_ms, out.end_ms)
            yield self._failure(room, at_ms, FailReason.OUT_OF_STOCK, place)

    def _few_tries(self, room: Room, place: int, span: Span) -> Iterator[Timed]:
        at_ms = span.start_ms + self._rng.randint(*_FIRST_TRY_MS)
        while at_ms < span.end_ms:
            yield self._failure(room, at_ms, FailReason.OUT_OF_STOCK, place)
            at_ms += self._rng.randint(*_NEXT_TRY_MS)

    def _spike(self, room: Room, span: Span, per_min: float) -> Iterator[Timed]:
        reason = self._rng.choice(_FAIL_REASONS)
        for _ in range(poisson(self._rng, per_min * span.length_ms / 60_000)):
            at_ms = self._rng.randrange(span.start_ms, span.end_ms)
            yield self._failure(room, at_ms, reason, None)

    def _failure(self, room: Room, at_ms: int, reason: FailReason, place: int | None) -> Timed:
        rng = self._rng
        name = f"a{rng.getrandbits(48):x}"
        if place is None:
            place = rng.randrange(len(room.listings))
        return at_ms, OrderFailed(
            **self._frame.envelope(room, at_ms, name),
            attempt_id=name,
            product_id=room.listings[place].product_id,
            reason=reason,
            buyer_key=self._frame.viewer_key(int(rng.random() * self._stage.scenario.viewers)),
        )

    def _claim(self, line: Line, name: str, viewer: int) -> Timed:
        at_ms = max(0, line.created_ms - self._rng.randint(*_CLAIM_MS))
        return at_ms, CouponClaimed(
            **self._frame.envelope(line.room, at_ms, f"{name}.claimed"),
            coupon_id=coupon_id(line.room),
            viewer_key=self._frame.viewer_key(viewer),
        )

    def _cancel(self, line: Line, order_id: str, name: str) -> Timed:
        by_buyer = self._rng.random() < _BUYER_CANCELS_SHARE
        wait_ms = (
            int(self._rng.expovariate(1 / _BUYER_CANCELS_MEAN_MS)) if by_buyer else _TIMEOUT_MS
        )
        at_ms = line.created_ms + 1 + min(wait_ms, _TIMEOUT_MS)
        return at_ms, OrderCancelled(
            **self._frame.envelope(line.room, at_ms, f"{name}.cancelled"),
            order_id=order_id,
            line_id=str(line.number),
            reason=CancelReason.BUYER if by_buyer else CancelReason.TIMEOUT,
        )

    def _refund(self, line: Line, order_id: str, name: str, at_ms: int) -> Iterator[Timed]:
        """One refund asked for: closed, given in full, or given in two parts."""
        rng = self._rng
        draw = rng.random()
        if draw < _CLOSED_SHARE:
            parts = [line.payable_minor]
        elif draw < _CLOSED_SHARE + _PARTIAL_SHARE:
            first = rng.randint(1, max(1, line.payable_minor // 2))
            parts = [first, rng.randint(0, line.payable_minor - first)]
        else:
            parts = [line.payable_minor]
        for number, refund_minor in enumerate(parts, 1):
            asked: _Asked = {
                "order_id": order_id,
                "line_id": str(line.number),
                "refund_id": f"{name}.r{number}",
            }
            yield (
                at_ms,
                OrderRefundRequested(
                    **self._frame.envelope(line.room, at_ms, f"{name}.r{number}.requested"),
                    **asked,
                    refund_minor=refund_minor,
                    reason=rng.choice(_REFUND_REASONS),
                ),
            )
            at_ms += rng.randint(*_DECISION_MS)
            envelope = self._frame.envelope(line.room, at_ms, f"{name}.r{number}.decided")
            if draw < _CLOSED_SHARE:
                yield at_ms, OrderRefundClosed(**envelope, **asked)
            else:
                currency = line.room.currency
                yield (
                    at_ms,
                    OrderRefunded(
                        **envelope, **asked, refund_minor=refund_minor, currency=currency
                    ),
                )
