"""The stream of a broadcast: the same scenario and options give the same bytes, every time."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Iterator
from operator import itemgetter
from typing import Final

from streamproc.errors import BadSetting
from streamproc.simulate.audience import Audience
from streamproc.simulate.chance import chance
from streamproc.simulate.coupons import Coupons
from streamproc.simulate.delivery import Delivery
from streamproc.simulate.disturbance import Disturbance
from streamproc.simulate.emission import Emission
from streamproc.simulate.facts import Lives
from streamproc.simulate.feeds import Feeds
from streamproc.simulate.frame import Frame, Timed
from streamproc.simulate.happened import incidents, stockouts
from streamproc.simulate.happenings import happenings, prelude
from streamproc.simulate.options import Options
from streamproc.simulate.sales import Line, draw_sales
from streamproc.simulate.scenario import Scenario
from streamproc.simulate.show import Stage
from streamproc.simulate.spans import BLOCK_MS
from streamproc.simulate.stock import Stock
from streamproc.simulate.troubles import trouble
from streamproc.simulate.truth import Totals, Truth
from streamproc.simulate.voices import Voices, mute

TAIL_MS: Final = 900_000
"""After the show's end orders are still paid, cancelled and refunded."""


class Broadcast:
    """A run of a scenario: its stream, and what is true of what was taken from the stream so far."""

    def __init__(self, scenario: Scenario, options: Options) -> None:
        self._scenario = scenario
        self._options = options
        self._stage = Stage(scenario, options.seed)
        self.frame = _frame(self._stage, options)
        self._truth = Truth()
        self._lines: dict[str, list[Line]] = defaultdict(list)
        for room in self._stage.rooms:
            room.session_id = self.frame.session_id(room)
        for line in draw_sales(self._stage, options.seed):
            self._lines[line.room.host_id].append(line)
        rng = chance(options.seed, scenario.name, "troubles")
        for room in self._stage.rooms:
            trouble(room, self._lines[room.host_id], rng)
        self._stocks = [Stock(room, self._lines[room.host_id]) for room in self._stage.rooms]
        rng = chance(options.seed, scenario.name, "coupons", options.audience_scale)
        self._coupons = [
            Coupons(self._stage, room, self._lines[room.host_id], options.audience_scale, rng)
            for room in self._stage.rooms
        ]
        self._delivery = Delivery(self._stage.rooms, self.frame)

    def emissions(self) -> Iterator[Emission]:
        """Everything to send, in the order of sending; what is taken counts as sent."""
        for emission in self.drawn():
            self.count(emission)
            yield emission

    def drawn(self) -> Iterator[Emission]:
        """The same, for whoever may stop before sending what was taken: nothing counts until told."""
        frame, options = self.frame, self._options
        rng = chance(options.seed, self._scenario.name, "disturbance")
        disturbance = Disturbance(options, frame, rng)
        for room, stock in zip(self._stage.rooms, self._stocks, strict=True):
            for timed in prelude(self._scenario, room, stock, frame):
                yield disturbance.calm(timed)
        for timed in self._timed():
            yield from disturbance.disturb(timed)
        yield from disturbance.rest()

    def count(self, emission: Emission) -> None:
        """Let an emission be part of what is true."""
        self._truth.add(emission)

    def totals(self, *, complete: bool) -> Totals:
        """What is true so far; ``complete`` once the stream is used up."""
        frame = self.frame
        totals = Totals(
            scenario=self._scenario.name,
            seed=self._options.seed,
            options=dataclasses.asdict(self._options),
            start_ms=frame.base_ms + frame.from_ms,
            end_ms=frame.base_ms + frame.until_ms,
            complete=complete,
            names={room.host_id: room.name for room in self._stage.rooms},
            stockouts=stockouts(self._stage.rooms, self.frame),
            incidents=incidents(self._stage.rooms, self.frame),
            paid_orders=self._paid_orders(),
        )
        self._truth.into(totals)
        return totals

    def _timed(self) -> Iterator[Timed]:
        """All events in the order of their happening."""
        frame, rooms = self.frame, self._stage.rooms
        scheduled = self._scheduled()
        audience = Audience(
            self._stage, frame, scale=self._options.audience_scale, seed=self._options.seed
        )
        rng = chance(self._options.seed, self._scenario.name, "feeds", frame.from_ms)
        parts = zip(rooms, self._stocks, self._coupons, strict=True)
        feeds = [
            Feeds(self._stage, room, self._lines[room.host_id], stock, coupons, frame)
            for room, stock, coupons in parts
        ]
        show_blocks = len(self._stage.levels)
        for block in range(frame.from_ms // BLOCK_MS, math.ceil(frame.until_ms / BLOCK_MS)):
            timed = scheduled.pop(block, [])
            if block < show_blocks:
                start_ms = block * BLOCK_MS
                new = audience.block(rooms, block)
                for each in feeds:
                    new += each.between(start_ms, start_ms + BLOCK_MS, rng)
                timed += self._arrived(new, block, scheduled)
            timed.sort(key=itemgetter(0))
            yield from (each for each in timed if frame.holds(each[0]))

    def _arrived(
        self, new: list[Timed], block: int, scheduled: dict[int, list[Timed]]
    ) -> Iterator[Timed]:
        """Events that arrive in the block in which they happen; those that do not are put off."""
        for timed in map(self._delivery.delivered, new):
            if timed[0] // BLOCK_MS == block:
                yield timed
            else:
                scheduled[timed[0] // BLOCK_MS].append(timed)

    def _scheduled(self) -> dict[int, list[Timed]]:
        """What is known before the show begins, by block."""
        blocks: dict[int, list[Timed]] = defaultdict(list)
        for at_ms, event in map(self._delivery.delivered, self._planned()):
            if self.frame.holds(at_ms):
                blocks[at_ms // BLOCK_MS].append((at_ms, event))
        return blocks

    def _planned(self) -> Iterator[Timed]:
        lives = Lives(self._stage, self.frame, self._options.seed)
        voices = Voices(
            self._stage,
            self.frame,
            scale=self._options.audience_scale,
            seed=self._options.seed,
        )
        for room, stock, coupons in zip(
            self._stage.rooms, self._stocks, self._coupons, strict=True
        ):
            lines = self._lines[room.host_id]
            yield from happenings(room, stock, self.frame)
            for line in lines:
                yield from lives.of(line)
            yield from lives.failures(room, len(lines))
            yield from coupons.claimed(self.frame)
            yield from (each for each in voices.of(room) if not mute(room, each[0]))

    def _paid_orders(self) -> int:
        return len(
            {
                line.order
                for lines in self._lines.values()
                for line in lines
                if line.paid_ms is not None and self.frame.holds(line.paid_ms)
            }
        )


def generate(scenario: Scenario, options: Options) -> Iterator[Emission]:
    """Everything a run sends, in order. Errors: ``BadSetting`` for options that do not fit."""
    return Broadcast(scenario, options).emissions()


def default_start_ms(scenario: Scenario, options: Options, now_ms: int) -> int:
    """Where to begin so that the last moment emitted is sent at its own time, and none before it.

    Units: event time, UTC; the ``start_ms`` of the options given does not matter.
    """
    frame = _frame(Stage(scenario, options.seed), options)
    length_ms = frame.until_ms - frame.from_ms
    if options.speed == 0:
        return now_ms - length_ms
    return now_ms - int(length_ms * max(0.0, 1 - 1 / options.speed))


def _frame(stage: Stage, options: Options) -> Frame:
    scenario = stage.scenario
    end_ms = stage.duration_ms + TAIL_MS
    from_ms = 0 if options.seconds is None else stage.lively_ms()
    if options.from_s is not None:
        from_ms = options.from_s * 1000
    if from_ms >= stage.duration_ms:
        raise BadSetting(
            f"the broadcast is over after {scenario.duration_s} s",
            where="simulator option from_s",
            hint="begin earlier",
        )
    until_ms = end_ms if options.seconds is None else from_ms + options.seconds * 1000
    base_ms = options.start_ms - from_ms
    return Frame(
        run=f"{scenario.name}-{options.seed:x}-{base_ms // 1000:x}",
        salt=chance(options.seed, scenario.name, "salt").getrandbits(64),
        base_ms=base_ms,
        from_ms=from_ms,
        until_ms=min(until_ms, end_ms),
    )
