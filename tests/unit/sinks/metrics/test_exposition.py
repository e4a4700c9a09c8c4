"""What is written is what Prometheus' own parser reads."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from streamproc.engine.measured import Histogram
from streamproc.sinks.metrics.exposition import Exposition, Ratchet
from streamproc.sinks.metrics.registry import METRICS

Sample = tuple[str, tuple[tuple[str, str], ...], float]


def parsed(text: bytes) -> list[Sample]:
    return [
        (sample.name, tuple(sample.labels.items()), sample.value)
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    ]


@given(value=st.floats(allow_nan=False), label=st.text())
def test_any_value_and_label_is_read_back(value: float, label: str) -> None:
    told = Exposition()

    told.add("streamproc_sink_up", value, label)

    # the parser divides lines as Python does, not by line feeds only as the format says
    if label.splitlines() in ([], [label.replace("\n", "")]):
        assert parsed(told.text()) == [("streamproc_sink_up", (("sink", label),), value)]


@given(value=st.floats(), label=st.text())
def test_it_is_what_the_official_client_writes(value: float, label: str) -> None:
    metric = METRICS["streamproc_sink_oldest_dirty_seconds"]
    registry = CollectorRegistry()
    Gauge(metric.name, metric.help, metric.labels, registry=registry).labels(label).set(value)
    told = Exposition()

    told.add(metric.name, value, label)

    ours, theirs = told.text().splitlines(), generate_latest(registry).splitlines()
    assert ours[:2] == theirs[:2]
    ours_at, theirs_at = ours[-1].rpartition(b" "), theirs[-1].rpartition(b" ")
    assert ours_at[0] == theirs_at[0]
    assert float(ours_at[2]) == float(theirs_at[2]) or math.isnan(value)


def test_a_histogram_adds_its_buckets_up() -> None:
    told = Exposition()
    histogram = Histogram((0.1, 1.0))
    for value_s in (0.1, 0.5, 0.5, 7.0):
        histogram.add(value_s)

    told.add_histogram("streamproc_e2e_latency_seconds", histogram, "live.orders.v1")

    topic = ("topic", "live.orders.v1")
    assert parsed(told.text()) == [
        ("streamproc_e2e_latency_seconds_bucket", (topic, ("le", "0.1")), 1),
        ("streamproc_e2e_latency_seconds_bucket", (topic, ("le", "1")), 3),
        ("streamproc_e2e_latency_seconds_bucket", (topic, ("le", "+Inf")), 4),
        ("streamproc_e2e_latency_seconds_sum", (topic,), 8.1),
        ("streamproc_e2e_latency_seconds_count", (topic,), 4),
    ]


def test_what_the_registry_does_not_name_cannot_be_told() -> None:
    told = Exposition()

    with pytest.raises(KeyError):
        told.add("streamproc_anything", 1)
    with pytest.raises(ValueError, match="zip"):
        told.add("streamproc_sink_up", 1)


def test_a_counter_does_not_fall_where_its_parts_are_read_at_a_bad_moment() -> None:
    never_falls = Ratchet()

    assert [never_falls(value, "x") for value in (3, 1, 4)] == [3, 3, 4]
    assert never_falls(1, "y") == 1
