"""What is for sale in one broadcast and whether it is alive, looked up in lists of what was told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final, TypeVar

from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import (
    AdapterHeartbeat,
    AlertJudged,
    CouponClaimed,
    CouponReported,
    ProductDelisted,
    ProductListed,
    ProductPinned,
    StockReleasePlanned,
    StockReported,
    StreamHealth,
)
from streamproc.oracle.sessions import Canonical, without_empty

PRODUCTS_KEPT: Final = 256
PACKS_KEPT: Final = 16
CYCLES_KEPT: Final = 8
COUPONS_KEPT: Final = 16
VERDICTS_KEPT: Final = 64
SAMPLES_KEPT: Final = 24

_UNTOLD: Final = -1
_OfProduct = ProductListed | ProductPinned | ProductDelisted | StockReported | StockReleasePlanned
_OfCoupon = CouponReported | CouponClaimed
_Timed = TypeVar("_Timed", bound=AnyEvent)


@dataclass
class _Product:
    """Everything told of a product since it is known, in the order of the log."""

    told: list[_OfProduct] = field(default_factory=list)
    reports: dict[str, list[StockReported]] = field(default_factory=dict)
    plans: dict[str, list[StockReleasePlanned]] = field(default_factory=dict)

    def take(self, event: _OfProduct) -> None:
        """Keep what is told; of too many packs the one that was told of longest ago is forgotten."""
        self.told.append(event)
        if isinstance(event, StockReported):
            self.reports.setdefault(event.sku_id or "", []).append(event)
            _forget(
                self.reports,
                {sku: _standing_report(each)[0] for sku, each in self.reports.items()},
                PACKS_KEPT,
            )
        elif isinstance(event, StockReleasePlanned):
            self.plans.setdefault(event.sku_id or "", []).append(event)
            _forget(
                self.plans,
                {sku: _last(each).occurred_at_ms for sku, each in self.plans.items()},
                PACKS_KEPT,
            )

    @property
    def told_ms(self) -> int:
        """When anything was told of it last."""
        return max(event.occurred_at_ms for event in self.told)

    @property
    def listings(self) -> list[ProductListed]:
        """Every listing, in the order of the log."""
        return [event for event in self.told if isinstance(event, ProductListed)]

    @property
    def delisted_ms(self) -> int:
        """When it was last taken out; 0: never."""
        gone = [each.occurred_at_ms for each in self.told if isinstance(each, ProductDelisted)]
        return max(gone, default=0)

    @property
    def is_listed(self) -> bool:
        """Whether it was listed, and not taken out since."""
        listed_ms = max((each.occurred_at_ms for each in self.listings), default=0)
        return listed_ms > 0 and listed_ms >= self.delisted_ms

    def canonical(self, number: int) -> Canonical:
        """What is known of it; ``number`` is its link's."""
        listed = _last(self.listings) if self.listings else None
        priced = [each for each in self.listings if each.price_minor is not None]
        price = _last(priced) if priced else None
        return {
            "listed": [] if listed is None else [listed.occurred_at_ms, listed.title],
            "delisted_ms": self.delisted_ms,
            "link_no": number,
            "price": []
            if price is None
            else [price.occurred_at_ms, price.price_minor, price.currency or ""],
            "stock": {sku: _stock(reports) for sku, reports in self.reports.items()},
            "plans": {sku: _plan(_last(plans)) for sku, plans in self.plans.items()},
            "told_ms": self.told_ms,
        }


