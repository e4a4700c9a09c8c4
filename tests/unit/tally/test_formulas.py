"""What is answered of a session: windows by panes, people by minutes, and what is missing."""

from __future__ import annotations

from typing import Any

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.figures import CommentFigures, Figures, OrderFigures, ViewerFigures
from streamproc.tally.formulas import session_answer, span_end_ms
from streamproc.tally.lifecycle import Lifecycle, Started
from streamproc.tally.model import MinuteTally, SessionTally
from streamproc.tally.online import Reading
from streamproc.tally.registry import FIGURE_IDS
from streamproc.tally.sessions import Online, Peak
from streamproc.tally.uniques import Uniques

NOON = 30_000_000
"""A minute, counted since 1970."""
NOON_MS = NOON * 60_000


def people(*members: int) -> Uniques:
    found = Uniques()
    for member in members:
        found.add(member)
    return found


def panes(first: Figures | None = None, last: Figures | None = None) -> list[Figures | None]:
    return [first, None, None, None, None, last]


def sold(minor: int, lines: int = 1) -> OrderFigures:
    return OrderFigures(pay_gmv_minor={"CNY": minor}, paid_lines=lines, orders_main=lines)


def session(**changed: Any) -> SessionTally:  # noqa: ANN401
    """A session of which every topic told something, seen until 30 seconds after noon."""
    told: dict[str, Any] = {
        "host_id": "h-1",
        "session_id": "s-1",
        "totals": {
            ORDERS_TOPIC: sold(1_000, 10),
            COMMENTS_TOPIC: CommentFigures(4),
            VIEWERS_TOPIC: ViewerFigures(joins=100),
            ROOMS_TOPIC: Figures(),
        },
        "seen_ms": {VIEWERS_TOPIC: NOON_MS + 30_000, ORDERS_TOPIC: NOON_MS},
    }
    return SessionTally(**{**told, **changed})


def orders_at(*minutes: tuple[int, list[Figures | None]]) -> dict[int, MinuteTally]:
    return {number: MinuteTally(number, {ORDERS_TOPIC: held}) for number, held in minutes}


def gmv(answer: dict[str, Any], window: str) -> int:
    found: int = answer["windows"][window]["pay_gmv_minor"].get("CNY", 0)
    return found


def test_windows_end_with_the_pane_of_as_of() -> None:
    minutes = orders_at(
        (NOON - 60, panes(sold(1), sold(2))),
        (NOON - 20, panes(sold(4), sold(8))),
        (NOON - 10, panes(sold(16), sold(32))),
        (NOON - 5, panes(sold(64), sold(128))),
        (NOON - 1, panes(sold(256), sold(512))),
        (NOON, panes(sold(1024), sold(2048))),
    )
    answer = session_answer(session(minutes=minutes), NOON_MS + 9_999)

    # One pane of this minute is in, so one pane of each window's oldest minute is out.
    assert gmv(answer, "1m") == 1024 + 512
    assert gmv(answer, "5m") == 1024 + 512 + 256 + 128
    assert gmv(answer, "10m") == 1024 + 512 + 256 + 128 + 64 + 32
    assert gmv(answer, "previous_10m") == 16 + 8
    assert gmv(answer, "60m") == 1024 + 512 + 256 + 128 + 64 + 32 + 16 + 8 + 4 + 2
    assert gmv(session_answer(session(minutes=minutes), NOON_MS + 50_000), "1m") == 1024 + 2048


