"""Villages, towns and districts: sums that are the same at every level, wherever hosts move."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.beginning import begin_ms
from streamproc.tally.figures import CommentFigures, OrderFigures, ViewerFigures
from streamproc.tally.lifecycle import Lifecycle
from streamproc.tally.model import MinuteTally, SessionTally
from streamproc.tally.profiles import Profile
from streamproc.tally.rollups import (
    NOWHERE,
    Group,
    Home,
    Level,
    Part,
    figures_of_sessions,
    home_at,
    names_of,
    rolled_up,
)
from streamproc.tally.uniques import Uniques, hashed

SUMS = (
    "created_minor",
    "pay_gmv_minor",
    "refunded_minor",
    "unpaid_minor",
    "orders_main",
    "orders_sku",
    "items_sold",
    "failed_orders",
    "views",
    "likes",
    "follows",
    "comments",
    "product_clicks",
)
counts: st.SearchStrategy[Any] = st.integers(0, 1_000)
money: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(["CNY", "USD"]), st.integers(1, 10**13), max_size=2
)
people = st.sets(st.sampled_from([f"viewer-{number}" for number in range(12)]))


def uniques(keys: Iterable[str]) -> Uniques:
    held = Uniques()
    for key in keys:
        held.add(hashed(key))
    return held


def session(
    host_id: str = "h-1",
    session_id: str = "s-1",
    orders: dict[str, Any] | None = None,
    viewers: dict[str, Any] | None = None,
    named: dict[str, Iterable[str]] | None = None,
    comments: dict[str, Any] | None = None,
) -> SessionTally:
    totals = {
        ORDERS_TOPIC: None if orders is None else figures(OrderFigures, orders),
        COMMENTS_TOPIC: None if comments is None else figures(CommentFigures, comments),
        VIEWERS_TOPIC: None if viewers is None else figures(ViewerFigures, viewers),
    }
    held = {name: uniques(keys) for name, keys in (named or {}).items()}
    return SessionTally(host_id, session_id, dict(totals), uniques=held)


def figures(kind: Callable[[], Any], sums: dict[str, Any]) -> Any:  # noqa: ANN401 - of any topic
    made = kind()
    for name, value in sums.items():
        setattr(made, name, dict(value) if isinstance(value, dict) else value)
    return made


@st.composite
def parts(draw: st.DrawFn) -> Part:
    orders = {name: draw(money) for name in OrderFigures.MONEY}
    orders |= {name: draw(counts) for name in ("paid_lines", "orders_main", "items_sold")}
    orders |= {"failed_risk": draw(counts)}
    viewers = {name: draw(counts) for name in ("joins", "likes", "follows", "clicks")}
    tally = session(
        draw(st.sampled_from(["h-1", "h-2", "h-3"])),
        draw(st.sampled_from(["s-1", "s-2"])),
        draw(st.none() | st.just(orders)),
        draw(st.none() | st.just(viewers)),
        {"buyers": draw(people), "viewers": draw(people)},
    )
    if draw(st.booleans()):
        tally.totals[COMMENTS_TOPIC] = figures(CommentFigures, {"comments": draw(counts)})
    names = [draw(st.sampled_from(["北", "南"])) for _ in range(3)]
    return Part(tally, Home(*names))


def added(groups: Iterable[Group], figure: str) -> Any:  # noqa: ANN401 - a count or money
    total: dict[str, int] = {}
    for group in groups:
        value: Any = group.figures[figure]
        by_currency = value if isinstance(value, dict) else {"": value or 0}
        for currency, more in by_currency.items():
            total[currency] = total.get(currency, 0) + more
    return {currency: amount for currency, amount in total.items() if amount}


@given(st.lists(parts(), max_size=8))
def test_every_level_has_the_same_sums(given_parts: list[Part]) -> None:
    levels = {level: rolled_up(given_parts, level) for level in Level}
    whole, _ = figures_of_sessions([part.tally for part in given_parts])
    everything = [Group((), 0, 0, whole, [], {}, {}, {})]

    for figure in SUMS:
        sums = {level: added(groups, figure) for level, groups in levels.items()}
        assert sums == dict.fromkeys(Level, added(everything, figure)), figure
    for groups in levels.values():
        assert sum(group.sessions for group in groups) == len(given_parts)


@given(st.lists(parts(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_sessions_says_nothing(given_parts: list[Part], random: Any) -> None:  # noqa: ANN401
    shuffled = list(given_parts)
    random.shuffle(shuffled)

    assert rolled_up(shuffled, Level.VILLAGE) == rolled_up(given_parts, Level.VILLAGE)


def test_a_ratio_of_a_group_is_a_sum_by_a_sum_and_a_person_counts_once() -> None:
    one = session(
        "h-1",
        orders={"pay_gmv_minor": {"CNY": 10_000}, "paid_lines": 10, "refunded_lines": 5},
        viewers={"joins": 10, "clicks": 10, "exposures": 100},
        named={"buyers": ["a", "b"], "viewers": ["a", "b", "c"]},
    )
    two = session(
        "h-2",
        orders={"pay_gmv_minor": {"CNY": 2_000}, "paid_lines": 30, "refunded_lines": 1},
        viewers={"joins": 30, "clicks": 90, "exposures": 100},
        named={"buyers": ["b"], "viewers": ["b", "d"]},
    )

    found, approximate = figures_of_sessions([one, two])

    assert found["refund_rate"] == 6 / 40
    assert found["ctr"] == 100 / 200
    assert (found["buyers"], found["viewers"], found["conversion"]) == (2, 4, 0.5)
    assert found["aov_buyer_minor"] == {"CNY": 6_000}
    assert found["gpm_views_minor"] == {"CNY": 300_000}
    assert (found["online_now"], found["online_peak"], found["online_mean"]) == (None, None, None)
    assert approximate == []


def test_viewers_that_only_a_platform_counted_make_the_groups_viewers_unknown() -> None:
    named = session("h-1", viewers={"joins": 1}, named={"viewers": ["a"]})
    counted = session("h-2", viewers={"likes": 1})
    counted.viewers_total, counted.views_total = 500, 900

    found, _ = figures_of_sessions([named, counted])

    assert (found["views"], found["viewers"], found["conversion"]) == (901, None, None)


def test_what_no_topic_told_is_unknown_and_what_one_told_is_summed() -> None:
    found, _ = figures_of_sessions([session(orders={"paid_lines": 2}), session("h-2")])

    assert (found["orders_sku"], found["pay_gmv_minor"]) == (2, {})
    assert (found["comments"], found["likes"], found["views"], found["viewers"]) == (None,) * 4


def test_a_ratio_of_two_topics_is_that_of_the_sessions_that_know_both() -> None:
    whole = session(
        "h-1",
        orders={"pay_gmv_minor": {"CNY": 1_000}, "paid_lines": 1},
        viewers={"joins": 10, "clicks": 4},
        comments={"comments": 1},
        named={
            "buyers": ["a"],
            "viewers": map("v-{}".format, range(10)),
            "active": ["a"],
            "commenters": ["b"],
        },
    )
    unwatched = session(
        "h-2",
        orders={"pay_gmv_minor": {"CNY": 108_000}, "paid_lines": 12},
        comments={"comments": 9},
        named={"buyers": map("b-{}".format, range(12)), "commenters": map("c-{}".format, range(9))},
    )
    liked = session("h-3", orders={"paid_lines": 5}, viewers={"likes": 1})

    (group,) = rolled_up([Part(each, NOWHERE) for each in (whole, unwatched, liked)], Level.VILLAGE)
    found = group.figures

    assert (found["pay_gmv_minor"], found["views"], found["buyers"]) == ({"CNY": 109_000}, 10, 13)
    assert (found["viewers"], found["commenters"]) == (10, 10)
    assert (found["conversion"], found["interaction_rate"]) == (0.1, 0.2)
    assert found["ctor"] == 6 / 4
    assert found["gpm_views_minor"] == found["gpm_viewers_minor"] == {"CNY": 100_000}
    assert found["uv_value_minor"] == {"CNY": 100}
    assert group.missing_sources == {
        COMMENTS_TOPIC: 1,
        VIEWERS_TOPIC: 1,
        ROOMS_TOPIC: 3,
    }


def test_who_came_is_unknown_where_only_likes_were_told() -> None:
    found, _ = figures_of_sessions([session(viewers={"likes": 1})])

    assert (found["likes"], found["views"], found["viewers"]) == (1, None, None)


def test_an_estimated_rate_of_interaction_is_said() -> None:
    people = {
        "active": map("a-{}".format, range(200)),
        "commenters": map("c-{}".format, range(200)),
    }
    told = session(
        viewers={"joins": 2}, comments={"comments": 1}, named={"viewers": ["a", "b"], **people}
    )

    _, approximate = figures_of_sessions([told])

    assert approximate == ["interaction_rate"]


def test_many_people_are_counted_approximately_and_it_is_said() -> None:
    one = session(orders={}, named={"buyers": map("a-{}".format, range(200))})
    two = session("h-2", orders={}, named={"buyers": map("b-{}".format, range(200))})

    found, approximate = figures_of_sessions([one, two])

    buyers = found["buyers"]
    assert isinstance(buyers, int)
    assert abs(buyers - 400) <= 20
    assert approximate == ["buyers", "aov_buyer_minor"]


def test_what_is_made_of_an_estimate_is_said_of_the_sessions_that_it_is_made_of() -> None:
    bought = session(orders={"paid_lines": 300}, named={"buyers": map("a-{}".format, range(300))})
    seen = session(
        "h-2",
        orders={"paid_lines": 1},
        viewers={"joins": 2, "leaves": 300, "watched_ms": 3_000},
        named={
            "buyers": ["a-1"],
            "viewers": ["b-1", "b-2"],
            "leavers": map("b-{}".format, range(300)),
        },
    )

    _, approximate = figures_of_sessions([bought, seen])

    assert approximate == ["buyers", "aov_buyer_minor", "watch_mean_s"]


def test_what_came_late_or_could_not_be_used_is_that_of_all_sessions_of_a_place() -> None:
    one, two = session(orders={}), session("h-2", orders={})
    one.late, two.late = {ORDERS_TOPIC: 2, VIEWERS_TOPIC: 0}, {ORDERS_TOPIC: 1, COMMENTS_TOPIC: 4}
    one.rejected = {VIEWERS_TOPIC: 3}

    (group,) = rolled_up([Part(one, NOWHERE), Part(two, NOWHERE)], Level.TOWN)

    assert group.late == {COMMENTS_TOPIC: 4, ORDERS_TOPIC: 3}
    assert group.rejected == {VIEWERS_TOPIC: 3}


def profile(village: str) -> Profile:
    return Profile(0, "e", "张桂兰", village, "北坡镇", "遂溪县", None)


def test_a_host_lives_where_the_last_profile_begun_says_at_first_where_the_first_does() -> None:
    profiles = {1_000: profile("北坡村"), 5_000: profile("南坡村")}

    homes = [home_at(profiles, at_ms).village for at_ms in (0, 1_000, 4_999, 5_000, 9_000)]

    assert homes == ["北坡村", "北坡村", "北坡村", "南坡村", "南坡村"]
    assert home_at({}, 5_000) == NOWHERE


def test_a_host_who_moves_counts_in_both_places() -> None:
    first, second = session(orders={"paid_lines": 1}), session("h-1", "s-2", {"paid_lines": 2})
    before, after = Home("遂溪县", "北坡镇", "北坡村"), Home("遂溪县", "北坡镇", "南坡村")

    groups = rolled_up([Part(first, before), Part(second, after)], Level.VILLAGE)
    town = rolled_up([Part(first, before), Part(second, after)], Level.TOWN)

    told = [(each.place[-1], each.hosts, each.figures["orders_sku"]) for each in groups]
    assert told == [("北坡村", 1, 1), ("南坡村", 1, 2)]
    assert [(each.place, each.hosts, each.sessions) for each in town] == [
        (("遂溪县", "北坡镇"), 1, 2)
    ]


def test_a_level_names_its_place_from_the_district_down() -> None:
    assert names_of(Level.VILLAGE) == ("district", "town", "village")
    assert names_of(Level.DISTRICT) == ("district",)


def test_a_session_begins_at_its_start_else_with_its_first_minute() -> None:
    tally = session()
    tally.seen_ms = {ORDERS_TOPIC: 70_000, VIEWERS_TOPIC: 65_000}
    assert begin_ms(tally) == 65_000

    tally.minutes = {2: MinuteTally(2), 1: MinuteTally(1)}
    assert begin_ms(tally) == 60_000

    tally.begun_ms = {ROOMS_TOPIC: 0, VIEWERS_TOPIC: 120_000}
    assert begin_ms(tally) == 60_000  # of another topic, which an earlier version began
    tally.minutes = {}
    assert begin_ms(tally) == 120_000
    tally.begun_ms = {ROOMS_TOPIC: 180_000}
    assert begin_ms(tally) == 180_000

    tally.lifecycle = Lifecycle(started_first_ms=61_500)
    assert begin_ms(tally) == 61_500
