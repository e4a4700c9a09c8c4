"""Online, windows, the curve and completeness of the oracle, against examples computed by hand."""

from __future__ import annotations

from fractions import Fraction

from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import RoomPaused, RoomResumed
from streamproc.oracle.batch import until
from streamproc.oracle.figures import figures
from tests.builders import (
    T0,
    comment,
    created,
    joined,
    left,
    made,
    paid,
    profiled,
    refunded,
    room_ended,
    room_started,
    viewers_counted,
)
from tests.folding import log_of
from tests.unit.oracle.answers import MINUTE_MS, SECOND_MS, answer, sale, whole


def test_the_mean_of_online_weighs_readings_by_how_long_they_held() -> None:
    found = answer(
        room_started(),
        viewers_counted(100, T0 + 10 * SECOND_MS),
        viewers_counted(400, T0 + 40 * SECOND_MS),
        room_ended(T0 + 50 * SECOND_MS),
    )

    assert found["figures"]["online_mean"] == (100 * 30 + 400 * 10) / 40
    assert found["figures"]["online_peak"] == 400
    assert found["figures"]["online_now"] is None
    assert found["windows"]["1m"]["online_mean"] == (100 * 30 + 400 * 10) / 40
    assert found["windows"]["1m"]["online_now"] is None


def test_one_reading_and_no_time_is_that_reading() -> None:
    assert whole(viewers_counted(7))["online_mean"] == 7.0
    assert whole(joined(1))["online_mean"] is None


def test_of_readings_in_one_second_the_greatest_is_kept() -> None:
    found = answer(
        viewers_counted(9, T0 + 100),
        viewers_counted(5, T0 + 300),
        viewers_counted(50, T0 + 10_000),
        room_started(T0 + 20_000),
    )

    assert found["figures"]["online_mean"] == float(Fraction(5 * 9_700 + 50 * 10_000, 19_700))
    assert found["figures"]["online_peak"] == 50


def test_a_late_reading_may_be_the_peak_and_weighs_nothing() -> None:
    found = answer(viewers_counted(5, T0 + 200_000), viewers_counted(900, T0))

    assert found["figures"]["online_peak"] == 900
    assert found["figures"]["online_mean"] == 5.0
    assert found["figures"]["online_now"] == 5
    assert found["completeness"]["late"] == {"live.viewers.v1": 1}


def test_a_window_begins_with_the_reading_that_holds() -> None:
    found = answer(
        viewers_counted(60, T0),
        viewers_counted(120, T0 + 5 * MINUTE_MS - 30 * SECOND_MS),
        joined(1, T0 + 5 * MINUTE_MS),
    )
    begin_ms = T0 + 5 * MINUTE_MS + 10_000 - MINUTE_MS
    held_ms = T0 + 5 * MINUTE_MS - 30 * SECOND_MS - begin_ms

    mean = float(Fraction(60 * held_ms + 120 * 30_000, held_ms + 30_000))
    assert found["windows"]["1m"]["online_mean"] == mean
    assert found["windows"]["1m"]["online_peak"] == 120


def test_time_watched_is_measured_where_leaves_tell_it() -> None:
    found = answer(
        joined(1),
        joined(2),
        left(1, T0 + 1, watched_ms=30_000),
        left(1, T0 + 2, watched_ms=30_000),
        left(T0 + 3, viewer_key=None, watched_ms=20_000),
        left(2, T0 + 4),
        viewers_counted(1_000, T0),
    )

    assert found["figures"]["watch_mean_s"] == 40.0
    assert found["windows"]["1m"]["watch_mean_s"] == 80 / 3
    assert found["completeness"]["watch_method"] == "measured"


def test_time_watched_follows_from_who_is_online_where_nobody_tells_of_leaving() -> None:
    found = answer(viewers_counted(10, T0), joined(1), joined(2, T0 + 20 * SECOND_MS))

    assert found["figures"]["watch_mean_s"] == 100.0
    assert found["completeness"]["watch_method"] == "littles_law"
    assert answer(joined(1))["completeness"]["watch_method"] is None


