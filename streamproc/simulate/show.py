"""The rooms of a broadcast and how each show runs: products in turn, links opened, stock-outs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Final

from streamproc.simulate.chance import chance
from streamproc.simulate.scenario import Scenario, ShowPlan
from streamproc.simulate.world import Product, places, products

BLOCK_MS: Final = 10_000
"""Rates are constant within a block."""

_RAMP_UP: Final = 0.1
_RAMP_DOWN: Final = 0.08
_QUIET: Final = 0.25
_HUMP: Final = 0.3
_AUDIENCE_BURST: Final = 0.35
_PAUSED: Final = 0.3
_PAUSE_BLOCKS: Final = 6
_PRICE_STEPS_MINOR: Final = 10
_STOCKOUT_DELAY_MS: Final = (25_000, 90_000)
_BEFORE_NEXT_MS: Final = 10_000


@dataclass(slots=True)
class Listing:
    """A product as one room sells it."""

    product: Product
    link_no: int
    price_minor: int

    @property
    def product_id(self) -> str:
        """Name of the product."""
        return self.product.id


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment on and before another.

    Units: milliseconds since the broadcast began.
    """

    start_ms: int
    end_ms: int

    def holds(self, at_ms: int) -> bool:
        """Whether a moment lies within."""
        return self.start_ms <= at_ms < self.end_ms


@dataclass(frozen=True, slots=True)
class Segment:
    """A while in which one product is on show; its link opens after some talk."""

    span: Span
    open_ms: int
    place: int
    """Of the product among the room's listings."""
    stockout: Span | None
    planned: bool
    """The end of the stock-out was announced."""


