"""What the oracle makes of what is for sale, and of what was sold, rule by rule."""

from __future__ import annotations

from typing import Any

from streamproc.events.orders import RefundReason
from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import (
    AdapterHeartbeat,
    CouponReported,
    ProductDelisted,
    ProductListed,
    ProductPinned,
)
from streamproc.oracle.batch import compute
from tests.builders import (
    T0,
    created,
    made,
    order_failed,
    paid,
    refund_requested,
    stock_reported,
)
from tests.folding import log_of

MINUTE_MS = 60_000


def told(*events: AnyEvent) -> dict[str, Any]:
    result: dict[str, Any] = compute(log_of(events))["hosts"]["h-1"]["sessions"]["s-1"]
    return result


def listed(product_id: str, link_no: int | None, at_ms: int = T0) -> ProductListed:
    return made(ProductListed, at_ms, product_id=product_id, title="荔枝", link_no=link_no)


def products(*events: AnyEvent) -> dict[str, Any]:
    result: dict[str, Any] = told(*events)["floor"]["products"]
    return result


def test_a_number_stands_for_the_product_that_got_it_last() -> None:
    found = products(listed("a", 1, T0 + 2), listed("b", 1, T0 + 1), listed("c", 2, T0 + 3))

    assert {name: each.get("link_no") for name, each in found.items()} == {
        "a": 1,
        "b": None,
        "c": 2,
    }


def test_a_product_that_moved_has_left_its_number() -> None:
    found = products(listed("a", 1, T0 + 2), listed("a", 2, T0 + 1), listed("b", 2, T0))

    assert {name: each.get("link_no") for name, each in found.items()} == {"a": 1, "b": None}


def test_stock_is_out_from_its_first_report_of_none_until_one_of_some() -> None:
    reports = [stock_reported(left, T0 + at) for at, left in enumerate((0, 0, 4, 0))]
    found = products(*reports, stock_reported(9, T0 + 2))

    assert found["p-1"]["stock"] == {
        "": [T0 + 3, 0, -1, 0, "", T0 + 3, [[T0, T0 + 2], [T0 + 3, 0]]]
    }


def test_what_was_pinned_last_is_on_show_and_whoever_changes_something_acts() -> None:
    pins = [made(ProductPinned, T0 + at, product_id=f"p-{at}") for at in (5, 3)]
    gone = made(ProductDelisted, T0 + 9, product_id="p-5")
    floor = told(*pins, gone, made(CouponReported, T0 + 11, coupon_id="c", remaining=0))["floor"]

    assert (floor["on_show"], floor["acted_ms"]) == ("p-5", T0 + 9)
    assert floor["coupons"] == {"c": [T0 + 11, 0, T0 + 11, 0, 0]}


def test_a_pulse_is_its_newest_samples_by_time() -> None:
    beats = [made(AdapterHeartbeat, T0 - n, connected=n > 0) for n in range(30)]

    heartbeats = told(*beats)["pulse"]["heartbeats"]
    assert len(heartbeats) == 24
    assert heartbeats[-2:] == [[T0 - 1, 1, -1], [T0, 0, -1]]


def test_a_line_is_sold_where_its_creation_was_and_nowhere_else() -> None:
    payment = paid(at_ms=T0 + MINUTE_MS, quantity=2)
    found = told(payment, created(at_ms=T0, sku_id="k"), created(at_ms=T0, sku_id="other"))

    panes, nothing = [1, 0, 0, 0, 0, 0], [0] * 6
    assert found["sold"] == {str(T0): {"packs": {"p-1": {"k": [panes, nothing, 1, T0]}}}}
    assert told(payment)["sold"][str(T0 + MINUTE_MS)]["packs"]["p-1"][""][2:] == [2, T0 + MINUTE_MS]


def test_what_is_refused_and_asked_back_is_counted_in_its_minute() -> None:
    asked = refund_requested(T0 + 1, reason=RefundReason.QUALITY)
    found = told(
        order_failed(at_ms=T0 + 50_000, product_id="p-2"),
        order_failed(at_ms=T0 + 50_000),
        asked,
        refund_requested(T0 + 2, refund_id="f-2"),
        refund_requested(T0 + 2, line_id="9"),
    )

    assert found["sold"][str(T0)] == {
        "packs": {"p-2": {"": [[0] * 6, [0, 0, 0, 0, 0, 1], 0, 0]}},
        "requested": {"": 1, "quality": 1},
    }


def test_what_is_late_is_in_no_minute() -> None:
    early: list[AnyEvent] = [
        created(at_ms=T0, order_id="o-2"),
        order_failed(product_id="p-1"),
        refund_requested(),
    ]

    assert list(told(created(at_ms=T0 + 16 * MINUTE_MS), *early)["sold"]) == [
        str(T0 + 16 * MINUTE_MS)
    ]
