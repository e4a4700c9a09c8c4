"""Rules, dashboards and what tests serve speak of metrics that a worker tells, by its labels."""

from __future__ import annotations

import re

import pytest

from streamproc.sinks.metrics.registry import METRICS
from tests.ops.dashboards import BOARDS
from tests.ops.exposed import worker
from tests.ops.rules import alert_rules, records

OURS = re.compile(r"(?<![:\w])((?:streamproc|process)_\w+)(?:\{([^}]*)\})?")
MATCHED = re.compile(r'(\w+)(?:=~|!~|!=|=)"')
BY_PROMETHEUS = {"job", "instance", "le"}
SUFFIX = re.compile(r"_(bucket|count|sum)$")
EXPRESSIONS = {
    **{rule.name: rule.expr for rule in alert_rules().values()},
    **records(),
    **{
        f"{board.uid}: {panel.title} {index}": expr.replace('"$host"', '"h"')
        for board in BOARDS
        for _, row in board.rows
        for panel in row
        for index, (expr, _) in enumerate(panel.queries)
    },
}


def labels_of(name: str) -> set[str]:
    """The labels that a series of this name has. Errors: ``KeyError`` if there is none."""
    metric = METRICS.get(name) or METRICS[SUFFIX.sub("", name)]
    return set(metric.labels) | BY_PROMETHEUS


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_asks_for_what_a_worker_tells(name: str) -> None:
    for metric, matchers in OURS.findall(EXPRESSIONS[name]):
        assert set(MATCHED.findall(matchers)) <= labels_of(metric), metric


def test_what_tests_serve_is_what_a_worker_tells() -> None:
    exposed = worker(1)
    for series in {*exposed.values, *exposed.clocks}:
        ((metric, pairs),) = OURS.findall(series)
        assert set(MATCHED.findall(pairs)) == labels_of(metric) - BY_PROMETHEUS | (
            {"le"} if "_bucket{" in series else set()
        ), series


def test_every_number_of_a_worker_is_on_a_dashboard_or_has_a_reason_not_to_be() -> None:
    elsewhere = {
        "process_virtual_memory_bytes": "resident memory says what matters",
        "process_start_time_seconds": "for those who ask",
        "process_max_fds": "in an alert",
        "streamproc_comments_scanned_total": "for those who ask",
        "streamproc_partition_end_offset": "lag is made of it",
        "streamproc_partition_committed_offset": "lag is made of it",
        "streamproc_state_dirty_keys": "for those who ask",
        "streamproc_commits_total": "those that fail are shown",
        "streamproc_recovery_records_total": "what is left is shown",
        "streamproc_recovery_seconds": "for those who ask",
        "streamproc_stale_records_total": "for those who ask",
        "streamproc_healed_keys_total": "for those who ask",
        "streamproc_views_seconds_total": "for those who ask",
        "streamproc_loop_lag_seconds": "the greatest is shown",
        "streamproc_sink_refused_total": "for those who ask",
        "streamproc_restock_alerts_total": "open ones are shown",
        "streamproc_alerts_opened_total": "open ones are shown",
        "streamproc_alert_transitions_total": "open ones are shown",
        "streamproc_rooms_left_out": "in a runbook",
    }
    used = {
        name if name in METRICS else SUFFIX.sub("", name)
        for expr in EXPRESSIONS.values()
        for name, _ in OURS.findall(expr)
    }

    assert set(METRICS) - used - set(elsewhere) == set()
    assert set(elsewhere) - set(METRICS) == set()
