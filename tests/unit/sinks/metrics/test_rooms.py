"""The rooms' gauges: the newest view, those at the top, nothing that a person wrote."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from streamproc.protocol import View
from streamproc.sinks.metrics.exposition import Exposition
from streamproc.sinks.metrics.labels import id_label
from streamproc.sinks.metrics.rooms import RoomGauges
from tests.tallied import AT_MS, figures, view

PHONE = "13800138000"


class Clock:
    """A wall clock that a test moves on; it begins a second after what views tell of."""

    def __init__(self) -> None:
        self.now_ms = AT_MS + 1_000

    def __call__(self) -> int:
        return self.now_ms * 1_000_000


def gauges(
    top: int = 0, most: int = 100, windows: str = "10m,session", clock: Clock | None = None
) -> RoomGauges:
    made = RoomGauges(
        windows=windows.split(","),
        top=top,
        most=most,
        kept_s=3600,
        rest=lambda _: None,
        clock_ns=clock or Clock(),
    )
    made.owned(frozenset((0, 1)))
    return made


def told(rooms: RoomGauges) -> dict[tuple[str, ...], float]:
    """Every sample by its name, without the prefix, and its label values."""
    return {
        (sample.name.removeprefix("streamproc_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text(rooms))
        for sample in family.samples
    }


def text(rooms: RoomGauges) -> str:
    into = Exposition()
    rooms.tell(into)
    return into.text().decode()


def hosts(rooms: RoomGauges) -> set[str]:
    return {key[1] for key in told(rooms) if key[0].startswith("room_")}


def test_a_room_is_told_as_its_newest_view_has_it() -> None:
    rooms = gauges()
    rooms.show(0, [view("h1", 5), view("h1", 7)])

    of_h1 = {key[0:1] + key[3:]: value for key, value in told(rooms).items() if "h1" in key}

    whole, ten = figures(7), figures(10)
    assert of_h1 == {
        ("room_gmv_minor_units", "session", "CNY"): whole["pay_gmv_minor"]["CNY"],
        ("room_gmv_minor_units", "10m", "CNY"): ten["pay_gmv_minor"]["CNY"],
        ("room_orders", "session"): whole["orders_main"],
        ("room_orders", "10m"): ten["orders_main"],
        ("room_viewers", "session"): whole["viewers"],
        ("room_viewers", "10m"): ten["viewers"],
        ("room_comments", "session"): whole["comments"],
        ("room_comments", "10m"): ten["comments"],
        ("room_restock_requests", "session"): 7,
        ("room_restock_requests", "10m"): 8,
        ("room_online",): whole["online_now"],
        ("room_heard_timestamp_seconds",): AT_MS / 1000,
    }


def test_what_is_unknown_is_missing_and_no_money_is_zero() -> None:
    rooms = gauges(windows="session")
    few = {"pay_gmv_minor": {}, "orders_main": 0, "viewers": None, "online_now": None}
    rooms.show(0, [view("h1", figures=few)])

    found = {key[0]: value for key, value in told(rooms).items() if "h1" in key}

    assert found["room_gmv_minor_units"] == 0
    assert found["room_orders"] == 0
    assert not {"room_viewers", "room_online", "room_comments"} & found.keys()


def test_each_currency_is_a_series_of_its_own() -> None:
    rooms = gauges(windows="session")
    rooms.show(0, [view("h1", figures={"pay_gmv_minor": {"CNY": 5, "USD": 7}})])

    money = {key[-1]: value for key, value in told(rooms).items() if "gmv" in key[0]}

    assert money == {"CNY": 5, "USD": 7}


def test_the_rooms_of_a_partition_leave_with_it() -> None:
    rooms = gauges()
    rooms.show(0, [view("h0")])
    rooms.show(1, [view("h1")])
    assert hosts(rooms) == {"h0", "h1"}

    rooms.owned(frozenset((1,)))
    rooms.show(0, [view("h0")])
    rooms.show(1, [view("h1")])

    assert hosts(rooms) == {"h1"}


def test_a_room_leaves_with_its_tombstone() -> None:
    rooms = gauges()
    rooms.show(0, [view("h0"), view("h1")])
    rooms.show(0, [View(b"h0", None)])

    assert hosts(rooms) == {"h1"}


def test_a_room_that_is_over_leaves_an_hour_later_and_one_on_air_stays() -> None:
    rooms = gauges()
    rooms.show(
        0,
        [
            view("now"),
            view("ended", status="ended", heard_ms=AT_MS - 3_600_001),
            view("just-ended", status="ended", heard_ms=AT_MS - 3_599_000),
            view("silent", status="live", heard_ms=AT_MS - 3_600_001),
        ],
    )

    assert hosts(rooms) == {"now", "just-ended", "silent"}
    assert told(rooms)["rooms", "ended"] == 3, "nobody said so of the silent one"


def online(rooms: RoomGauges) -> set[str]:
    return {key[1] for key in told(rooms) if key[0] == "room_online"}


def test_nobody_watches_a_room_that_is_over() -> None:
    rooms = gauges()
    rooms.show(0, [view("ended", status="ended"), view("paused", status="paused"), view("live")])

    assert online(rooms) == {"paused", "live"}


def test_a_room_of_which_nobody_told_a_start_is_counted_as_unknown() -> None:
    rooms = gauges()
    rooms.show(0, [view("never-started", status="unknown"), view("live")])

    assert (told(rooms)["rooms", "unknown"], told(rooms)["rooms", "live"]) == (1, 1)


def test_who_watched_ten_minutes_ago_is_not_online_now_also_if_money_goes_back_meanwhile() -> None:
    rooms = gauges()
    counted = {"online_at_ms": AT_MS - 600_001}
    rooms.show(0, [view("now"), view("fell-silent", completeness=counted)])

    assert online(rooms) == {"now"}
    assert "fell-silent" in hosts(rooms)


def test_a_room_whose_end_nobody_told_is_over_by_the_clock_also_if_no_other_tells_anything() -> (
    None
):
    clock = Clock()
    rooms = gauges(clock=clock)
    rooms.show(0, [view("h1")])
    assert online(rooms) == {"h1"}

    clock.now_ms += 600_001
    assert online(rooms) == set()
    assert told(rooms)["rooms", "live"] == 1

    clock.now_ms += 1_200_000
    assert told(rooms)["rooms", "ended"] == 1


def test_what_is_told_of_long_ago_is_of_its_own_time() -> None:
    clock = Clock()
    clock.now_ms += 86_400_000
    rooms = gauges(clock=clock)
    rooms.show(0, [view("h1")])

    assert online(rooms) == {"h1"}
    assert told(rooms)["rooms", "live"] == 1


def test_an_event_time_that_lies_ahead_ends_no_other_room() -> None:
    rooms = gauges()
    rooms.show(0, [view("ahead", heard_ms=AT_MS + 80_000_000), view("ended", status="ended")])

    assert hosts(rooms) == {"ahead", "ended"}


def test_only_those_at_the_top_are_told_and_the_rest_are_counted() -> None:
    rooms = gauges(top=2)
    rooms.show(0, [view("low", 1), view("high", 9), view("middle", 5)])

    found = told(rooms)

    assert hosts(rooms) == {"high", "middle"}
    assert found["rooms_left_out", "top"] == 1
    assert found["rooms_left_out", "cap"] == 0
    assert found["series_dropped_total",] == 0
    assert found["rooms", "live"] == 3


def test_what_the_cap_leaves_out_is_counted_in_series() -> None:
    rooms = gauges(most=1)
    rooms.show(0, [view("low", 1), view("high", 9), view("middle", 5)])
    all_of_one = len([key for key in told(rooms) if "high" in key])

    found = told(rooms)

    assert hosts(rooms) == {"high"}
    assert found["rooms_left_out", "cap"] == 2
    assert found["series_dropped_total",] == 2 * 2 * all_of_one, "of two scrapes"


@given(st.text(max_size=80))
def test_an_id_is_shown_as_it_is_or_as_a_hash(text: str) -> None:
    label = id_label(text)

    assert label == text or re.fullmatch(r"hashed:[0-9a-f]{16}", label)
    assert re.fullmatch(r"[A-Za-z0-9_.:-]{0,64}", label)


def test_neither_words_nor_phone_numbers_are_shown() -> None:
    rooms = gauges()
    rooms.show(0, [view(PHONE), view("王大姐", room_id=f"tel-{PHONE}"), view("h", room_id="x\ny")])

    shown = text(rooms)

    assert PHONE not in shown
    assert shown.isascii()
    assert len(hosts(rooms)) == 3


def test_the_view_of_another_program_is_passed_over() -> None:
    rooms = gauges()
    rooms.show(0, [View(b"a", b'{"count":1}'), View(b"b", b"\xff"), view("h1")])

    assert hosts(rooms) == {"h1"}


def test_only_what_changed_is_read_again() -> None:
    rooms = gauges()
    rooms.show(0, [view("h0"), view("h1")])
    first = text(rooms)
    kept = dict(rooms._rooms)

    rooms.show(0, [view("h1", 3)])

    assert text(rooms) != first
    assert rooms._rooms[b"h0"] is kept[b"h0"]
    assert rooms._rooms[b"h1"] is not kept[b"h1"]
