"""What is for sale, a room's pulse and what was sold, in the canonical form of a state."""

from __future__ import annotations

from typing import Any

from streamproc.tally.floor import Coupon, Floor, Product, Stock, Verdict
from streamproc.tally.model import SessionTally
from streamproc.tally.pulse import Pulse
from streamproc.tally.sold import SECOND_MS, MinuteSold
from streamproc.tally.timing import MINUTE_MS

Tree = dict[str, Any]

_EVER_MS = 1 << 63


def canonical_shop(tally: SessionTally) -> Tree:
    """What alerts look at of a session.

    Shapes: ``{"floor", "pulse", "sold"}``; of links and pins what stands in the end; ``sold`` by the text
        of a minute's begin in milliseconds, packs of which nothing is left are left out.
    """
    return {
        "floor": {} if tally.floor is None else _floor(tally.floor),
        "pulse": {} if tally.pulse is None else _pulse(tally.pulse),
        "sold": {
            str(number * MINUTE_MS): _sold(number * MINUTE_MS, minute.sold)
            for number, minute in tally.minutes.items()
            if minute.sold is not None
        },
    }


def _floor(floor: Floor) -> Tree:
    return {
        "products": {name: _product(each) for name, each in floor.products.items()},
        "on_show": floor.on_show(_EVER_MS),
        "coupons": {name: _coupon(each) for name, each in floor.coupons.items()},
        "verdicts": {name: _verdict(each) for name, each in floor.verdicts.items()},
        "acted_ms": floor.acted_ms,
        "dropped": int(floor.dropped),
    }


def _product(product: Product) -> Tree:
    priced = [product.priced_ms, product.price_minor, product.currency]
    return {
        "listed": [product.listed_ms, product.title] if product.listed_ms else [],
        "delisted_ms": product.delisted_ms,
        "link_no": product.link_no,
        "price": priced if product.priced_ms else [],
        "stock": {sku: _stock(each) for sku, each in product.stock.items()},
        "plans": {
            sku: [each.told_ms, each.release_at_ms, each.quantity]
            for sku, each in product.plans.items()
        },
        "told_ms": product.told_ms,
    }


def _stock(stock: Stock) -> list[Any]:
    said = [stock.as_of_ms, stock.available, stock.reserved, int(stock.sold_out), stock.cause]
    cycles = [[each.out_ms, each.back_ms] for each in stock.cycles]
    return [*said, stock.out_since_ms, cycles]


def _coupon(coupon: Coupon) -> list[int]:
    held = [coupon.as_of_ms, coupon.remaining, coupon.out_since_ms]
    return [*held, coupon.claims, coupon.claimed_ms]


def _verdict(verdict: Verdict) -> list[Any]:
    return [verdict.at_ms, verdict.verdict, verdict.until_ms, verdict.operator_key]


def _pulse(pulse: Pulse) -> Tree:
    return {
        "health": [list(each) for each in pulse.health],
        "heartbeats": [
            [at_ms, int(connected), age_ms] for at_ms, connected, age_ms in pulse.heartbeats
        ],
    }


def _sold(minute_ms: int, sold: MinuteSold) -> Tree:
    packs: Tree = {}
    for (product, sku), each in sold.packs.items():
        if any(each.created) or any(each.refused):
            last_s = each.last_s
            last_ms = 0 if last_s is None else minute_ms + last_s * SECOND_MS
            counted = [each.created, each.refused, each.units, last_ms]
            packs.setdefault(product, {})[sku] = counted
    return {"packs": packs, "requested": sold.requested}
