"""The base sums, by the topic that owns them: plain sums, kept per session and per pane.

A new sum is a slot and whatever adds to it. Slots are the columns of a record, in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, ClassVar, Final, Protocol, Self

from streamproc.events.comments import CommentPosted, Role
from streamproc.events.orders import FailReason, OrderFailed
from streamproc.events.registry import (
    COMMENTS_TOPIC,
    ORDERS_TOPIC,
    ROOMS_TOPIC,
    VIEWERS_TOPIC,
    AnyEvent,
)
from streamproc.events.viewers import (
    CartAdded,
    ProductClicked,
    ProductExposed,
    ViewerFollowed,
    ViewerJoined,
    ViewerLeft,
    ViewerLiked,
    ViewerShared,
)

Sum = int | dict[str, int]
"""A count, or money in minor units by currency."""


_REASONS: Final = tuple(reason.value for reason in FailReason)
"""In the order of their columns."""


class Columns(Protocol):
    """Reads all sums of an object, in the order in which records hold them."""

    def __call__(self, figures: object, /) -> tuple[Any, ...]:
        """The sums."""
        ...


class Figures:
    """Sums of one topic; this one has none, as of a topic that nothing is counted of.

    Shapes: one attribute a column; ``MONEY`` names those that hold money by currency.
    """

    __slots__: ClassVar[tuple[str, ...]] = ()
    MONEY: ClassVar[tuple[str, ...]] = ()

    columns: ClassVar[Columns] = staticmethod(lambda _figures: ())

    def __init_subclass__(cls) -> None:
        cls.columns = staticmethod(attrgetter(*cls.__slots__))

    def row(self) -> tuple[Any, ...]:
        """The sums in the order in which records hold them."""
        return type(self).columns(self)

    @classmethod
    def of(cls, row: Sequence[Sum]) -> Self:
        """The figures whose ``row`` this is; money is shared with it, not copied."""
        return cls(*row)

    def plus(self, other: Figures, sign: int = 1) -> None:
        """Add sums of the same topic (sign 1) or take them back (sign -1)."""
        for name in self.__slots__:
            theirs = getattr(other, name)
            if theirs:
                if name in self.MONEY:
                    ours = getattr(self, name)
                    for currency, minor in theirs.items():
                        ours[currency] = ours.get(currency, 0) + sign * minor
                else:
                    setattr(self, name, getattr(self, name) + sign * theirs)


class OrderFigures(Figures):
    """What was ordered, sold, given back and refused.

    Units: ``*_minor`` in minor units, by currency.
    """

    MONEY = ("created_minor", "pay_gmv_minor", "refunded_minor", "unpaid_minor")
    __slots__ = (  # noqa: RUF023 - the order of the columns in a record
        "created_minor",
        "pay_gmv_minor",
        "refunded_minor",
        "unpaid_minor",
        "created_lines",
        "paid_lines",
        "refunded_lines",
        "orders_main",
        "items_sold",
        "orphan_refunds",
        "contradicted_lines",
        "unnamed_paid_lines",
        "failed_out_of_stock",
        "failed_coupon_invalid",
        "failed_pay_declined",
        "failed_risk",
        "failed_other",
    )

    def __init__(
        self,
        created_minor: dict[str, int] | None = None,
        pay_gmv_minor: dict[str, int] | None = None,
        refunded_minor: dict[str, int] | None = None,
        unpaid_minor: dict[str, int] | None = None,
        created_lines: int = 0,
        paid_lines: int = 0,
        refunded_lines: int = 0,
        orders_main: int = 0,
        items_sold: int = 0,
        orphan_refunds: int = 0,
        contradicted_lines: int = 0,
        unnamed_paid_lines: int = 0,
        failed_out_of_stock: int = 0,
        failed_coupon_invalid: int = 0,
        failed_pay_declined: int = 0,
        failed_risk: int = 0,
        failed_other: int = 0,
    ) -> None:
        self.created_minor = {} if created_minor is None else created_minor
        self.pay_gmv_minor = {} if pay_gmv_minor is None else pay_gmv_minor
        self.refunded_minor = {} if refunded_minor is None else refunded_minor
        self.unpaid_minor = {} if unpaid_minor is None else unpaid_minor
        self.created_lines = created_lines
        self.paid_lines = paid_lines
        self.refunded_lines = refunded_lines
        self.orders_main = orders_main
        self.items_sold = items_sold
        self.orphan_refunds = orphan_refunds
        self.contradicted_lines = contradicted_lines
        self.unnamed_paid_lines = unnamed_paid_lines
        self.failed_out_of_stock = failed_out_of_stock
        self.failed_coupon_invalid = failed_coupon_invalid
        self.failed_pay_declined = failed_pay_declined
        self.failed_risk = failed_risk
        self.failed_other = failed_other

    def failed(self) -> int:
        """Attempts that made no order, for whatever reason."""
        return (
            self.failed_out_of_stock
            + self.failed_coupon_invalid
            + self.failed_pay_declined
            + self.failed_risk
            + self.failed_other
        )

    def failed_by_reason(self) -> dict[str, int]:
        """Attempts that made no order, by why; without reasons for which none failed."""
        counts = (
            self.failed_out_of_stock,
            self.failed_coupon_invalid,
            self.failed_pay_declined,
            self.failed_risk,
            self.failed_other,
        )
        return {reason: failed for reason, failed in zip(_REASONS, counts, strict=True) if failed}


class CommentFigures(Figures):
    """What was written."""

    __slots__ = ("comments", "mirrored", "unnamed_comments")  # the order of the columns

    def __init__(self, comments: int = 0, mirrored: int = 0, unnamed_comments: int = 0) -> None:
        self.comments = comments
        self.mirrored = mirrored
        self.unnamed_comments = unnamed_comments


class ViewerFigures(Figures):
    """What viewers did. Units: ``watched_ms`` of all that left and told how long they were in."""

    __slots__ = (  # noqa: RUF023 - the order of the columns in a record
        "joins",
        "unnamed_joins",
        "likes",
        "follows",
        "shares",
        "exposures",
        "clicks",
        "cart_adds",
        "leaves",
        "unnamed_leaves",
        "watched_ms",
    )

    def __init__(
        self,
        joins: int = 0,
        unnamed_joins: int = 0,
        likes: int = 0,
        follows: int = 0,
        shares: int = 0,
        exposures: int = 0,
        clicks: int = 0,
        cart_adds: int = 0,
        leaves: int = 0,
        unnamed_leaves: int = 0,
        watched_ms: int = 0,
    ) -> None:
        self.joins = joins
        self.unnamed_joins = unnamed_joins
        self.likes = likes
        self.follows = follows
        self.shares = shares
        self.exposures = exposures
        self.clicks = clicks
        self.cart_adds = cart_adds
        self.leaves = leaves
        self.unnamed_leaves = unnamed_leaves
        self.watched_ms = watched_ms


FIGURES: Final[dict[str, type[Figures]]] = {
    ORDERS_TOPIC: OrderFigures,
    COMMENTS_TOPIC: CommentFigures,
    VIEWERS_TOPIC: ViewerFigures,
    ROOMS_TOPIC: Figures,
}
"""Topic -> the figures that it owns."""


def add_failed(figures: OrderFigures, event: OrderFailed) -> None:
    """Count a payment that failed, by its reason."""
    name = f"failed_{event.reason.value}"
    setattr(figures, name, getattr(figures, name) + 1)


def _add_comment(totals: CommentFigures, pane: CommentFigures, event: CommentPosted) -> None:
    if event.mirrored:
        totals.mirrored += 1
        pane.mirrored += 1
        return
    totals.comments += 1
    pane.comments += 1
    if event.user_key is None and event.role is Role.VIEWER:
        totals.unnamed_comments += 1
        pane.unnamed_comments += 1


def _add_joined(totals: ViewerFigures, pane: ViewerFigures, event: ViewerJoined) -> None:
    totals.joins += 1
    pane.joins += 1
    if event.viewer_key is None:
        totals.unnamed_joins += 1
        pane.unnamed_joins += 1


def _add_left(totals: ViewerFigures, pane: ViewerFigures, event: ViewerLeft) -> None:
    watched_ms = event.watched_ms
    if watched_ms is None:
        return
    totals.leaves += 1
    pane.leaves += 1
    totals.watched_ms += watched_ms
    pane.watched_ms += watched_ms
    if event.viewer_key is None:
        totals.unnamed_leaves += 1
        pane.unnamed_leaves += 1


def _add_liked(totals: ViewerFigures, pane: ViewerFigures, event: ViewerLiked) -> None:
    likes = event.count
    totals.likes += likes
    pane.likes += likes


def _add_followed(totals: ViewerFigures, pane: ViewerFigures, _event: ViewerFollowed) -> None:
    totals.follows += 1
    pane.follows += 1


def _add_shared(totals: ViewerFigures, pane: ViewerFigures, _event: ViewerShared) -> None:
    totals.shares += 1
    pane.shares += 1


def _add_exposed(totals: ViewerFigures, pane: ViewerFigures, _event: ProductExposed) -> None:
    totals.exposures += 1
    pane.exposures += 1


def _add_clicked(totals: ViewerFigures, pane: ViewerFigures, _event: ProductClicked) -> None:
    totals.clicks += 1
    pane.clicks += 1


def _add_carted(totals: ViewerFigures, pane: ViewerFigures, _event: CartAdded) -> None:
    totals.cart_adds += 1
    pane.cart_adds += 1


ADD: Final[dict[type[AnyEvent], Callable[[Any, Any, Any], None]]] = {
    CommentPosted: _add_comment,
    ViewerJoined: _add_joined,
    ViewerLeft: _add_left,
    ViewerLiked: _add_liked,
    ViewerFollowed: _add_followed,
    ViewerShared: _add_shared,
    ProductExposed: _add_exposed,
    ProductClicked: _add_clicked,
    CartAdded: _add_carted,
}
"""Event -> how it adds to a session's totals and to one of its panes; what is missing here adds nothing.

Both at once, because a call costs more than adding does.

Order lines are not here: what a line adds depends on the facts already held of it.
"""
