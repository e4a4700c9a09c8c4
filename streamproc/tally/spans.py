"""From base sums to figures: pure arithmetic over what one span of time holds.

Money is integers throughout; a mean of money is rounded half even to whole minor units. A ratio is a
number; what is unknown, or divided by nothing, is None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final, NamedTuple, TypeVar

from msgspec import Struct, structs

from streamproc.tally.figures import CommentFigures, OrderFigures, ViewerFigures
from streamproc.tally.sheets import Money, Sheet

Value = int | float | Money | None
"""A count, a ratio or seconds, money in minor units by currency; None where it is unknown."""

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


Online = tuple[float | None, int | None, int | None]
"""As ``Watched``, and a quarter of what one costs to make."""

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


class Sales(Struct, gc=False):
    """What orders alone give of a span; None: nothing was told of orders."""

    created_minor: Money | None = None
    pay_gmv_minor: Money | None = None
    net_gmv_minor: Money | None = None
    refunded_minor: Money | None = None
    refund_rate: float | None = None
    orders_main: int | None = None
    orders_sku: int | None = None
    items_sold: int | None = None
    aov_order_minor: Money | None = None
    failed_orders: int | None = None
    unpaid_minor: Money | None = None


class Crowd(Struct, gc=False):
    """What is made of the people of a span; None: it is unknown, or they are not counted."""

    buyers: int | None = None
    viewers: int | None = None
    commenters: int | None = None
    interaction_rate: float | None = None
    aov_buyer_minor: Money | None = None
    gpm_viewers_minor: Money | None = None
    uv_value_minor: Money | None = None
    conversion: float | None = None


class Pulse(Struct, gc=False):
    """What is left: the figures that change every second of a broadcast."""

    online_peak: int | None
    online_mean: float | None
    views: int | None
    watch_mean_s: float | None
    likes: int | None
    follows: int | None
    shares: int | None
    comments: int | None
    product_exposures: int | None
    product_clicks: int | None
    cart_adds: int | None
    ctr: float | None
    ctor: float | None
    gpm_views_minor: Money | None


P = TypeVar("P", bound=Pulse)

NO_SALES: Final = Sales()
NO_CROWD: Final = Crowd()

_DID: Final = (
    "joins",
    "unnamed_joins",
    "likes",
    "follows",
    "shares",
    "exposures",
    "clicks",
    "cart_adds",
    "leaves",
    "watched_ms",
)

Audience = Sequence[int]
"""What viewers did and wrote: the sums of viewers, of which the first are ``joins`` and
``unnamed_joins``, and then how many comments there are."""

LEAVES: Final = _DID.index("leaves")
"""The place of leaves in an audience."""

NOBODY: Final[Audience] = (0,) * (len(_DID) + 1)

did: Final[Callable[[ViewerFigures], tuple[int, ...]]] = attrgetter(*_DID)
"""What viewers did: an audience without its comments."""

DID_NOTHING: Final = NOBODY[1:]


def audience_of(viewers: ViewerFigures | None, comments: CommentFigures | None) -> Audience:
    """What viewers did and wrote; 0 where nothing was told."""
    doings = DID_NOTHING if viewers is None else did(viewers)
    return (*doings, 0 if comments is None else comments.comments)


def figures_of(span: Span) -> dict[str, Value]:
    """Every figure of a span that does not belong to a session alone; those are None.

    Units: money in minor units by currency, without those whose sum is 0.
    """
    orders, comments, viewers = span.orders, span.comments, span.viewers
    sales = NO_SALES if orders is None else sales_of_orders(orders)
    crowd = NO_CROWD if span.people is None else _crowd_of_people(span.people)
    told = (viewers is not None, comments is not None)
    audience = audience_of(viewers, comments)
    pulse = pulse_of(Pulse, sales, told, audience, NOBODY, span.views, span.watched, span.watchers)
    return structs.asdict(sheet_of(sales, crowd, pulse))


def sheet_of(sales: Sales, crowd: Crowd, pulse: Pulse) -> Sheet:
    """The figures of a span from their parts."""
    rest = {name: getattr(pulse, name) for name in Pulse.__struct_fields__}
    return Sheet(**structs.asdict(sales), **structs.asdict(crowd), **rest)


def pulse_of(
    kind: type[P],
    sales: Sales,
    told: tuple[bool, bool],
    audience: Audience,
    outside: Audience,
    views: int | None,
    watched: Online,
    watchers: int | None = None,
) -> P:
    """The figures that change every second: of an audience, less who is outside of the span.

    Shapes: ``told``: whether viewers and comments told anything; None where they did not.
    """
    _, _, likes, follows, shares, exposures, clicks, carts, leaves, watched_ms, wrote = audience
    _, _, likes_0, follows_0, shares_0, exposures_0, clicks_0, carts_0, left_0, ms_0, wrote_0 = (
        outside
    )
    mean, peak, online_ms = watched
    sold = sales.pay_gmv_minor
    gpm_views = None if sold is None else mean_minor(sold, views, VIEWS_OF_GPM)
    comments = wrote - wrote_0 if told[1] else None
    if not told[0]:
        nothing = (None, None, None)
        return kind(peak, mean, None, None, *nothing, comments, *nothing, None, None, gpm_views)
    leaves -= left_0
    exposures -= exposures_0
    clicks -= clicks_0
    watch_s = ctr = ctor = None
    if leaves:
        watch_s = (watched_ms - ms_0) / (1000 * (watchers or leaves))
    elif views and online_ms is not None:
        watch_s = online_ms / (1000 * views)
    if exposures:
        ctr = clicks / exposures
    if clicks and sales.orders_sku is not None:
        ctor = sales.orders_sku / clicks
    return kind(
        peak,
        mean,
        views,
        watch_s,
        likes - likes_0,
        follows - follows_0,
        shares - shares_0,
        comments,
        exposures,
        clicks,
        carts - carts_0,
        ctr,
        ctor,
        gpm_views,
    )


def sales_of_orders(orders: OrderFigures) -> Sales:
    """What the sums of orders give."""
    return sales_of(
        without_zeros(orders.created_minor),
        without_zeros(orders.pay_gmv_minor),
        without_zeros(orders.refunded_minor),
        orders.paid_lines,
        orders.refunded_lines,
        orders.orders_main,
        orders.items_sold,
        orders.failed(),
    )


def sales_of(
    created: Money,
    sold: Money,
    back: Money,
    paid_lines: int,
    refunded_lines: int,
    main: int,
    items: int,
    failed: int,
) -> Sales:
    """What sums of orders give. Shapes: money without currencies whose sum is 0."""
    return Sales(
        created,
        sold,
        net_minor(sold, back) if back else sold,
        back,
        refunded_lines / paid_lines if paid_lines else None,
        main,
        paid_lines,
        items,
        value_of_each(sold, main),
        failed,
    )


def crowd_of(
    buyers: int | None,
    viewers: int | None,
    commenters: int | None,
    interacting: int | None,
    sold: Money | None,
) -> Crowd:
    """What counts of people give. Shapes: ``sold`` as ``Sales`` has it, of the same minutes."""
    rate = ratio(interacting, viewers)
    if sold is None:
        return Crowd(buyers, viewers, commenters, rate)
    return Crowd(
        buyers,
        viewers,
        commenters,
        rate,
        value_of_each(sold, buyers),
        mean_minor(sold, viewers, VIEWS_OF_GPM),
        mean_minor(sold, viewers),
    )


def _crowd_of_people(people: People) -> Crowd:
    buyers, viewers, commenters, interacting, orders = people
    sold = None if orders is None else without_zeros(orders.pay_gmv_minor)
    return crowd_of(buyers, viewers, commenters, interacting, sold)


MEASURED: Final = "measured"
LITTLES_LAW: Final = "littles_law"


def watch_method(leaves: int | None, online_ms: int | None, views: int | None) -> str | None:
    """How the mean watch time is known.

    Shapes: "measured" where leaves told it, else "littles_law": who is online at once, divided by
        how many come; None where neither is known. ``leaves``: None where viewers told nothing.
    """
    if leaves:
        return MEASURED
    return LITTLES_LAW if online_ms is not None and views else None


def method_of(watch_mean_s: float | None, leaves: int) -> str | None:
    """The same of a mean watch time that is there, and of the leaves in its span."""
    if watch_mean_s is None:
        return None
    return MEASURED if leaves else LITTLES_LAW


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
    net = sold.copy()
    for currency, minor in back.items():
        net[currency] = net.get(currency, 0) - minor
    return net


def mean_minor(money: Money, by: int | None, times: int = 1) -> Money | None:
    """Money times something, divided: rounded half even; None where there is nothing to divide by."""
    if not by:
        return None
    found = {}
    for currency, minor in money.items():  # as ``half_even``: a call is half of what it costs
        whole, rest = divmod(minor * times, by)
        double = 2 * rest
        found[currency] = whole + (double > by or (double == by and whole & 1))
    return found


def value_of_each(sold: Money, by: int | None) -> Money | None:
    """What each order or buyer paid; None in several currencies: they are counted in all together."""
    return None if len(sold) > 1 else mean_minor(sold, by)


def half_even(dividend: int, divisor: int) -> int:
    """A quotient of integers, rounded to the nearest, of two equally near to the even one."""
    whole, rest = divmod(dividend, divisor)
    double = 2 * rest
    return whole + (double > divisor or (double == divisor and whole & 1))


def ratio(part: int | None, whole: int | None) -> float | None:
    """A quotient of counts; None where one is unknown or there is nothing to divide by."""
    return part / whole if whole and part is not None else None
