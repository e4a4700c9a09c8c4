from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from streamproc.board.hall import Hall, Reading
from streamproc.board.leaderboard import standings
from streamproc.board.rollups import SUMMED, rolled_up
from streamproc.events.host_tally import HostTally, SessionTallied
from streamproc.events.view_keys import Figure, Window
from streamproc.tally.rollups import Level
from tests.board.rooms import FakeRoom, rooms_made
from tests.board.served import NOW_MS

ROOM = rooms_made(1, NOW_MS)[0]
NEVER_S = 1e9


def reading(version: int, as_of_ms: int = NOW_MS, **alerts: int) -> Reading:
    """What Redis holds of the room at a version; its alerts by the number of their step."""
    tally = msgspec.structs.replace(ROOM.tally(NOW_MS), version=version, as_of_ms=as_of_ms)
    alert = FakeRoom.trouble(rooms_made(1, NOW_MS)[0], NOW_MS)
    held = {
        name: json.encode(msgspec.structs.replace(alert, alert_id=name, seq=seq))
        for name, seq in alerts.items()
    }
    return Reading(
        ROOM.host_id, version, as_of_ms, 0, json.encode(tally), ROOM.session_id, {}, held
    )


def nothing() -> Reading:
    return Reading(ROOM.host_id, 0, 0, None, None)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3), st.integers(1, 4)), min_size=1))
def test_a_hall_never_goes_back(told: list[tuple[int, int, int]]) -> None:
    hall = Hall()
    newest, seq = (0, 0), 0

    for version, later_ms, step in told:
        before = hall.revision
        hall.take(reading(version, NOW_MS + later_ms, a=step), 0)
        hall.settle()
        newer = (version, NOW_MS + later_ms) > newest or step > seq
        newest, seq = max(newest, (version, NOW_MS + later_ms)), max(seq, step)
        room = hall.rooms[ROOM.host_id]
        assert room.newness == newest
        assert room.alerts["a"].alert.seq == seq
        assert (hall.revision > before) == newer


def test_an_emptied_redis_empties_the_hall_only_if_it_stays_so() -> None:
    hall = Hall(gone_after_s=15)
    hall.take(reading(1), 0)
    hall.settle()

    hall.take(nothing(), 1)
    hall.take(nothing(), 15)
    assert ROOM.host_id in hall.rooms
    hall.take(reading(1), 15.5)
    hall.take(nothing(), 20)
    hall.take(nothing(), 34)
    assert ROOM.host_id in hall.rooms
    hall.take(nothing(), 35)
    assert hall.settle()

    assert hall.rooms == {}
    assert hall.gone[-1] == (hall.revision, ROOM.host_id)


def test_a_state_that_began_anew_is_believed_after_a_while() -> None:
    hall = Hall(reset_after_s=60)
    hall.take(reading(9), 0)

    hall.take(reading(3), 1)
    hall.take(reading(3), 60)
    assert hall.rooms[ROOM.host_id].tally.version == 9
    hall.take(reading(4), 61)

    assert hall.rooms[ROOM.host_id].tally.version == 4


def test_an_alert_leaves_with_its_host_and_when_redis_drops_it() -> None:
    hall = Hall(gone_after_s=15)
    hall.take(reading(1, a=1, b=1), 0)
    assert hall.alert("a") is not None

    hall.take(reading(2, b=2), 1)
    assert hall.alert("a") is not None, "an emptied Redis may hold it again"
    hall.take(reading(3, b=2), 17)
    assert hall.alert("a") is None
    hall.take(nothing(), 20)
    hall.take(nothing(), 36)

    assert hall.host_of_alert == {}


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda told: told._replace(tally=b"{}"),
        lambda told: told._replace(tally=b"\xff"),
        lambda told: told._replace(alerts={"a": b"[]"}),
        lambda told: told._replace(minutes={NOW_MS: b'{"minute_ms":"x"}'}),
    ],
    ids=["a tally without fields", "no JSON", "an alert", "a minute"],
)
def test_what_cannot_be_read_is_counted_and_the_room_stays(
    spoilt: Callable[[Reading], Reading],
) -> None:
    hall = Hall()
    hall.take(reading(1), 0)

    hall.take(spoilt(reading(2)), 1)

    assert hall.unreadable == 1
    assert ROOM.host_id in hall.rooms


