from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import RoomEnded, RoomPaused, RoomResumed, RoomStarted
from streamproc.tally.lifecycle import Lifecycle, Started, Status
from tests.builders import T0, made, room_ended, room_started, stock_reported

times = st.integers(T0, T0 + 5)
titles = st.sampled_from([None, "", "蜂蜜", "土鸡蛋"])
turns = st.one_of(
    st.builds(lambda at, title: room_started(at, title=title), times, titles),
    *(
        st.builds(lambda at, kind=kind: made(kind, at), times)
        for kind in (RoomPaused, RoomResumed, RoomEnded)
    ),
)


def after(events: list[AnyEvent]) -> Lifecycle:
    held = Lifecycle()
    for event in events:
        held.take(event)
    return held


@given(st.lists(turns, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_turns_does_not_matter(events: list[AnyEvent], draw: random.Random) -> None:
    mixed = list(events)
    draw.shuffle(mixed)

    assert after(mixed) == after(events)


@given(st.lists(turns, max_size=12))
def test_status_is_that_of_the_last_turn(events: list[AnyEvent]) -> None:
    ranks = {RoomStarted: 0, RoomResumed: 1, RoomPaused: 2, RoomEnded: 3}
    statuses = [Status.LIVE, Status.LIVE, Status.PAUSED, Status.ENDED]
    told = [(event.occurred_at_ms, ranks[type(event)]) for event in events]

    expected = statuses[max(told)[1]] if told else Status.UNKNOWN
    assert after(events).status() == expected


@given(st.lists(turns, max_size=12))
def test_take_tells_whether_something_changed(events: list[AnyEvent]) -> None:
    held = Lifecycle()
    for event in events:
        before = msgspec.msgpack.encode(held)
        assert held.take(event) == (msgspec.msgpack.encode(held) != before)


@given(st.lists(turns, max_size=12), st.lists(turns, max_size=4))
def test_packing_on_the_way_changes_nothing(before: list[AnyEvent], later: list[AnyEvent]) -> None:
    restored = msgspec.msgpack.decode(msgspec.msgpack.encode(after(before)), type=Lifecycle)
    assert restored == after(before)

    for event in later:
        restored.take(event)
    assert restored == after(before + later)


def test_a_second_start_keeps_the_first_time_and_the_last_words() -> None:
    held = after([room_started(T0 + 9, title="后半场"), room_started(T0, title="开播")])

    assert held.started_first_ms == T0
    assert held.started_last == Started(T0 + 9, title="后半场")
    assert held.starts == 2


@pytest.mark.parametrize(
    ("event", "changes"), [(stock_reported(), False), (room_ended(), True), (room_started(), True)]
)
def test_only_turns_change_a_lifecycle(event: AnyEvent, changes: bool) -> None:
    assert Lifecycle().take(event) == changes
