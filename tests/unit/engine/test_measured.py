"""What the engine measures of itself."""

from __future__ import annotations

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from streamproc.engine.measured import LATENCY_BOUNDS_S, Histogram, Measured
from streamproc.engine.sample import Folded
from streamproc.protocol import SAMPLE_STEP, sample_step

NOW_MS = 1_790_000_000_000
TOPIC = "live.orders.v1"


@given(st.lists(st.integers(-1_000, 400_000)), st.integers(1, 9))
def test_many_values_at_once_count_as_each_alone_would(values_ms: list[int], weight: int) -> None:
    at_once, alone = Histogram(LATENCY_BOUNDS_S), Histogram(LATENCY_BOUNDS_S)

    at_once.add_ascending_ms(sorted(values_ms), weight)
    for value_ms in values_ms:
        for _ in range(weight):
            alone.counts[bisect_left(LATENCY_BOUNDS_S, value_ms / 1000)] += 1
            alone.sum += max(0, value_ms) / 1000

    assert at_once.counts == alone.counts
    assert round(at_once.sum, 3) == round(alone.sum, 3)


def test_each_record_of_a_batch_is_counted_by_its_own_age() -> None:
    measured = Measured()
    broker_ms = [NOW_MS - 400, NOW_MS - 300, NOW_MS - 90]
    events_ms = [NOW_MS - 1_500, 0, NOW_MS - 95]

    measured.visible([Folded(TOPIC, broker_ms, events_ms, 1)], NOW_MS)

    assert counted(measured.processing[TOPIC]) == {0.1: 1, 0.5: 2}
    assert counted(measured.e2e[TOPIC]) == {0.1: 1, 2.0: 1}, "what was rejected is no event"
    assert counted(measured.ingest[TOPIC]) == {0.05: 1, 2.0: 1}
    assert measured.e2e[TOPIC].sum == 1.595


def test_a_sample_stands_for_the_records_between() -> None:
    assert sample_step(63) == 1
    assert sample_step(64) == SAMPLE_STEP
    measured = Measured()

    measured.visible([Folded(TOPIC, [NOW_MS - 10] * 8, [], SAMPLE_STEP)], NOW_MS)

    assert counted(measured.processing[TOPIC]) == {0.05: 64}
    assert TOPIC not in measured.e2e, "a program that tells no event times has none"


def test_a_clock_that_is_ahead_is_told_and_takes_nothing_off_a_sum() -> None:
    measured = Measured()

    measured.visible([Folded(TOPIC, [NOW_MS], [NOW_MS + 5_001], 8)], NOW_MS)
    measured.visible([Folded(TOPIC, [NOW_MS], [NOW_MS + 5_000], 8)], NOW_MS)

    assert measured.skewed == {TOPIC: 8}
    assert measured.e2e[TOPIC].sum == 0


def counted(histogram: Histogram) -> dict[float, int]:
    bounds = (*histogram.bounds, float("inf"))
    return {bound: count for bound, count in zip(bounds, histogram.counts, strict=True) if count}
