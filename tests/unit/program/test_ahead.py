"""What an event whose clock is ahead does: it counts, and leaves the time of everything else alone."""

from __future__ import annotations

from typing import Any, cast

import pytest

from streamproc.events.outputs import AlertTransition
from streamproc.events.registry import VIEWERS_TOPIC, AnyEvent
from streamproc.events.rooms import AdapterHeartbeat, CouponReported
from streamproc.program.keys import Kind
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import host_tallies
from streamproc.tally.figures import ViewerFigures
from streamproc.tally.lifecycle import Status
from streamproc.tally.model import SessionTally
from tests.builders import (
    T0,
    comment,
    created,
    joined,
    liked,
    made,
    order_failed,
    orders_counted,
    paid,
    profiled,
    room_ended,
    room_started,
    stock_reported,
    viewer_key,
    viewers_counted,
)
from tests.folding import State, take_into, tell, tell_at
from tests.judged import again, judging, pass_time

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
OTHER: dict[str, Any] = {"host_id": "h-2", "room_id": "r-2", "session_id": "s-2"}


def told(program: LiveProgram) -> SessionTally:
    (tally,) = host_tallies(program)
    return tally


def test_it_counts_once_and_is_told() -> None:
    program = LiveProgram()
    report = tell_at(program, T0, liked(3, at_ms=T0 + HOUR_MS))

    assert (report.applied, report.late, report.ahead) == (1, 0, 1)
    assert cast("ViewerFigures", told(program).totals[VIEWERS_TOPIC]).likes == 3


