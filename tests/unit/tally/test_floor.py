from __future__ import annotations

from random import Random
from typing import Any

import pytest

from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import (
    AlertJudged,
    CouponClaimed,
    CouponReported,
    ProductDelisted,
    ProductListed,
    ProductPinned,
    StockCause,
    StockReleasePlanned,
    Verdict,
)
from streamproc.tally.floor import (
    COUPONS,
    FLOOR_EVENTS,
    PACKS,
    PRODUCTS,
    VERDICTS,
    WHOLE,
    Coupon,
    Cycle,
    Floor,
)
from streamproc.tally.floor import Verdict as Judged
from tests.builders import T0, made, room_started, stock_reported, viewer_key


def listed(product_id: str = "p-1", after_ms: int = 0, **fields: Any) -> ProductListed:  # noqa: ANN401
    return made(
        ProductListed, T0 + after_ms, **{"product_id": product_id, "title": "荔枝", **fields}
    )


def delisted(product_id: str = "p-1", after_ms: int = 0) -> ProductDelisted:
    return made(ProductDelisted, T0 + after_ms, product_id=product_id)


def pinned(product_id: str = "p-1", after_ms: int = 0) -> ProductPinned:
    return made(ProductPinned, T0 + after_ms, product_id=product_id)


def planned(product_id: str = "p-1", after_ms: int = 0, **fields: Any) -> StockReleasePlanned:  # noqa: ANN401
    plan = {"product_id": product_id, "release_at_ms": T0 + 99, **fields}
    return made(StockReleasePlanned, T0 + after_ms, **plan)


def coupon(remaining: int, after_ms: int = 0, coupon_id: str = "c-1") -> CouponReported:
    return made(CouponReported, T0 + after_ms, coupon_id=coupon_id, remaining=remaining)


def claimed(after_ms: int = 0, coupon_id: str = "c-1") -> CouponClaimed:
    return made(CouponClaimed, T0 + after_ms, coupon_id=coupon_id)


def judged(
    verdict: Verdict = Verdict.REAL,
    after_ms: int = 0,
    alert_id: str = "a-1",
    **fields: Any,  # noqa: ANN401
) -> AlertJudged:
    said = {"alert_id": alert_id, "verdict": verdict, "operator_key": viewer_key(7), **fields}
    return made(AlertJudged, T0 + after_ms, **said)


def floor_of(*events: AnyEvent) -> Floor:
    floor = Floor()
    for event in events:
        assert floor.take(event)
    return floor


def test_a_product_listed_again_has_its_new_values() -> None:
    floor = floor_of(
        listed(link_no=1, price_minor=900, currency="CNY"),
        listed(after_ms=5, title="妃子笑", link_no=2),
    )

    product = floor.products["p-1"]
    assert (product.title, product.link_no, product.listed_ms) == ("妃子笑", 2, T0 + 5)
    assert (product.price_minor, product.currency) == (900, "CNY")  # nobody told another
    assert product.is_listed


def test_listings_that_come_out_of_order_tell_the_same() -> None:
    told: list[AnyEvent] = [
        listed(after_ms=1, link_no=1, price_minor=900, currency="CNY"),
        listed(after_ms=2, title="乙", price_minor=700, currency="HKD"),
        listed(after_ms=3, title="丙", link_no=4),
        delisted(after_ms=4),
        listed(after_ms=5, title="丁"),
        listed("p-2", after_ms=2, link_no=4),
        delisted("p-2", after_ms=1),
        pinned("p-2", after_ms=7),
        pinned("p-1", after_ms=6),
    ]
    expected = floor_of(*told)
    assert expected.products["p-1"].price_minor == 700
    for seed in range(20):
        Random(seed).shuffle(told)
        shuffled = floor_of(*told)
        assert shuffled.products.keys() == expected.products.keys()
        for name in ("links", "pins", "acted_ms"):
            assert getattr(shuffled, name) == getattr(expected, name)
        for product_id, product in expected.products.items():
            other = shuffled.products[product_id]
            for name in ("listed_ms", "delisted_ms", "title", "link_no", "price_minor", "currency"):
                assert getattr(other, name) == getattr(product, name)


def test_a_number_that_another_product_gets_is_the_formers_no_more() -> None:
    floor = floor_of(listed(link_no=3), listed("p-2", 10, link_no=3))

    assert [floor.products[each].link_no for each in ("p-1", "p-2")] == [0, 3]
    assert [floor.linked(3, T0 + at_ms) for at_ms in (9, 10)] == ["p-1", "p-2"]


def test_a_product_that_is_delisted_is_gone_until_it_is_listed_later() -> None:
    floor = floor_of(delisted(after_ms=5), listed(after_ms=4))
    assert not floor.products["p-1"].is_listed

    floor.take(listed(after_ms=5))
    assert floor.products["p-1"].is_listed


