from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.tally.online import (
    OVER,
    Reading,
    Readings,
    held_online,
    is_over,
    on_air,
    peak_online,
    watched_online,
)

MINUTE = 7
BEGIN_MS = MINUTE * 60_000

readings_of_a_minute = st.lists(
    st.builds(
        Reading, st.integers(BEGIN_MS, BEGIN_MS + 59_999), st.integers(0, 10**9), st.booleans()
    ),
    max_size=30,
)
moments = st.integers(0, 40)


@st.composite
def steps(draw: st.DrawFn) -> list[Reading]:
    """Readings and ends at different times within forty milliseconds, by time."""
    times = sorted(draw(st.sets(moments, max_size=8)))
    return [Reading(at_ms, draw(st.integers(OVER, 9)), False) for at_ms in times]


def holding(those: list[Reading], at_ms: int) -> int | None:
    told = [each.online for each in those if each.at_ms <= at_ms]
    return told[-1] if told and told[-1] != OVER else None


def watched(those: list[Reading], begin_ms: int, end_ms: int) -> list[int]:
    """The viewers of every single millisecond in which a reading holds."""
    each_ms = (holding(those, at_ms) for at_ms in range(begin_ms, end_ms))
    return [online for online in each_ms if online is not None]


def kept(those: list[Reading]) -> Readings:
    held = Readings(MINUTE)
    for each in those:
        held.put(each)
    return held


@given(readings_of_a_minute, st.randoms(use_true_random=False))
def test_the_greatest_reading_of_a_second_stands_in_any_order(
    those: list[Reading], draw: random.Random
) -> None:
    greatest: dict[int, Reading] = {}
    for each in those:
        second = each.at_ms // 1000
        greatest[second] = max(each, greatest.get(second, each))
    mixed = list(those)
    draw.shuffle(mixed)

    assert kept(those).ordered() == sorted(greatest.values())
    assert kept(mixed).pack() == kept(those).pack()


@given(readings_of_a_minute, readings_of_a_minute)
def test_packing_on_the_way_changes_no_byte(before: list[Reading], after: list[Reading]) -> None:
    restored = Readings.unpack(MINUTE, kept(before).pack())
    assert restored.ordered() == kept(before).ordered()

    for each in after:
        restored.put(each)
    assert restored.pack() == kept(before + after).pack()


def test_put_tells_whether_the_reading_stands() -> None:
    held = Readings(MINUTE)

    assert held.put(Reading(BEGIN_MS + 100, 5, False))
    assert not held.put(Reading(BEGIN_MS + 100, 5, False))
    assert not held.put(Reading(BEGIN_MS + 99, 50, True))
    assert held.put(Reading(BEGIN_MS + 100, 5, True))
    assert held.put(Reading(BEGIN_MS + 1000, 0, False))


def test_a_full_minute_packs_small() -> None:
    full = kept([Reading(BEGIN_MS + second * 1000, 50_000, True) for second in range(60)])

    assert len(full.pack()) <= 60 * 8 + 3


@given(steps(), moments, moments)
def test_the_integral_is_that_of_every_millisecond(
    those: list[Reading], begin_ms: int, end_ms: int
) -> None:
    each_ms = watched(those, begin_ms, end_ms)

    assert held_online(those, begin_ms, end_ms) == (len(each_ms), sum(each_ms))


@given(steps(), moments, moments)
def test_the_mean_is_that_of_every_millisecond_in_which_a_reading_holds(
    those: list[Reading], begin_ms: int, end_ms: int
) -> None:
    mean, online_ms = watched_online(those, begin_ms, end_ms)
    each_ms = watched(those, begin_ms, end_ms)

    if each_ms:
        assert mean == pytest.approx(sum(each_ms) / len(each_ms))
        assert online_ms == sum(each_ms)
    elif end_ms < begin_ms or holding(those, end_ms) is None:
        assert (mean, online_ms) == (None, None)
    else:
        assert (mean, online_ms) == (holding(those, end_ms), 0)


@given(steps(), moments, moments)
def test_the_peak_is_that_of_every_millisecond(
    those: list[Reading], begin_ms: int, end_ms: int
) -> None:
    each_ms = watched(those, begin_ms, end_ms)

    assert peak_online(those, begin_ms, end_ms) == (max(each_ms) if each_ms else None)


def test_a_reading_at_the_end_is_not_in_the_span() -> None:
    those = [Reading(0, 3, False), Reading(10, 9, False)]

    assert watched_online(those, 0, 10) == (3, 30)
    assert peak_online(those, 0, 10) == 3
    assert watched_online(those, 10, 10) == (9, 0)


@given(steps(), st.lists(moments, max_size=4, unique=True), st.booleans())
def test_what_was_told_while_it_was_over_holds_at_no_time(
    those: list[Reading], turns: list[int], goes_on: bool
) -> None:
    told = [each for each in those if each.online != OVER]
    ends = [*sorted(turns), *([] if goes_on else [None])]
    over = [(begin, until) for begin, until in zip(ends[::2], ends[1::2], strict=False) if begin]
    readings = on_air(told, over)

    for at_ms in range(42):
        last = max((begin for begin, _ in over if begin <= at_ms), default=-1)
        since = [each for each in told if last <= each.at_ms and not is_over(over, each.at_ms)]
        assert holding(readings, at_ms) == holding(since, at_ms)