@pytest.mark.parametrize("ahead_ms", [5 * MINUTE_MS + 1, 10 * MINUTE_MS + 1, 24 * HOUR_MS])
def test_it_is_heard_at_its_record_and_nothing_is_late_for_it(ahead_ms: int) -> None:
    program = LiveProgram()
    tell_at(program, T0, liked(at_ms=T0 + ahead_ms))
    assert tell(program, liked(at_ms=T0)).late == 0

    assert told(program).seen_ms == {VIEWERS_TOPIC: T0}
    assert list(told(program).minutes) == [T0 // MINUTE_MS]


EVENTS: list[AnyEvent] = [
    liked(),
    joined(),
    comment(),
    room_started(),
    stock_reported(),
    viewers_counted(),
    orders_counted(),
    order_failed(),
]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize(
    "ahead_ms", [5 * MINUTE_MS + SECOND_MS, 10 * MINUTE_MS + SECOND_MS, HOUR_MS]
)
def test_a_copy_is_known_though_it_is_a_little_less_ahead(event: AnyEvent, ahead_ms: int) -> None:
    program, state = LiveProgram(), State()
    assert tell_at(program, T0 - ahead_ms, event).ahead == 1
    take_into(state, program)
    restored = LiveProgram()
    restored.restore(state.items())
    for each in (program, restored):
        copy = tell_at(each, T0 - ahead_ms + 2 * SECOND_MS, event)
        assert (copy.applied, copy.duplicate, copy.ahead) == (0, 1, 0)


def test_a_clock_that_is_hours_ahead_has_no_hours_of_ids_remembered() -> None:
    program, state = LiveProgram(), State()
    for minute in range(60):
        at_ms = T0 + minute * MINUTE_MS
        tell_at(program, at_ms, liked(at_ms=at_ms + 8 * HOUR_MS))
        take_into(state, program)

    assert len([key for key in state if key[0] == Kind.SEEN]) <= 4


def test_a_fact_of_an_order_keeps_its_time_so_that_it_is_known_again() -> None:
    program, ahead_ms = LiveProgram(), T0 + HOUR_MS
    facts = (created(at_ms=ahead_ms), paid(at_ms=ahead_ms, buyer_key=viewer_key()))
    tell_at(program, T0, *facts)
    copies = tell_at(program, T0 + 2 * HOUR_MS, *facts)
    tally = told(program)

    assert (copies.applied, copies.duplicate) == (0, 2)
    assert list(tally.minutes) == [ahead_ms // MINUTE_MS]
    assert tally.seen_ms == {"live.orders.v1": T0}


def test_a_copy_of_a_fact_makes_no_other_day() -> None:
    program, state = LiveProgram(), State()
    ahead = created(at_ms=T0 + 23 * HOUR_MS)
    tell_at(program, T0, ahead)
    assert tell_at(program, T0 + 22 * HOUR_MS, ahead).duplicate == 1
    take_into(state, program)
    restored, other = LiveProgram(), dict(state)
    restored.restore(state.items())
    for each, held in ((program, state), (restored, other)):
        tell(each, created(at_ms=T0, order_id="o-2", event_id="e-2"))
        take_into(held, each)

    assert state == other


def test_the_last_one_told_stands_though_the_one_before_it_was_ahead() -> None:
    program = LiveProgram()
    last_ms = T0 + SECOND_MS
    ahead = {"at_ms": T0 + HOUR_MS}
    tell_at(
        program,
        T0,
        viewers_counted(5_000, **ahead),
        orders_counted(900, **ahead),
        stock_reported(500, **ahead),
        made(CouponReported, T0 + HOUR_MS, coupon_id="c-1", remaining=500),
        made(AdapterHeartbeat, T0 + HOUR_MS, connected=True),
        room_ended(T0 + HOUR_MS),
        profiled("旧名", T0 + HOUR_MS, valid_from_ms=T0),
    )
    tell(
        program,
        viewers_counted(100, last_ms),
        orders_counted(9, at_ms=last_ms),
        stock_reported(0, last_ms),
        made(CouponReported, last_ms, coupon_id="c-1", remaining=0),
        made(AdapterHeartbeat, last_ms, connected=False),
        room_started(last_ms),
        profiled("新名", last_ms, valid_from_ms=T0),
    )
    tally = told(program)

    assert tally.online is not None
    assert tally.online.viewers == 100
    assert tally.platform_orders is not None
    assert tally.platform_orders.paid_lines == 9
    assert tally.floor is not None
    assert tally.floor.products["p-1"].stock[""].out_since_ms == last_ms
    assert tally.floor.coupons["c-1"].remaining == 0
    assert tally.pulse is not None
    assert [each.connected for each in tally.pulse.heartbeats] == [True, False]
    assert tally.lifecycle is not None
    assert tally.lifecycle.status() is Status.LIVE
    assert program.profiles.name("h-1") == "新名"


def test_a_room_that_dies_is_missed_though_an_event_of_it_was_ahead() -> None:
    program = judging()
    _lively(program, 200)
    tell_at(program, T0 + 200 * SECOND_MS, liked(at_ms=T0 + 2 * HOUR_MS))
    steps = pass_time(program, T0 + 200 * SECOND_MS, T0 + 400 * SECOND_MS)

    assert "StreamDead" in {step.kind for step in steps}


def test_the_clock_of_a_partition_whose_events_come_late_does_not_jump() -> None:
    program, behind_ms = judging(), 70 * SECOND_MS
    _lively(program, 200, behind_ms=behind_ms)
    tell_at(program, T0 + 200 * SECOND_MS, liked(at_ms=T0 + HOUR_MS, **OTHER))
    steps = _lively(program, 60, T0 + 200 * SECOND_MS, behind_ms)

    assert [step.kind for step in steps if step.host_id == "h-1"] == []


def test_a_room_is_watched_again_though_another_of_its_partition_was_ahead() -> None:
    program, state = judging(), State()
    tell(program, room_started(T0 - SECOND_MS))
    _lively(program, 400, state=state)
    tell_at(program, T0 + 400 * SECOND_MS, liked(at_ms=T0 + 24 * HOUR_MS, **OTHER))
    take_into(state, program)
    heir, back_ms = again(state), T0 + 1_300 * SECOND_MS
    tell(heir, liked(at_ms=back_ms, **OTHER))
    steps = pass_time(heir, back_ms, back_ms + 60 * SECOND_MS)

    assert "StreamDead" in {step.kind for step in steps if step.host_id == "h-1"}


def _lively(
    program: LiveProgram,
    seconds: int,
    from_ms: int = T0,
    behind_ms: int = 0,
    state: State | None = None,
) -> list[AlertTransition]:
    """What is published while a room is busy whose events come so late."""
    steps: list[AlertTransition] = []
    for now_ms in range(from_ms, from_ms + seconds * SECOND_MS, SECOND_MS):
        at_ms, user = now_ms - behind_ms, viewer_key(now_ms // SECOND_MS % 50)
        tell(program, liked(at_ms=at_ms), comment("好吃", at_ms, user_key=user))
        steps += pass_time(program, now_ms, now_ms + 1, state=state)
    return steps
