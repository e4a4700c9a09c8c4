"""Events of ``live.rooms.v1``: the broadcast, its products, stock, coupons and health."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from streamproc.events.base import (
    ClosedEnum,
    Count,
    Currency,
    DurationMs,
    Eid,
    Id,
    Key,
    LinkNo,
    Minor,
    Ms,
    OpenEnum,
    RoomEvent,
    Text30,
    Text200,
)

Aliases = Annotated[tuple[Text30, ...], Meta(max_length=50)]
"""Other names that viewers use for a product."""
FramesPerS = Annotated[float, Meta(ge=0, le=240)]
AudioDb = Annotated[float, Meta(ge=-120, le=10)]


class StockCause(OpenEnum):
    """Why a stock figure changed."""

    SALE = "sale"
    BATCH_RELEASE = "batch_release"
    MANUAL = "manual"
    SYNC = "sync"
    OTHER = "other"


class Verdict(ClosedEnum):
    """What a person made of an alert."""

    REAL = "real"
    BAIT = "bait"
    WRONG_PRODUCT = "wrong_product"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    OTHER = "other"


class RoomStarted(RoomEvent, frozen=True, kw_only=True, gc=False, tag="room.started"):
    """A broadcast began."""

    title: Text200 | None = None
    planned_end_ms: Ms | None = None
    venue_id: Id | None = None
    contest_id: Id | None = None


class RoomPaused(RoomEvent, frozen=True, kw_only=True, gc=False, tag="room.paused"):
    """A broadcast was paused."""


class RoomResumed(RoomEvent, frozen=True, kw_only=True, gc=False, tag="room.resumed"):
    """A paused broadcast goes on."""


class RoomEnded(RoomEvent, frozen=True, kw_only=True, gc=False, tag="room.ended"):
    """A broadcast ended."""


class ProductListed(RoomEvent, frozen=True, kw_only=True, gc=False, tag="product.listed"):
    """A product is for sale in the room; again with other values means a change."""

    product_id: Id
    sku_id: Id | None = None
    link_no: LinkNo | None = None
    title: Text200
    aliases: Aliases | None = None
    price_minor: Minor | None = None
    currency: Currency | None = None


class ProductPinned(RoomEvent, frozen=True, kw_only=True, gc=False, tag="product.pinned"):
    """A product is the one on show."""

    product_id: Id


class ProductDelisted(RoomEvent, frozen=True, kw_only=True, gc=False, tag="product.delisted"):
    """A product is no longer for sale in the room."""

    product_id: Id


class StockReported(RoomEvent, frozen=True, kw_only=True, gc=False, tag="stock.reported"):
    """How much of a product is left; a report older than the one held is ignored."""

    product_id: Id
    sku_id: Id | None = None
    available: Count
    reserved: Count | None = None
    sold_out: bool | None = None  # marked by hand
    as_of_ms: Ms
    cause: StockCause | None = None


class StockReleasePlanned(
    RoomEvent, frozen=True, kw_only=True, gc=False, tag="stock.release_planned"
):
    """More of a product will be for sale at a known time."""

    product_id: Id
    sku_id: Id | None = None
    release_at_ms: Ms
    quantity: Count | None = None


class CouponReported(RoomEvent, frozen=True, kw_only=True, gc=False, tag="coupon.reported"):
    """How many of a coupon are left."""

    coupon_id: Id
    remaining: Count


class CouponClaimed(RoomEvent, frozen=True, kw_only=True, gc=False, tag="coupon.claimed"):
    """A viewer took a coupon."""

    coupon_id: Id
    viewer_key: Key | None = None


class StreamHealth(RoomEvent, frozen=True, kw_only=True, gc=False, tag="stream.health"):
    """How well picture and sound leave the room."""

    frames_per_s: FramesPerS | None = None
    bitrate_kbps: Count | None = None
    audio_rms_db: AudioDb | None = None


class AdapterHeartbeat(RoomEvent, frozen=True, kw_only=True, gc=False, tag="adapter.heartbeat"):
    """The connector of this room is alive."""

    connected: bool
    last_message_age_ms: DurationMs | None = None


class AlertJudged(RoomEvent, frozen=True, kw_only=True, gc=False, tag="alert.judged"):
    """A person's verdict on an alert, written by the board."""

    alert_id: Eid
    verdict: Verdict
    until_ms: Ms | None = None  # snoozed
    operator_key: Key