def test_people_of_a_window_are_those_of_whole_minutes_and_so_is_the_money_by_them() -> None:
    minutes = orders_at(
        (NOON - 19, panes(sold(9_000))),
        (NOON - 10, panes(sold(500), sold(100))),
        (NOON - 9, panes(sold(301))),
        (NOON, panes(None, sold(600))),
    )
    minutes[NOON - 9].uniques["buyers"] = people(1, 2)
    minutes[NOON - 10].uniques["buyers"] = people(3)
    minutes[NOON - 19].uniques["buyers"] = people(3, 4)
    windows = session_answer(session(minutes=minutes), NOON_MS)["windows"]

    assert windows["10m"]["pay_gmv_minor"] == {"CNY": 401}
    assert windows["10m"]["buyers"] == 2
    assert windows["10m"]["aov_buyer_minor"] == {"CNY": 450}  # (301 + 600) / 2, to the even one
    assert windows["previous_10m"]["buyers"] == 2
    assert windows["previous_10m"]["aov_buyer_minor"] == {"CNY": 4_800}
    assert windows["5m"]["buyers"] is None
    assert windows["60m"]["aov_buyer_minor"] is None


def test_a_session_has_what_no_window_has() -> None:
    answer = session_answer(
        session(
            totals={
                ORDERS_TOPIC: OrderFigures(unpaid_minor={"CNY": 7, "USD": 0}),
                VIEWERS_TOPIC: ViewerFigures(joins=4),
            },
            uniques={"buyers": people(1), "viewers": people(1, 2, 3, 4)},
            online=Online(NOON_MS, 12, True),
            peak=Peak(40, NOON_MS - 5),
        ),
        NOON_MS,
    )

    assert answer["figures"]["unpaid_minor"] == {"CNY": 7}
    assert answer["figures"]["online_now"] == 12
    assert answer["figures"]["online_peak"] == 40
    assert answer["figures"]["conversion"] == 0.25
    assert answer["completeness"]["online_at_ms"] == NOON_MS
    assert answer["completeness"]["online_approximate"] is True
    for window in answer["windows"].values():
        assert window["unpaid_minor"] is window["online_now"] is window["conversion"] is None


def test_every_answer_holds_every_figure() -> None:
    answer = session_answer(session(minutes=orders_at((NOON, panes(sold(1))))), NOON_MS)

    assert tuple(answer["figures"]) == FIGURE_IDS
    assert {tuple(window) for window in answer["windows"].values()} == {FIGURE_IDS}
    assert tuple(answer["curve"][0]) == ("minute_ms", *FIGURE_IDS)


def test_a_topic_that_never_told_anything_is_missing_and_not_zero() -> None:
    answer = session_answer(session(totals={VIEWERS_TOPIC: ViewerFigures(joins=1)}), NOON_MS)

    assert answer["figures"]["orders_sku"] is None
    assert answer["figures"]["comments"] is None
    assert answer["figures"]["buyers"] is None
    assert answer["figures"]["commenters"] is None
    assert answer["figures"]["interaction_rate"] is None
    assert answer["windows"]["10m"]["buyers"] is None
    assert answer["figures"]["likes"] == 0
    assert answer["completeness"]["missing_sources"] == [ORDERS_TOPIC, COMMENTS_TOPIC, ROOMS_TOPIC]
    assert answer["completeness"]["orphan_refunds"] is None


def test_without_any_entry_the_platforms_count_stands_for_the_session_alone() -> None:
    counted = session(
        totals={VIEWERS_TOPIC: ViewerFigures(likes=1), ORDERS_TOPIC: sold(600)},
        views_total=2_000,
        viewers_total=1_000,
    )
    answer = session_answer(counted, NOON_MS)

    assert answer["figures"]["views"] == 2_000
    assert answer["figures"]["viewers"] == 1_000
    assert answer["figures"]["gpm_views_minor"] == {"CNY": 300}
    assert answer["figures"]["gpm_viewers_minor"] == {"CNY": 600}
    assert answer["windows"]["10m"]["views"] is None
    assert answer["windows"]["10m"]["viewers"] is None


