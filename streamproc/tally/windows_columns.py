"""Sums as rows of integers: what windows add up, a column a sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final, Protocol

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.figures import Figures
from streamproc.tally.model import MinuteTally
from streamproc.tally.sheets import Money
from streamproc.tally.spans import DID_NOTHING, NOBODY, Sales, audience_of, did, sales_of

Row = Sequence[int]

_NO_PANES: Final[list[Figures | None]] = []


class Columns(Protocol):
    """How sums are read. Shapes: rows are ``width`` long, which may grow while they are read."""

    @property
    def width(self) -> int:
        """How many columns there are."""

    def whole(self, totals: dict[str, Any]) -> Row:
        """The sums of the whole broadcast."""

    def rows(self, minute: MinuteTally, begin: int, stop: int) -> list[Row]:
        """The panes of a minute from one to before another, without those that hold nothing."""


class AudienceColumns:
    """What viewers did and wrote: two topics in one row, as both tell something every second."""

    __slots__ = ()

    width: Final = len(NOBODY)

    def whole(self, totals: dict[str, Any]) -> Row:
        """As :class:`Columns` says."""
        return audience_of(totals.get(VIEWERS_TOPIC), totals.get(COMMENTS_TOPIC))

    def rows(self, minute: MinuteTally, begin: int, stop: int) -> list[Row]:
        """As :class:`Columns` says."""
        viewers: list[Any] = minute.panes.get(VIEWERS_TOPIC) or _NO_PANES
        comments: list[Any] = minute.panes.get(COMMENTS_TOPIC) or _NO_PANES
        rows: list[Row] = []
        if comments and viewers:
            for doings, wrote in zip(viewers[begin:stop], comments[begin:stop], strict=True):
                if doings is not None:
                    rows.append((*did(doings), 0 if wrote is None else wrote.comments))
                elif wrote is not None:
                    rows.append((*DID_NOTHING, wrote.comments))
        elif viewers:
            rows += [(*did(doings), 0) for doings in viewers[begin:stop] if doings is not None]
        elif comments:
            told = [wrote for wrote in comments[begin:stop] if wrote is not None]
            rows += [(*DID_NOTHING, wrote.comments) for wrote in told]
        return rows


_COUNTS: Final = 5
"""Lines paid and refunded, orders, items and failed orders come first."""

_MONEY: Final = 3
"""Created, sold and given back, of each currency: what is unpaid is not a figure of a window."""

_sums_of: Final[Callable[[Any], tuple[Any, ...]]] = attrgetter(
    "paid_lines",
    "refunded_lines",
    "orders_main",
    "items_sold",
    "failed_out_of_stock",
    "failed_coupon_invalid",
    "failed_pay_declined",
    "failed_risk",
    "failed_other",
    "created_minor",
    "pay_gmv_minor",
    "refunded_minor",
)


class SaleColumns:
    """What was sold: counts, and then three columns for each currency, in the order they came up."""

    __slots__ = ("_currencies", "width")

    def __init__(self) -> None:
        self._currencies: tuple[str, ...] = ()
        self.width = _COUNTS

    def whole(self, totals: dict[str, Any]) -> Row:
        """As :class:`Columns` says."""
        orders = totals.get(ORDERS_TOPIC)
        return (0,) * self.width if orders is None else self._row(orders)

    def rows(self, minute: MinuteTally, begin: int, stop: int) -> list[Row]:
        """As :class:`Columns` says."""
        panes = minute.panes.get(ORDERS_TOPIC) or _NO_PANES
        return [self._row(pane) for pane in panes[begin:stop] if pane is not None]

    def sales(self, row: Row) -> Sales:
        """What a row of sums gives."""
        if len(row) == _COUNTS + _MONEY:  # as nearly always
            (currency,) = self._currencies
            (
                paid_lines,
                refunded_lines,
                main,
                items,
                failed,
                created_minor,
                sold_minor,
                back_minor,
            ) = row
            return sales_of(
                {currency: created_minor} if created_minor else {},
                {currency: sold_minor} if sold_minor else {},
                {currency: back_minor} if back_minor else {},
                paid_lines,
                refunded_lines,
                main,
                items,
                failed,
            )
        paid_lines, refunded_lines, main, items, failed = row[:_COUNTS]
        created, sold, back = {}, {}, {}
        at = _COUNTS
        for currency in self._currencies:
            created_minor, sold_minor, back_minor = row[at : at + _MONEY]
            if created_minor:
                created[currency] = created_minor
            if sold_minor:
                sold[currency] = sold_minor
            if back_minor:
                back[currency] = back_minor
            at += _MONEY
        return sales_of(created, sold, back, paid_lines, refunded_lines, main, items, failed)

    def sold(self, row: Row) -> Money:
        """What was sold, by a row of sums. Shapes: without currencies whose sum is 0."""
        minors = zip(self._currencies, row[_COUNTS + 1 :: _MONEY], strict=True)
        return {currency: minor for currency, minor in minors if minor}

    def _row(self, pane: Figures) -> Row:
        paid, refunded, main, items, stock, coupon, declined, risk, other, *money = _sums_of(pane)
        row = [paid, refunded, main, items, stock + coupon + declined + risk + other]
        created, sold, back = money
        for currency in self._currencies:
            row += (created.get(currency, 0), sold.get(currency, 0), back.get(currency, 0))
        for told in money:
            for currency in told:
                if currency not in self._currencies:
                    self._currencies += (currency,)
                    self.width += _MONEY
                    return self._row(pane)
        return row
