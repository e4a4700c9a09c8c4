"""Villages, towns and districts: sums of what the tallies of their hosts say.

Every session of a tally counts where its host lives, so that every level has the same sums. People
cannot be added up (one viewer may be in two rooms): their counts, and what is divided by them, are None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from msgspec import Struct

from streamproc.board.told import told_of
from streamproc.events.host_tally import Figures, HostTally, SessionTallied, Value
from streamproc.tally.completeness import summed_by_topic
from streamproc.tally.registry import FIGURE_IDS
from streamproc.tally.rollups import UNKNOWN, Level, names_of
from streamproc.tally.sheets import Money
from streamproc.tally.spans import VIEWS_OF_GPM, mean_minor, ratio, value_of_each

SUMMED: Final = (
    "created_minor",
    "pay_gmv_minor",
    "net_gmv_minor",
    "refunded_minor",
    "orders_main",
    "orders_sku",
    "items_sold",
    "unpaid_minor",
    "failed_orders",
    "views",
    "likes",
    "follows",
    "shares",
    "comments",
    "product_exposures",
    "product_clicks",
    "cart_adds",
)
"""Figures that add up."""


class PlaceSums(Struct, frozen=True, kw_only=True):
    """A place and its sums.

    Shapes: ``place`` is the district, then town and village as far as asked. ``late`` and ``rejected`` sum
        by topic those of its sessions, ``approximate`` names the figures shown that are estimates in
        any, ``missing_sources`` counts by topic the sessions of which it told nothing.
    """

    place: list[str]
    hosts: int
    sessions: int
    figures: Figures
    late: dict[str, int]
    rejected: dict[str, int]
    approximate: list[str]
    missing_sources: dict[str, int]


def rolled_up(tallies: Iterable[HostTally], level: Level) -> list[PlaceSums]:
    """The sums of every place. Shapes: ascending by place."""
    depth = len(names_of(level))
    by_place: dict[tuple[str, ...], list[HostTally]] = {}
    for tally in tallies:
        home = (tally.district or UNKNOWN, tally.town or UNKNOWN, tally.village or UNKNOWN)
        by_place.setdefault(home[:depth], []).append(tally)
    return [_sums(place, by_place[place]) for place in sorted(by_place)]


def _sums(place: tuple[str, ...], tallies: Sequence[HostTally]) -> PlaceSums:
    sessions = [session for tally in tallies for session in tally.sessions]
    figures: Figures = dict.fromkeys(FIGURE_IDS)
    figures.update({name: _sum([each.figures.get(name) for each in sessions]) for name in SUMMED})
    figures["refund_rate"] = _quotient(_refunded_lines(sessions), figures["orders_sku"])
    figures["ctr"] = _quotient(figures["product_clicks"], figures["product_exposures"])
    figures["ctor"] = _quotient(*_both(sessions, "orders_sku", "product_clicks"))
    figures["aov_order_minor"] = _each(
        figures["pay_gmv_minor"], figures["orders_main"], value_of_each
    )
    figures["gpm_views_minor"] = _each(
        *_both(sessions, "pay_gmv_minor", "views"), partial(mean_minor, times=VIEWS_OF_GPM)
    )
    told = [told_of(each) for each in sessions]
    estimates = {name for each in told for name in each.approximate}
    return PlaceSums(
        place=list(place),
        hosts=len(tallies),
        sessions=len(sessions),
        figures=figures,
        late=summed_by_topic(each.late for each in told),
        rejected=summed_by_topic(each.rejected for each in told),
        approximate=[
            each for each in FIGURE_IDS if each in estimates and figures[each] is not None
        ],
        missing_sources=summed_by_topic(dict.fromkeys(each.missing_sources, 1) for each in told),
    )


def _both(sessions: Iterable[SessionTallied], part: str, whole: str) -> tuple[Value, Value]:
    """The sums of two figures that different topics tell, of the sessions that know both."""
    told = [(each.figures.get(part), each.figures.get(whole)) for each in sessions]
    known = [each for each in told if None not in each]
    return _sum([each for each, _ in known]), _sum([each for _, each in known])


def _sum(values: Iterable[Value]) -> Value:
    """The sum of what is known; None if nothing is."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    if not any(isinstance(value, dict) for value in known):
        whole: Any = sum(value for value in known if not isinstance(value, dict))
        return whole  # type: ignore[no-any-return]
    money: dict[str, int] = {}
    for value in known:
        if isinstance(value, dict):
            for currency, minor in value.items():
                money[currency] = money.get(currency, 0) + minor
    return money


def _refunded_lines(sessions: Iterable[SessionTallied]) -> Value:
    """How many lines were refunded: a tally only tells their share of the lines paid, exactly."""
    known = [
        round(rate * lines)
        for each in sessions
        if isinstance(rate := each.figures.get("refund_rate"), (int, float))
        and isinstance(lines := each.figures.get("orders_sku"), int)
    ]
    return sum(known) if known else None


def _quotient(part: Value, whole: Value) -> float | None:
    if isinstance(part, int) and isinstance(whole, int):
        return ratio(part, whole)
    return None


def _each(money: Value, count: Value, of_each: Callable[[Money, int], Money | None]) -> Value:
    """Money of each of a count, in whole minor units."""
    if not isinstance(money, dict) or not isinstance(count, int):
        return None
    return of_each(money, count)
