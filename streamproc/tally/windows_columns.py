"""Panes as rows of integers: what windows add up, a column a sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final, Protocol

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.figures import Figures
from streamproc.tally.model import MinuteTally
from streamproc.tally.sheets import Money
from streamproc.tally.spans import ACTS, Sales, sales_of

Row = Sequence[int]

_NO_PANES: Final[list[Figures | None]] = []


class Columns(Protocol):
    """How panes are read. Shapes: rows are ``width`` long, which may grow while they are read."""

    @property
    def width(self) -> int:
        """How many columns there are."""

    def rows(self, minute: MinuteTally, begin: int, stop: int) -> list[Row]:
        """The panes of a minute from one to before another, without those that hold nothing."""


_AUDIENCE: Final = ("joins", "unnamed_joins", *ACTS)

JOINS: Final = 2
"""So many columns of an audience, the first, are ``joins`` and ``unnamed_joins``."""

COMMENTS: Final = len(_AUDIENCE)
"""The column of an audience that counts comments; what viewers did lies before it."""

_audience_of: Final[Callable[[Any], tuple[int, ...]]] = attrgetter(*_AUDIENCE)
_NOBODY: Final = (0,) * len(_AUDIENCE)


class AudienceColumns:
    """What viewers did and wrote: two topics in one row, as both tell something every second."""

    __slots__ = ()

    width: Final = COMMENTS + 1

    def rows(self, minute: MinuteTally, begin: int, stop: int) -> list[Row]:
        """As :class:`Columns` says."""
        viewers: list[Any] = minute.panes.get(VIEWERS_TOPIC) or _NO_PANES
        comments: list[Any] = minute.panes.get(COMMENTS_TOPIC) or _NO_PANES
        rows: list[Row] = []
        if comments and viewers:
            for did, wrote in zip(viewers[begin:stop], comments[begin:stop], strict=True):
                if did is not None:
                    rows.append((*_audience_of(did), 0 if wrote is None else wrote.comments))
                elif wrote is not None:
                    rows.append((*_NOBODY, wrote.comments))
        elif viewers:
            rows += [(*_audience_of(did), 0) for did in viewers[begin:stop] if did is not None]
        elif comments:
            told = [wrote for wrote in comments[begin:stop] if wrote is not None]
            rows += [(*_NOBODY, wrote.comments) for wrote in told]
        return rows


_SALES: Final = (
    "paid_lines",
    "refunded_lines",
    "orders_main",
    "items_sold",
    "failed_out_of_stock",
    "failed_coupon_invalid",
    "failed_pay_declined",
    "failed_risk",
    "failed_other",
)
_PLAIN: Final = 4
"""So many counts come before those of what failed, which are one figure."""

_COUNTS: Final = len(_SALES)
_MONEY: Final = 3
"""Created, sold and given back, of each currency: what is unpaid is not a figure of a window."""

_sales_of: Final[Callable[[Any], tuple[int, ...]]] = attrgetter(*_SALES)
_money_of: Final[Callable[[Any], tuple[Money, ...]]] = attrgetter(
    "created_minor", "pay_gmv_minor", "refunded_minor"
)


class SaleColumns:
    """What was sold: counts, and then three columns for each currency, in the order they came up."""

    __slots__ = ("_currencies",)

    def __init__(self) -> None:
        self._currencies: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many columns there are."""
        return _COUNTS + _MONEY * len(self._currencies)

    def rows(self, minute: MinuteTally, begin: int, stop: int) -> list[Row]:
        """As :class:`Columns` says."""
        panes = minute.panes.get(ORDERS_TOPIC) or _NO_PANES
        return [self._row(pane) for pane in panes[begin:stop] if pane is not None]

    def sales(self, row: Row) -> Sales:
        """What a row of sums gives."""
        paid_lines, refunded_lines, main, items = row[:_PLAIN]
        created, sold, back = self._money(row, 0), self._money(row, 1), self._money(row, 2)
        failed = sum(row[_PLAIN:_COUNTS])
        return sales_of(created, sold, back, paid_lines, refunded_lines, main, items, failed)

    def sold(self, row: Row) -> Money:
        """What was sold, by a row of sums. Shapes: without currencies whose sum is 0."""
        return self._money(row, 1)

    def _money(self, row: Row, place: int) -> Money:
        money, at = {}, _COUNTS + place
        for currency in self._currencies:
            if row[at]:
                money[currency] = row[at]
            at += _MONEY
        return money

    def _row(self, pane: Figures) -> Row:
        money = _money_of(pane)
        for told in money:
            for currency in told:
                if currency not in self._currencies:
                    self._currencies += (currency,)
        minors = [told.get(currency, 0) for currency in self._currencies for told in money]
        return (*_sales_of(pane), *minors)