def test_windows_end_with_the_pane_of_the_time_asked() -> None:
    as_of_ms = T0 + 20 * MINUTE_MS + 5 * SECOND_MS
    events = [
        sale(1, 1, as_of_ms),
        sale(10, 2, as_of_ms - 5_000 - 50_000),
        sale(100, 3, as_of_ms - 5_000 - 50_001),
        sale(1_000, 4, as_of_ms - 5_000 - 590_000),
        sale(10_000, 5, as_of_ms - 5_000 - 590_001),
    ]
    found = answer(*sorted(events, key=lambda event: event.occurred_at_ms), as_of_ms=as_of_ms)
    gmv = {name: window["pay_gmv_minor"]["CNY"] for name, window in found["windows"].items()}

    assert gmv == {"1m": 11, "5m": 111, "10m": 1_111, "previous_10m": 10_000, "60m": 11_111}


def test_people_are_counted_in_whole_minutes_of_ten_minutes_alone() -> None:
    as_of_ms = T0 + 20 * MINUTE_MS + 35 * SECOND_MS
    events = [
        sale(1_000, 1, T0 + 10 * MINUTE_MS + 59_999),
        sale(1, 2, T0 + 11 * MINUTE_MS + 1),
        sale(2, 3, as_of_ms),
        joined(1, T0 + 11 * MINUTE_MS),
    ]
    windows = answer(*events, as_of_ms=as_of_ms)["windows"]

    assert {windows[name]["buyers"] for name in ("1m", "5m", "60m")} == {None}
    assert windows["10m"]["buyers"] == 2
    assert windows["10m"]["aov_buyer_minor"] == {"CNY": 2}
    assert windows["10m"]["pay_gmv_minor"] == {"CNY": 1_003}
    assert windows["10m"]["uv_value_minor"] == {"CNY": 3}
    assert windows["previous_10m"]["buyers"] == 1
    assert windows["previous_10m"]["aov_buyer_minor"] == {"CNY": 1_000}
    assert {window["conversion"] for window in windows.values()} == {None}
    assert {str(window["unpaid_minor"]) for window in windows.values()} == {"None"}


def test_the_curve_holds_the_minutes_that_hold_anything() -> None:
    found = answer(
        sale(5, 1),
        refunded(5, T0 + 3 * MINUTE_MS, order_id="o-1"),
        viewers_counted(8, T0 + MINUTE_MS + 30_000),
        room_started(T0 + 9 * MINUTE_MS),
    )
    curve = {entry["minute_ms"] - T0: entry for entry in found["curve"]}

    assert list(curve) == [0, MINUTE_MS, 3 * MINUTE_MS]
    assert curve[0]["pay_gmv_minor"] == {"CNY": 5}
    assert curve[0]["buyers"] == 1
    assert curve[0]["online_mean"] is None
    assert curve[3 * MINUTE_MS]["refunded_minor"] == {"CNY": 5}
    assert curve[3 * MINUTE_MS]["net_gmv_minor"] == {"CNY": -5}
    assert curve[3 * MINUTE_MS]["online_mean"] == 8.0
    assert curve[MINUTE_MS]["online_peak"] == 8


def test_a_late_sale_is_in_the_session_and_in_no_minute() -> None:
    found = answer(sale(5, 1, T0 + 901_000), sale(7, 2))

    assert found["figures"]["pay_gmv_minor"] == {"CNY": 12}
    assert sum(entry["pay_gmv_minor"]["CNY"] for entry in found["curve"]) == 5
    assert found["completeness"]["late"] == {"live.orders.v1": 1}


def test_what_the_last_turn_was_is_the_status() -> None:
    turns: list[AnyEvent] = [
        room_started(),
        made(RoomPaused, T0 + 1),
        made(RoomResumed, T0 + 2),
        room_ended(T0 + 3),
    ]
    expected = ["live", "paused", "live", "ended"]
    found = [answer(*turns[: n + 1])["completeness"]["status"] for n in range(4)]

    assert found == expected
    assert answer(*turns[::-1])["completeness"]["status"] == "ended"
    assert answer(*turns, room_started(T0 + 4))["completeness"]["status"] == "live"
    assert answer(made(RoomPaused), made(RoomResumed))["completeness"]["status"] == "paused"
    assert answer(room_ended(), made(RoomPaused))["completeness"]["status"] == "ended"
    assert answer(comment())["completeness"]["status"] == "unknown"