@dataclass(slots=True)
class Room:
    """A room, its host and its show."""

    host_id: str
    room_id: str
    name: str
    village: str
    town: str
    district: str
    share: float
    currency: str
    listings: list[Listing]
    segments: list[Segment]
    pause: Span | None
    session_id: str = ""
    key: bytes = b""
    phase: float = 0.0
    """Where in their period the room's instruments report, 0 to 1."""
    weights: list[float] = field(default_factory=list)
    """Of the audience, by block; they add up to 1."""
    order_weights: list[float] = field(default_factory=list)

    def segment_at(self, at_ms: int) -> Segment:
        """What is on show at a moment."""
        length = self.segments[0].span.end_ms
        return self.segments[min(at_ms // length, len(self.segments) - 1)]

    def is_out(self, place: int, at_ms: int) -> bool:
        """Whether a product is out of stock at a moment."""
        segment = self.segment_at(at_ms)
        return (
            segment.place == place
            and segment.stockout is not None
            and segment.stockout.holds(at_ms)
        )

    def is_paused(self, at_ms: int) -> bool:
        """Whether the show is interrupted at a moment."""
        return self.pause is not None and self.pause.holds(at_ms)


class Stage:
    """All rooms of a broadcast.

    Shapes: rooms by falling share of the traffic; the same for the same scenario and seed.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.duration_ms = scenario.duration_s * 1000
        self._villages = places().villages()
        shares = _shares(scenario)
        self.rooms = [self._room(rank, share, seed) for rank, share in enumerate(shares)]

    @cached_property
    def levels(self) -> list[float]:
        """How full rooms are, by block: up, a long evening, down. At most 1."""
        blocks = math.ceil(self.duration_ms / BLOCK_MS)
        levels = [_level((block + 0.5) / blocks) for block in range(blocks)]
        top = max(levels)
        return [level / top for level in levels]

    def lively_ms(self) -> int:
        """A moment to begin a slice at: shortly before the busiest room runs out of something."""
        for segment in self.rooms[0].segments:
            if segment.stockout and segment.stockout.start_ms > self.duration_ms // 4:
                return (segment.stockout.start_ms - BLOCK_MS) // BLOCK_MS * BLOCK_MS
        return self.duration_ms // 3 // BLOCK_MS * BLOCK_MS

    def _room(self, rank: int, share: float, seed: int) -> Room:
        scenario = self.scenario
        rng = chance(seed, scenario.name, "room", rank)
        district, town, village = self._villages[(rank * 7 + seed) % len(self._villages)]
        world = places()
        nickname = world.nicknames[rank % len(world.nicknames)]
        host_id = f"{scenario.name}-h{rank + 1:04d}"
        foreign = rank > 0 and rng.random() < scenario.hkd_room_share
        listings = [
            Listing(
                product, link_no, product.price_minor // _PRICE_STEPS_MINOR * _PRICE_STEPS_MINOR
            )
            for link_no, product in enumerate(rng.sample(products(), scenario.show.products), 1)
        ]
        room = Room(
            host_id=host_id,
            room_id=f"{scenario.name}-r{rank + 1:04d}",
            name=f"{town.removesuffix('镇')}{nickname}{rng.choice(world.roles)}",
            village=village,
            town=town,
            district=district,
            share=share,
            currency="HKD" if foreign else "CNY",
            listings=listings,
            segments=_segments(scenario.show, len(listings), self.duration_ms, rng),
            pause=self._pause(rng),
            key=host_id.encode(),
            phase=rng.random(),
        )
        self._weigh(room)
        return room

    def _pause(self, rng: Random) -> Span | None:
        blocks = self.duration_ms // BLOCK_MS
        if rng.random() >= self.scenario.show.pause_share or blocks < _PAUSE_BLOCKS * 4:
            return None
        start_ms = rng.randrange(blocks // 2, blocks - _PAUSE_BLOCKS * 2) * BLOCK_MS
        return Span(start_ms, start_ms + _PAUSE_BLOCKS * BLOCK_MS)

    def _weigh(self, room: Room) -> None:
        show = self.scenario.show
        for block, level in enumerate(self.levels):
            at_ms = block * BLOCK_MS + BLOCK_MS // 2
            since_ms = at_ms - room.segment_at(at_ms).open_ms
            heat = (
                show.burst * math.exp(-since_ms / 1000 / show.burst_decay_s) if since_ms > 0 else 0
            )
            paused = room.is_paused(at_ms)
            room.weights.append(level * (1 + _AUDIENCE_BURST * heat) * (_PAUSED if paused else 1))
            room.order_weights.append(0.0 if paused else level * (_QUIET + heat))
        total = sum(room.weights)
        room.weights = [weight / total for weight in room.weights]


def _shares(scenario: Scenario) -> list[float]:
    """Each room's share of the traffic; they add up to 1."""
    ranks = range(1, scenario.rooms + 1)
    weights = [rank**-scenario.zipf for rank in ranks]
    if scenario.top_share is None or scenario.rooms == 1:
        return [weight / sum(weights) for weight in weights]
    rest = sum(weights[1:])
    others = [weight / rest * (1 - scenario.top_share) for weight in weights[1:]]
    return [scenario.top_share, *others]


def _level(progress: float) -> float:
    """How full a room is at a share of its evening."""
    up = min(1.0, _QUIET + (1 - _QUIET) * progress / _RAMP_UP)
    down = min(1.0, _QUIET + (1 - _QUIET) * (1 - progress) / _RAMP_DOWN)
    return min(up, down) * (1 + _HUMP * math.sin(math.pi * progress))


def _segments(show: ShowPlan, count: int, duration_ms: int, rng: Random) -> list[Segment]:
    """The products in turn, until the show is over."""
    turns = max(1, round(duration_ms / 1000 / show.segment_s))
    length_ms = math.ceil(duration_ms / turns)
    segments = []
    for turn in range(turns):
        span = Span(turn * length_ms, (turn + 1) * length_ms)
        open_ms = span.start_ms + min(show.link_delay_s * 1000, length_ms // 3)
        out = _stockout(show, span, open_ms, rng)
        segments.append(Segment(span, open_ms, turn % count, out, rng.random() < _PAUSED))
    return segments


def _stockout(show: ShowPlan, span: Span, open_ms: int, rng: Random) -> Span | None:
    """When the product on show runs out, if it does."""
    wanted = rng.random() < show.stockout_share
    start_ms = open_ms + rng.randint(*_STOCKOUT_DELAY_MS)
    length_ms = rng.randint(show.stockout_min_s * 1000, show.stockout_max_s * 1000)
    end_ms = min(start_ms + length_ms, span.end_ms - _BEFORE_NEXT_MS)
    return Span(start_ms, end_ms) if wanted and end_ms > start_ms else None
