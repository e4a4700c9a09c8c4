"""What the engine knows of itself, read when somebody asks.

Read from another thread than the engine's: every dictionary is copied in one step first, and what must
fit together is taken from the durable positions, which are replaced and never changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Final

from streamproc.engine.engine import Engine
from streamproc.engine.measured import Histogram, counts_of
from streamproc.engine.partition import Partition
from streamproc.engine.ports import SourcePartition
from streamproc.events.rejected import RejectReason
from streamproc.sinks.metrics.exposition import Exposition, Ratchet
from streamproc.sinks.metrics.registry import PREFIX
from streamproc.sinks.metrics.sinks import SinkState

Rejected = Mapping[tuple[str, str], int]
"""Dead letters by topic and reason."""

_COUNTED: Final = {
    "comments_scanned": f"{PREFIX}comments_scanned_total",
    "judging_failures": f"{PREFIX}judging_failures_total",
}


class WorkerCollector:
    """Tells of an engine, its partitions and its sinks.

    Shapes: ``rejected`` gives what was written to the dead letters.
    """

    def __init__(self, rejected: Callable[[], Rejected], sinks: Sequence[SinkState] = ()) -> None:
        self._rejected = rejected
        self._sinks = sinks
        self._never_falls = Ratchet()

    def tell(self, engine: Engine, into: Exposition) -> None:
        """Everything that is to be told of an engine now."""
        owned = engine.partitions.copy()
        group = getattr(engine, "group", None)  # there is none before the first assignment
        committed = group.last_committed() if group is not None else {}
        paused = engine.paused.copy()
        for partition in owned.values():
            for topic in engine.config.inputs:
                source = SourcePartition(topic, partition.number)
                _tell_source(partition, topic, into)
                _gauge(into, "partition_paused", int(source in paused), source)
                if source in committed:
                    _gauge(into, "partition_committed_offset", committed[source], source)
            _tell_partition(partition, into)
        self._tell_engine(engine, owned, into)
        self._tell_recovery(engine, into)
        self._tell_measured(engine, into)
        self._tell_sinks(into)

    def _tell_engine(
        self, engine: Engine, owned: Mapping[int, Partition], into: Exposition
    ) -> None:
        measured = engine.measured
        into.add(f"{PREFIX}partitions_owned", len(owned))
        totals = {
            "changelog_written_bytes_total": measured.changelog_bytes,
            "rebalances_total": measured.rebalances,
            "commits_total": measured.commits,
            "commit_failures_total": measured.commit_failures,
            "views_told_total": engine.showing.made,
            "views_seconds_total": engine.showing.spent_s,
            "stale_records_total": engine.stale_records
            + sum(each.ownership.stale_records for each in owned.values()),
            "healed_keys_total": measured.healed_keys
            + sum(each.ownership.healed_keys for each in owned.values()),
        }
        for name, value in totals.items():
            into.add(f"{PREFIX}{name}", self._never_falls(value, name))
        counted = Counter(measured.left)
        for partition in owned.values():
            counted.update(counts_of(partition.program))
        for key, name in _COUNTED.items():
            into.add(name, self._never_falls(counted[key], name))

    def _tell_recovery(self, engine: Engine, into: Exposition) -> None:
        recovery = engine.recovery
        read = engine.recovered_records + (recovery.records if recovery is not None else 0)
        left = recovery.remaining_records if recovery is not None else 0
        into.add(f"{PREFIX}recovery_running", int(recovery is not None))
        into.add(f"{PREFIX}recovery_remaining_records", left)
        into.add(f"{PREFIX}recovery_records_total", self._never_falls(read, "recovery"))

    def _tell_measured(self, engine: Engine, into: Exposition) -> None:
        measured = engine.measured
        into.add_histogram(f"{PREFIX}flush_seconds", measured.flush)
        into.add_histogram(f"{PREFIX}recovery_seconds", measured.recovery)
        for name, by_topic in {
            "e2e_latency_seconds": measured.e2e,
            "ingest_delay_seconds": measured.ingest,
            "processing_delay_seconds": measured.processing,
        }.items():
            _tell_histograms(f"{PREFIX}{name}", by_topic, into)
        for topic in engine.config.inputs:
            into.add(f"{PREFIX}events_replayed_total", measured.replayed.get(topic, 0), topic)
            into.add(f"{PREFIX}clock_skew_events_total", measured.skewed.get(topic, 0), topic)
        rejected = dict(self._rejected())
        # from 0 on, so that Prometheus sees the first one as an increase
        for topic, reason in product(engine.config.inputs, RejectReason):
            count = rejected.get((topic, reason.value), 0)
            into.add(f"{PREFIX}events_rejected_total", count, topic, reason.value)

    def _tell_sinks(self, into: Exposition) -> None:
        for sink in self._sinks:
            into.add(f"{PREFIX}sink_up", int(sink.up), sink.name)
            into.add(f"{PREFIX}sink_dirty_keys", sink.dirty_keys, sink.name)
            into.add(f"{PREFIX}sink_oldest_dirty_seconds", sink.oldest_dirty_age_s, sink.name)
            into.add_summary(f"{PREFIX}sink_write_seconds", sink.writes, sink.write_s, sink.name)
            into.add(f"{PREFIX}sink_refused_total", sink.refused, sink.name)
            into.add(f"{PREFIX}sink_dropped_total", sink.dropped, sink.name)


def _tell_source(partition: Partition, topic: str, into: Exposition) -> None:
    source = SourcePartition(topic, partition.number)
    at = partition.durable[topic]
    for name, value in {
        "events_consumed_total": at.applied + at.duplicate + at.rejected,
        "events_applied_total": at.applied,
        "events_duplicate_total": at.duplicate,
        "events_late_total": at.late,
        "events_ahead_total": at.ahead,
        "events_absent_total": at.absent,
        "partition_durable_offset": at.next_offset,
        "partition_unaccounted_records": at.unaccounted,
        "partition_end_offset": partition.ends[topic],
        "partition_lag": partition.lag(topic),
    }.items():
        _gauge(into, name, value, source)
    newest_ms = partition.newest_ms.get(topic)
    if newest_ms is not None:
        _gauge(into, "partition_watermark_timestamp_seconds", newest_ms / 1000, source)


def _tell_partition(partition: Partition, into: Exposition) -> None:
    number = str(partition.number)
    into.add(f"{PREFIX}partition_follows", int(partition.follows), number)
    into.add(f"{PREFIX}state_keys", len(partition.digest), number)
    into.add(f"{PREFIX}state_dirty_keys", partition.dirty_keys, number)


def _gauge(into: Exposition, name: str, value: float, source: SourcePartition) -> None:
    into.add(f"{PREFIX}{name}", value, source.topic, str(source.partition))


def _tell_histograms(name: str, by_topic: Mapping[str, Histogram], into: Exposition) -> None:
    for topic, histogram in dict(by_topic).items():
        into.add_histogram(name, histogram, topic)
