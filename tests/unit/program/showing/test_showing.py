"""Showing: fair turns, once a second, and nothing told without a reason."""

from __future__ import annotations

from msgspec import json

from streamproc.events.host_tally import CurveMinute, HostTally, decode_tally, versioned
from streamproc.events.orders import FailReason
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, AnyEvent
from streamproc.events.rooms import ProductListed, ProductPinned
from streamproc.oracle.batch import LogRecord
from streamproc.program.live import LiveProgram
from streamproc.protocol import View
from streamproc.tally.retention import DAY_MS, SESSION_DAYS
from tests.broadcasts import MINUTE_MS, SECOND_MS
from tests.builders import (
    T0,
    joined,
    liked,
    made,
    order_failed,
    paid,
    profiled,
    refunded,
    room_ended,
    room_started,
    viewers_counted,
)
from tests.folding import State, batch_of, take_into, tell

MOST = 64
HOUR_MS = 60 * MINUTE_MS


class Stage:
    """A program that is shown."""

    def __init__(self) -> None:
        self.state: State = {}
        self.program = LiveProgram(shown=True)

    def tell(self, *events: AnyEvent) -> None:
        tell(self.program, *events)
        take_into(self.state, self.program)

    def restart(self) -> None:
        self.program = LiveProgram(shown=True)
        self.program.restore(iter(self.state.items()))

    def at(self, now_ms: int, most: int = MOST) -> list[View]:
        """What is to be seen after a tick."""
        self.program.tick(now_ms, True)
        take_into(self.state, self.program)
        return self.program.take_views(most)


def tally(view: View) -> HostTally:
    assert view.value is not None
    return decode_tally(versioned(view.value, 1))


def hosts(views: list[View]) -> list[str]:
    return [each.key.decode() for each in views]


def online(view: View, session: str = "s-1") -> dict[int, int | None]:
    """Who was online in the minutes told, by how many after the first they are."""
    return {
        (minute_ms - T0) // MINUTE_MS: json.decode(minute, type=CurveMinute).online
        for minute_ms, minute in view.parts.get(f"curve:{session}", {}).items()
    }


def minutes(view: View, session: str = "s-1") -> list[int]:
    return sorted(view.parts.get(f"curve:{session}", {}))


def test_nothing_is_shown_before_the_first_tick_nor_by_a_program_that_nobody_watches() -> None:
    watched, unwatched = LiveProgram(shown=True), LiveProgram()
    for program in (watched, unwatched):
        tell(program, joined())
        assert program.take_views(MOST) == []
    unwatched.tick(T0, True)

    assert unwatched.take_views(MOST) == []


def test_a_host_is_told_once_a_tick_and_not_again_while_nothing_changes() -> None:
    stage = Stage()
    stage.tell(joined(1))
    assert hosts(stage.at(T0 + SECOND_MS)) == ["h-1"]
    stage.tell(joined(2, T0 + SECOND_MS))
    assert stage.program.take_views(MOST) == []
    (view,) = stage.at(T0 + 2 * SECOND_MS)
    assert tally(view).sessions[0].figures["viewers"] == 2
    assert stage.at(T0 + 3 * SECOND_MS) == []


def test_hosts_take_turns_the_one_that_waits_longest_first() -> None:
    stage = Stage()
    names = [f"h-{number}" for number in range(4)]
    told: list[list[str]] = []
    for second in range(4):
        at_ms = T0 + second * SECOND_MS
        stage.tell(*(joined(second, at_ms, host_id=name) for name in names))
        # A broadcast that is read whole takes many turns.
        told.append(hosts(stage.at(at_ms + 1, most=18)))

    assert len(told[0]) == len(told[1]) == 2
    assert {*told[0], *told[1]} == set(names)
    assert set(told[2]) == set(told[3]) == set(names)


