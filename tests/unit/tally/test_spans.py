"""Every formula, by values computed by hand, and what is None."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.tally.figures import CommentFigures, OrderFigures, ViewerFigures
from streamproc.tally.registry import DEFINITIONS, FIGURE_IDS
from streamproc.tally.registry_definition import OF_PEOPLE, SESSION_ONLY
from streamproc.tally.spans import (
    People,
    Span,
    Value,
    Watched,
    figures_of,
    half_even,
    mean_minor,
    watch_method,
)

ORDERS = OrderFigures(
    created_minor={"CNY": 90_000},
    pay_gmv_minor={"CNY": 70_001, "USD": 500},
    refunded_minor={"CNY": 1_999, "HKD": 100},
    unpaid_minor={"CNY": 19_999},
    created_lines=9,
    paid_lines=8,
    refunded_lines=2,
    orders_main=4,
    items_sold=11,
    failed_out_of_stock=1,
    failed_coupon_invalid=2,
    failed_pay_declined=3,
    failed_risk=4,
    failed_other=5,
)
COMMENTS = CommentFigures(comments=7, mirrored=2, unnamed_comments=1)
VIEWERS = ViewerFigures(
    joins=400,
    likes=30,
    follows=5,
    shares=6,
    exposures=200,
    clicks=50,
    cart_adds=9,
    leaves=8,
    watched_ms=100_000,
)
PEOPLE = People(buyers=3, viewers=300, commenters=6, interacting=45, orders=ORDERS)
WATCHED = Watched(mean=12.5, peak=20, online_ms=600_000)
WHOLE = Span(ORDERS, COMMENTS, VIEWERS, WATCHED, PEOPLE, views=400)
YUAN = OrderFigures(pay_gmv_minor={"CNY": 70_001}, paid_lines=8, orders_main=4)
IN_YUAN = WHOLE._replace(orders=YUAN, people=PEOPLE._replace(orders=YUAN))
"""With a value of each order and buyer, which two currencies have none of."""


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("created_minor", {"CNY": 90_000}),
        ("pay_gmv_minor", {"CNY": 70_001, "USD": 500}),
        ("net_gmv_minor", {"CNY": 68_002, "USD": 500, "HKD": -100}),
        ("refunded_minor", {"CNY": 1_999, "HKD": 100}),
        ("refund_rate", 0.25),
        ("orders_main", 4),
        ("orders_sku", 8),
        ("items_sold", 11),
        ("buyers", 3),
        ("aov_order_minor", None),  # which of the 4 orders were paid in which currency?
        ("aov_buyer_minor", None),
        ("failed_orders", 15),
        ("online_peak", 20),
        ("online_mean", 12.5),
        ("views", 400),
        ("viewers", 300),
        ("watch_mean_s", 12.5),
        ("likes", 30),
        ("follows", 5),
        ("shares", 6),
        ("comments", 7),
        ("commenters", 6),
        ("product_exposures", 200),
        ("product_clicks", 50),
        ("cart_adds", 9),
        ("ctr", 0.25),
        ("ctor", 0.16),
        ("gpm_views_minor", {"CNY": 175_002, "USD": 1_250}),  # 175002.5 to the even one
        ("gpm_viewers_minor", {"CNY": 233_337, "USD": 1_667}),  # 233336.67, 1666.67
        ("uv_value_minor", {"CNY": 233, "USD": 2}),  # 233.34, 1.67
        ("interaction_rate", 0.15),
        ("unpaid_minor", None),
        ("online_now", None),
        ("conversion", None),
    ],
)
def test_a_figure_is_what_its_formula_says(figure: str, value: Value) -> None:
    assert figures_of(WHOLE)[figure] == value


def test_every_figure_is_answered_in_the_order_of_the_registry() -> None:
    assert tuple(figures_of(WHOLE)) == FIGURE_IDS


def test_what_only_a_session_has_is_none_and_the_rest_is_known() -> None:
    unknown = {figure for figure, value in figures_of(IN_YUAN).items() if value is None}

    assert unknown == {each.id for each in DEFINITIONS.values() if each.windows == SESSION_ONLY}


def test_without_people_just_what_is_made_of_people_is_none_as_well() -> None:
    lost = {
        figure
        for figure, value in figures_of(IN_YUAN._replace(people=None)).items()
        if value is None and figures_of(IN_YUAN)[figure] is not None
    }

    assert lost == {each.id for each in DEFINITIONS.values() if each.windows == OF_PEOPLE}


def test_a_span_of_which_nothing_was_told_has_no_figures() -> None:
    assert set(figures_of(Span(None, None, None)).values()) == {None}


def test_a_topic_that_told_something_gives_zeros_for_the_rest_and_none_for_ratios() -> None:
    quiet = Span(OrderFigures(), CommentFigures(), ViewerFigures(), views=0)
    found = {figure: value for figure, value in figures_of(quiet).items() if value is not None}

    money = {"created_minor", "pay_gmv_minor", "net_gmv_minor", "refunded_minor"}
    counts = {"orders_main", "orders_sku", "items_sold", "failed_orders", "views", "likes"}
    counts |= {"follows", "shares", "comments", "product_exposures", "product_clicks", "cart_adds"}
    assert found == {key: {} for key in money} | dict.fromkeys(counts, 0)


def test_a_missing_topic_leaves_only_its_own_figures_unknown() -> None:
    found = figures_of(
        WHOLE._replace(orders=None, people=PEOPLE._replace(buyers=None, orders=None))
    )

    assert found["pay_gmv_minor"] is None
    assert found["ctor"] is None
    assert found["gpm_views_minor"] is None
    assert found["aov_buyer_minor"] is None
    assert found["ctr"] == 0.25
    assert found["interaction_rate"] == 0.15


def test_a_currency_whose_sum_is_zero_is_left_out_but_for_the_net_of_equals() -> None:
    orders = OrderFigures(
        created_minor={"CNY": 5, "USD": 0},
        pay_gmv_minor={"CNY": 5, "USD": 0},
        refunded_minor={"CNY": 5, "HKD": 0},
    )
    found = figures_of(Span(orders, None, None))

    assert found["created_minor"] == {"CNY": 5}
    assert found["pay_gmv_minor"] == {"CNY": 5}
    assert found["refunded_minor"] == {"CNY": 5}
    assert found["net_gmv_minor"] == {"CNY": 0}


def test_five_million_yuan_are_exact_to_the_fen() -> None:
    orders = OrderFigures(
        pay_gmv_minor={"CNY": 500_000_000}, refunded_minor={"CNY": 1}, orders_main=25_000
    )
    found = figures_of(Span(orders, None, None))

    assert found["net_gmv_minor"] == {"CNY": 499_999_999}
    assert found["aov_order_minor"] == {"CNY": 20_000}


def test_watch_time_is_shared_by_the_watchers_where_they_are_known() -> None:
    assert figures_of(WHOLE)["watch_mean_s"] == 12.5
    assert figures_of(WHOLE._replace(watchers=5))["watch_mean_s"] == 20.0
    assert watch_method(VIEWERS.leaves, None, None) == "measured"


def test_watch_time_without_leaves_is_littles_law() -> None:
    silent = WHOLE._replace(viewers=ViewerFigures(joins=400))

    assert figures_of(silent)["watch_mean_s"] == 1.5  # 600 viewer-seconds by 400 entries
    assert watch_method(0, 600_000, 400) == "littles_law"


@pytest.mark.parametrize(("online_ms", "views"), [(600_000, None), (600_000, 0), (None, 400)])
def test_watch_time_is_unknown_without_entries_or_readings(
    online_ms: int | None, views: int | None
) -> None:
    watched = Watched(12.5, 20, online_ms)
    silent = WHOLE._replace(viewers=ViewerFigures(joins=400), watched=watched, views=views)

    assert figures_of(silent)["watch_mean_s"] is None
    assert watch_method(0, online_ms, views) is None


@pytest.mark.parametrize(
    ("dividend", "divisor", "quotient"),
    [(1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 4, 2), (5, 4, 1), (0, 3, 0), (-1, 2, 0), (-3, 2, -2)],
)
def test_halves_go_to_the_even_one(dividend: int, divisor: int, quotient: int) -> None:
    assert half_even(dividend, divisor) == quotient


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**9))
def test_rounding_is_that_of_exact_fractions(dividend: int, divisor: int) -> None:
    assert half_even(dividend, divisor) == round(Fraction(dividend, divisor))


def test_nothing_is_divided_by_nobody() -> None:
    assert mean_minor({"CNY": 5}, 0) is None
    assert mean_minor({"CNY": 5}, None) is None
    assert mean_minor({}, 3) == {}
