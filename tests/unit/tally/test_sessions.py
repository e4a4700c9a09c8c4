from __future__ import annotations

from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.tally.figures import Figures, ViewerFigures
from streamproc.tally.online import Reading
from streamproc.tally.panes import Minute
from streamproc.tally.people import Members
from streamproc.tally.sessions import (
    COUNTED_REACH_MS,
    Online,
    Peak,
    PlatformOrders,
    Session,
    Told,
)
from streamproc.tally.timing import PANE_MS
from tests.builders import T0, room_ended, room_started

MINUTE = 60_000


def new_session() -> Session:
    return Session(b"key", "s-1", ViewerFigures())


def new_minute(packed: bytes | None = None) -> Minute:
    return Minute(b"key", T0 // MINUTE, Members(1), readings=packed)


def test_a_minute_has_a_pane_for_each_ten_seconds() -> None:
    minute = new_minute()
    first, last = T0 // 10_000, T0 // 10_000 + 5

    assert minute.pane(first, ViewerFigures) is minute.pane(first, ViewerFigures)
    assert minute.pane(last, ViewerFigures) is minute.panes[5]
    assert minute.panes[1:5] == [None] * 4


def test_readings_of_a_minute_are_packed_only_if_there_are_any() -> None:
    minute = new_minute()
    assert minute.packed_readings() is None
    assert list(minute.readings()) == []
    minute.read(Reading(T0 + 5, 7, True))
    packed = minute.packed_readings()
    again = new_minute(packed)

    assert again.packed_readings() == packed
    assert list(again.readings()) == [Reading(T0 + 5, 7, True)]
    again.read(Reading(T0 + 1_005, 8, False))
    assert len(again.readings()) == 2


def test_the_latest_count_of_viewers_stands_the_greater_one_among_equals() -> None:
    session = new_session()
    readings = [
        Online(5, 10, False),
        Online(4, 99, False),
        Online(5, 11, False),
        Online(5, 11, True),
    ]
    held = []
    for reading in (*readings, readings[0]):
        session.count_online(reading, None, None)
        held.append(session.told.online)

    assert held == [readings[0], readings[0], readings[2], readings[3], readings[3]]


def test_what_was_counted_does_not_depend_on_the_order_of_counting() -> None:
    counted = [
        (Online(5, 10, False), 7, None),
        (Online(6, 10, False), None, 3),
        (Online(4, 9, True), 9, None),
    ]
    for order in permutations(counted):
        session = new_session()
        for each in order:
            session.count_online(*each)
        assert session.told == Told(Online(6, 10, False), Peak(10, 5), 9, 3)


def test_the_latest_totals_of_the_platform_stand() -> None:
    first, later = PlatformOrders(5, 9, 900, "CNY"), PlatformOrders(6, 8, 800, "CNY")
    for order in permutations((first, later)):
        session = Session(b"key", "s-1", Figures())
        for each in order:
            session.count_orders(each)
        assert session.told.platform_orders == later


@given(st.lists(st.integers(0, 400), max_size=40), st.randoms())
def test_a_few_totals_are_kept_in_whatever_order_they_were_told(
    seconds: list[int], shuffled: Random
) -> None:
    counted = [PlatformOrders(at * 1_000, at, at, "CNY") for at in seconds]
    held = []
    for _ in range(2):
        session = Session(b"key", "s-1", Figures())
        for each in counted:
            session.count_orders(each)
        held.append(list(session.platform_orders))
        shuffled.shuffle(counted)

    assert held[0] == held[1] == sorted(held[0])
    assert len(held[0]) <= 1 + COUNTED_REACH_MS // PANE_MS + 1
    assert held[0][-1:] == [max(counted)] if counted else not held[0]


@pytest.mark.parametrize("every_s", [1, 3, 10, 24, 45, 60, 300])
def test_there_are_always_totals_a_minute_old_however_often_they_come(every_s: int) -> None:
    session = Session(b"key", "s-1", Figures())
    for second in range(0, 1_000, every_s):
        session.count_orders(PlatformOrders(second * 1_000, second, second, "CNY"))
        ages_s = [second - each.at_ms // 1_000 for each in session.platform_orders]
        assert second < 60 + max(10, every_s) or any(
            60 <= age_s <= 60 + max(10, every_s) for age_s in ages_s
        )


def test_a_lifecycle_is_held_from_the_first_turn_on() -> None:
    session = Session(b"key", "s-1", Figures())
    assert session.told.lifecycle is None
    for event in (room_started(T0), room_ended(T0 + 9)):
        session.lifecycle().take(event)

    held = session.told.lifecycle
    assert held is not None
    assert (held.started_first_ms, held.ended_ms) == (T0, T0 + 9)


def test_the_open_minute_is_the_one_of_the_greatest_time() -> None:
    session = Session(b"key", "s-1", Figures(), seen_ms=T0 + MINUTE - 1)
    assert (session.opens_ms, session.closes_ms) == (T0, T0 + MINUTE)
    session.open(T0 + MINUTE)

    assert (session.opens_ms, session.closes_ms) == (T0 + MINUTE, T0 + 2 * MINUTE)