def test_viewers_none_of_whom_has_a_key_are_unknown() -> None:
    unnamed = ViewerFigures(joins=5, unnamed_joins=5)
    minutes = {NOON: MinuteTally(NOON, {VIEWERS_TOPIC: panes(unnamed)})}
    answer = session_answer(session(totals={VIEWERS_TOPIC: unnamed}, minutes=minutes), NOON_MS)

    assert answer["figures"]["views"] == 5
    assert answer["figures"]["viewers"] is None
    assert answer["windows"]["10m"]["viewers"] is None
    assert answer["windows"]["previous_10m"]["viewers"] == 0
    assert answer["completeness"]["unnamed"] == {"paid_lines": None, "joins": 5, "comments": None}


def test_whoever_both_likes_and_writes_interacts_once() -> None:
    uniques = {
        "viewers": people(*range(8)),
        "active": people(1, 2, 3),
        "commenters": people(3, 4),
    }
    answer = session_answer(session(uniques=uniques), NOON_MS)

    assert answer["figures"]["interaction_rate"] == 0.5
    assert answer["completeness"]["approximate"] == []


def test_counts_beyond_256_are_labelled() -> None:
    uniques = {"viewers": people(*range(257)), "commenters": people(*range(256))}
    answer = session_answer(session(uniques=uniques), NOON_MS)

    assert answer["completeness"]["approximate"] == [
        *("viewers", "conversion", "gpm_viewers_minor", "uv_value_minor", "interaction_rate")
    ]
    assert abs(answer["figures"]["viewers"] - 257) <= 13


def test_what_is_made_of_an_estimate_is_labelled_where_it_is_known() -> None:
    many = people(*range(257))
    bought = session(uniques={"buyers": many, "viewers": people(1)})
    unwatched = session(uniques={"buyers": many})
    unwatched.totals[VIEWERS_TOPIC] = None
    unwritten = session(uniques={"active": many, "leavers": many})
    unwritten.totals[COMMENTS_TOPIC] = None
    unwritten.totals[VIEWERS_TOPIC] = ViewerFigures(joins=1, leaves=300, watched_ms=3_000)

    found = [
        session_answer(each, NOON_MS)["completeness"]["approximate"]
        for each in (bought, unwatched, unwritten)
    ]

    assert found == [
        ["buyers", "aov_buyer_minor", "conversion"],
        ["buyers", "aov_buyer_minor"],
        ["watch_mean_s"],
    ]


def test_online_is_a_mean_over_time_until_the_last_thing_heard() -> None:
    readings = [Reading(NOON_MS - 60_000, 10, False), Reading(NOON_MS, 40, False)]
    minutes = {
        NOON - 1: MinuteTally(NOON - 1, readings=readings[:1]),
        NOON: MinuteTally(NOON, readings=readings[1:]),
    }
    answer = session_answer(session(minutes=minutes, peak=Peak(41, 5)), NOON_MS + 39_000)

    # 10 for 60 s, 40 for the 30 s until the session was last heard of
    assert answer["figures"]["online_mean"] == 20.0
    assert answer["figures"]["online_peak"] == 41
    assert answer["figures"]["watch_mean_s"] == 18.0  # 1800 viewer-seconds by 100 entries
    assert answer["completeness"]["watch_method"] == "littles_law"
    # the window begins 20 s before noon: 10 for 20 s, 40 for 30 s
    assert answer["windows"]["1m"]["online_mean"] == 28.0
    assert answer["windows"]["1m"]["online_peak"] == 40
    assert answer["windows"]["previous_10m"]["online_mean"] is None
    assert [entry["online_mean"] for entry in answer["curve"]] == [10.0, 40.0]


def test_a_broadcast_that_ended_is_watched_until_its_end() -> None:
    minutes = {
        NOON: MinuteTally(NOON, readings=[Reading(NOON_MS, 8, False)]),
        NOON + 2: MinuteTally(NOON + 2, {COMMENTS_TOPIC: panes(CommentFigures(3))}),
    }
    turns = Lifecycle(started_first_ms=NOON_MS, started_last=Started(NOON_MS))
    turns.ended_ms = NOON_MS + 10_000
    late = {COMMENTS_TOPIC: 2, VIEWERS_TOPIC: 0}
    answer = session_answer(session(minutes=minutes, lifecycle=turns, late=late), NOON_MS + 20_000)

    assert answer["figures"]["watch_mean_s"] == 0.8  # 80 viewer-seconds by 100 entries
    assert answer["completeness"]["status"] == "ended"
    assert answer["completeness"]["after_end"] == 3
    assert answer["completeness"]["late"] == {COMMENTS_TOPIC: 2}


