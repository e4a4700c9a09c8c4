"""What the engine measures of itself: added to once per batch or flush, read by whoever asks.

Readers may be other threads: what they copy in one step is whole.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from streamproc.engine.partition import Partition
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.sample import Folded
from streamproc.protocol import Program, Telling

LATENCY_BOUNDS_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
FLUSH_BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
RECOVERY_BOUNDS_S: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)
SKEW_MS: Final = 5_000
"""An event time that is further ahead of the broker's clock comes of a clock that is wrong."""


class Histogram:
    """How many values fell below each bound.

    Shapes: ``counts`` are by bucket, not added up, the last one for what is above every bound. A value
        below 0 counts as 0, so that ``sum`` never falls.
    Units: seconds.
    """

    __slots__ = ("_bounds_ms", "bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0
        self._bounds_ms = [int(bound * 1000) for bound in bounds]

    def add(self, value_s: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value_s)] += 1
        self.sum += max(0.0, value_s)

    def add_ascending_ms(self, values_ms: list[int], weight: int) -> None:
        """Count values that ascend, each so many times: a search per bound, none per value."""
        if not values_ms:
            return
        counts, below = self.counts, 0
        for bucket, bound_ms in enumerate(self._bounds_ms):
            reached = bisect_right(values_ms, bound_ms, below)
            counts[bucket] += (reached - below) * weight
            below = reached
        counts[-1] += (len(values_ms) - below) * weight
        negative = bisect_left(values_ms, 0)
        self.sum += sum(values_ms[negative:]) * weight / 1000


class Measured:
    """Of one engine, since it was made.

    Shapes: histograms by topic; ``left`` is what programs counted whose partitions are not ours any more.
    """

    def __init__(self) -> None:
        self.e2e = _by_topic()
        self.ingest = _by_topic()
        self.processing = _by_topic()
        self.skewed: defaultdict[str, int] = defaultdict(int)
        self.replayed: defaultdict[str, int] = defaultdict(int)
        self.flush = Histogram(FLUSH_BOUNDS_S)
        self.recovery = Histogram(RECOVERY_BOUNDS_S)
        self.changelog_bytes = 0
        self.healed_keys = 0
        self.rebalances = 0
        self.commits = 0
        self.commit_failures = 0
        self.left: defaultdict[str, int] = defaultdict(int)

    def visible(self, batches: Iterable[Folded], now_ms: int) -> None:
        """What came of these batches is durable and shown."""
        for topic, broker_times_ms, event_times_ms, weight in batches:
            ages_ms = sorted([now_ms - at_ms for at_ms in broker_times_ms])
            self.processing[topic].add_ascending_ms(ages_ms, weight)
            if not event_times_ms:
                continue
            ages_ms = sorted([now_ms - at_ms for at_ms in event_times_ms if at_ms])
            self.e2e[topic].add_ascending_ms(ages_ms, weight)
            pairs = zip(broker_times_ms, event_times_ms, strict=True)
            delays_ms = sorted([broker_ms - at_ms for broker_ms, at_ms in pairs if at_ms])
            self.ingest[topic].add_ascending_ms(delays_ms, weight)
            skewed = bisect_left(delays_ms, -SKEW_MS)
            if skewed:
                self.skewed[topic] += skewed * weight

    def fetched(self, topic: str, raw: RawRecords, known_to: int) -> None:
        """Records came to be folded; those before an offset were known."""
        if raw.begin_offset < known_to:
            self.replayed[topic] += bisect_left(raw.offsets, known_to)

    def landed(self, partition: Partition, size_bytes: int) -> None:
        """The flush that is on its way is durable."""
        if partition.flush_started_s is not None:
            self.flush.add(time.monotonic() - partition.flush_started_s)
        self.changelog_bytes += size_bytes

    def leave(self, partition: Partition) -> None:
        """Keep what was counted of a partition that is not ours any more."""
        self.healed_keys += partition.ownership.healed_keys
        for name, count in counts_of(partition.program).items():
            self.left[name] += count


def counts_of(program: Program) -> Mapping[str, int]:
    """What a program counted since it was made, by name; nothing if it tells nothing."""
    return program.counts() if isinstance(program, Telling) else {}


def _by_topic() -> defaultdict[str, Histogram]:
    return defaultdict(lambda: Histogram(LATENCY_BOUNDS_S))
