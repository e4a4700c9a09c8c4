"""What is bought in a broadcast, to the last cent: every order line, drawn before the show begins.

Drawn at once because the numbers of a scenario are exact: so many paid orders, items, turnover.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from streamproc.simulate.chance import chance
from streamproc.simulate.rooms import Room
from streamproc.simulate.scenario import OrdersPlan
from streamproc.simulate.show import Stage
from streamproc.simulate.spans import BLOCK_MS

_QUANTITIES: Final = (1, 2, 3, 5)
_QUANTITY_WEIGHTS: Final = (74, 17, 6, 3)
_ON_SHOW: Final = 0.8
_FREIGHT_SHARE: Final = 0.15
_FREIGHT_MINOR: Final = 600
_PRICE_STEP_MINOR: Final = 10
_PAY_AT_LEAST_MS: Final = 4_000
_PAY_MEAN_MS: Final = 25_000
_PAY_AT_MOST_MS: Final = 600_000


@dataclass(slots=True)
class Line:
    """A line of an order.

    Units: times in milliseconds since the broadcast began; ``paid_ms`` is None if it never is.
    """

    room: Room
    order: int
    number: int
    place: int
    """Of the product among the room's listings."""
    quantity: int
    created_ms: int
    paid_ms: int | None
    freight_minor: int = 0
    discount_minor: int = 0
    coupon: bool = False
    told_ms: int | None = None
    """Its events come at that moment only."""
    refund_ms: int | None = None
    """It is to be refunded, and that is asked for at that moment."""

    @property
    def price_minor(self) -> int:
        """Of one piece."""
        return self.room.listings[self.place].price_minor

    @property
    def payable_minor(self) -> int:
        """For the line, freight in, discounts out."""
        return self.price_minor * self.quantity + self.freight_minor - self.discount_minor


def draw_sales(stage: Stage, seed: int) -> list[Line]:
    """Every order line of the broadcast.

    Shapes: lines of one order are neighbours; no line of a product is created while it cannot be
    ordered or the room is paused. The paid ones meet the scenario's numbers exactly; prices of the
    listings are scaled to the turnover wanted.
    """
    plan = stage.scenario.orders
    rng = chance(seed, stage.scenario.name, "sales")
    lines = _Drawer(stage, plan, rng).lines()
    paid = [line for line in lines if line.paid_ms is not None]
    if plan.items is not None:
        _meet_items(paid, plan.items, rng)
    if plan.gmv_minor is not None:
        _meet_gmv(stage.rooms, paid, plan.gmv_minor, rng)
    return lines


def apportion(total: int, shares: Sequence[float]) -> list[int]:
    """A number in whole parts by shares: largest remainders, so that the parts add up to it."""
    exact = [total * share for share in shares]
    parts = [math.floor(part) for part in exact]
    by_rest = sorted(range(len(parts)), key=lambda place: parts[place] - exact[place])
    for place in by_rest[: total - sum(parts)]:
        parts[place] += 1
    return parts


class _Drawer:
    """Draws orders room by room."""

    def __init__(self, stage: Stage, plan: OrdersPlan, rng: Random) -> None:
        self._stage = stage
        self._plan = plan
        self._rng = rng
        self._order = 0

    def lines(self) -> list[Line]:
        """All lines of all rooms."""
        plan = self._plan
        shares = [room.share for room in self._stage.rooms]
        paid_by_room = apportion(plan.paid, shares)
        unpaid_by_room = apportion(round(plan.paid * plan.unpaid_share), shares)
        seconds = set(self._rng.sample(range(plan.paid), round(plan.paid * plan.second_line_share)))
        lines: list[Line] = []
        number = 0
        for room, paid, unpaid in zip(self._stage.rooms, paid_by_room, unpaid_by_room, strict=True):
            for created_ms in self._moments(room, paid):
                lines += self._order_of(room, created_ms, paid=True, two=number in seconds)
                number += 1
            for created_ms in self._moments(room, unpaid):
                lines += self._order_of(room, created_ms, paid=False, two=False)
        return lines

    def _moments(self, room: Room, count: int) -> list[int]:
        """When orders are created, in order."""
        if not count:
            return []
        blocks = self._rng.choices(range(len(room.order_weights)), room.order_weights, k=count)
        last_ms = self._stage.duration_ms - 1
        return sorted(
            min(block * BLOCK_MS + int(self._rng.random() * BLOCK_MS), last_ms) for block in blocks
        )

    def _order_of(self, room: Room, created_ms: int, *, paid: bool, two: bool) -> list[Line]:
        rng = self._rng
        self._order += 1
        paid_ms = None
        if paid:
            delay_ms = _PAY_AT_LEAST_MS + int(rng.expovariate(1 / _PAY_MEAN_MS))
            paid_ms = created_ms + min(delay_ms, _PAY_AT_MOST_MS)
        coupon = rng.random() < self._plan.coupon_share
        first = self._place(room, created_ms, None)
        lines = []
        for number, place in enumerate(
            [first, self._place(room, created_ms, first)] if two else [first], 1
        ):
            quantity = rng.choices(_QUANTITIES, _QUANTITY_WEIGHTS)[0]
            freight_minor = _FREIGHT_MINOR if rng.random() < _FREIGHT_SHARE else 0
            lines.append(
                Line(
                    room,
                    self._order,
                    number,
                    place,
                    quantity,
                    created_ms,
                    paid_ms,
                    freight_minor=freight_minor,
                    coupon=coupon and number == 1,
                )
            )
        return lines

    def _place(self, room: Room, at_ms: int, other_than: int | None) -> int:
        """Which product is bought: mostly the one on show, never one that cannot be."""
        segment = room.segment_at(at_ms)
        if (
            at_ms >= segment.open_ms
            and segment.place != other_than
            and not room.is_closed(segment.place, at_ms)
            and self._rng.random() < _ON_SHOW
        ):
            return segment.place
        open_places = [
            place
            for place in range(len(room.listings))
            if place != other_than and not room.is_closed(place, at_ms)
        ]
        return self._rng.choice(open_places)


def _meet_items(lines: list[Line], items: int, rng: Random) -> None:
    """Add or take single pieces until the lines hold so many."""
    missing = items - sum(line.quantity for line in lines)
    while missing:
        line = rng.choice(lines)
        if missing > 0:
            line.quantity += 1
            missing -= 1
        elif line.quantity > 1:
            line.quantity -= 1
            missing += 1


def _meet_gmv(rooms: list[Room], lines: list[Line], gmv_minor: int, rng: Random) -> None:
    """Scale the prices to the turnover wanted, up to a step; what is too much becomes discounts."""
    freight_minor = sum(line.freight_minor for line in lines)
    goods_minor = sum(line.price_minor * line.quantity for line in lines)
    factor = (gmv_minor - freight_minor) / goods_minor
    for room in rooms:
        for listing in room.listings:
            steps = math.ceil(listing.price_minor * factor / _PRICE_STEP_MINOR)
            listing.price_minor = max(1, steps) * _PRICE_STEP_MINOR
    surplus_minor = sum(line.payable_minor for line in lines) - gmv_minor
    each, more = divmod(surplus_minor, len(lines))
    for place, line in enumerate(rng.sample(lines, len(lines))):
        line.discount_minor = each + (1 if place < more else 0)