def test_what_was_pinned_last_before_a_time_is_on_show() -> None:
    floor = floor_of(pinned("p-2", 20), pinned("p-1", 10), pinned("p-2", 30))

    assert [floor.on_show(T0 + at_ms) for at_ms in (9, 10, 20)] == [None, "p-1", "p-2"]
    since = [floor.shown_since_ms(T0 + at_ms) for at_ms in (9, 10, 20, 40)]
    assert since == [0, T0 + 10, T0 + 20, T0 + 20]


def test_stock_and_plans_are_of_their_pack() -> None:
    floor = floor_of(
        stock_reported(0),
        stock_reported(7, T0 + 1, sku_id="k-1"),
        stock_reported(2, T0 + 9),
        planned(quantity=40),
        planned(sku_id="k-1", after_ms=3),
    )

    product = floor.products["p-1"]
    assert not product.is_listed
    assert product.stock[WHOLE].cycles == [Cycle(T0, T0 + 9)]
    assert product.stock["k-1"].available == 7
    assert {sku: (plan.told_ms, plan.quantity) for sku, plan in product.plans.items()} == {
        WHOLE: (T0, 40),
        "k-1": (T0 + 3, -1),
    }


def test_a_coupon_is_out_since_the_first_report_of_none() -> None:
    floor = floor_of(coupon(5, 1), coupon(0, 3), claimed(4), coupon(0, 5), coupon(9, 2), claimed(2))

    assert floor.coupons["c-1"] == Coupon(T0 + 5, 0, T0 + 3, 2, T0 + 4)
    floor.take(coupon(1, 6))
    assert floor.coupons["c-1"].out_since_ms == 0


def test_the_verdict_said_last_stands() -> None:
    floor = floor_of(
        judged(Verdict.BAIT, 5),
        judged(Verdict.REAL, 4),
        judged(Verdict.SNOOZED, 9, "a-2", until_ms=T0 + 99),
    )

    assert floor.verdicts == {
        "a-1": Judged(T0 + 5, "bait", 0, viewer_key(7)),
        "a-2": Judged(T0 + 9, "snoozed", T0 + 99, viewer_key(7)),
    }


@pytest.mark.parametrize(
    ("event", "acts"),
    [
        (listed(after_ms=9), True),
        (pinned(after_ms=9), True),
        (delisted(after_ms=9), True),
        (stock_reported(1, T0 + 9, cause=StockCause.MANUAL), True),
        (stock_reported(1, T0 + 9, cause=StockCause.SALE), False),
        (planned(after_ms=9), False),
        (coupon(1, 9), False),
        (judged(after_ms=9), False),
    ],
    ids=["listed", "pinned", "delisted", "manual", "sale", "planned", "coupon", "judged"],
)
def test_somebody_acts_who_changes_something_by_hand(event: AnyEvent, acts: bool) -> None:
    floor = floor_of(listed(after_ms=5), event, listed(after_ms=2))

    assert floor.acted_ms == T0 + (9 if acts else 5)


def test_what_is_not_for_sale_goes_first_and_of_it_what_was_told_of_least_recently() -> None:
    floor = floor_of(
        *[listed(f"p-{n}", n) for n in range(PRODUCTS - 2)],
        stock_reported(1, T0 + 500, product_id="never-listed"),
        listed("delisted", 1),
        delisted("delisted", 400),
    )
    assert len(floor.products) == PRODUCTS
    floor.take(listed("q-1", 301))
    assert {"delisted", "never-listed"} & floor.products.keys() == {"never-listed"}
    floor.take(listed("q-2", 302))
    assert not floor.dropped
    assert "never-listed" not in floor.products
    floor.take(stock_reported(0, T0 + 999, product_id="p-0"))
    floor.take(listed("q-3", 303))

    assert len(floor.products) == PRODUCTS
    assert "p-0" in floor.products
    assert "p-1" not in floor.products
    assert floor.dropped


def test_nothing_grows_beyond_its_bound() -> None:
    floor = floor_of(listed("p"))
    for n in range(200):
        floor.take(listed(f"p-{n}", n, link_no=n + 1))
        floor.take(stock_reported(n, T0 + n, product_id="p", sku_id=f"k-{n}"))
        floor.take(planned("p", n, sku_id=f"k-{n}"))
        floor.take(coupon(n, n, f"c-{n}"))
        floor.take(claimed(n, f"d-{n}"))
        floor.take(judged(after_ms=n, alert_id=f"a-{n}"))

    product = floor.products["p"]
    assert len(product.stock) == len(product.plans) == PACKS
    assert list(product.stock) == list(product.plans) == [f"k-{n}" for n in range(200 - PACKS, 200)]
    assert len(floor.coupons) == COUPONS
    assert list(floor.verdicts) == [f"a-{n}" for n in range(200 - VERDICTS, 200)]


def test_what_is_no_matter_of_the_floor_changes_nothing() -> None:
    floor = Floor()

    assert not floor.take(room_started())
    assert floor == Floor()
    assert len(FLOOR_EVENTS) == 8
