"""Every metric of a worker: name, type, labels and what it says. Names and labels are a contract.

Source: docs/metrics.md, written from here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from streamproc.engine.measured import FLUSH_BOUNDS_S, LATENCY_BOUNDS_S, RECOVERY_BOUNDS_S

PREFIX: Final = "streamproc_"

COUNTER: Final = "counter"
GAUGE: Final = "gauge"
HISTOGRAM: Final = "histogram"
SUMMARY: Final = "summary"

LOOP_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0)


class Metric(NamedTuple):
    """One metric.

    Shapes: ``name`` has the prefix; of a counter it ends in ``_total``. ``bounds`` are the upper bounds of
        a histogram's buckets, +Inf left out.
    """

    name: str
    type: str
    labels: tuple[str, ...]
    help: str
    bounds: tuple[float, ...] = ()


class Section(NamedTuple):
    """Metrics that belong together, and what is to be said of all of them."""

    title: str
    note: str
    metrics: tuple[Metric, ...]


def _counter(name: str, labels: tuple[str, ...], told: str) -> Metric:
    return Metric(f"{PREFIX}{name}", COUNTER, labels, told)


def _gauge(name: str, labels: tuple[str, ...], told: str) -> Metric:
    return Metric(f"{PREFIX}{name}", GAUGE, labels, told)


def _histogram(
    name: str, labels: tuple[str, ...], told: str, bounds: tuple[float, ...] = LATENCY_BOUNDS_S
) -> Metric:
    return Metric(f"{PREFIX}{name}", HISTOGRAM, labels, told, bounds)


SOURCE: Final = ("topic", "partition")
ALERT: Final = ("kind", "severity")
ROOM: Final = ("host", "room")
WINDOW: Final = (*ROOM, "window")

EVENTS: Final = Section(
    "Events",
    "Counters with `topic` and `partition` are kept in the state: they are of what is durable, go on over"
    " restarts and moves, and never fall. Their first sample on a worker is no increase.",
    (
        _counter("events_consumed_total", SOURCE, "Records read: applied, duplicate or rejected."),
        _counter(
            "events_applied_total", SOURCE, "Records that changed the tallies, late ones too."
        ),
        _counter("events_duplicate_total", SOURCE, "Records of an event that was known already."),
        _counter("events_late_total", SOURCE, "Applied records that came too late for a window."),
        _counter(
            "events_ahead_total",
            SOURCE,
            "Applied records whose event time is over 5 min after the broker's: they count as of that.",
        ),
        _counter("events_absent_total", SOURCE, "Offsets that the log did not hold any more."),
        _counter(
            "events_rejected_total",
            ("topic", "reason"),
            "Records that cannot be used and went to the dead letters, of this process.",
        ),
        _counter(
            "events_replayed_total",
            ("topic",),
            "Records that were read again and passed over, of this process.",
        ),
        _counter(
            "clock_skew_events_total",
            ("topic",),
            "Records whose event time is over 5 s ahead of the broker's, estimated from a sample.",
        ),
        _counter("comments_scanned_total", (), "Comments whose text was read for its meaning."),
    ),
)

LATENCY: Final = Section(
    "Latency",
    "Observed once per batch and flush: every record of a batch below 64, else every eighth with weight 8."
    " Visible is: durable, and told to the views.",
    (
        _histogram("e2e_latency_seconds", ("topic",), "From the event's time until it is visible."),
        _histogram("ingest_delay_seconds", ("topic",), "From the event's time to the broker's."),
        _histogram(
            "processing_delay_seconds", ("topic",), "From the broker's time until it is visible."
        ),
    ),
)

PARTITIONS: Final = Section(
    "Partitions",
    "Only of partitions that this worker owns; they leave with the partition.",
    (
        _gauge("partition_lag", SOURCE, "Records in the log that are not folded yet."),
        _gauge("partition_end_offset", SOURCE, "Where the log ends, as the last fetch said."),
        _gauge("partition_durable_offset", SOURCE, "Up to where the durable state goes."),
        _gauge("partition_committed_offset", SOURCE, "What the group knows to be committed."),
        _gauge(
            "partition_watermark_timestamp_seconds",
            SOURCE,
            "Broker's time of the newest folded record; missing until one was folded.",
        ),
        _gauge(
            "partition_unaccounted_records",
            SOURCE,
            "Offsets passed without a reason, from the state. Anything but 0 is a defect.",
        ),
        _gauge(
            "partition_paused",
            SOURCE,
            "1: it is read no more, too many of its records cannot be used.",
        ),
        _gauge(
            "partition_follows",
            ("partition",),
            "1: its sources are read to their ends, or nearly. 0: no room of it is judged.",
        ),
        _gauge("state_keys", ("partition",), "Keys in the durable state."),
        _gauge("state_dirty_keys", ("partition",), "Changed keys that the next flush writes."),
    ),
)

ENGINE: Final = Section(
    "Engine",
    "Of this process.",
    (
        _gauge("partitions_owned", (), "Partitions that this worker owns."),
        _gauge("ready", (), "1: /readyz says ok."),
        _counter("rebalances_total", (), "Assignments of the consumer group that were taken."),
        _counter("commits_total", (), "Commits of offsets that the group took."),
        _counter("commit_failures_total", (), "Commits of offsets that the group did not take."),
        _gauge("recovery_running", (), "1: partitions are being taken over."),
        _gauge(
            "recovery_remaining_records",
            (),
            "Changelog records that the running recovery has to read yet.",
        ),
        _counter("recovery_records_total", (), "Changelog records that recoveries have read."),
        _histogram("recovery_seconds", (), "How long recoveries took.", RECOVERY_BOUNDS_S),
        _histogram("flush_seconds", (), "From taking a flush until it is durable.", FLUSH_BOUNDS_S),
        _counter("changelog_written_bytes_total", (), "Bytes of flushes in the changelog."),
        _counter("stale_records_total", (), "Changelog records of others that do not count."),
        _counter("healed_keys_total", (), "Keys written again because of such records."),
        _counter("views_told_total", (), "Views that were made for topics, Redis and gauges."),
        _counter("views_seconds_total", (), "Time spent on making them."),
        _counter("output_records_total", ("topic",), "Records that are durable in output topics."),
        _counter("judging_failures_total", (), "Rooms in which a rule of an alert failed."),
        _histogram(
            "loop_lag_seconds", (), "How late the event loop wakes a sleeper.", LOOP_BOUNDS_S
        ),
        _gauge("loop_lag_max_seconds", (), "The greatest such delay of the last minute."),
        _gauge(
            "build_info", ("version", "python", "faust", "aiokafka"), "1, with what runs as labels."
        ),
        _gauge(
            "config_hash_info",
            ("hash",),
            "1, with a hash of the settings that all workers of an app must share.",
        ),
    ),
)

SINKS: Final = Section(
    "Sinks",
    "Of views that live elsewhere; `sink` is `redis`, for one.",
    (
        _gauge("sink_up", ("sink",), "1: the last write went through."),
        _gauge("sink_dirty_keys", ("sink",), "Keys that wait to be written."),
        _gauge("sink_oldest_dirty_seconds", ("sink",), "How long the oldest of them waits."),
        Metric(f"{PREFIX}sink_write_seconds", SUMMARY, ("sink",), "How long writes took."),
        _counter("sink_refused_total", ("sink",), "Writes that were refused because newer stood."),
        _counter(
            "sink_dropped_total", ("sink",), "Keys that were dropped because too many waited."
        ),
    ),
)

ALERTS: Final = Section(
    "Alerts of rooms",
    "`kind` and `severity` (`page`, `ticket`, `info`) are those of alerts.md. An alert is open while it"
    " fires or is about to end. `subject` is what it is about: product, product/pack, coupon or question,"
    " as ids are shown; empty: the room. Behind the 20 worst of a room it is `more`, for all the others of"
    " a kind and severity. `quiet` says why nobody is to be told: `inhibited` (it follows from another),"
    " `acknowledged`, `snoozed`, `bait`, `wrong_product`; empty: somebody is.",
    (
        _counter(
            "alert_transitions_total",
            (*ALERT, "phase"),
            "Steps of alerts that were told, of this process.",
        ),
        _counter("alerts_opened_total", ALERT, "Alerts that began to fire, of this process."),
        _counter(
            "restock_alerts_total", ("kind",), "Of those, the ones that speak of stock running out."
        ),
        _gauge("alerts_open", ALERT, "Open alerts of all rooms, inhibited ones too, uncapped."),
        _gauge(
            "room_alerts",
            (*ROOM, *ALERT, "subject", "quiet"),
            "Open alerts of a room; missing if there is none.",
        ),
    ),
)

ROOMS: Final = Section(
    "Rooms",
    "Gauges from the state, of each host's current broadcast; they leave with the room and with its"
    " partition. Sum over workers, never rate(). Only those rooms with the greatest GMV, at most"
    " `STREAMPROC_METRICS__ROOMS_TOP_MAX`, and never more than `STREAMPROC_METRICS__ROOMS_MAX`. `window`"
    " is one of `STREAMPROC_METRICS__ROOM_WINDOWS`. What is unknown is missing. Ids with other signs than"
    " letters, digits and `_.:-`, or that hold a phone number, are shown as `hashed:` and a hash. `room` is"
    " empty until the room told what is for sale.",
    (
        _gauge(
            "room_gmv_minor_units",
            (*WINDOW, "currency"),
            "GMV, paid (pay_gmv_minor), in minor units of the currency.",
        ),
        _gauge("room_orders", WINDOW, "Orders paid (orders_main)."),
        _gauge("room_viewers", WINDOW, "People who watched (viewers, UV)."),
        _gauge(
            "room_online",
            ROOM,
            "People who watch now (online_now), as counted in the last 10 minutes; missing once it ended.",
        ),
        _gauge(
            "room_restock_requests",
            WINDOW,
            "Comments that ask for more (restock_request); only 10m and session.",
        ),
        _gauge("room_comments", WINDOW, "Comments."),
        _gauge("room_heard_timestamp_seconds", ROOM, "The greatest event time of the broadcast."),
        _gauge(
            "rooms",
            ("status",),
            "Rooms by status, uncapped; what was not heard for 30 minutes has ended.",
        ),
        _gauge("rooms_left_out", ("by",), "Rooms that are not shown: by `top`, or by `cap`."),
        _counter(
            "series_dropped_total", (), "Series left out because of the cap, added up over scrapes."
        ),
    ),
)

PROCESS: Final = Section(
    "Process",
    "As every Prometheus client names them.",
    (
        Metric("process_virtual_memory_bytes", GAUGE, (), "Virtual memory."),
        Metric("process_resident_memory_bytes", GAUGE, (), "Resident memory."),
        Metric("process_start_time_seconds", GAUGE, (), "When the process started."),
        Metric("process_cpu_seconds_total", COUNTER, (), "CPU time, user and system."),
        Metric("process_open_fds", GAUGE, (), "Open file descriptors."),
        Metric("process_max_fds", GAUGE, (), "The most of them that are allowed."),
    ),
)

SECTIONS: Final = (EVENTS, LATENCY, PARTITIONS, ENGINE, SINKS, ALERTS, ROOMS, PROCESS)
METRICS: Final[dict[str, Metric]] = {
    metric.name: metric for section in SECTIONS for metric in section.metrics
}
"""Every metric by its name."""
