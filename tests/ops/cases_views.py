"""The promise, the views, the floor, and whoever watches: what their alerts are held to."""

from __future__ import annotations

from tests.ops.alert_case import DAY, HOUR, JOB, MINUTE, ON_1, W1, Case, Counter, Gauge


def _latency(slow_well: float, slow_sick: float, slow_near: float) -> tuple[Counter, ...]:
    """A thousand events a minute, so many of which take over two seconds."""
    name, topic = "streamproc_e2e_latency_seconds", f'{W1},topic="live.orders.v1"'
    fast = [1000 - slow for slow in (slow_well, slow_sick, slow_near)]
    return (
        Counter(f"{name}_count{{{topic}}}", 1000, 1000, 1000),
        Counter(f'{name}_bucket{{{topic},le="2"}}', *fast),
        Counter(f'{name}_bucket{{{topic},le="+Inf"}}', 1000, 1000, 1000),
    )


def _room(metric: str, labels: str, *values: float | None) -> Gauge:
    well, sick, near = values
    return Gauge(f"{metric}{{{W1}{labels}}}", well, sick, near)


VIEWS: tuple[Case, ...] = (
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
