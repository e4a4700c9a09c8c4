"""One schedule: events drawn at random, then a drain in which everything must arrive exactly once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from unittest import mock

from structlog.testing import capture_logs

from streamproc.engine import recovery
from tests.laws.simlog.engine_worker import simulated_bounds
from tests.laws.simlog.live import LiveScenario
from tests.laws.simlog.promises import check
from tests.laws.simlog.rules import Configuration, Fault
from tests.laws.simlog.scenario import Scenario
from tests.laws.simlog.surroundings import Surroundings, Wrong
from tests.laws.simlog.tiny import TinyScenario
from tests.laws.simlog.world import World

STEPS, DRAIN_STEPS = 160, 6_000


class Schedule:
    """The same seed and configuration play the same schedule again."""

    def __init__(
        self, configuration: Configuration, seed: int, *, story: list[str] | None = None
    ) -> None:
        rng = random.Random(seed)  # a schedule must be repeatable
        faults = frozenset(
            fault
            for fault in Fault
            if fault in configuration.faults
            and (configuration.without or fault is Fault.OUTAGE or rng.random() < 0.7)
        )
        scenario: Scenario = LiveScenario(rng) if configuration.live else TinyScenario(rng)
        self._around = Surroundings(configuration, rng, scenario, faults, story=story)
        self._world = World(self._around)
        self._actions = self._drawn_from()

    @property
    def counts(self) -> Counter[str]:
        """What happened how often."""
        return self._around.counts

    def _drawn_from(self) -> list[Callable[[], object]]:
        """Every event as often as this schedule weighs it."""
        world = self._world
        weights: dict[Callable[[], object], int] = {
            world.work: 240,
            world.arrive: 70,
            world.rebalance: 12,
            self._check: 12,
            world.pause: 8,
            world.wake: 12,
            world.kill_any: 8,
            world.compact: 12,
            world.night: 8,
            world.resend: 16,
            world.tell_again: 4,
            world.foreign: 4,
            world.delete_group: 3,
        }
        return [
            action
            for action, weight in weights.items()
            for _ in range(int(weight * self._around.rng.choice((0.3, 1, 1, 1, 3))))
        ]

    def _check(self) -> None:
        check(self._around)

    def run(self) -> None:
        """Play the schedule to its end.

        Errors: ``Wrong``, ``RefusedAfterOutage``.
        """
        around = self._around
        try:
            if around.configuration.engine:
                with capture_logs(), self._bounded_sources():
                    self._play()
            else:
                self._play()
        finally:
            around.close()

    @contextmanager
    def _bounded_sources(self) -> Iterator[None]:
        """Recovery asks Kafka for the sources' bounds by itself: here it asks the scenario."""
        known = partial(simulated_bounds, self._around)
        with mock.patch.object(recovery, "log_bounds", lambda _, sources: known(sources)):
            yield

    def _play(self) -> None:
        around = self._around
        around.note(f"faults: {sorted(fault.name for fault in around.faults)}")
        for _ in range(STEPS):
            around.now_ms += 1
            if self._world.orphaned and around.chance(0.2):
                self._world.rebalance()
            around.pick(self._actions)()
        self._drain()

    def _drain(self) -> None:
        """A healthy worker takes over while zombies and late appends go on; everything must arrive."""
        world = self._world
        for tick in range(DRAIN_STEPS):
            if self._arrived() and not self._around.flights and world.rested():
                break
            self._around.now_ms += 1
            world.favour(world.slots[0], anew=tick % 700 == 699)
        else:
            raise Wrong("events do not arrive", self._around.group.committed)
        world.night()
        world.compact()
        final = check(self._around)
        if any(at.next_offset <= self._last_offset(topic) for topic, at in final.items()):
            raise Wrong("events are missing", final)

    def _arrived(self) -> bool:
        group = self._around.group
        return group.owner == self._world.slots[0].name and all(
            group.committed.get(topic, 0) > self._last_offset(topic)
            for topic in self._around.scenario.sources
        )

    def _last_offset(self, topic: str) -> int:
        return self._around.scenario.sources[topic].last_offset
