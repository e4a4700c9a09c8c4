"""What each alert is held to: series that are well, then sick, then well again; and a near miss.

`tests.ops.rule_tests` makes promtool's tests of it.
"""

from __future__ import annotations

from typing import NamedTuple

W1 = 'job="streamproc",instance="worker-1:9464"'
W2 = 'job="streamproc",instance="worker-2:9464"'
ORDERS = 'topic="live.orders.v1",partition="3"'
ORDERS_4 = 'topic="live.orders.v1",partition="4"'
HOSTS = 'topic="live.hosts.v1",partition="3"'
P3 = {"topic": "live.orders.v1", "partition": "3"}
ON_1 = {"job": "streamproc", "instance": "worker-1:9464"}
ON_2 = {"job": "streamproc", "instance": "worker-2:9464"}
SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86_400
GIB = 1024**3


class Gauge(NamedTuple):
    """A series of values: while well, while sick, and in a near miss. None: it is not there."""

    series: str
    well: float | None
    sick: float | None
    near: float | None


class Counter(NamedTuple):
    """A counter: what it grows by in a minute while well, while sick, and in a near miss."""

    series: str
    well: float
    sick: float
    near: float


class Follows(NamedTuple):
    """A gauge that follows the clock, in seconds since the epoch: it stops while sick, or nearly."""

    series: str
    near_behind_s: float


class Case(NamedTuple):
    """One alert.

    Shapes: ``labels`` are those of the alert beside what the rule adds; ``value`` as its text writes it.
        ``fires_on_nothing``: with these labels also when there is no data at all.
    Units: seconds. From the beginning of the sickness: ``silent_s`` it says nothing yet, by ``fires_s`` it
        fires. It is sick for ``sick_s`` after ``well_s``. From its end: ``keeps_s`` it still fires, by
        ``over_s`` it does not.
    """

    alert: str
    labels: dict[str, str]
    series: tuple[Gauge | Counter | Follows, ...]
    silent_s: int
    fires_s: int
    sick_s: int
    keeps_s: int
    over_s: int
    well_s: int = 10 * MINUTE
    step_s: int = 15
    value: str = ""
    fires_on_nothing: bool = False


def _latency(slow_well: float, slow_sick: float, slow_near: float) -> tuple[Counter, ...]:
    """A thousand events a minute, so many of which take over two seconds."""
    name, topic = "streamproc_e2e_latency_seconds", f'{W1},topic="live.orders.v1"'
    fast = [1000 - slow for slow in (slow_well, slow_sick, slow_near)]
    return (
        Counter(f"{name}_count{{{topic}}}", 1000, 1000, 1000),
        Counter(f'{name}_bucket{{{topic},le="2"}}', *fast),
        Counter(f'{name}_bucket{{{topic},le="+Inf"}}', 1000, 1000, 1000),
    )


def _lag(well: float = 0, sick: float = 50, near: float = 50) -> Gauge:
    return Gauge(f"streamproc_partition_lag{{{W1},{ORDERS}}}", well, sick, near)


CONSUMED = f"streamproc_events_consumed_total{{{W1},{ORDERS}}}"
REJECTED = f'streamproc_events_rejected_total{{{W1},topic="live.orders.v1",reason="invalid"}}'
BY_TOPIC = {"job": "streamproc", "topic": "live.orders.v1"}
JOB = {"job": "streamproc"}


def _room(metric: str, labels: str, *values: float | None) -> Gauge:
    well, sick, near = values
    return Gauge(f"{metric}{{{W1}{labels}}}", well, sick, near)


