from __future__ import annotations

import random
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import RoomEnded, RoomPaused, RoomResumed, RoomStarted
from streamproc.tally.lifecycle import TURNS_KEPT, Lifecycle, Started, Status
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
    held = Lifecycle(turns=[])
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
    held = Lifecycle(turns=[])
    for event in events:
        before = msgspec.msgpack.encode(held)
        assert held.take(event) == (msgspec.msgpack.encode(held) != before)


def over_ms(events: list[AnyEvent]) -> list[int]:
    """The milliseconds in which it was over."""
    told = sorted((event.occurred_at_ms, isinstance(event, RoomEnded)) for event in events)
    found = list[int]()
    for (at_ms, is_end), (until_ms, is_end_again) in pairwise([*told, (T0 + 9, False)]):
        if is_end and not is_end_again:
            found += range(at_ms, until_ms)
    return found


@given(st.lists(turns, max_size=12))
def test_it_is_over_from_an_end_until_the_next_turn(events: list[AnyEvent]) -> None:
    over = after(events).over()
    each_ms = [range(begin, T0 + 9 if until is None else until) for begin, until in over]

    assert [at_ms for of in each_ms for at_ms in of] == over_ms(events)
    assert (after(events).status() is Status.ENDED) == bool(over and over[-1][1] is None)


def test_of_what_an_earlier_version_began_the_last_turns_are_known() -> None:
    held = Lifecycle(T0, Started(T0 + 30), T0 + 5, T0 + 6, T0 + 20, 2)
    assert held.over() == [(T0 + 20, T0 + 30)]

    assert held.take(room_ended(T0 + 40))
    assert not held.take(room_ended(T0 + 20))
    assert held.over() == [(T0 + 40, None)]


def test_the_latest_turns_are_known_in_whatever_order_they_came() -> None:
    ends = [room_ended(T0 + 2 * each) for each in range(40)]
    starts = [room_started(T0 + 2 * each + 1) for each in range(40)]
    held = after([*ends, *starts])

    assert len(held.turns or ()) == TURNS_KEPT
    assert held == after([*starts[::-1], *ends[::-1]])
    assert held.over() == [(T0 + 2 * each, T0 + 2 * each + 1) for each in range(8, 40)]


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
