"""What the feed says of a product's stock: out since when, how fresh that is, whether it is meant so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from streamproc.alerts.selling import Selling
from streamproc.events.outputs import ReleasePlanned, StockSeen
from streamproc.tally.floor import WHOLE, Cycle, Plan, Product, Stock

FRESH_MS: Final = 60_000
"""A report is fresh for so long."""
NEAR_MS: Final = 300_000
"""Times out of stock that are no longer and no farther apart belong to one selling in batches."""
LEARNED_CYCLES: Final = 2
"""After so many it is known; the next one out is the third."""

_LONGER: Final = 2
"""Times the longest of the known ones: what is out for longer is out in earnest."""
_LEAST_MUTED_MS: Final = 30_000
_LATE_RELEASE_MS: Final = 30_000
"""So late an announced release may be."""
_SOON_MS: Final = 600_000
"""What is announced for later than this does not say that a product is meant to be out until then."""


class Shelf(NamedTuple):
    """The stock of a product, or of one pack of it, as it was told.

    Shapes: ``stock`` is the report that decides, None: none came. ``out`` packs are out and others not;
        only of a whole product. ``is_ahead``: the clock that told it is ahead of ours.
    """

    pack: str
    stock: Stock | None
    plan: Plan | None
    out: tuple[str, ...] = ()
    is_ahead: bool = False

    def by(self, now_ms: int) -> Shelf:
        """The same by our clock: a report that is here was told now at the latest.

        Trap: how long it is out is known by the clock of the feed alone, so up to its newest report.
        """
        stock, ahead_ms = self.stock, self.told_ms - now_ms
        if stock is None or ahead_ms <= 0:
            return self
        cycles = [
            Cycle(each.out_ms - ahead_ms, each.back_ms and each.back_ms - ahead_ms)
            for each in stock.cycles
        ]
        out_since_ms = stock.out_since_ms and stock.out_since_ms - ahead_ms
        told = replace(stock, as_of_ms=now_ms, out_since_ms=out_since_ms, cycles=cycles)
        return self._replace(stock=told, is_ahead=True)

    @property
    def since_ms(self) -> int:
        """Since when it is out; 0: it is not, as far as is known."""
        return self.stock.out_since_ms or self.stock.as_of_ms if self.is_out and self.stock else 0

    @property
    def is_out(self) -> bool:
        """Whether the last report says that nothing is left."""
        return self.stock is not None and self.stock.is_out

    @property
    def told_ms(self) -> int:
        """When the last report was as of; 0: none came."""
        return 0 if self.stock is None else self.stock.as_of_ms

    @property
    def back_ms(self) -> int:
        """When it last came back; 0: it never was out, or is."""
        if self.stock is None or self.stock.is_out or not self.stock.cycles:
            return 0
        return self.stock.cycles[-1].back_ms

    def is_fresh(self, now_ms: int) -> bool:
        """Whether the last report is of the last minute."""
        return self.stock is not None and now_ms - self.stock.as_of_ms <= FRESH_MS

    def seen(self, now_ms: int) -> StockSeen | None:
        """As an alert shows it."""
        stock = self.stock
        if stock is None:
            return None
        return StockSeen(
            available=stock.available,
            sold_out=stock.is_out,
            as_of_ms=stock.as_of_ms,
            age_s=round(max(0, now_ms - stock.as_of_ms) / 1000, 1),
            reserved=None if stock.reserved < 0 else stock.reserved,
            cause=stock.cause or None,
        )

    def planned(self) -> ReleasePlanned | None:
        """What was announced, as an alert shows it; None: nothing that is not over."""
        plan = self.plan
        if plan is None or plan.release_at_ms < self.since_ms:
            return None
        return ReleasePlanned(
            release_at_ms=plan.release_at_ms,
            quantity=None if plan.quantity < 0 else plan.quantity,
        )


def shelf_of(product: Product | None) -> Shelf:
    """A product as a whole: it is out if its packs all are."""
    if product is None or not product.stock:
        return Shelf(WHOLE, None, None if product is None else product.plans.get(WHOLE))
    stocks = product.stock
    out = [pack for pack, stock in stocks.items() if stock.is_out]
    whole = stocks.get(WHOLE)
    newest = max(stocks, key=lambda pack: (stocks[pack].as_of_ms, pack))
    if len(out) == len(stocks) or (WHOLE in out and newest in out):
        # the one that went last made the product run out
        last = max(out, key=lambda pack: (stocks[pack].out_since_ms, pack))
        pack = WHOLE if whole is not None and WHOLE in out and len(out) < len(stocks) else last
        return Shelf(pack, stocks[pack], _plan(product, pack))
    there = max(
        (pack for pack in stocks if pack not in out),
        key=lambda pack: (stocks[pack].as_of_ms, pack),
    )
    return Shelf(
        there, stocks[there], _plan(product, there), tuple(sorted(each for each in out if each))
    )


def shelf_of_pack(product: Product | None, pack: str) -> Shelf:
    """One pack of a product."""
    if product is None:
        return Shelf(pack, None, None)
    return Shelf(pack, product.stock.get(pack), _plan(product, pack))


def _plan(product: Product, pack: str) -> Plan | None:
    plans = [product.plans[each] for each in {pack, WHOLE} if each in product.plans]
    return max(plans, key=lambda plan: (plan.told_ms, plan.release_at_ms), default=None)


def muted_until_ms(shelf: Shelf, sells: Selling) -> int:
    """Until when a product that is out is meant to be: more is announced, or it always comes back soon.

    Shapes: 0: it is not.
    """
    since_ms = shelf.since_ms
    plan = shelf.plan
    until_ms = 0
    if (
        plan is not None
        and since_ms <= plan.release_at_ms <= max(since_ms, plan.told_ms) + _SOON_MS
    ):
        until_ms = plan.release_at_ms + _LATE_RELEASE_MS
    lengths = lengths_out(shelf, sells)
    if since_ms and len(lengths) >= LEARNED_CYCLES:
        until_ms = max(until_ms, since_ms + max(_LEAST_MUTED_MS, _LONGER * max(lengths)))
    return until_ms


def lengths_out(shelf: Shelf, sells: Selling) -> list[int]:
    """How long it was out each time of late, before it is out now, the newest first.

    Shapes: each and the time between them at most ``NEAR_MS``; not those after which none was sold.
    """
    return [
        cycle.back_ms - cycle.out_ms for cycle, sold in _turns(shelf, sells) if sold is not False
    ]


def flaps_since_ms(shelf: Shelf, sells: Selling) -> int:
    """Since when it is told by turns that it is out and there, and nobody could buy any; 0: it is not.

    Source: two feeds that disagree tell so, each time that one of them reports.
    """
    since_ms = turns = 0
    for cycle, sold in _turns(shelf, sells):
        if sold:
            break
        since_ms, turns = cycle.out_ms, turns + (sold is False)
    return since_ms if turns >= LEARNED_CYCLES else 0


def _turns(shelf: Shelf, sells: Selling) -> Iterator[tuple[Cycle, bool | None]]:
    """Each time out of late that has ended, the newest first, and whether it was sold when it was back.

    Shapes: None: nobody knows yet, because it is back now, or nobody buys or tries to.
    """
    if shelf.stock is None:
        return
    is_known = bool(sells.last_ms or sells.refused_ms)
    next_ms = shelf.since_ms
    for cycle in reversed(shelf.stock.cycles):
        if not cycle.back_ms:
            continue
        length_ms = cycle.back_ms - cycle.out_ms
        if length_ms > NEAR_MS or (next_ms and next_ms - cycle.back_ms > NEAR_MS):
            return
        sold = None
        if next_ms and is_known:
            lines = sells.between(cycle.back_ms, next_ms)
            if lines is None:
                return
            sold = lines > 0
        yield cycle, sold
        next_ms = cycle.out_ms
