"""Which faults come, to whom and when: all of it from one seed, before anything starts."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


class Kind(enum.StrEnum):
    """What is done to a worker, or to what workers talk to."""

    KILL = "kill"  # SIGKILL; the process manager starts it again
    TERMINATE = "terminate"  # SIGTERM; it is started again
    FREEZE = "freeze"  # SIGSTOP beyond the session timeout: it wakes as a zombie
    NAP = "nap"  # SIGSTOP for less than that: nobody else notices
    ADD = "add"  # one worker more joins
    REMOVE = "remove"  # a worker leaves for good
    STORM = "storm"  # joins and leaves within seconds, while rebalances are still under way
    BROKER_CRASH = "broker crash"  # SIGKILL; it is started again with what it wrote
    BROKER_FREEZE = (
        "broker freeze"  # SIGSTOP beyond the session timeout: all wake in one generation
    )
    REDIS_CRASH = "redis crash"  # SIGKILL; it is started again and holds nothing
    REDIS_FREEZE = "redis freeze"  # SIGSTOP: what was written may land when it wakes


DECK = (
    *(Kind.FREEZE, Kind.KILL, Kind.FREEZE, Kind.TERMINATE, Kind.ADD),
    *(Kind.FREEZE, Kind.KILL, Kind.STORM, Kind.REMOVE, Kind.NAP),
    *(Kind.BROKER_CRASH, Kind.BROKER_FREEZE, Kind.REDIS_CRASH, Kind.REDIS_FREEZE),
)
"""Dealt again and again, shuffled each time, so that every kind comes soon."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Shapes: ``pick`` chooses among those who work at that moment.
    Units: seconds; ``wait_s`` before it, ``length_s`` for as long as it lasts, if that is its to say.
    """

    kind: Kind
    pick: int
    wait_s: float
    length_s: float


def faults(seed: int) -> Iterator[Fault]:
    """Faults without an end; the same for the same seed."""
    random = Random(f"faults {seed}")
    while True:
        deck = list(DECK)
        random.shuffle(deck)
        deck.remove(Kind.FREEZE)
        deck.insert(0, Kind.FREEZE)  # so that the shortest run has its zombie
        for kind in deck:
            yield Fault(
                kind=kind,
                pick=random.randrange(1 << 16),
                wait_s=random.uniform(0.5, 4.0),
                length_s=random.uniform(0.5, 3.0),
            )
