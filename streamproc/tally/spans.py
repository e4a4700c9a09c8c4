"""From base sums to figures: pure arithmetic over what one span of time holds.

Money is integers throughout; a mean of money is rounded half even to whole minor units. A ratio is a
number; what is unknown, or divided by nothing, is None.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from streamproc.tally.figures import CommentFigures, OrderFigures, ViewerFigures
from streamproc.tally.registry import FIGURE_IDS

Money = dict[str, int]
Value = int | float | Money | None
"""A count, a ratio or seconds, money in minor units by currency; None where it is unknown."""

UNKNOWN: Final[dict[str, Value]] = dict.fromkeys(FIGURE_IDS)

VIEWS_OF_GPM: Final = 1_000


class People(NamedTuple):
    """How many different people did what, and the sales of the same span.

    Shapes: None: nobody told of them. ``interacting`` liked, followed, shared or wrote. ``orders``
        are the sums that a ratio of people divides: those of the same minutes.
    """

    buyers: int | None
    viewers: int | None
    commenters: int | None
    interacting: int | None
    orders: OrderFigures | None


class Watched(NamedTuple):
    """How many were online over a span. Units: ``online_ms`` is the integral of viewers over ms."""

    mean: float | None
    peak: int | None
    online_ms: int | None


NOBODY_WATCHED: Final = Watched(None, None, None)


class Span(NamedTuple):
    """The sums of one span of time.

    Shapes: sums are None where their topic told nothing of the session; ``people`` is None for a
        span that no people are counted of. ``watchers``: by how many a measured watch time is
        shared; None: by every leave.
    """

    orders: OrderFigures | None
    comments: CommentFigures | None
    viewers: ViewerFigures | None
    watched: Watched = NOBODY_WATCHED
    people: People | None = None
    views: int | None = None
    watchers: int | None = None


def figures_of(span: Span) -> dict[str, Value]:
    """Every figure of a span that does not belong to a session alone; those are None.

    Units: money in minor units by currency, without those whose sum is 0.
    """
    found = UNKNOWN.copy()
    orders, viewers = span.orders, span.viewers
    views = span.views
    if orders is not None:
        _put_orders(found, orders, views)
    if span.comments is not None:
        found["comments"] = span.comments.comments
    if viewers is not None:
        found["views"] = views
        _put_viewers(found, viewers)
        found["watch_mean_s"] = watch_mean_s(span)[0]
        if orders is not None:
            found["ctor"] = ratio(orders.paid_lines, viewers.clicks)
    found["online_mean"], found["online_peak"], _ = span.watched
    if span.people is not None:
        _put_people(found, span.people)
    return found


def _put_orders(found: dict[str, Value], orders: OrderFigures, views: int | None) -> None:
    sold = without_zeros(orders.pay_gmv_minor)
    back = without_zeros(orders.refunded_minor)
    found["created_minor"] = without_zeros(orders.created_minor)
    found["pay_gmv_minor"] = sold
    found["refunded_minor"] = back
    found["net_gmv_minor"] = net_minor(sold, back) if back else sold
    paid_lines = found["orders_sku"] = orders.paid_lines
    found["refund_rate"] = orders.refunded_lines / paid_lines if paid_lines else None
    main = found["orders_main"] = orders.orders_main
    found["items_sold"] = orders.items_sold
    found["aov_order_minor"] = mean_minor(sold, main)
    found["gpm_views_minor"] = mean_minor(sold, views, VIEWS_OF_GPM)
    found["failed_orders"] = (
        orders.failed_out_of_stock
        + orders.failed_coupon_invalid
        + orders.failed_pay_declined
        + orders.failed_risk
        + orders.failed_other
    )


def _put_viewers(found: dict[str, Value], viewers: ViewerFigures) -> None:
    found["likes"] = viewers.likes
    found["follows"] = viewers.follows
    found["shares"] = viewers.shares
    exposures = found["product_exposures"] = viewers.exposures
    clicks = found["product_clicks"] = viewers.clicks
    found["cart_adds"] = viewers.cart_adds
    found["ctr"] = clicks / exposures if exposures else None


def _put_people(found: dict[str, Value], people: People) -> None:
    buyers, viewers, commenters, interacting, orders = people
    found["buyers"] = buyers
    found["viewers"] = viewers
    found["commenters"] = commenters
    found["interaction_rate"] = ratio(interacting, viewers)
    if orders is not None:
        sold = without_zeros(orders.pay_gmv_minor)
        found["aov_buyer_minor"] = mean_minor(sold, buyers)
        found["gpm_viewers_minor"] = mean_minor(sold, viewers, VIEWS_OF_GPM)
        found["uv_value_minor"] = mean_minor(sold, viewers)


def watch_mean_s(span: Span) -> tuple[float | None, str | None]:
    """How long somebody watched on average, and by which method.

    Shapes: "measured" where leaves told it, else "littles_law": who is online at once, divided by
        how many come; None, None where neither is known.
    """
    viewers, online_ms = span.viewers, span.watched.online_ms
    if viewers is not None and viewers.leaves:
        watchers = span.watchers or viewers.leaves
        return viewers.watched_ms / (1000 * watchers), "measured"
    if online_ms is not None and span.views:
        return online_ms / (1000 * span.views), "littles_law"
    return None, None


def without_zeros(money: Money) -> Money:
    """Money without the currencies whose sum is 0.

    A fact that was replaced by one in another currency leaves a 0 behind in some orders of arrival
    and none in others; what is answered must not tell them apart.
    """
    if 0 in money.values():
        return {currency: minor for currency, minor in money.items() if minor}
    return money.copy()


def net_minor(sold: Money, back: Money) -> Money:
    """What was sold less what was given back; 0 stays where both are alike."""
    return {
        currency: sold.get(currency, 0) - back.get(currency, 0) for currency in {**sold, **back}
    }


def mean_minor(money: Money, by: int | None, times: int = 1) -> Money | None:
    """Money times something, divided: rounded half even; None where there is nothing to divide by."""
    if not by:
        return None
    return {currency: half_even(minor * times, by) for currency, minor in money.items()}


def half_even(dividend: int, divisor: int) -> int:
    """A quotient of integers, rounded to the nearest, of two equally near to the even one."""
    whole, rest = divmod(dividend, divisor)
    double = 2 * rest
    return whole + (double > divisor or (double == divisor and whole & 1))


def ratio(part: int | None, whole: int | None) -> float | None:
    """A quotient of counts; None where one is unknown or there is nothing to divide by."""
    return part / whole if whole and part is not None else None
