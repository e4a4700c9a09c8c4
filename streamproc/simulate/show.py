"""The rooms of a broadcast and how each show runs: products in turn, links opened, stock-outs."""

from __future__ import annotations

import math
from functools import cached_property
from random import Random
from typing import Final

from streamproc.simulate.chance import chance
from streamproc.simulate.incident_plans import EndedPlan, PausePlan
from streamproc.simulate.incidents import (
    Out,
    Staged,
    audience_factor,
    closed_spans,
    draw_span,
    orders_factor,
    outs_of,
    place_of,
    without_factor,
)
from streamproc.simulate.rooms import Listing, Room, Segment
from streamproc.simulate.scenario import Scenario, ShowPlan
from streamproc.simulate.spans import BLOCK_MS, Span
from streamproc.simulate.world import places, products

_QUIET: Final = 0.25
_HUMP: Final = 0.3
_AUDIENCE_BURST: Final = 0.35
_PAUSED: Final = 0.3
_PLANNED_SHARE: Final = 0.3
_PAUSE_BLOCKS: Final = 6
_PRICE_STEPS_MINOR: Final = 10
_STOCKOUT_DELAY_MS: Final = (25_000, 90_000)
_BEFORE_NEXT_MS: Final = 10_000
_PLANNED_AFTER_MS: Final = 4_000


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
        show = self.scenario.show
        levels = [_level((block + 0.5) / blocks, show) for block in range(blocks)]
        top = max(levels)
        return [level / top for level in levels]

    def lively_ms(self) -> int:
        """A moment to begin a slice at: shortly before the busiest room runs out of something."""
        for out in self.rooms[0].outs:
            if out.span.start_ms > self.duration_ms // 4:
                return (out.span.start_ms - BLOCK_MS) // BLOCK_MS * BLOCK_MS
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
        name = f"{town.removesuffix('镇')}{nickname}{rng.choice(world.roles)}"
        segments, outs = _segments(scenario.show, len(listings), self.duration_ms, rng)
        room = Room(
            host_id=host_id,
            room_id=f"{scenario.name}-r{rank + 1:04d}",
            name=name,
            village=village,
            town=town,
            district=district,
            share=share,
            currency="HKD" if foreign else "CNY",
            listings=listings,
            segments=segments,
            pause=self._pause(rng),
            end_ms=self.duration_ms,
            fed=scenario.feeds.stock_s > 0 and rank + 1 not in scenario.feeds.stock_unknown_rooms,
            incidents=(),
            outs=outs,
            closed=[(out.place, out.span) for out in outs],
            key=host_id.encode(),
            phase=rng.random(),
        )
        self._stage_incidents(room, rank, chance(seed, scenario.name, "incidents", rank))
        self._weigh(room)
        return room

    def _stage_incidents(self, room: Room, rank: int, rng: Random) -> None:
        """Draw what the scenario lets happen in a room."""
        found = []
        for plan in self.scenario.incident:
            if plan.room != rank + 1:
                continue
            span = draw_span(plan, self.duration_ms, rng)
            staged = Staged(plan, span, place_of(plan, room.segment_at(span.start_ms).place))
            room.outs += outs_of(staged, fed=room.fed, rng=rng)
            room.closed += closed_spans(staged)
            if isinstance(plan, PausePlan):
                room.pause = span
            elif isinstance(plan, EndedPlan):
                room.end_ms = span.start_ms
            found.append(staged)
        room.incidents = tuple(found)
        room.closed += [(out.place, out.span) for out in room.outs if out.staged]

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
            here, ordering = self._factors(room, at_ms)
            room.weights.append(level * (1 + _AUDIENCE_BURST * heat) * here)
            room.order_weights.append(level * (_QUIET + heat) * ordering)
        total = sum(room.weights)
        room.weights = [weight / total for weight in room.weights]

    def _factors(self, room: Room, at_ms: int) -> tuple[float, float]:
        """What is left of the audience and of the orders at a moment."""
        if room.is_paused(at_ms):
            return _PAUSED, 0.0
        if not room.incidents:
            return 1.0, 1.0
        without = without_factor(room.closed, room.segment_at(at_ms).place, at_ms)
        orders = orders_factor(room.incidents, at_ms)
        return audience_factor(room.incidents, at_ms), orders * without


def _shares(scenario: Scenario) -> list[float]:
    """Each room's share of the traffic; they add up to 1."""
    ranks = range(1, scenario.rooms + 1)
    weights = [rank**-scenario.zipf for rank in ranks]
    if scenario.top_share is None or scenario.rooms == 1:
        return [weight / sum(weights) for weight in weights]
    rest = sum(weights[1:])
    others = [weight / rest * (1 - scenario.top_share) for weight in weights[1:]]
    return [scenario.top_share, *others]


def _level(progress: float, show: ShowPlan) -> float:
    """How full a room is at a share of its evening."""
    up = down = 1.0
    if show.filling_share:
        up = min(1.0, _QUIET + (1 - _QUIET) * progress / show.filling_share)
    if show.emptying_share:
        down = min(1.0, _QUIET + (1 - _QUIET) * (1 - progress) / show.emptying_share)
    return min(up, down) * (1 + _HUMP * math.sin(math.pi * progress))


def _segments(
    show: ShowPlan, count: int, duration_ms: int, rng: Random
) -> tuple[list[Segment], list[Out]]:
    """The products in turn, until the show is over, and which of them run out."""
    turns = max(1, round(duration_ms / 1000 / show.segment_s))
    length_ms = math.ceil(duration_ms / turns)
    segments, outs = [], []
    for turn in range(turns):
        span = Span(turn * length_ms, (turn + 1) * length_ms)
        open_ms = span.start_ms + min(show.link_delay_s * 1000, length_ms // 3)
        out = _stockout(show, span, open_ms, rng)
        planned = rng.random() < _PLANNED_SHARE
        segments.append(Segment(span, open_ms, turn % count))
        if out is not None:
            planned_ms = out.start_ms + _PLANNED_AFTER_MS if planned else None
            outs.append(Out(turn % count, out, out.start_ms, False, planned_ms))
    return segments, outs


def _stockout(show: ShowPlan, span: Span, open_ms: int, rng: Random) -> Span | None:
    """When the product on show runs out, if it does."""
    wanted = rng.random() < show.stockout_share
    start_ms = open_ms + rng.randint(*_STOCKOUT_DELAY_MS)
    length_ms = rng.randint(show.stockout_min_s * 1000, show.stockout_max_s * 1000)
    end_ms = min(start_ms + length_ms, span.end_ms - _BEFORE_NEXT_MS)
    return Span(start_ms, end_ms) if wanted and end_ms > start_ms else None
