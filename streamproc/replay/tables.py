"""Figures as tables for offices: one row per session, minute, place or rank.

Money stands twice in each row, by currency: ``pay_gmv_minor_CNY`` in minor units for sums, and
``pay_gmv_CNY`` as decimal text for people. A time stands twice, too: ``begin`` in a time zone,
``begin_ms`` in UTC milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from streamproc.tally.registry import FIGURE_IDS

HOME: Final = "CNY"
"""Its columns are there also where nothing was sold, so that every evening's file looks alike."""

_MINOR: Final = "_minor"
_MEANS: Final = frozenset(
    {"aov_order_minor", "aov_buyer_minor", "gpm_views_minor", "gpm_viewers_minor", "uv_value_minor"}
)
_NUMBERS: Final = frozenset(
    {
        "refund_rate",
        "online_mean",
        "watch_mean_s",
        "ctr",
        "ctor",
        "conversion",
        "interaction_rate",
    }
)
_WITHOUT_MINOR: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_IN_THOUSANDS: Final = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS: Final = {
    **dict.fromkeys(_WITHOUT_MINOR.split(), 0),
    **dict.fromkeys(_IN_THOUSANDS.split(), 3),
}
"""Digits behind the point, where they are not two. Source: ISO 4217 list one."""

FIRST_SHOWN_MS: Final = -62_135_596_800_000
LAST_SHOWN_MS: Final = 253_402_300_799_999
"""Before and after these no time can be shown in UTC: the begin of year 1, the end of year 9999."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    MOMENT = "moment"


class Column(NamedTuple):
    """A column and its cells."""

    name: str
    kind: Kind


class Table(NamedTuple):
    """Rows under columns. Shapes: each row is as long as ``columns``; None is unknown."""

    columns: list[Column]
    rows: list[list[Any]]


class Row(NamedTuple):
    """What a row says: texts, counts and times by column, then figures by id, then more of the former.

    Units: moments in UTC milliseconds; a figure's money in minor units by currency.
    """

    texts: Mapping[str, str]
    counts: Mapping[str, int | None]
    moments_ms: Mapping[str, int | None]
    figures: Mapping[str, Any]
    last_counts: Mapping[str, int | None] = MappingProxyType({})
    last_texts: Mapping[str, str] = MappingProxyType({})
    last_moments_ms: Mapping[str, int | None] = MappingProxyType({})


def table_of(
    shape: Row,
    rows: Sequence[Row],
    figures: Iterable[str],
    zone: tzinfo,
    currencies: Sequence[str] | None = None,
) -> Table:
    """A table of rows that all have the columns of ``shape``, whose cells are not looked at.

    Shapes: texts, moments, counts, then the figures in the order of the contract, money by currency,
        then the last counts, texts and moments; ``currencies`` None: those that occur.
    """
    asked = set(figures)
    figures = [each for each in FIGURE_IDS if each in asked]
    currencies = _currencies(rows, figures) if currencies is None else currencies
    columns = _head_columns(shape)
    for figure in figures:
        columns += _figure_columns(figure, currencies)
    columns += [Column(name, Kind.COUNT) for name in shape.last_counts]
    columns += [Column(name, Kind.TEXT) for name in shape.last_texts]
    columns += _moment_columns(shape.last_moments_ms)
    return Table(columns, [_cells(row, figures, currencies, zone) for row in rows])


def decimal_text(minor: int, currency: str, *, grouped: bool = False) -> str:
    """Money as people write it.

    Shapes: 1999 of CNY is ``19.99``, of JPY ``1999``; ``grouped`` puts a comma between thousands.
    """
    digits = _DIGITS.get(currency, 2)
    whole, rest = divmod(abs(minor), 10**digits)
    sign = "-" if minor < 0 else ""
    text = f"{sign}{whole:,}" if grouped else f"{sign}{whole}"
    return f"{text}.{rest:0{digits}}" if digits else text


def is_money(figure: str) -> bool:
    """Whether a figure is money by currency."""
    return figure.endswith(_MINOR)


def _currencies(rows: Sequence[Row], figures: Sequence[str]) -> list[str]:
    found = {HOME}
    for row in rows:
        for figure in figures:
            if is_money(figure):
                found |= (row.figures.get(figure) or {}).keys()
    return sorted(found)


def _head_columns(row: Row) -> list[Column]:
    columns = [Column(name, Kind.TEXT) for name in row.texts]
    columns += _moment_columns(row.moments_ms)
    return columns + [Column(name, Kind.COUNT) for name in row.counts]


def _moment_columns(names: Iterable[str]) -> list[Column]:
    columns = []
    for name in names:
        columns += [Column(name, Kind.MOMENT), Column(f"{name}_ms", Kind.COUNT)]
    return columns


def _figure_columns(figure: str, currencies: Sequence[str]) -> list[Column]:
    if not is_money(figure):
        return [Column(figure, Kind.NUMBER if figure in _NUMBERS else Kind.COUNT)]
    columns = []
    for currency in currencies:
        columns.append(Column(f"{figure}_{currency}", Kind.COUNT))
        columns.append(Column(f"{figure.removesuffix(_MINOR)}_{currency}", Kind.TEXT))
    return columns


def _cells(row: Row, figures: Sequence[str], currencies: Sequence[str], zone: tzinfo) -> list[Any]:
    cells: list[Any] = [*row.texts.values()]
    cells += _moment_cells(row.moments_ms, zone)
    cells += row.counts.values()
    for figure in figures:
        value = row.figures.get(figure)
        if not is_money(figure):
            cells.append(value)
            continue
        for currency in currencies:
            cells += _money(value, figure, currency)
    cells += row.last_counts.values()
    cells += row.last_texts.values()
    return cells + _moment_cells(row.last_moments_ms, zone)


def _moment_cells(moments_ms: Mapping[str, int | None], zone: tzinfo) -> list[Any]:
    cells: list[Any] = []
    for at_ms in moments_ms.values():
        cells += [None if at_ms is None else moment(at_ms, zone), at_ms]
    return cells


def _money(value: Mapping[str, int] | None, figure: str, currency: str) -> tuple[Any, Any]:
    """A sum that knows nothing of a currency is 0 of it; a mean is unknown."""
    minor = None if value is None else value.get(currency, None if figure in _MEANS else 0)
    return (None, None) if minor is None else (minor, decimal_text(minor, currency))


def moment(at_ms: int, zone: tzinfo) -> datetime:
    """A time in a time zone, to the millisecond.

    Shapes: ``at_ms`` is at least a day after ``FIRST_SHOWN_MS`` and before ``LAST_SHOWN_MS``; in UTC,
        between them.
    """
    seconds, rest_ms = divmod(at_ms, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest_ms * 1000).astimezone(zone)
