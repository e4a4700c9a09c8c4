"""The rooms that tests of alerts are made with are what they say."""

from __future__ import annotations

from streamproc.tally.floor import Stock
from streamproc.tally.lifecycle import Status
from streamproc.tally.online import Reading
from tests.builders import T0
from tests.rooms import asked_by, product, room, row, shown


def test_a_room_is_live_and_heard_unless_a_test_says_otherwise() -> None:
    made = room()

    assert made.status is Status.LIVE
    assert made.heard_ms == made.now_ms == T0
    assert room(live_for_ms=5_000).live_since_ms == T0 - 5_000
    assert room(silent_ms=7_000).heard_ms == T0 - 7_000
    assert room(status=Status.ENDED).status is Status.ENDED
    assert room(venue_id="v-1").venue_id == "v-1"
    assert room(paid_day=9).paid_day == 9


def test_minutes_count_back_from_the_open_one() -> None:
    made = room(minutes={0: row(paid=(1, 0, 0, 0, 0, 0)), 2: row(paid=7, created=[2] * 6)})

    assert made.history.count("paid", T0, T0 + 10_000) == 1
    assert made.history.count("paid", T0 - 120_000, T0 - 60_000) == 7
    assert made.history.count("paid", T0 - 120_000, T0 - 110_000) == 2
    assert made.history.count("created", T0 - 120_000, T0) == 12


def test_a_minute_holds_viewers_and_people() -> None:
    told = row(online=300, asked={("restock", "p:p-1"): range(3)}, commenters=range(5))
    late = row(online=[Reading(30_000, 200, False)])
    made = room(minutes={1: told, 0: late})

    assert [
        (each.at_ms - T0, each.online) for each in made.history.readings(T0 - 60_000, T0 + 60_000)
    ] == [
        (-60_000, 300),
        (30_000, 200),
    ]
    assert made.history.asked("restock", T0 - 60_000, T0)["p:p-1"].count() == 3
    assert made.history.commenters(T0 - 60_000, T0) == 5
    assert asked_by(range(3), damped=range(9)).people()[1].count() == 3


def test_what_is_shown_is_for_sale_and_so_are_the_others() -> None:
    made = room(floor=shown("p-1", T0 - 5_000, "p-2", held=product(stock=Stock(T0, 0)))).floor

    assert made.on_show(T0) == "p-1"
    assert made.shown_since_ms(T0) == T0 - 5_000
    assert made.products["p-1"].stock[""].is_out
    assert made.linked(2, T0) == "p-2"
