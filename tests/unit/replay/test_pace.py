"""Recorded events come when they are due, in a clock that the test turns."""

from __future__ import annotations

from itertools import chain

import pytest

from streamproc.replay.pace import BATCH_RECORDS, LOOK_EVERY_S, at_once, paced
from streamproc.replay.recorded import Recorded


class Clock:
    def __init__(self) -> None:
        self.s = 100.0

    def now_s(self) -> float:
        return self.s

    def sleep(self, s: float) -> None:
        assert 0 < s <= LOOK_EVERY_S
        self.s += s


def at(at_ms: int) -> Recorded:
    return Recorded("t", 0, b"h", b"{}", at_ms, at_ms)


@pytest.mark.parametrize(("speed", "waited_s"), [(1.0, 120.0), (60.0, 2.0), (1_000.0, 0.12)])
def test_an_event_comes_when_its_time_is_due(speed: float, waited_s: float) -> None:
    clock = Clock()
    came: dict[int, float] = {}

    for batch in paced([at(0), at(0), at(60_000), at(120_000)], speed, clock.now_s, clock.sleep):
        for each in batch:
            came.setdefault(each.at_ms, clock.s - 100.0)

    assert came[0] <= waited_s / 2
    assert came[120_000] == pytest.approx(waited_s)


def test_while_nothing_is_due_there_are_moments_to_look_up() -> None:
    clock = Clock()

    batches = list(paced([at(0), at(2_000)], 1.0, clock.now_s, clock.sleep))

    assert [len(batch) for batch in batches] == [1, *[0] * 8, 1]


def test_an_event_older_than_those_before_it_does_not_turn_time_back() -> None:
    clock = Clock()
    events = [at(10_000), at(11_000), at(3_000), at(12_000)]

    played = [each for batch in paced(events, 1.0, clock.now_s, clock.sleep) for each in batch]

    assert played == events
    assert clock.s == pytest.approx(102.0)


def test_at_once_nothing_waits_and_nothing_is_left_out() -> None:
    events = [at(number * 60_000) for number in range(2 * BATCH_RECORDS + 1)]

    batches = list(at_once(events))

    assert [len(batch) for batch in batches] == [BATCH_RECORDS, BATCH_RECORDS, 1]
    assert list(chain.from_iterable(batches)) == events
    assert list(at_once([])) == []
