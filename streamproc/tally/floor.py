"""What is for sale in a room: products, links, pins, stock, coupons, and people's verdicts on alerts.

All of it is told by the rooms topic, so all of it is one record of that topic. Whatever joins it with
comments or orders asks for a time: which product a link number stood for then, which one was on show.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

PRODUCTS: Final = 64
COUPONS: Final = 16
LINKS: Final = 128
"""Changes of the link table that are remembered."""
PINS: Final = 64
CYCLES: Final = 8
VERDICTS: Final = 64
WHOLE: Final = ""
"""The pack that a report means which names none."""


class Cycle(Struct, array_like=True, gc=False):
    """Once out of stock and back. Shapes: ``back_ms`` is 0 while it is out."""

    out_ms: int
    back_ms: int = 0


class Stock(Struct, array_like=True):
    """What was last reported of the stock of one pack.

    Shapes: of two reports the one with the greater ``as_of_ms`` stands, of two as old the one that came
        last. ``out_since_ms`` is when the first of the reports of nothing left was as of; 0: there is
        stock. ``cycles`` ascend, the newest ``CYCLES``.
    """

    as_of_ms: int
    available: int
    reserved: int = -1
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
    quantity: int = -1


class Product(Struct, array_like=True):
    """A product of a room.

    Shapes: ``listed_ms`` is 0 where only its stock or plan was told; ``delisted_ms`` above it: it is
        gone. ``link_no`` is 0 for none, ``price_minor`` -1 for unknown. ``stock`` and ``plans`` by pack.
    """

    listed_ms: int = 0
    delisted_ms: int = 0
    title: str = ""
    link_no: int = 0
    price_minor: int = -1
    currency: str = ""
    stock: dict[str, Stock] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)

    @property
    def is_listed(self) -> bool:
        """Whether it is for sale."""
        return self.listed_ms > 0 and self.listed_ms >= self.delisted_ms


class Coupon(Struct, array_like=True, gc=False):
    """A coupon of a room.

    Shapes: ``remaining`` is -1 where nobody said; ``out_since_ms`` is 0 while there are some;
        ``claims`` counts those of the broadcast, ``claimed_ms`` is the time of the last.
    """

    as_of_ms: int = 0
    remaining: int = -1
    out_since_ms: int = 0
    claims: int = 0
    claimed_ms: int = 0


class Verdict(Struct, array_like=True, gc=False):
    """What a person last said of an alert. Shapes: ``until_ms`` is 0 unless it is snoozed."""

    at_ms: int
    verdict: str
    until_ms: int = 0
    operator_key: str = ""


class Floor(Struct, array_like=True):
    """The shop floor of one broadcast.

    Shapes: ``links`` are (time, link number, product), ``pins`` (time, product), both ascending and
        the newest only; an empty product: the number is free. ``acted_ms`` is when somebody last
        changed something by hand: listed, pinned, delisted, or reported stock as ``manual``.
    """

    products: dict[str, Product] = field(default_factory=dict)
    links: list[tuple[int, int, str]] = field(default_factory=list)
    pins: list[tuple[int, str]] = field(default_factory=list)
    coupons: dict[str, Coupon] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    acted_ms: int = 0

    def on_show(self, at_ms: int) -> str | None:
        """The product that was on show at a time; None: none that is known."""
        return next((product for at, product in reversed(self.pins) if at <= at_ms), None)

    def shown_since_ms(self, at_ms: int) -> int:
        """When what was on show at a time was pinned; 0: nothing was."""
        return next((at for at, _ in reversed(self.pins) if at <= at_ms), 0)

    def linked(self, link_no: int, at_ms: int) -> str | None:
        """The product that a link number stood for at a time; None: none that is known."""
        for at, number, product in reversed(self.links):
            if number == link_no and at <= at_ms:
                return product or None
        return None