def test_only_minutes_that_changed_are_told_again_until_all_is_asked_for() -> None:
    stage = Stage()
    stage.tell(joined(1), joined(2, T0 + MINUTE_MS), paid(1_999, T0 + 2 * MINUTE_MS))
    (view,) = stage.at(T0 + 2 * MINUTE_MS)
    assert minutes(view) == [T0, T0 + MINUTE_MS, T0 + 2 * MINUTE_MS]
    stage.tell(liked(3, T0 + 3 * MINUTE_MS), joined(3, T0 + MINUTE_MS + 1))
    (view,) = stage.at(T0 + 3 * MINUTE_MS)
    assert minutes(view) == [T0 + MINUTE_MS, T0 + 3 * MINUTE_MS]
    stage.program.show_again()
    (view,) = stage.at(T0 + 3 * MINUTE_MS + SECOND_MS)
    assert minutes(view) == [T0 + number * MINUTE_MS for number in range(4)]
    money = json.decode(view.parts["curve:s-1"][T0 + 2 * MINUTE_MS], type=CurveMinute)
    assert (money.pay_gmv_minor, money.orders) == ({"CNY": 1_999}, 1)


def test_a_curve_tells_of_nobody_online_once_it_is_over() -> None:
    stage = Stage()
    end_ms = T0 + MINUTE_MS + SECOND_MS
    stage.tell(room_started(), viewers_counted(40, T0 + MINUTE_MS), room_ended(end_ms))
    stage.tell(viewers_counted(900, end_ms + SECOND_MS), viewers_counted(7, end_ms + MINUTE_MS))
    (view,) = stage.at(end_ms + MINUTE_MS)

    assert online(view) == {1: 40, 2: None}


def test_those_minutes_alone_are_told_again_of_which_a_turn_says_that_the_broadcast_was_over() -> (
    None
):
    stage = Stage()
    stage.tell(room_started(), *(viewers_counted(n, T0 + n * MINUTE_MS) for n in range(1, 6)))
    now_ms = T0 + 5 * MINUTE_MS
    (view,) = stage.at(now_ms)
    assert online(view) == {n: n for n in range(1, 6)}

    stage.tell(room_ended(T0 + 3 * MINUTE_MS - SECOND_MS))
    (view,) = stage.at(now_ms + SECOND_MS)
    assert online(view) == {3: None, 4: None, 5: None}

    stage.tell(room_started(T0 + 4 * MINUTE_MS))
    (view,) = stage.at(now_ms + 2 * SECOND_MS)
    assert online(view) == {4: 4, 5: 5}

    stage.tell(room_ended(T0 + 3 * MINUTE_MS + SECOND_MS))
    (view,) = stage.at(now_ms + 3 * SECOND_MS)
    assert online(view) == {3: 3}


def test_a_minute_is_told_again_also_where_nothing_else_of_the_host_is_another() -> None:
    stage = Stage()
    counted_ms = (0, 61 * SECOND_MS, 126 * SECOND_MS, 70 * MINUTE_MS)
    stage.tell(room_started(), room_started(T0 + 125 * SECOND_MS))
    stage.tell(*(viewers_counted(7, T0 + each_ms) for each_ms in counted_ms))
    (before,) = stage.at(T0 + 70 * MINUTE_MS)

    stage.tell(room_ended(T0 + 60 * SECOND_MS))
    (view,) = stage.at(T0 + 70 * MINUTE_MS + 1)

    assert tally(view).sessions[0].figures == tally(before).sessions[0].figures
    assert online(view) == {1: None}


def test_a_minute_that_changed_while_nothing_was_told_is_told_with_what_is_told_next() -> None:
    stage = Stage()
    ahead_ms = T0 + 2 * MINUTE_MS
    stage.tell(room_started(), room_ended(T0 + 5 * MINUTE_MS))
    stage.tell(viewers_counted(9), viewers_counted(3, ahead_ms))
    (view,) = stage.at(T0 + SECOND_MS)
    assert online(view) == {0: 9, 2: 3}
    stage.tell(viewers_counted(4, ahead_ms))  # of the same second, and no peak
    assert stage.at(T0 + 2 * SECOND_MS) == []

    stage.tell(joined(1, T0 + 3 * MINUTE_MS))
    (view,) = stage.at(T0 + 3 * SECOND_MS)

    assert online(view) == {2: 4, 3: None}


def test_a_broadcast_that_leaves_by_its_end_beside_another_tells_of_it_a_last_time() -> None:
    stage = Stage()
    stage.tell(room_started(), viewers_counted(40, T0), viewers_counted(7, T0 + 2 * MINUTE_MS))
    stage.tell(room_started(T0 + MINUTE_MS, session_id="s-2"))
    (view,) = stage.at(T0 + 2 * MINUTE_MS)
    assert online(view) == {0: 40, 2: 7}

    stage.tell(room_ended(T0 + MINUTE_MS))
    (view,) = stage.at(T0 + 2 * MINUTE_MS + SECOND_MS)

    assert [each.session_id for each in tally(view).sessions] == ["s-2"]
    assert online(view) == {2: None}


