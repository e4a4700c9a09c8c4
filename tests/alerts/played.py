"""A seeded broadcast, folded and judged as a worker would, and what it told beside what is true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

from streamproc.alerts.judge import Judge
from streamproc.alerts.limits import Limits
from streamproc.alerts.registry import RULES
from streamproc.comments.senses import SenseReader
from streamproc.events.outputs import AlertTransition
from streamproc.replay.playback import Playback
from streamproc.replay.recorded import Partitions, Recorded
from streamproc.simulate.emission import Emission
from streamproc.simulate.generator import Broadcast
from streamproc.simulate.scenario import load_scenario
from streamproc.simulate.truth import Incident
from tests.alerts.opened import Opened, opened
from tests.alerts.watched import reader
from tests.simulated import options

PARTITIONS: Final = 4
AFTER_MS: Final = 120_000
"""The clock goes on for so long after the last event."""


class Played(NamedTuple):
    """What is true of a broadcast, and what was told of it."""

    incidents: list[Incident]
    alerts: list[Opened]
    steps: list[AlertTransition]


@cache
def senses() -> SenseReader:
    """Tells what comments about the simulator's products mean."""
    return SenseReader(reader())


def play(name: str, seed: int) -> Played:
    """One broadcast of a scenario.

    Shapes: judged each second of the time at which records arrive, as if they were read at once.
    """
    broadcast = Broadcast(load_scenario(name), options(seed=seed))
    playback = Playback(senses(), Judge(RULES, Limits().of_host))
    playback.take(list(recorded(broadcast.emissions())))
    totals = broadcast.totals(complete=True)
    playback.run_on(totals.end_ms + AFTER_MS)
    return Played(totals.incidents, opened(playback.alerts), playback.alerts)


def recorded(emissions: Iterable[Emission]) -> Iterator[Recorded]:
    """Records as a log would hold them that stamps each when it comes."""
    partitions = Partitions(PARTITIONS)
    for each in emissions:
        place = partitions.of(each.key or b"") if each.partition is None else each.partition
        yield Recorded(each.topic, place, each.key, each.value, each.at_ms, each.at_ms)