def test_the_mean_of_online_ends_with_the_broadcast() -> None:
    found = whole(
        viewers_counted(10, T0),
        room_ended(T0 + MINUTE_MS),
        comment(at_ms=T0 + 10 * MINUTE_MS),
        viewers_counted(500, T0 + 2 * MINUTE_MS),
    )

    assert found["online_mean"] == 10.0
    assert found["online_peak"] == 500


def test_without_a_time_asked_it_is_that_of_the_last_event() -> None:
    records = log_of([joined(1), profiled(at_ms=T0 + 5), joined(2, T0 + 3)])

    assert figures(records)["as_of_ms"] == T0 + 5
    assert figures([]) == {"hosts": {}, "as_of_ms": None}


def test_what_happened_later_is_left_out_before_it_is_folded() -> None:
    records = log_of([joined(1), joined(2, T0 + 500_000), joined(3, T0 + 1)])
    early = list(until(records, T0 + 1))

    assert [record.offset for record in early] == [0, 2]
    assert figures(early, T0 + 1)["hosts"]["h-1"]["s-1"]["completeness"]["late"] == {}


def test_what_happens_after_the_end_counts_and_is_told() -> None:
    found = answer(
        joined(1),
        room_ended(T0 + 5),
        joined(2, T0 + 6),
        joined(3, T0 + MINUTE_MS),
        sale(5, 1, T0 + MINUTE_MS),
        created(5, T0 + MINUTE_MS, order_id="o-2"),
        sale(5, 2, T0 + 2 * MINUTE_MS),
        created(5, T0 + 1, order_id="o-3"),
        sale(5, 3, T0 + 2 * MINUTE_MS),
    )

    assert found["figures"]["views"] == 3
    # one that came, one line that was told as paid only, and one that was ordered
    assert found["completeness"]["after_end"] == 3


def test_a_payment_that_loses_tells_its_session_of_a_buyer() -> None:
    hosts = figures(log_of([sale(5, 1, T0 + 9), sale(5, 1, session_id="s-2")]))["hosts"]
    found = hosts["h-1"]["s-2"]

    assert (found["figures"]["buyers"], found["figures"]["orders_sku"]) == (1, 0)
    assert "live.orders.v1" not in found["completeness"]["missing_sources"]


def test_what_the_last_reading_says_of_itself() -> None:
    found = answer(viewers_counted(12_000, T0, approximate=True), viewers_counted(1, T0 - 1))

    assert found["completeness"]["online_at_ms"] == T0
    assert found["completeness"]["online_approximate"] is True


def test_orphans_contradictions_and_unnamed_payments_are_told() -> None:
    found = answer(refunded(5, order_id="o-9"), paid(5), paid(6))["completeness"]

    assert found["orphan_refunds"] == 1
    assert found["contradicted_lines"] == 1
    assert found["unnamed"] == {"paid_lines": 1, "joins": None, "comments": None}


def test_a_window_says_where_its_watch_time_is_known_in_another_way_than_that_of_the_session() -> (
    None
):
    later_ms = T0 + 20 * MINUTE_MS
    found = answer(
        viewers_counted(10),
        joined(1),
        left(1, watched_ms=60_000),
        joined(2, later_ms),
        viewers_counted(10, later_ms + SECOND_MS),
    )

    assert found["completeness"]["watch_method"] == "measured"
    assert found["completeness"]["watch_methods"] == dict.fromkeys(
        ("1m", "5m", "10m"), "littles_law"
    )
    assert found["windows"]["60m"]["watch_mean_s"] == 60.0
    assert found["windows"]["previous_10m"]["watch_mean_s"] is None