def test_hosts_of_which_minutes_are_told_again_take_turns_as_those_that_are_begun() -> None:
    stage = Stage()
    names = [f"h-{n}" for n in range(9)]
    for host_id in names:
        stage.tell(
            room_started(host_id=host_id), viewers_counted(7, T0 + MINUTE_MS, host_id=host_id)
        )
    now_ms = T0 + MINUTE_MS
    told = [view for n in range(9) for view in stage.at(now_ms + n, most=8)]
    assert len({*hosts(told)}) == 9
    for host_id in names:
        stage.tell(room_ended(T0 + SECOND_MS, host_id=host_id))

    first = stage.at(now_ms + SECOND_MS, most=8)

    assert len(first) == 1
    assert online(first[0]) == {1: None}


def test_windows_roll_on_while_a_room_is_silent_and_then_nothing_is_told_any_more() -> None:
    stage = Stage()
    stage.tell(joined(1), joined(2, T0 + SECOND_MS, host_id="h-2"))
    views = {each: tally(view) for view in stage.at(T0 + SECOND_MS) for each in hosts([view])}
    assert views["h-1"].sessions[0].windows["1m"]["views"] == 1
    told = 0
    for later_ms in range(10 * SECOND_MS, 2 * HOUR_MS, 10 * SECOND_MS):
        for view in stage.at(T0 + SECOND_MS + later_ms):
            views[view.key.decode()] = tally(view)
            told += 1
    showing = stage.program.showing
    assert showing is not None

    assert {name: each.sessions[0].windows["60m"]["views"] for name, each in views.items()} == {
        "h-1": 0,
        "h-2": 0,
    }
    assert told <= 20
    assert not any(host.held for host in showing._hosts.values())


def test_after_a_recovery_those_heard_of_within_a_day_are_told_and_others_once_they_are_told_of() -> (
    None
):
    stage = Stage()
    stage.tell(
        joined(1, T0, host_id="old"),
        joined(1, T0 + DAY_MS, host_id="new"),
        joined(1, T0 + DAY_MS + HOUR_MS, host_id="newer"),
    )
    stage.restart()
    assert hosts(stage.at(T0 + DAY_MS + HOUR_MS)) == ["newer", "new"]
    stage.tell(refunded(5, T0 + DAY_MS + HOUR_MS + 1, host_id="old"))
    assert hosts(stage.at(T0 + DAY_MS + HOUR_MS + SECOND_MS)) == ["old"]


def test_a_host_whose_last_broadcast_is_older_than_what_is_kept_is_told_to_be_gone() -> None:
    stage = Stage()
    stage.tell(joined(1), joined(2, T0, host_id="h-2"))
    stage.at(T0)
    later_ms = T0 + (SESSION_DAYS + 1) * DAY_MS
    stage.tell(joined(3, later_ms, host_id="h-2"))
    gone = [each.key for each in stage.at(later_ms) if each.value is None]

    assert gone == [b"h-1"]


def test_a_broadcast_that_goes_on_comes_before_one_of_which_only_money_is_heard() -> None:
    stage = Stage()
    now_ms = T0 + 3 * HOUR_MS
    stage.tell(
        room_started(T0, session_id="old"),
        paid(5, T0, session_id="old"),
        room_ended(T0 + MINUTE_MS, session_id="old"),
        room_started(now_ms - MINUTE_MS, session_id="new"),
        refunded(5, now_ms, session_id="old"),
    )
    (view,) = stage.at(now_ms)
    assert [each.session_id for each in tally(view).sessions] == ["new"]


def test_of_two_broadcasts_at_once_the_one_that_started_last_comes_first_until_it_falls_silent() -> (
    None
):
    stage = Stage()
    stage.tell(room_started(T0), room_started(T0 + SECOND_MS, session_id="s-2"))
    firsts = []
    for turn in range(2, 40):
        now_ms = T0 + turn * SECOND_MS
        stage.tell(liked(at_ms=now_ms - turn % 3, session_id="s-2" if turn % 2 else "s-1"))
        firsts += [tally(view).sessions[0].session_id for view in stage.at(now_ms)]
    assert set(firsts[1:]) == {"s-2"}

    def first(minute: int) -> str:
        now_ms = T0 + minute * MINUTE_MS
        stage.tell(liked(at_ms=now_ms))
        return tally(stage.at(now_ms)[0]).sessions[0].session_id

    assert [first(minute) for minute in (4, 6, 7)] == ["s-2", "s-1", "s-1"]


