from __future__ import annotations

from streamproc.events.registry import (
    COMMENTS_TOPIC,
    ORDERS_TOPIC,
    ROOMS_TOPIC,
    VIEWERS_TOPIC,
)
from streamproc.events.rooms import RoomPaused
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import host_tallies, session_tallies
from streamproc.tally.lifecycle import Status
from streamproc.tally.model import SessionTally
from streamproc.tally.online import Reading
from streamproc.tally.sessions import Online, Peak, PlatformOrders
from tests.builders import (
    T0,
    comment,
    joined,
    liked,
    made,
    orders_counted,
    paid,
    profiled,
    room_started,
    viewers_counted,
)
from tests.folding import State, take_into, tell

SECOND = 1_000
MINUTE = 60_000


def test_a_broadcast_is_read_over_all_topics() -> None:
    program = LiveProgram()
    tell(program, joined(1), comment(at_ms=T0 + MINUTE), paid(700, T0 + 5, quantity=2))
    tell(program, liked(3, T0 + 11 * SECOND), profiled())

    (tally,) = host_tallies(program)

    assert (tally.host_id, tally.session_id) == ("h-1", "s-1")
    assert tally.totals[ROOMS_TOPIC] is None
    assert {topic: each is not None for topic, each in tally.totals.items()} == {
        ORDERS_TOPIC: True,
        COMMENTS_TOPIC: True,
        VIEWERS_TOPIC: True,
        ROOMS_TOPIC: False,
    }
    assert tally.seen_ms == {
        ORDERS_TOPIC: T0 + 5,
        COMMENTS_TOPIC: T0 + MINUTE,
        VIEWERS_TOPIC: T0 + 11 * SECOND,
    }
    assert set(tally.late.values()) == {0}
    first, second = tally.minutes.values()
    assert (first.number, second.number) == (T0 // MINUTE, T0 // MINUTE + 1)
    assert set(first.panes) == {ORDERS_TOPIC, VIEWERS_TOPIC}
    liked_in = first.panes[VIEWERS_TOPIC][1]
    assert liked_in is not None
    assert dict(zip(liked_in.__slots__, liked_in.row(), strict=True))["likes"] == 3
    assert {name: each.count() for name, each in first.uniques.items()} == {
        "viewers": 1,
        "active": 1,
    }


def test_readings_are_kept_by_the_second_and_extremes_over_all() -> None:
    program = LiveProgram()
    tell(
        program,
        viewers_counted(5, T0 + 300, views_total=9),
        viewers_counted(80, T0 + 200),
        viewers_counted(7, T0 + 2 * SECOND, approximate=True, viewers_total=4),
        viewers_counted(7, T0 + 5 * MINUTE, views_total=8),
        viewers_counted(90, T0 + SECOND),
        viewers_counted(90, T0 + 2 * SECOND),
    )

    (tally,) = host_tallies(program)

    assert tally.online == Online(T0 + 5 * MINUTE, 7, False)
    assert tally.peak == Peak(90, T0 + SECOND)
    assert (tally.views_total, tally.viewers_total) == (9, 4)
    assert {number: each.readings for number, each in tally.minutes.items()} == {
        T0 // MINUTE: [Reading(T0 + 300, 5, False), Reading(T0 + 2 * SECOND, 7, True)],
        T0 // MINUTE + 5: [Reading(T0 + 5 * MINUTE, 7, False)],
    }
    assert tally.late == {VIEWERS_TOPIC: 2}


def test_turns_of_a_broadcast_count_also_when_they_are_late() -> None:
    program = LiveProgram()
    tell(program, made(RoomPaused, T0 + 10 * MINUTE), room_started(T0, title="村"))

    (tally,) = host_tallies(program)

    assert tally.lifecycle is not None
    assert tally.lifecycle.started_first_ms == T0
    assert tally.lifecycle.status() == Status.PAUSED


def test_the_last_totals_of_the_platform_are_known() -> None:
    program = LiveProgram()
    tell(program, orders_counted(3, 900, T0 + 9), orders_counted(4, 950, T0))

    (tally,) = host_tallies(program)

    assert tally.platform_orders == PlatformOrders(T0 + 9, 3, 900, "CNY")


def test_one_host_is_read_alone() -> None:
    program = LiveProgram()
    tell(program, joined(host_id="h-1"), joined(host_id="h-10"), joined(host_id="h-2"))

    assert [each.host_id for each in host_tallies(program)] == ["h-1", "h-10", "h-2"]
    assert [each.host_id for each in host_tallies(program, "h-1")] == ["h-1"]


def test_a_program_reads_as_its_records_do_and_nothing_changes_by_it() -> None:
    program, state = LiveProgram(), State()
    for at_s in (0, 70, 30, 600, 20):
        tell(program, joined(at_s, T0 + at_s * SECOND), comment(at_ms=T0 + at_s * SECOND))
        for tally in host_tallies(program):
            for count in (*tally.uniques.values(), *tally.minutes[T0 // MINUTE].uniques.values()):
                count.add(0)
        before = [(each.late, _counts(each)) for each in host_tallies(program)]
        take_into(state, program)
        after = [(each.late, _counts(each)) for each in session_tallies(state.items())]
        assert before == after


def _counts(tally: SessionTally) -> dict[str, int]:
    return {name: each.count() for name, each in tally.uniques.items()}
