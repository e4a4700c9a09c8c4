"""The dashboard of the promise."""

from __future__ import annotations

from typing import Final

from tests.ops.panels import Board, curve, listed, number, quantile, rate

GOAL: Final = 0.999
_LATE_30D: Final = (
    "sum(sum_over_time(job:streamproc_e2e_slow:rate5m[30d]))"
    " / (sum(sum_over_time(job:streamproc_e2e_events:rate5m[30d])) > 0)"
)

SLO = Board(
    "streamproc-slo",
    "99.9 % of events are visible within 2 s of their time, over 30 days.",
    (
        (
            "The promise",
            (
                number(
                    "Within 2 s, 30 days",
                    "percentunit",
                    f"1 - {_LATE_30D}",
                    width=6,
                    decimals=3,
                ),
                number(
                    "Allowance left, 30 days",
                    "percentunit",
                    f"1 - {_LATE_30D} / (1 - {GOAL})",
                    told="1: nothing was late; 0: all that the promise allows was; below: it is broken.",
                    width=6,
                    decimals=1,
                ),
                number(
                    "p99 now",
                    "s",
                    "max(job:streamproc_e2e_latency_seconds:p99_5m)",
                    width=6,
                    steps=((2, "red"),),
                ),
                number(
                    "Events a second", "reqps", "sum(job:streamproc_e2e_events:rate5m)", width=6
                ),
            ),
        ),
        (
            "How fast the allowance goes",
            (
                curve(
                    "Burn rate: 1 is just sustainable",
                    "none",
                    ("max(job:streamproc_e2e_slow:ratio_rate5m) / 0.001", "5 min"),
                    ("max(job:streamproc_e2e_slow:ratio_rate1h) / 0.001", "1 h"),
                    ("max(job:streamproc_e2e_slow:ratio_rate6h) / 0.001", "6 h"),
                    ("max(job:streamproc_e2e_slow:ratio_rate3d) / 0.001", "3 d"),
                    told="A page at 14.4 (1 h and 5 min), a ticket at 6 (6 h and 30 min).",
                    width=24,
                ),
            ),
        ),
        (
            "Which topic",
            (
                curve(
                    "p50 by topic",
                    "s",
                    (quantile(0.5, "e2e_latency_seconds", "topic"), "{{topic}}"),
                ),
                curve(
                    "p99 by topic",
                    "s",
                    (quantile(0.99, "e2e_latency_seconds", "topic"), "{{topic}}"),
                ),
                curve(
                    "Events by topic",
                    "reqps",
                    (rate("e2e_latency_seconds_count", "topic"), "{{topic}}"),
                ),
                curve(
                    "Event to broker, p99 by topic",
                    "s",
                    (quantile(0.99, "ingest_delay_seconds", "topic"), "{{topic}}"),
                    width=12,
                ),
                curve(
                    "Broker to visible, p99 by topic",
                    "s",
                    (quantile(0.99, "processing_delay_seconds", "topic"), "{{topic}}"),
                    width=12,
                ),
                listed(
                    "Alerts that fire",
                    "none",
                    'ALERTS{alertname=~"Streamproc.+", alertstate="firing"}',
                    width=24,
                    height=8,
                ),
            ),
        ),
    ),
    span="now-6h",
)