def test_a_refund_days_later_is_no_sign_that_a_broadcast_went_on() -> None:
    seen_ms = {VIEWERS_TOPIC: NOON_MS + 30_000, ORDERS_TOPIC: NOON_MS + 3 * 86_400_000}
    minutes = {NOON: MinuteTally(NOON, readings=[Reading(NOON_MS, 40, False)])}
    minutes[NOON].readings.append(Reading(NOON_MS + 20_000, 10, False))
    told = session(minutes=minutes, seen_ms=seen_ms)

    # 40 for 20 s, 10 for the 10 s until viewers were last heard of
    assert session_answer(told, NOON_MS + 4 * 86_400_000)["figures"]["online_mean"] == 30.0
    assert span_end_ms(told, NOON_MS + 10_000) == NOON_MS + 10_000
    only_sold = session(seen_ms={ORDERS_TOPIC: NOON_MS + 5})
    assert span_end_ms(only_sold, NOON_MS + 10_000) == NOON_MS + 5


def test_what_happened_after_the_end_is_counted_from_the_next_pane_on() -> None:
    refund = OrderFigures(refunded_lines=1, orphan_refunds=1)
    wrote: list[Figures | None] = [CommentFigures(each) for each in (1, 2, 4, 8, 16, 32)]
    minutes = {NOON: MinuteTally(NOON, {COMMENTS_TOPIC: wrote, ORDERS_TOPIC: panes(None, refund)})}
    turns = Lifecycle(started_first_ms=NOON_MS, started_last=Started(NOON_MS))

    counted = []
    for turns.ended_ms in (NOON_MS, NOON_MS + 20_000, NOON_MS + 20_001, NOON_MS + 60_000):
        told = session(minutes=minutes, lifecycle=turns)
        counted.append(session_answer(told, NOON_MS + 90_000)["completeness"]["after_end"])
    turns.started_last = Started(NOON_MS + 60_001)
    again = session_answer(session(minutes=minutes, lifecycle=turns), NOON_MS + 90_000)

    assert counted == [63, 60, 56, 0]
    assert again["completeness"]["status"] == "live"
    assert again["completeness"]["after_end"] == 0


def test_measured_watch_time_is_by_viewer_in_a_session_and_by_leave_in_a_window() -> None:
    left = ViewerFigures(joins=10, leaves=4, unnamed_leaves=1, watched_ms=60_000)
    minutes = {NOON: MinuteTally(NOON, {VIEWERS_TOPIC: panes(left)})}
    answer = session_answer(
        session(totals={VIEWERS_TOPIC: left}, uniques={"leavers": people(1, 2)}, minutes=minutes),
        NOON_MS,
    )

    assert answer["figures"]["watch_mean_s"] == 20.0
    assert answer["completeness"]["watch_method"] == "measured"
    assert answer["windows"]["1m"]["watch_mean_s"] == 15.0


def test_a_minute_whose_sums_were_all_taken_back_is_not_in_the_curve() -> None:
    taken_back = OrderFigures(pay_gmv_minor={"CNY": 0})
    minutes = orders_at((NOON, panes(sold(5))), (NOON - 1, panes(taken_back)))
    answer = session_answer(session(minutes=minutes), NOON_MS)

    assert [entry["minute_ms"] for entry in answer["curve"]] == [NOON_MS]
    assert answer["curve"][0]["pay_gmv_minor"] == {"CNY": 5}
    assert answer["curve"][0]["buyers"] == 0