@dataclass
class Shop:
    """Everything that the rooms topic told of one broadcast but its turns."""

    products: dict[str, _Product] = field(default_factory=dict)
    coupons: dict[str, list[_OfCoupon]] = field(default_factory=lambda: defaultdict(list))
    verdicts: dict[str, list[AlertJudged]] = field(default_factory=lambda: defaultdict(list))
    listings: list[ProductListed] = field(default_factory=list)
    pins: list[ProductPinned] = field(default_factory=list)
    health: list[StreamHealth] = field(default_factory=list)
    heartbeats: list[AdapterHeartbeat] = field(default_factory=list)
    acts_ms: list[int] = field(default_factory=list)
    forgot_a_listed_one: bool = False

    def take(self, event: AnyEvent) -> None:
        """Keep an applied event."""
        if isinstance(event, _OfProduct):
            self._take_product(event)
        elif isinstance(event, _OfCoupon):
            self.coupons[event.coupon_id].append(event)
            told_ms = {coupon: _told_last_ms(each) for coupon, each in self.coupons.items()}
            _forget(self.coupons, told_ms, COUPONS_KEPT)
        elif isinstance(event, AlertJudged):
            self.verdicts[event.alert_id].append(event)
            told_ms = {alert: _told_last_ms(each) for alert, each in self.verdicts.items()}
            _forget(self.verdicts, told_ms, VERDICTS_KEPT)
        elif isinstance(event, StreamHealth):
            self.health.append(event)
        elif isinstance(event, AdapterHeartbeat):
            self.heartbeats.append(event)

    def _take_product(self, event: _OfProduct) -> None:
        by_hand = isinstance(event, StockReported) and event.cause == "manual"
        if by_hand or not isinstance(event, StockReported | StockReleasePlanned):
            self.acts_ms.append(event.occurred_at_ms)
        if isinstance(event, ProductListed):
            self.listings.append(event)
        if isinstance(event, ProductPinned):
            self.pins.append(event)
            if event.product_id not in self.products:
                return
        self.products.setdefault(event.product_id, _Product()).take(event)
        if len(self.products) > PRODUCTS_KEPT:
            least = min(self.products, key=self._rank)
            if self.products[least].is_listed:
                self.forgot_a_listed_one = True
            del self.products[least]

    def _rank(self, product_id: str) -> tuple[bool, int, str]:
        """Of too many products the least is forgotten."""
        product = self.products[product_id]
        return product.is_listed, product.told_ms, product_id

    def canonical(self) -> Canonical:
        """The floor and the pulse."""
        numbers = self._numbers()
        floor = {
            "products": {
                name: without_empty(product.canonical(numbers.get(name, 0)))
                for name, product in self.products.items()
            },
            "on_show": max(map(_pinned, self.pins), default=(0, ""))[1],
            "coupons": {name: _coupon(told) for name, told in self.coupons.items()},
            "verdicts": {name: _verdict(_last(told)) for name, told in self.verdicts.items()},
            "acted_ms": max(self.acts_ms, default=0),
            "dropped": int(self.forgot_a_listed_one),
        }
        pulse = {
            "health": [
                [each.occurred_at_ms, each.frames_per_s, each.bitrate_kbps, each.audio_rms_db]
                for each in _by_time(self.health)[-SAMPLES_KEPT:]
            ],
            "heartbeats": [
                [each.occurred_at_ms, int(each.connected), _number(each.last_message_age_ms)]
                for each in _by_time(self.heartbeats)[-SAMPLES_KEPT:]
            ],
        }
        return {"floor": without_empty(floor), "pulse": without_empty(pulse)}

    def _numbers(self) -> dict[str, int]:
        """The link number that each product has in the end."""
        told = sorted(
            (each.occurred_at_ms, each.link_no, each.product_id)
            for each in self.listings
            if each.link_no is not None
        )
        table: dict[int, str] = {}
        for _, number, product in told:
            table = {no: other for no, other in table.items() if other != product}
            table[number] = product
        return {product: number for number, product in table.items()}


def _standing_report(reports: list[StockReported]) -> tuple[int, StockReported]:
    """The report that stands, and what it is as of: that of its event at most."""
    as_of = [(min(each.as_of_ms, each.occurred_at_ms), each) for each in reports]
    newest_ms = max(as_of_ms for as_of_ms, _ in as_of)
    return next(each for each in reversed(as_of) if each[0] == newest_ms)


def _stock(reports: list[StockReported]) -> list[object]:
    """Stock as it stands, since when it is out, and when it ran out and came back."""
    as_of_ms, report = _standing_report(reports)
    states: list[tuple[int, bool]] = []
    for number in range(len(reports)):
        at_ms, standing = _standing_report(reports[: number + 1])
        # What stands after each report, of the same time the last.
        states = [state for state in states if state[0] < at_ms]
        states.append((at_ms, standing.available == 0 or standing.sold_out is True))
    cycles: list[list[int]] = []
    is_out = False
    for at_ms, out in states:
        if out and not is_out:
            cycles.append([at_ms, 0])
        elif is_out and not out:
            cycles[-1][1] = at_ms
        is_out = out
    since_ms = cycles[-1][0] if is_out else 0
    marked = int(report.sold_out is True)
    cause = "" if report.cause is None else report.cause.value
    said = [as_of_ms, report.available, _number(report.reserved), marked, cause]
    return [*said, since_ms, cycles[-CYCLES_KEPT:]]


def _plan(plan: StockReleasePlanned) -> list[int]:
    return [plan.occurred_at_ms, plan.release_at_ms, _number(plan.quantity)]


def _coupon(told: list[_OfCoupon]) -> list[int]:
    """As of, how many are left, since when none, how often it was claimed, when last."""
    claims = [each.occurred_at_ms for each in told if isinstance(each, CouponClaimed)]
    claimed = [len(claims), max(claims, default=0)]
    out_since_ms = as_of_ms = 0
    remaining = _UNTOLD
    for each in told:
        if isinstance(each, CouponReported) and each.occurred_at_ms >= as_of_ms:
            as_of_ms, remaining = each.occurred_at_ms, each.remaining
            out_since_ms = (out_since_ms or as_of_ms) if remaining == 0 else 0
    return [as_of_ms, remaining, out_since_ms, *claimed]


def _pinned(pin: ProductPinned) -> tuple[int, str]:
    return pin.occurred_at_ms, pin.product_id


def _verdict(said: AlertJudged) -> list[object]:
    return [said.occurred_at_ms, said.verdict.value, said.until_ms or 0, said.operator_key]


def _last(told: list[_Timed]) -> _Timed:
    """What was told of the greatest time, of equal ones the one that came last."""
    return _by_time(told)[-1]


def _by_time(told: list[_Timed]) -> list[_Timed]:
    return sorted(told, key=lambda each: each.occurred_at_ms)


def _told_last_ms(told: list[_Timed]) -> int:
    return max(each.occurred_at_ms for each in told)


def _forget(
    held: dict[str, _Timed] | dict[str, list[_Timed]], told_ms: dict[str, int], most: int
) -> None:
    """Of too many forget the one that was told of longest ago."""
    if len(held) > most:
        del held[min(told_ms, key=lambda name: (told_ms[name], name))]


def _number(told: int | None) -> int:
    return _UNTOLD if told is None else told