def tally(host_id: str, paid: dict[str, int] | None, place: tuple[str, str, str]) -> HostTally:
    district, town, village = place
    session = SessionTallied(
        session_id=f"{host_id}-1",
        status="live",
        started_ms=NOW_MS,
        ended_ms=None,
        heard_ms=NOW_MS,
        figures={
            "pay_gmv_minor": paid,
            "orders_sku": None if paid is None else sum(paid.values()) % 7,
            "refund_rate": None if paid is None or not sum(paid.values()) % 7 else 1 / 7,
            "buyers": 1,
        },
        windows={},
        completeness={},
    )
    return HostTally(
        version=1,
        host_id=host_id,
        as_of_ms=NOW_MS,
        sessions=[session],
        district=district,
        town=town,
        village=village,
    )


MONEY = st.none() | st.dictionaries(st.sampled_from(["CNY", "USD"]), st.integers(0, 10**9))
PLACES = st.tuples(*(st.sampled_from(["", "a", "b"]) for _ in range(3)))


@given(st.lists(st.tuples(MONEY, PLACES), max_size=12))
def test_every_level_has_the_same_sums(
    floor: list[tuple[dict[str, int] | None, tuple[str, str, str]]],
) -> None:
    tallies = [tally(f"h{number}", *each) for number, each in enumerate(floor)]
    totals = []

    for level in Level:
        groups = rolled_up(tallies, level)
        assert [each.place for each in groups] == sorted(each.place for each in groups)
        assert sum(each.hosts for each in groups) == len(tallies)
        money: dict[str, int] = {}
        for group in groups:
            paid = group.figures["pay_gmv_minor"]
            assert paid is None or isinstance(paid, dict)
            for currency, minor in (paid or {}).items():
                money[currency] = money.get(currency, 0) + minor
            assert group.figures["buyers"] is None
        totals.append({currency: minor for currency, minor in money.items() if minor})

    assert totals[0] == totals[1] == totals[2]
    assert "buyers" not in SUMMED


def test_a_ratio_of_a_place_is_a_sum_by_a_sum() -> None:
    place = ("d", "t", "v")
    first = tally("h1", {"CNY": 3}, place)
    second = tally("h2", {"CNY": 5}, place)

    (group,) = rolled_up([first, second], Level.TOWN)

    # 1/7 of 3 lines and of 5 are no whole lines: they are rounded to what they were
    assert group.figures["orders_sku"] == 8
    assert group.figures["refund_rate"] == (round(3 / 7) + round(5 / 7)) / 8


def test_a_ratio_of_two_topics_is_that_of_the_sessions_that_know_both() -> None:
    place = ("d", "t", "v")
    first, unwatched = tally("h1", {"CNY": 300}, place), tally("h2", {"CNY": 90_000}, place)
    first.sessions[0].figures.update(views=10, product_clicks=4, orders_sku=3)
    unwatched.sessions[0].figures.update(views=None, product_clicks=None, orders_sku=9)

    (group,) = rolled_up([first, unwatched], Level.TOWN)

    assert (group.figures["views"], group.figures["orders_sku"]) == (10, 12)
    assert group.figures["gpm_views_minor"] == {"CNY": 30_000}
    assert group.figures["ctor"] == 3 / 4


@given(st.lists(st.none() | st.integers(0, 3), max_size=10))
def test_equal_values_share_a_rank_and_the_next_is_left_out(values: list[int | None]) -> None:
    tallies = [
        tally(f"h{number}", None if value is None else {"CNY": value}, ("d", "t", "v"))
        for number, value in enumerate(values)
    ]

    places = standings(tallies, Figure.PAY_GMV, Window.SESSION)

    known = [value for value in values if value is not None]
    assert [place.value for place in places] == sorted(known, reverse=True)
    for place in places:
        assert place.rank == 1 + sum(value > place.value for value in known)
    assert [(-place.value, place.host_id) for place in places] == sorted(
        (-place.value, place.host_id) for place in places
    )
