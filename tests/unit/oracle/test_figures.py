"""Figures of the oracle, held against examples computed by hand."""

from __future__ import annotations

import pytest

from streamproc.events.comments import Role
from streamproc.events.orders import FailReason
from streamproc.events.registry import AnyEvent
from streamproc.events.viewers import (
    CartAdded,
    ProductClicked,
    ProductExposed,
    ViewerFollowed,
    ViewerShared,
)
from streamproc.oracle.arithmetic import half_even
from streamproc.oracle.batch import compute
from tests.builders import (
    T0,
    cancelled,
    comment,
    created,
    joined,
    left,
    liked,
    made,
    order_failed,
    refunded,
    viewer_key,
    viewers_counted,
)
from tests.folding import log_of
from tests.unit.oracle.answers import MINUTE_MS, answer, sale, whole


def test_money_is_told_by_currency_and_net_keeps_a_currency_that_came_to_nothing() -> None:
    found = whole(
        sale(1_000, 1),
        sale(500, 2, currency="HKD"),
        refunded(1_000, T0 + 1, order_id="o-1"),
        created(70, order_id="o-3"),
        created(80, order_id="o-4"),
        cancelled(order_id="o-4"),
    )

    assert found["created_minor"] == {"CNY": 1_150, "HKD": 500}
    assert found["pay_gmv_minor"] == {"CNY": 1_000, "HKD": 500}
    assert found["refunded_minor"] == {"CNY": 1_000}
    assert found["net_gmv_minor"] == {"CNY": 0, "HKD": 500}
    assert found["unpaid_minor"] == {"CNY": 70}
    assert found["refund_rate"] == 0.5


def test_a_refund_in_a_currency_of_its_own_is_never_taken_from_another() -> None:
    found = whole(sale(1_000, 1), refunded(90, order_id="o-1", currency="HKD"))

    assert found["net_gmv_minor"] == {"CNY": 1_000, "HKD": -90}


def test_orders_lines_and_buyers_are_three_different_numbers() -> None:
    found = whole(
        sale(100, 1, quantity=3),
        sale(100, 1, line_id="2"),
        sale(101, 2, buyer_key=viewer_key(1)),
    )

    assert (found["orders_main"], found["orders_sku"], found["items_sold"]) == (2, 3, 5)
    assert found["buyers"] == 1
    assert found["aov_order_minor"] == {"CNY": 150}
    assert found["aov_buyer_minor"] == {"CNY": 301}


def test_a_value_of_each_order_or_buyer_is_null_where_two_currencies_were_paid() -> None:
    told = answer(
        joined(1),
        sale(100, 1),
        sale(50, 2, T0 + MINUTE_MS, currency="USD"),
        as_of_ms=T0 + MINUTE_MS,
    )
    found, (first, _) = told["figures"], told["curve"]

    assert found["pay_gmv_minor"] == {"CNY": 100, "USD": 50}
    assert (found["aov_order_minor"], found["aov_buyer_minor"]) == (None, None)
    assert found["gpm_views_minor"] == {"CNY": 100_000, "USD": 50_000}
    assert (first["aov_order_minor"], first["aov_buyer_minor"]) == ({"CNY": 100}, {"CNY": 100})


@pytest.mark.parametrize(
    ("dividend", "divisor", "rounded"),
    [(1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 3, 2), (8, 3, 3), (10**19 + 1, 2, 5 * 10**18)],
)
def test_means_of_money_are_rounded_half_even(dividend: int, divisor: int, rounded: int) -> None:
    assert half_even(dividend, divisor) == rounded


def test_failures_of_every_reason_are_one_figure() -> None:
    attempts = [order_failed(reason) for reason in FailReason]

    assert whole(*attempts)["failed_orders"] == len(FailReason)


def test_what_a_topic_never_told_is_null_and_what_it_did_not_see_is_zero() -> None:
    found = answer(comment())

    assert found["figures"]["comments"] == 1
    assert found["figures"]["orders_sku"] is None
    assert found["figures"]["pay_gmv_minor"] is None
    assert found["figures"]["buyers"] is None
    assert found["figures"]["likes"] is None
    assert found["completeness"]["missing_sources"] == [
        "live.orders.v1",
        "live.viewers.v1",
        "live.rooms.v1",
    ]
    told = whole(order_failed(), liked(2))
    assert (told["orders_sku"], told["pay_gmv_minor"], told["buyers"]) == (0, {}, 0)
    assert told["product_clicks"] == 0
    assert told["comments"] is None


