"""Events of ``live.viewers.v1``: what viewers do, and the platform's counts of them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from streamproc.events.base import Count, DurationMs, Id, Key, Quantity, RoomEvent

Likes = Annotated[int, Meta(ge=1, le=10**6, description="Likes since the last such event")]


class ViewerJoined(RoomEvent, frozen=True, kw_only=True, gc=False, tag="viewer.joined"):
    """A viewer entered the room."""

    viewer_key: Key | None = None


class ViewerLeft(RoomEvent, frozen=True, kw_only=True, gc=False, tag="viewer.left"):
    """A viewer left the room."""

    viewer_key: Key | None = None
    watched_ms: DurationMs | None = None


class ViewersCounted(RoomEvent, frozen=True, kw_only=True, gc=False, tag="viewers.counted"):
    """The platform's count of viewers, now and since the broadcast began."""

    online: Count
    views_total: Count | None = None
    viewers_total: Count | None = None
    approximate: bool | None = None  # the source rounded it ("1.2万")


class ViewerLiked(RoomEvent, frozen=True, kw_only=True, gc=False, tag="viewer.liked"):
    """A viewer liked; ``count`` is the increment, never a running total."""

    viewer_key: Key | None = None
    count: Likes


class ViewerFollowed(RoomEvent, frozen=True, kw_only=True, gc=False, tag="viewer.followed"):
    """A viewer followed the host."""

    viewer_key: Key | None = None


class ViewerShared(RoomEvent, frozen=True, kw_only=True, gc=False, tag="viewer.shared"):
    """A viewer shared the room."""

    viewer_key: Key | None = None


class ProductExposed(RoomEvent, frozen=True, kw_only=True, gc=False, tag="product.exposed"):
    """A product was shown to a viewer."""

    viewer_key: Key | None = None
    product_id: Id


class ProductClicked(RoomEvent, frozen=True, kw_only=True, gc=False, tag="product.clicked"):
    """A viewer opened a product."""

    viewer_key: Key | None = None
    product_id: Id


class CartAdded(RoomEvent, frozen=True, kw_only=True, gc=False, tag="cart.added"):
    """A viewer put a product into the cart."""

    viewer_key: Key | None = None
    product_id: Id
    quantity: Quantity | None = None
