"""The figures, by the topic that owns them: plain sums, kept per session and per pane.

A new figure is a slot, a line of ``row`` and ``of``, and what adds to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, NamedTuple

from streamproc.events.comments import CommentPosted
from streamproc.events.registry import (
    COMMENTS_TOPIC,
    ORDERS_TOPIC,
    ROOMS_TOPIC,
    VIEWERS_TOPIC,
    AnyEvent,
)
from streamproc.events.viewers import ViewerJoined, ViewerLiked


class Sale(NamedTuple):
    """A paid order line, as far as figures need it.

    Units: ``paid_minor`` in minor units of ``currency``. ``late``: it is in no pane.
    """

    at_ms: int
    session_id: str
    paid_minor: int
    quantity: int
    currency: str
    late: bool


class Figures:
    """Sums of one topic; this one has none, as of a topic that nothing is counted of."""

    __slots__: ClassVar[tuple[str, ...]] = ()

    def row(self) -> tuple[Any, ...]:
        """The sums in the order in which records hold them."""
        return ()

    @classmethod
    def of(cls, row: Sequence[Any]) -> Figures:
        """The figures whose ``row`` this is."""
        return cls(*row)


class OrderFigures(Figures):
    """What was sold.

    Units: ``pay_gmv_minor`` in minor units, by currency.
    """

    __slots__ = ("items_sold", "paid_lines", "pay_gmv_minor")

    def __init__(
        self,
        paid_lines: int = 0,
        items_sold: int = 0,
        pay_gmv_minor: dict[str, int] | None = None,
    ) -> None:
        self.paid_lines = paid_lines
        self.items_sold = items_sold
        self.pay_gmv_minor = {} if pay_gmv_minor is None else pay_gmv_minor

    def row(self) -> tuple[int, int, dict[str, int]]:
        """Paid lines, items sold, money by currency."""
        return (self.paid_lines, self.items_sold, self.pay_gmv_minor)

    def add(self, sale: Sale, sign: int) -> None:
        """Count a sale (sign 1) or take it back (sign -1)."""
        self.paid_lines += sign
        self.items_sold += sign * sale.quantity
        money = self.pay_gmv_minor
        money[sale.currency] = money.get(sale.currency, 0) + sign * sale.paid_minor


class CommentFigures(Figures):
    """What was written."""

    __slots__ = ("comments",)

    def __init__(self, comments: int = 0) -> None:
        self.comments = comments

    def row(self) -> tuple[int]:
        """Comments."""
        return (self.comments,)


class ViewerFigures(Figures):
    """What viewers did."""

    __slots__ = ("joins", "likes")

    def __init__(self, joins: int = 0, likes: int = 0) -> None:
        self.joins = joins
        self.likes = likes

    def row(self) -> tuple[int, int]:
        """Joins, likes."""
        return (self.joins, self.likes)


FIGURES: Final[dict[str, type[Figures]]] = {
    ORDERS_TOPIC: OrderFigures,
    COMMENTS_TOPIC: CommentFigures,
    VIEWERS_TOPIC: ViewerFigures,
    ROOMS_TOPIC: Figures,
}
"""Topic -> the figures that it owns."""


def _add_comment(figures: CommentFigures, event: CommentPosted) -> None:
    if not event.mirrored:
        figures.comments += 1


def _add_joined(figures: ViewerFigures, _event: ViewerJoined) -> None:
    figures.joins += 1


def _add_liked(figures: ViewerFigures, event: ViewerLiked) -> None:
    figures.likes += event.count


ADD: Final[dict[type[AnyEvent], Callable[[Any, Any], None]]] = {
    CommentPosted: _add_comment,
    ViewerJoined: _add_joined,
    ViewerLiked: _add_liked,
}
"""Event -> how it adds to figures of its topic; an event that is missing here adds nothing.

Orders are not here: what an order line adds depends on the facts already held of it.
"""
