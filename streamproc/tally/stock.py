"""The stock of one pack, as it was reported: how much is left, since when it is out, what is coming."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from streamproc.events.rooms import StockReleasePlanned, StockReported

CYCLES: Final = 8
UNTOLD: Final = -1
"""A number that nobody told."""


class Cycle(Struct, array_like=True, gc=False):
    """Once out of stock and back. Shapes: ``back_ms`` is 0 while it is out."""

    out_ms: int
    back_ms: int = 0


class Stock(Struct, array_like=True):
    """What was last reported of the stock of one pack.

    Shapes: of two reports the one with the greater ``as_of_ms`` stands, of two as old the one that came
        last, which corrects the other. ``out_since_ms`` is when the first of the reports of nothing left
        was as of; 0: there is stock. ``cycles`` ascend, the newest ``CYCLES``.
    Units: a report that says it is of a time after its own event is as of the time of that event.
    """

    as_of_ms: int
    available: int
    reserved: int = UNTOLD
    sold_out: bool = False
    cause: str = ""
    out_since_ms: int = 0
    cycles: list[Cycle] = field(default_factory=list)

    @property
    def is_out(self) -> bool:
        """Whether nothing is left, or somebody marked it so."""
        return self.sold_out or self.available == 0


class Plan(Struct, array_like=True, gc=False):
    """More of a pack is announced. Shapes: ``quantity`` is -1 where nobody said."""

    told_ms: int
    release_at_ms: int
    quantity: int = UNTOLD


def reported(held: Stock | None, event: StockReported) -> Stock:
    """The stock of a pack after a report; ``held`` itself if that is of an older time."""
    as_of_ms = min(event.as_of_ms, event.occurred_at_ms)
    if held is not None and as_of_ms < held.as_of_ms:
        return held
    stock = Stock(
        as_of_ms,
        event.available,
        UNTOLD if event.reserved is None else event.reserved,
        event.sold_out is True,
        "" if event.cause is None else event.cause.value,
    )
    if held is not None:
        stock.out_since_ms, stock.cycles = held.out_since_ms, held.cycles
    if stock.is_out and not stock.out_since_ms:
        _run_out(stock)
    elif stock.out_since_ms and not stock.is_out:
        _come_back(stock)
    return stock


def planned(held: Plan | None, event: StockReleasePlanned) -> Plan:
    """The plan for a pack after an announcement: the one told last stands."""
    if held is not None and event.occurred_at_ms < held.told_ms:
        return held
    quantity = UNTOLD if event.quantity is None else event.quantity
    return Plan(event.occurred_at_ms, event.release_at_ms, quantity)


def _run_out(stock: Stock) -> None:
    cycles = stock.cycles
    if cycles and cycles[-1].back_ms == stock.as_of_ms:
        # What said at the same time that it is back is corrected.
        cycles[-1].back_ms = 0
    else:
        cycles.append(Cycle(stock.as_of_ms))
        del cycles[:-CYCLES]
    stock.out_since_ms = cycles[-1].out_ms


def _come_back(stock: Stock) -> None:
    stock.out_since_ms = 0
    if stock.cycles[-1].out_ms == stock.as_of_ms:
        stock.cycles.pop()
    else:
        stock.cycles[-1].back_ms = stock.as_of_ms