def test_a_ratio_of_nothing_is_null() -> None:
    found = whole(order_failed(), liked(2), comment())

    ratios = ("refund_rate", "ctr", "ctor", "conversion", "interaction_rate")
    means = ("aov_order_minor", "aov_buyer_minor", "gpm_views_minor", "uv_value_minor")
    assert {found[name] for name in (*ratios, *means)} == {None}


def test_views_count_entries_and_viewers_count_people() -> None:
    found = whole(joined(1), joined(1), joined(2), joined(viewer_key=None))

    assert (found["views"], found["viewers"]) == (4, 2)


def test_without_any_entry_the_platforms_own_totals_stand_in() -> None:
    counted = viewers_counted(views_total=90, viewers_total=60)
    fewer = viewers_counted(at_ms=T0 + 1, views_total=80)

    assert (whole(counted, fewer)["views"], whole(counted, fewer)["viewers"]) == (90, 60)
    assert whole(counted, joined(1))["views"] == 1
    assert whole(viewers_counted())["views"] is None


def test_entries_of_which_none_is_named_leave_viewers_unknown() -> None:
    found = answer(joined(viewer_key=None), joined(viewer_key=None))

    assert (found["figures"]["views"], found["figures"]["viewers"]) == (2, None)
    assert found["completeness"]["unnamed"]["joins"] == 2


def test_the_funnel_and_its_rates() -> None:
    found = whole(
        *(made(ProductExposed, product_id="p-1") for _ in range(8)),
        *(made(ProductClicked, product_id="p-1") for _ in range(4)),
        made(CartAdded, product_id="p-1", quantity=5),
        sale(100, 1),
    )

    assert (found["product_exposures"], found["product_clicks"], found["cart_adds"]) == (8, 4, 1)
    assert (found["ctr"], found["ctor"]) == (0.5, 0.25)


def test_value_per_view_and_per_viewer() -> None:
    found = whole(joined(1), joined(1), joined(2), joined(3), sale(1_001, 1))

    assert found["gpm_views_minor"] == {"CNY": 250_250}
    assert found["gpm_viewers_minor"] == {"CNY": 333_667}
    assert found["uv_value_minor"] == {"CNY": 334}
    assert found["conversion"] == 1 / 3


def test_interaction_counts_a_person_once_whatever_they_did() -> None:
    doings: list[AnyEvent] = [
        liked(5),
        comment(),
        made(ViewerFollowed, viewer_key=viewer_key(2)),
        made(ViewerShared, viewer_key=viewer_key(2)),
    ]
    found = whole(*(joined(number) for number in range(1, 5)), *doings)

    assert found["interaction_rate"] == 0.5
    assert (found["likes"], found["follows"], found["shares"]) == (5, 1, 1)


def test_the_host_the_staff_and_mirrored_comments_are_no_commenters() -> None:
    found = answer(
        comment(role=Role.HOST, user_key=viewer_key(7)),
        comment(role=Role.STAFF, user_key=None),
        comment(mirrored=True, user_key=viewer_key(8)),
        comment(user_key=None),
        comment(),
    )

    assert (found["figures"]["comments"], found["figures"]["commenters"]) == (4, 1)
    assert found["completeness"]["unnamed"]["comments"] == 1


def test_beyond_256_people_are_estimated_and_that_is_said() -> None:
    few = answer(*(joined(number) for number in range(256)))
    many = answer(*(joined(number) for number in range(2_000)))

    assert few["figures"]["viewers"] == 256
    assert few["completeness"]["approximate"] == []
    assert many["figures"]["viewers"] == pytest.approx(2_000, rel=0.05)
    assert many["completeness"]["approximate"] == ["viewers"]
    assert many["figures"]["views"] == 2_000


def test_every_figure_that_an_estimate_is_part_of_is_named() -> None:
    people = range(1, 301)
    bought = answer(*(sale(100, number) for number in people), joined())
    gone = answer(
        *(left(number, watched_ms=1_000) for number in people),
        *(liked(viewer_key=viewer_key(number)) for number in people),
    )

    assert bought["completeness"]["approximate"] == ["buyers", "aov_buyer_minor", "conversion"]
    assert gone["completeness"]["approximate"] == ["watch_mean_s"]


def test_the_canonical_form_leaves_out_estimates() -> None:
    records = log_of([joined(number) for number in range(257)])
    told = compute(records)["hosts"]["h-1"]["sessions"]["s-1"]

    assert told["totals"]["joins"] == 257
    assert "uniques" not in told
    assert "minute_uniques" not in told