def test_what_is_on_show_and_who_the_host_was_are_told() -> None:
    stage = Stage()
    stage.tell(
        profiled("张桂兰", T0 - DAY_MS),
        room_started(T0, venue_id="v-1", contest_id="c-1"),
        made(ProductListed, T0, product_id="p-1", title="蜜薯", link_no=2),
        made(ProductPinned, T0 + SECOND_MS, product_id="p-1"),
        profiled("李阿姨", T0 + HOUR_MS),
    )
    (view,) = stage.at(T0 + 2 * SECOND_MS)
    told = tally(view)
    assert (told.host_name, told.village) == ("张桂兰", "北坡村")
    (session,) = told.sessions
    assert session.on_show is not None
    assert (session.on_show.title, session.on_show.link_no) == ("蜜薯", 2)
    assert session.on_show.available is None
    assert (session.room_id, session.venue_id, session.contest_id) == ("r-1", "v-1", "c-1")


def test_why_orders_failed_is_told_and_told_again_when_another_one_fails() -> None:
    stage = Stage()
    stage.tell(order_failed(FailReason.RISK), order_failed(FailReason.OUT_OF_STOCK))
    (first,) = stage.at(T0 + SECOND_MS)
    stage.tell(order_failed(FailReason.RISK, T0 + SECOND_MS))
    (second,) = stage.at(T0 + 3 * SECOND_MS)

    told = [tally(view).sessions[0].failed_by_reason for view in (first, second)]
    assert told == [{"out_of_stock": 1, "risk": 1}, {"out_of_stock": 1, "risk": 2}]


def test_a_view_is_as_of_the_newest_event_while_the_log_is_not_read_to_its_end() -> None:
    stage = Stage()
    stage.tell(viewers_counted(7, T0))
    stage.program.tick(T0 + HOUR_MS, False)
    (view,) = stage.program.take_views(MOST)
    assert tally(view).as_of_ms == T0


def reject(stage: Stage, session_id: str | None, topic: str = ORDERS_TOPIC) -> None:
    """Have a record of the host rejected."""
    value = json.encode({"type": "order.paid", "session_id": session_id})
    stage.program.apply(topic, batch_of([LogRecord(topic, 0, 0, b"h-1", value, T0)]))
    take_into(stage.state, stage.program)


def test_a_record_that_cannot_be_used_is_told_by_itself_where_its_host_is_watched() -> None:
    stage = Stage()
    reject(stage, "s-1")
    assert stage.at(T0) == []
    stage.tell(joined(1))
    (view,) = stage.at(T0 + SECOND_MS)
    assert tally(view).sessions[0].completeness["rejected"] == {ORDERS_TOPIC: 1}
    reject(stage, "s-1", COMMENTS_TOPIC)
    (view,) = stage.at(T0 + 2 * SECOND_MS)
    told = {COMMENTS_TOPIC: 1, ORDERS_TOPIC: 1}
    assert tally(view).sessions[0].completeness["rejected"] == told
    assert tally(view).rejected == {}
    reject(stage, None)
    (view,) = stage.at(T0 + 3 * SECOND_MS)
    assert tally(view).rejected == {ORDERS_TOPIC: 1}
    reject(stage, "s-none")
    assert stage.at(T0 + 4 * SECOND_MS) == []

    stage.restart()
    (view,) = stage.at(T0 + 5 * SECOND_MS)
    assert tally(view).sessions[0].completeness["rejected"] == told
    assert tally(view).rejected == {ORDERS_TOPIC: 1}


def test_a_record_that_cannot_be_used_is_told_also_when_its_broadcast_is_long_silent() -> None:
    stage = Stage()
    stage.tell(joined(1))
    stage.at(T0 + SECOND_MS)
    stage.at(T0 + 2 * HOUR_MS)
    reject(stage, "s-1")

    (view,) = stage.at(T0 + 2 * HOUR_MS + SECOND_MS)
    assert tally(view).sessions[0].completeness["rejected"] == {ORDERS_TOPIC: 1}
