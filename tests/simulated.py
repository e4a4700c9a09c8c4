"""Simulated broadcasts for tests: small scenarios, and their stream as a log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from aiokafka.partitioner import murmur2

from streamproc.oracle.batch import LogRecord, compute
from streamproc.simulate.emission import Emission
from streamproc.simulate.options import Options
from streamproc.simulate.scenario import (
    AudiencePlan,
    FeedsPlan,
    OrdersPlan,
    Scenario,
    ShowPlan,
)

START_MS = 1_790_000_000_000
END_MS = START_MS + 4 * 3_600_000
PARTITIONS = 4


def small_scenario(**changes: Any) -> Scenario:  # noqa: ANN401
    """Three rooms for forty minutes: enough for late orders, little enough for a unit test."""
    plan: dict[str, Any] = {
        "name": "small",
        "title": "test",
        "rooms": 3,
        "duration_s": 2_400,
        "viewers": 200,
        "peak_online": 50,
        "orders": OrdersPlan(paid=300),
        "audience": AudiencePlan(events_per_viewer=12.0),
        "show": ShowPlan(products=4, segment_s=300, stockout_share=0.5, pause_share=1.0),
        "feeds": FeedsPlan(heartbeat_s=60, health_s=60, counted_s=30, stock_s=60),
    }
    return Scenario(**{**plan, **changes})


def options(**changes: Any) -> Options:  # noqa: ANN401
    """Options that begin at a fixed moment."""
    return Options(**{"start_ms": START_MS, **changes})


def partition_of(emission: Emission, partitions: int = PARTITIONS) -> int:
    """Where a record goes."""
    if emission.partition is not None:
        return emission.partition
    return int((murmur2(emission.key) & 0x7FFFFFFF) % partitions)


def log_of(emissions: Iterable[Emission]) -> Iterator[LogRecord]:
    """The log that a broker would hold."""
    offsets: dict[tuple[str, int], int] = defaultdict(int)
    for emission in emissions:
        place = (emission.topic, partition_of(emission))
        yield LogRecord(*place, offsets[place], emission.key, emission.value, END_MS)
        offsets[place] += 1


def counted(emissions: Iterable[Emission]) -> tuple[dict[str, Any], dict[str, int]]:
    """The oracle's canonical form of a stream, and its accounting of all partitions together."""
    canonical = compute(log_of(emissions))
    sums: dict[str, int] = defaultdict(int)
    for partitions in canonical["accounting"].values():
        for counts in partitions.values():
            for name, number in counts.items():
                sums[name] += number
    return canonical, dict(sums)
