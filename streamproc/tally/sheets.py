"""Every figure of one span of time, as it is published."""

from __future__ import annotations

from msgspec import Struct

Money = dict[str, int]


class Sheet(Struct, gc=False):
    """The figures of a span, by id, in the order of the registry.

    Shapes: None: unknown. Sheets share the money they were made from: nothing is changed in it.
    Units: ``*_minor`` in minor units by currency, ``*_s`` in seconds; the rest are counts and
        ratios.
    """

    created_minor: Money | None = None
    pay_gmv_minor: Money | None = None
    net_gmv_minor: Money | None = None
    refunded_minor: Money | None = None
    refund_rate: float | None = None
    orders_main: int | None = None
    orders_sku: int | None = None
    items_sold: int | None = None
    buyers: int | None = None
    aov_order_minor: Money | None = None
    aov_buyer_minor: Money | None = None
    unpaid_minor: Money | None = None
    failed_orders: int | None = None
    online_now: int | None = None
    online_peak: int | None = None
    online_mean: float | None = None
    views: int | None = None
    viewers: int | None = None
    watch_mean_s: float | None = None
    likes: int | None = None
    follows: int | None = None
    shares: int | None = None
    comments: int | None = None
    commenters: int | None = None
    product_exposures: int | None = None
    product_clicks: int | None = None
    cart_adds: int | None = None
    ctr: float | None = None
    ctor: float | None = None
    conversion: float | None = None
    gpm_views_minor: Money | None = None
    gpm_viewers_minor: Money | None = None
    uv_value_minor: Money | None = None
    interaction_rate: float | None = None