CASES: tuple[Case, ...] = (
    Case(
        "StreamprocFreshnessFastBurn",
        JOB,
        _latency(0, 40, 12),
        silent_s=10 * MINUTE,
        fires_s=30 * MINUTE,
        sick_s=40 * MINUTE,
        keeps_s=5 * MINUTE,
        over_s=15 * MINUTE,
        well_s=60 * MINUTE,
        step_s=30,
    ),
    Case(
        "StreamprocFreshnessSlowBurn",
        JOB,
        _latency(0, 12, 5),
        silent_s=2 * HOUR,
        fires_s=4 * HOUR,
        sick_s=5 * HOUR,
        keeps_s=10 * MINUTE,
        over_s=HOUR,
        well_s=6 * HOUR,
        step_s=60,
    ),
    Case(
        "StreamprocFreshnessDrain",
        JOB,
        _latency(0, 3, 0.9),
        silent_s=11 * HOUR,
        fires_s=13 * HOUR,
        sick_s=14 * HOUR,
        keeps_s=HOUR,
        over_s=6 * HOUR,
        well_s=24 * HOUR,
        step_s=120,
    ),
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
            Follows(f"streamproc_partition_watermark_timestamp_seconds{{{W1},{ORDERS}}}", 50),
        ),
        silent_s=165,
        fires_s=210,
        sick_s=420,
        keeps_s=270,
        over_s=360,
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
    Case(
        "StreamprocNoWorkers",
        {},
        (Gauge(f"up{{{W1}}}", 1, 0, 0), Gauge(f"up{{{W2}}}", 1, 0, 1)),
        silent_s=45,
        fires_s=90,
        sick_s=300,
        keeps_s=90,
        over_s=180,
        fires_on_nothing=True,
    ),
    Case(
        "StreamprocTargetDown",
        ON_2,
        (Gauge(f"up{{{W1}}}", 1, 1, 1), Gauge(f"up{{{W2}}}", 1, 0, 1)),
        silent_s=105,
        fires_s=150,
        sick_s=300,
        keeps_s=90,
        over_s=180,
    ),
    Case(
        "StreamprocPartitionsUnowned",
        JOB,
        (
            Gauge(f"streamproc_partitions_owned{{{W1}}}", 6, 6, 12),
            Gauge(f"streamproc_partitions_owned{{{W2}}}", 6, None, None),
        ),
        silent_s=165,
        fires_s=240,
        sick_s=480,
        keeps_s=90,
        over_s=180,
        value="6",
    ),
    Case(
        "StreamprocRecoveryStuck",
        ON_1,
        (
            Gauge(f"streamproc_recovery_running{{{W1}}}", 0, 1, 1),
            Counter(f"streamproc_recovery_remaining_records{{{W1}}}", 0, 0, 1),
        ),
        silent_s=45,
        fires_s=90,
        sick_s=300,
        keeps_s=90,
        over_s=180,
    ),
    Case(
        "StreamprocRebalanceStorm",
        ON_1,
        (Counter(f"streamproc_rebalances_total{{{W1}}}", 0, 2, 0.5),),
        silent_s=210,
        fires_s=330,
        sick_s=15 * MINUTE,
        keeps_s=9 * MINUTE,
        over_s=20 * MINUTE,
    ),
    Case(
        "StreamprocCommitFailing",
        ON_1,
        (Counter(f"streamproc_commit_failures_total{{{W1}}}", 0, 4, 0.5),),
        silent_s=120,
        fires_s=270,
        sick_s=10 * MINUTE,
        keeps_s=8 * MINUTE,
        over_s=13 * MINUTE,
    ),
    Case(
        "StreamprocNotReady",
        ON_1,
        (Gauge(f"streamproc_ready{{{W1}}}", 1, 0, 1),),
        silent_s=585,
        fires_s=630,
        sick_s=15 * MINUTE,
        keeps_s=90,
        over_s=180,
    ),
    Case(
        "StreamprocLoopBlocked",
        ON_1,
        (Gauge(f"streamproc_loop_lag_max_seconds{{{W1}}}", 0.01, 3, 0.9),),
        silent_s=285,
        fires_s=330,
        sick_s=10 * MINUTE,
        keeps_s=270,
        over_s=360,
    ),
    Case(
        "StreamprocJudgingFailing",
        ON_1,
        (Counter(f"streamproc_judging_failures_total{{{W1}}}", 0, 1, 0),),
        silent_s=-15,
        fires_s=90,
        sick_s=5 * MINUTE,
        keeps_s=18 * MINUTE,
        over_s=22 * MINUTE,
    ),
    Case(
        "StreamprocMemoryHigh",
        ON_1,
        (Gauge(f"process_resident_memory_bytes{{{W1}}}", GIB, 2 * GIB, 1.4 * GIB),),
        silent_s=585,
        fires_s=630,
        sick_s=15 * MINUTE,
        keeps_s=9 * MINUTE,
        over_s=11 * MINUTE,
        value="2Gi",
    ),
    Case(
        "StreamprocFilesRunningOut",
        ON_1,
        (
            Gauge(f"process_open_fds{{{W1}}}", 100, 900, 790),
            Gauge(f"process_max_fds{{{W1}}}", 1000, 1000, 1000),
        ),
        silent_s=585,
        fires_s=630,
        sick_s=15 * MINUTE,
        keeps_s=9 * MINUTE,
        over_s=11 * MINUTE,
    ),
    Case(
        "StreamprocConfigDiffers",
        JOB,
        (
            Gauge(f'streamproc_config_hash_info{{{W1},hash="aa"}}', 1, 1, 1),
            Gauge(f'streamproc_config_hash_info{{{W2},hash="aa"}}', 1, None, 1),
            Gauge(f'streamproc_config_hash_info{{{W2},hash="bb"}}', None, 1, None),
        ),
        silent_s=14 * MINUTE,
        fires_s=16 * MINUTE,
        sick_s=30 * MINUTE,
        keeps_s=4 * MINUTE,
        over_s=7 * MINUTE,
    ),
    Case(
        "StreamprocVersionsMixed",
        JOB,
        (
            Gauge(f'streamproc_build_info{{{W1},version="0.1.0"}}', 1, 1, 1),
            Gauge(f'streamproc_build_info{{{W2},version="0.1.0"}}', 1, None, 1),
            Gauge(f'streamproc_build_info{{{W2},version="0.2.0"}}', None, 1, None),
        ),
        silent_s=59 * MINUTE,
        fires_s=61 * MINUTE,
        sick_s=90 * MINUTE,
        keeps_s=4 * MINUTE,
        over_s=7 * MINUTE,
    ),
    Case(
        "StreamprocSinkDown",
        ON_1 | {"sink": "redis"},
        (Gauge(f'streamproc_sink_up{{{W1},sink="redis"}}', 1, 0, 1),),
        silent_s=45,
        fires_s=90,
        sick_s=300,
        keeps_s=90,
        over_s=180,
    ),
    Case(
        "StreamprocSinkStale",
        ON_1 | {"sink": "redis"},
        (Gauge(f'streamproc_sink_oldest_dirty_seconds{{{W1},sink="redis"}}', 0.2, 45, 29),),
        silent_s=45,
        fires_s=90,
        sick_s=300,
        keeps_s=90,
        over_s=180,
    ),
    Case(
        "StreamprocSinkDropping",
        ON_1 | {"sink": "redis"},
        (Counter(f'streamproc_sink_dropped_total{{{W1},sink="redis"}}', 0, 10, 0),),
        silent_s=-15,
        fires_s=90,
        sick_s=300,
        keeps_s=18 * MINUTE,
        over_s=22 * MINUTE,
    ),
    Case(
        "StreamprocSeriesCapped",
        ON_1,
        (Counter(f"streamproc_series_dropped_total{{{W1}}}", 0, 100, 0),),
        silent_s=585,
        fires_s=690,
        sick_s=15 * MINUTE,
        keeps_s=18 * MINUTE,
        over_s=22 * MINUTE,
    ),
    Case(
        "StreamprocFloorSalesStopped",
        {},
        (
            _room("streamproc_room_orders", ',host="h-1",room="r-1",window="10m"', 30, 0, 1),
            _room("streamproc_room_orders", ',host="h-2",room="r-2",window="10m"', 10, 0, 0),
            _room("streamproc_room_online", ',host="h-1",room="r-1"', 150, 150, 900),
            _room("streamproc_room_online", ',host="h-2",room="r-2"', 90, 90, 900),
            _room("streamproc_rooms", ',status="live"', 3, 3, 30),
        ),
        silent_s=165,
        fires_s=240,
        sick_s=420,
        keeps_s=90,
        over_s=210,
    ),
    Case(
        "StreamprocCommonCause",
        {"kind": "StreamDead"},
        (
            *(
                _room(
                    "streamproc_room_alerts",
                    f',host="h-{number}",room="r-{number}",kind="StreamDead",severity="page"',
                    1 if number == 1 else None,
                    1,
                    1 if number < 5 else None,
                )
                for number in range(1, 6)
            ),
            _room("streamproc_rooms", ',status="live"', 10, 10, 10),
        ),
        silent_s=45,
        fires_s=105,
        sick_s=300,
        keeps_s=4 * MINUTE,
        over_s=7 * MINUTE,
        value="5",
    ),
    Case(
        "StreamprocProbeFailing",
        {"job": "streamproc-probe", "instance": "http://board:8080/livez"},
        (
            Gauge(
                'probe_success{job="streamproc-probe",instance="http://board:8080/livez"}', 1, 0, 1
            ),
        ),
        silent_s=105,
        fires_s=150,
        sick_s=300,
        keeps_s=90,
        over_s=180,
    ),
    Case(
        "StreamprocCertExpiry",
        {"job": "streamproc-probe", "instance": "https://board:8443/livez"},
        (
            Gauge(
                'probe_ssl_earliest_cert_expiry{job="streamproc-probe",instance="https://board:8443/livez"}',
                90 * DAY,
                13 * DAY,
                15 * DAY,
            ),
        ),
        silent_s=585,
        fires_s=630,
        sick_s=15 * MINUTE,
        keeps_s=9 * MINUTE,
        over_s=11 * MINUTE,
    ),
    Case(
        "StreamprocNotificationsFailing",
        {"job": "alertmanager", "integration": "webhook"},
        (
            Counter(
                'alertmanager_notifications_failed_total{job="alertmanager",integration="webhook"}',
                0,
                4,
                0,
            ),
        ),
        silent_s=4 * MINUTE,
        fires_s=7 * MINUTE,
        sick_s=10 * MINUTE,
        keeps_s=9 * MINUTE,
        over_s=12 * MINUTE,
    ),
    Case(
        "StreamprocRulesFailing",
        {"job": "prometheus", "rule_group": "slo.yml;streamproc.slo.alerts"},
        (
            Counter(
                "prometheus_rule_evaluation_failures_total"
                '{job="prometheus",rule_group="slo.yml;streamproc.slo.alerts"}',
                0,
                4,
                0,
            ),
        ),
        silent_s=4 * MINUTE,
        fires_s=7 * MINUTE,
        sick_s=10 * MINUTE,
        keeps_s=9 * MINUTE,
        over_s=12 * MINUTE,
    ),
)
