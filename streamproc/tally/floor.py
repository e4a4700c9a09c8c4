"""What is for sale in a room: products, links, pins, stock, coupons, and people's verdicts on alerts.

All of it is told by the rooms topic, so all of it is one record of that topic. Whatever joins it with
comments or orders asks for a time: which product a link number stood for then, which one was on show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec import Struct, field

from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import (
    AlertJudged,
    CouponClaimed,
    CouponReported,
    ProductDelisted,
    ProductListed,
    ProductPinned,
    StockCause,
    StockReleasePlanned,
    StockReported,
)
from streamproc.tally.lineup import LINKS as LINKS
from streamproc.tally.lineup import PINS as PINS
from streamproc.tally.lineup import Link, Pin, linked, numbers_of, with_link, with_pin
from streamproc.tally.stock import CYCLES as CYCLES
from streamproc.tally.stock import UNTOLD, planned, reported
from streamproc.tally.stock import Cycle as Cycle
from streamproc.tally.stock import Plan as Plan
from streamproc.tally.stock import Stock as Stock

PRODUCTS: Final = 256
PACKS: Final = 16
"""Of one product."""
COUPONS: Final = 16
VERDICTS: Final = 64
WHOLE: Final = ""
"""The pack that a report means which names none."""

T = TypeVar("T")


class Product(Struct, array_like=True):
    """A product of a room.

    Shapes: ``listed_ms`` is 0 where only its stock or plan was told; ``delisted_ms`` above it: it is
        gone. ``link_no`` is 0 for none, ``price_minor`` -1 for unknown. ``stock`` and ``plans`` by pack.
        ``priced_ms`` is when its price was listed, ``told_ms`` when anything was told of it last.
    """

    listed_ms: int = 0
    delisted_ms: int = 0
    title: str = ""
    link_no: int = 0
    price_minor: int = UNTOLD
    currency: str = ""
    stock: dict[str, Stock] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    priced_ms: int = 0
    told_ms: int = 0

    @property
    def is_listed(self) -> bool:
        """Whether it is for sale."""
        return self.listed_ms > 0 and self.listed_ms >= self.delisted_ms

    def take_listing(self, event: ProductListed) -> None:
        """Take in that it is for sale: what was listed last stands, an unknown price changes none."""
        at_ms = event.occurred_at_ms
        if at_ms >= self.listed_ms:
            self.listed_ms, self.title = at_ms, event.title
        if event.price_minor is not None and at_ms >= self.priced_ms:
            self.priced_ms, self.price_minor = at_ms, event.price_minor
            self.currency = event.currency or ""

    def report(self, event: StockReported) -> None:
        """Take in what is left of a pack."""
        sku_id = event.sku_id or WHOLE
        self.stock[sku_id] = reported(self.stock.get(sku_id), event)
        _drop_first(self.stock, PACKS, lambda stock: stock.as_of_ms)

    def plan(self, event: StockReleasePlanned) -> None:
        """Take in that more of a pack is announced."""
        sku_id = event.sku_id or WHOLE
        self.plans[sku_id] = planned(self.plans.get(sku_id), event)
        _drop_first(self.plans, PACKS, lambda plan: plan.told_ms)


class Coupon(Struct, array_like=True, gc=False):
    """A coupon of a room.

    Shapes: ``remaining`` is -1 where nobody said; ``out_since_ms`` is 0 while there are some;
        ``claims`` counts those of the broadcast, ``claimed_ms`` is the time of the last.
    """

    as_of_ms: int = 0
    remaining: int = UNTOLD
    out_since_ms: int = 0
    claims: int = 0
    claimed_ms: int = 0

    @property
    def told_ms(self) -> int:
        """When anything was told of it last."""
        return max(self.as_of_ms, self.claimed_ms)

    def report(self, event: CouponReported) -> None:
        """Take in how many are left; what was reported last stands."""
        at_ms = event.occurred_at_ms
        if at_ms < self.as_of_ms:
            return
        self.as_of_ms, self.remaining = at_ms, event.remaining
        self.out_since_ms = 0 if event.remaining else self.out_since_ms or at_ms

    def claim(self, event: CouponClaimed) -> None:
        """Take in that a viewer took one."""
        self.claims += 1
        self.claimed_ms = max(self.claimed_ms, event.occurred_at_ms)


class Verdict(Struct, array_like=True, gc=False):
    """What a person last said of an alert. Shapes: ``until_ms`` is 0 unless it is snoozed."""

    at_ms: int
    verdict: str
    until_ms: int = 0
    operator_key: str = ""


class Floor(Struct, array_like=True):
    """The shop floor of one broadcast.

    Shapes: ``links`` are (time, link number, product), ``pins`` (time, product), both ascending and
        the newest only; a product has one number, and a number one product, those told last.
        ``acted_ms`` is when somebody last changed something by hand: listed, pinned, delisted, or
        reported stock as ``manual``. Of products those that are not for sale go first when there is
        no room, of them or else of all the one of which nothing was told for longest. ``room_id`` is
        the platform's name of the room, told last. ``dropped``: one went that is for sale, so what is not
        known here may be.
    """

    products: dict[str, Product] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    pins: list[Pin] = field(default_factory=list)
    coupons: dict[str, Coupon] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    acted_ms: int = 0
    room_id: str = ""
    dropped: bool = False

    def on_show(self, at_ms: int) -> str | None:
        """The product that was on show at a time, pinned last; None: none that is known."""
        return next((product for at, product in reversed(self.pins) if at <= at_ms), None)

    def shown_since_ms(self, at_ms: int) -> int:
        """When what was on show at a time was pinned, and not another since; 0: nothing was."""
        since_ms, shown = 0, ""
        for pinned_ms, product in reversed(self.pins):
            if pinned_ms > at_ms:
                continue
            if since_ms and product != shown:
                break
            since_ms, shown = pinned_ms, product
        return since_ms

    def linked(self, link_no: int, at_ms: int) -> str | None:
        """The product that a link number stood for at a time; None: none that is known."""
        return linked(self.links, link_no, at_ms)

    def take(self, event: AnyEvent) -> bool:
        """Take an event in; False: it is none of ``FLOOR_EVENTS``, and changes nothing here."""
        take = _TAKE.get(event.__class__)
        if take is None:
            return False
        take(self, event)
        self.room_id = getattr(event, "room_id", self.room_id)
        return True

    def list_product(self, event: ProductListed) -> None:
        """Take in that a product is for sale, perhaps with other values than before."""
        at_ms = event.occurred_at_ms
        self._act(at_ms)
        self._product(event.product_id, at_ms).take_listing(event)
        if event.link_no is not None:
            self.links = with_link(self.links, (at_ms, event.link_no, event.product_id))
        numbers = numbers_of(self.links)
        for product_id, product in self.products.items():
            product.link_no = numbers.get(product_id, 0)
        self._bound()

    def pin(self, event: ProductPinned) -> None:
        """Take in that a product is the one on show."""
        at_ms = event.occurred_at_ms
        self._act(at_ms)
        self.pins = with_pin(self.pins, (at_ms, event.product_id))
        if event.product_id in self.products:
            self._product(event.product_id, at_ms)

    def delist(self, event: ProductDelisted) -> None:
        """Take in that a product is no longer for sale."""
        at_ms = event.occurred_at_ms
        self._act(at_ms)
        product = self._product(event.product_id, at_ms)
        product.delisted_ms = max(product.delisted_ms, at_ms)
        self._bound()

    def report_stock(self, event: StockReported) -> None:
        """Take in what is left of a pack."""
        if event.cause is StockCause.MANUAL:
            self._act(event.occurred_at_ms)
        self._product(event.product_id, event.occurred_at_ms).report(event)
        self._bound()

    def plan_release(self, event: StockReleasePlanned) -> None:
        """Take in that more of a pack is announced."""
        self._product(event.product_id, event.occurred_at_ms).plan(event)
        self._bound()

    def report_coupon(self, event: CouponReported) -> None:
        """Take in how many of a coupon are left."""
        self._coupon(event.coupon_id).report(event)
        _drop_first(self.coupons, COUPONS, _coupon_told_ms)

    def claim_coupon(self, event: CouponClaimed) -> None:
        """Take in that a viewer took a coupon."""
        self._coupon(event.coupon_id).claim(event)
        _drop_first(self.coupons, COUPONS, _coupon_told_ms)

    def judge(self, event: AlertJudged) -> None:
        """Take in what a person says of an alert."""
        held = self.verdicts.get(event.alert_id)
        at_ms = event.occurred_at_ms
        if held is None or at_ms >= held.at_ms:
            until_ms = event.until_ms or 0
            verdict = Verdict(at_ms, event.verdict.value, until_ms, event.operator_key)
            self.verdicts[event.alert_id] = verdict
            _drop_first(self.verdicts, VERDICTS, lambda verdict: verdict.at_ms)

    def _act(self, at_ms: int) -> None:
        self.acted_ms = max(self.acted_ms, at_ms)

    def _product(self, product_id: str, at_ms: int) -> Product:
        """A product, begun if it is new, of which something is told."""
        product = self.products.get(product_id)
        if product is None:
            number = numbers_of(self.links).get(product_id, 0)
            product = self.products[product_id] = Product(link_no=number)
        product.told_ms = max(product.told_ms, at_ms)
        return product

    def _coupon(self, coupon_id: str) -> Coupon:
        """A coupon, begun if it is new."""
        return self.coupons.setdefault(coupon_id, Coupon())

    def _bound(self) -> None:
        if len(self.products) > PRODUCTS:
            products = self.products
            least = min(products, key=lambda each: (*_rank(products[each]), each))
            self.dropped = self.dropped or products[least].is_listed
            del products[least]


def _rank(product: Product) -> tuple[bool, int]:
    """Which of too many products goes: the least."""
    return product.is_listed, product.told_ms


def _drop_first(held: dict[str, T], most: int, told_ms: Callable[[T], int]) -> None:
    """Of one too many drop that of which nothing was told for longest."""
    if len(held) > most:
        del held[min(held, key=lambda name: (told_ms(held[name]), name))]


def _coupon_told_ms(coupon: Coupon) -> int:
    return coupon.told_ms


_TAKE: Final[dict[type, Callable[[Floor, Any], None]]] = {
    ProductListed: Floor.list_product,
    ProductPinned: Floor.pin,
    ProductDelisted: Floor.delist,
    StockReported: Floor.report_stock,
    StockReleasePlanned: Floor.plan_release,
    CouponReported: Floor.report_coupon,
    CouponClaimed: Floor.claim_coupon,
    AlertJudged: Floor.judge,
}

FLOOR_EVENTS: Final = frozenset(_TAKE)
"""Events that a floor takes in."""
