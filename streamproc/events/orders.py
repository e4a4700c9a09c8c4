"""Events of ``live.orders.v1``: one per order line and fact.

A line is ``(host_id, order_id, line_id)``. Facts may come twice and in any order.
"""

from __future__ import annotations

from streamproc.events.base import (
    Count,
    Currency,
    Id,
    Key,
    LinkNo,
    Minor,
    OpenEnum,
    Quantity,
    RoomEvent,
)


class Attribution(OpenEnum):
    """What an order is owed to, as its platform tells it."""

    IN_LIVE = "in_live"
    CART_IN_LIVE = "cart_in_live"
    POST_LIVE = "post_live"
    OTHER = "other"


class CancelReason(OpenEnum):
    """Why an order line was cancelled before it was paid."""

    BUYER = "buyer"
    SELLER = "seller"
    TIMEOUT = "timeout"
    RISK = "risk"
    OTHER = "other"


class RefundReason(OpenEnum):
    """Why a buyer asks for money back."""

    QUALITY = "quality"
    WRONG_ITEM = "wrong_item"
    LATE = "late"
    CHANGED_MIND = "changed_mind"
    OUT_OF_STOCK = "out_of_stock"
    OTHER = "other"


class FailReason(OpenEnum):
    """Why an attempt made no order."""

    OUT_OF_STOCK = "out_of_stock"
    COUPON_INVALID = "coupon_invalid"
    PAY_DECLINED = "pay_declined"
    RISK = "risk"
    OTHER = "other"


class OrderCreated(RoomEvent, frozen=True, kw_only=True, gc=False, tag="order.created"):
    """A buyer placed an order; one of its lines.

    Units: ``payable_minor`` is for this line, freight in, every discount out.
    """

    order_id: Id
    line_id: Id
    product_id: Id
    sku_id: Id | None = None
    link_no: LinkNo | None = None
    quantity: Quantity
    currency: Currency
    payable_minor: Minor
    buyer_key: Key | None = None
    attribution: Attribution | None = None
    coupon_id: Id | None = None


class OrderPaid(RoomEvent, frozen=True, kw_only=True, gc=False, tag="order.paid"):
    """An order line was paid; ``pay_gmv`` is the sum of ``paid_minor``.

    Units: ``paid_minor`` is for this line, freight in, platform-funded discount out;
        ``freight_minor`` is the part of it that is freight.
    """

    order_id: Id
    line_id: Id
    product_id: Id
    sku_id: Id | None = None
    link_no: LinkNo | None = None
    quantity: Quantity
    currency: Currency
    payable_minor: Minor
    buyer_key: Key | None = None
    attribution: Attribution | None = None
    coupon_id: Id | None = None
    paid_minor: Minor
    freight_minor: Minor | None = None
    platform_discount_minor: Minor | None = None


class OrderCancelled(RoomEvent, frozen=True, kw_only=True, gc=False, tag="order.cancelled"):
    """An order line was cancelled before it was paid."""

    order_id: Id
    line_id: Id
    reason: CancelReason | None = None


class OrderRefundRequested(
    RoomEvent, frozen=True, kw_only=True, gc=False, tag="order.refund_requested"
):
    """A buyer asks for money back; nothing was paid out yet."""

    order_id: Id
    line_id: Id
    refund_id: Id
    refund_minor: Minor | None = None
    reason: RefundReason | None = None


class OrderRefunded(RoomEvent, frozen=True, kw_only=True, gc=False, tag="order.refunded"):
    """Money was paid back; a line may have several refunds.

    Units: ``refund_minor`` includes the part that is freight.
    """

    order_id: Id
    line_id: Id
    refund_id: Id
    refund_minor: Minor
    currency: Currency


class OrderRefundClosed(RoomEvent, frozen=True, kw_only=True, gc=False, tag="order.refund_closed"):
    """A request for money back ended without a refund."""

    order_id: Id
    line_id: Id
    refund_id: Id


class OrderFailed(RoomEvent, frozen=True, kw_only=True, gc=False, tag="order.failed"):
    """An attempt to buy made no order."""

    attempt_id: Id
    product_id: Id | None = None
    reason: FailReason
    buyer_key: Key | None = None


class OrdersCounted(RoomEvent, frozen=True, kw_only=True, gc=False, tag="orders.counted"):
    """The platform's own running totals of the broadcast, to reconcile ours with while live."""

    paid_lines: Count
    paid_minor: Minor
    currency: Currency
