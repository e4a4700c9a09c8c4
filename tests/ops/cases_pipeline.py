"""From the topics into the state: what their alerts are held to."""

from __future__ import annotations

from tests.ops.alert_case import (
    HOSTS,
    JOB,
    MINUTE,
    ON_1,
    ORDERS,
    ORDERS_4,
    P3,
    W1,
    W2,
    Case,
    Counter,
    Follows,
    Gauge,
)


def _lag(well: float = 0, sick: float = 50, near: float = 50) -> Gauge:
    return Gauge(f"streamproc_partition_lag{{{W1},{ORDERS}}}", well, sick, near)


CONSUMED = f"streamproc_events_consumed_total{{{W1},{ORDERS}}}"
REJECTED = f'streamproc_events_rejected_total{{{W1},topic="live.orders.v1",reason="invalid"}}'
BY_TOPIC = {"job": "streamproc", "topic": "live.orders.v1"}


def _room(metric: str, labels: str, *values: float | None) -> Gauge:
    well, sick, near = values
    return Gauge(f"{metric}{{{W1}{labels}}}", well, sick, near)


PIPELINE: tuple[Case, ...] = (
    Case(
        "StreamprocPartitionStalled",
        {**ON_1, **P3},
        (
            _lag(0, 50, 50),
            Counter(f"streamproc_partition_durable_offset{{{W1},{ORDERS}}}", 600, 0, 1),
            Gauge(f"streamproc_partition_paused{{{W1},{ORDERS}}}", 0, 0, 0),
        ),
        silent_s=150,
        fires_s=210,
        sick_s=300,
        keeps_s=150,
        over_s=270,
    ),
    Case(
        "StreamprocWatermarkLag",
        {**ON_1, **P3},
        (
            _lag(5, 50, 50),
            Counter(f"streamproc_partition_durable_offset{{{W1},{ORDERS}}}", 600, 60, 60),
            Follows(f"streamproc_partition_watermark_timestamp_seconds{{{W1},{ORDERS}}}", 50),
        ),
        silent_s=165,
        fires_s=210,
        sick_s=420,
        keeps_s=270,
        over_s=360,
    ),
    Case(
        "StreamprocRoomsUnjudged",
        {**JOB, "partition": "3"},
        (
            Gauge(f'streamproc_partition_follows{{{W1},partition="3"}}', 1, 0, 0),
            # a partition that moves is judged by whoever has it now
            Gauge(f'streamproc_partition_follows{{{W2},partition="3"}}', None, None, 1),
        ),
        silent_s=105,
        fires_s=150,
        sick_s=300,
        keeps_s=150,
        over_s=270,
    ),
    Case(
        "StreamprocUnaccounted",
        {**ON_1, **P3},
        (Gauge(f"streamproc_partition_unaccounted_records{{{W1},{ORDERS}}}", 0, 7, 0),),
        silent_s=270,
        fires_s=330,
        sick_s=480,
        keeps_s=270,
        over_s=360,
        value="7",
    ),
    Case(
        "StreamprocAbsentRecords",
        BY_TOPIC | P3,
        (
            Counter(f"streamproc_events_absent_total{{{W1},{ORDERS}}}", 0, 12, 0),
            # the holes that compaction leaves are none of it
            Counter(f"streamproc_events_absent_total{{{W1},{HOSTS}}}", 9, 9, 9),
            # nor is a partition that moves to another worker
            Gauge(f"streamproc_events_absent_total{{{W1},{ORDERS_4}}}", 5, 5, None),
            Gauge(f"streamproc_events_absent_total{{{W2},{ORDERS_4}}}", None, None, 5),
        ),
        silent_s=-15,
        fires_s=30,
        sick_s=300,
        keeps_s=18 * MINUTE,
        over_s=22 * MINUTE,
        well_s=20 * MINUTE,
    ),
    Case(
        "StreamprocPartitionPaused",
        {**ON_1, **P3},
        (Gauge(f"streamproc_partition_paused{{{W1},{ORDERS}}}", 0, 1, 0),),
        silent_s=45,
        fires_s=90,
        sick_s=180,
        keeps_s=270,
        over_s=360,
    ),
    Case(
        "StreamprocDlqBurst",
        BY_TOPIC,
        (Counter(REJECTED, 1, 400, 90), Counter(CONSUMED, 10_000, 10_000, 10_000)),
        silent_s=60,
        fires_s=180,
        sick_s=360,
        keeps_s=9 * MINUTE,
        over_s=14 * MINUTE,
    ),
    Case(
        "StreamprocDlqRatio",
        BY_TOPIC,
        (Counter(REJECTED, 0, 3, 0.9), Counter(CONSUMED, 100, 100, 100)),
        silent_s=6 * MINUTE,
        fires_s=19 * MINUTE,
        sick_s=30 * MINUTE,
        keeps_s=9 * MINUTE,
        over_s=25 * MINUTE,
        well_s=20 * MINUTE,
    ),
    Case(
        "StreamprocNoTraffic",
        JOB,
        (
            Counter(CONSUMED, 60, 0, 1),
            Counter(
                f'streamproc_events_consumed_total{{{W1},topic="live.rooms.v1",partition="3"}}',
                6,
                6,
                6,
            ),
            _room("streamproc_rooms", ',status="live"', 4, 4, 4),
        ),
        silent_s=9 * MINUTE,
        fires_s=11 * MINUTE,
        sick_s=15 * MINUTE,
        keeps_s=4 * MINUTE,
        over_s=7 * MINUTE,
    ),
    Case(
        "StreamprocClockSkew",
        BY_TOPIC,
        (
            Counter(
                f'streamproc_clock_skew_events_total{{{W1},topic="live.orders.v1"}}', 0, 50, 0.9
            ),
            Counter(CONSUMED, 100, 100, 100),
        ),
        silent_s=9 * MINUTE,
        fires_s=13 * MINUTE,
        sick_s=20 * MINUTE,
        keeps_s=10 * MINUTE,
        over_s=25 * MINUTE,
        well_s=20 * MINUTE,
    ),
)
