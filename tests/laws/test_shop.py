"""Laws of what is for sale and what was sold: busy broadcasts, drawn fast, that reach every rule."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproc.events.orders import (
    FailReason,
    OrderCancelled,
    OrderCreated,
    OrderFailed,
    OrderPaid,
    OrderRefundRequested,
    RefundReason,
)
from streamproc.events.registry import ORDERS_TOPIC, AnyEvent
from streamproc.events.rooms import (
    AdapterHeartbeat,
    AlertJudged,
    CouponClaimed,
    CouponReported,
    ProductDelisted,
    ProductListed,
    ProductPinned,
    StockCause,
    StockReleasePlanned,
    StockReported,
    StreamHealth,
    Verdict,
)
from streamproc.oracle import shop as plain_shop
from streamproc.oracle import sold as plain_sold
from streamproc.oracle.batch import LogRecord, compute, differences
from streamproc.program.canonical import canonical
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import session_tallies
from streamproc.tally import floor, sold
from streamproc.tally.figures import Figures, OrderFigures
from tests.builders import T0, made, viewer_key
from tests.folding import LEADS_MS, State, feed, folded, log_of, pieces, take_into, written_before

MINUTE_MS = 60_000
SPANS_MS = (30_000, 200_000, 3_600_000)
NO_PANES = (0, 0, 0, 0, 0, 0)

seeds = st.integers(0, 2**32)


def busy(seed: int, events: int = 150) -> list[LogRecord]:
    """A broadcast or two in which much is listed, sold, refused and asked back, out of order."""
    chance = Random(seed)
    span_ms, products = chance.choice(SPANS_MS), chance.choice((2, 5, 90))
    told: list[AnyEvent] = []
    for number in range(events):
        at_ms = T0 + chance.randrange(span_ms)
        where = {"session_id": chance.choice("sssst"), "event_id": f"e-{number}"}
        told.append(_event(chance, products, at_ms, where))
        if chance.random() < 0.1:
            told.append(chance.choice(told))
    return written_before(log_of(told), chance.choice(LEADS_MS))


def _event(chance: Random, products: int, at_ms: int, where: dict[str, str]) -> AnyEvent:
    product: dict[str, Any] = {"product_id": f"p-{chance.randrange(products)}"}
    pack = {**product, "sku_id": chance.choice((None, "k-1", "k-2"))}
    draw = _order if chance.random() < 0.5 else _of_room
    return draw(chance, at_ms, product, pack, where)


def _order(
    chance: Random, at_ms: int, product: dict[str, Any], pack: dict[str, Any], where: dict[str, str]
) -> AnyEvent:
    line: dict[str, Any] = {"order_id": f"o-{chance.randrange(30)}", "line_id": chance.choice("12")}
    sale = {**line, **pack, "quantity": chance.randint(1, 3), "currency": "CNY"}
    asked = {"refund_id": chance.choice("xy"), "reason": chance.choice((None, *RefundReason))}
    failed = {
        "attempt_id": f"a-{chance.randrange(9)}",
        "reason": chance.choice((FailReason.OUT_OF_STOCK, FailReason.RISK)),
    }
    drawn: list[tuple[type[AnyEvent], dict[str, Any]]] = [
        *[(OrderCreated, {**sale, "payable_minor": chance.choice((0, 5))})] * 5,
        *[(OrderPaid, {**sale, "payable_minor": 5, "paid_minor": chance.choice((5, 6))})] * 3,
        (OrderCancelled, line),
        (OrderRefundRequested, {**line, **asked}),
        (OrderFailed, {**failed, **chance.choice((product, {}))}),
    ]
    of, fields = chance.choice(drawn)
    event: AnyEvent = made(of, at_ms, **{**fields, **where})
    return event


def _of_room(
    chance: Random, at_ms: int, product: dict[str, Any], pack: dict[str, Any], where: dict[str, str]
) -> AnyEvent:
    left = chance.choice((0, 0, 1, 30))
    coupon = {"coupon_id": f"c-{chance.randrange(3)}"}
    price = {"price_minor": chance.choice((None, 0, 900)), "currency": chance.choice((None, "CNY"))}
    reported = {
        "available": left,
        "as_of_ms": at_ms - chance.choice((0, 0, 5_000, -5_000)),
        "sold_out": chance.choice((None, None, True)),
        "reserved": chance.choice((None, 0)),
        "cause": chance.choice((None, *StockCause)),
    }
    drawn: list[tuple[type[AnyEvent], dict[str, Any]]] = [
        *[
            (
                ProductListed,
                {
                    **product,
                    **price,
                    "title": chance.choice("甲乙"),
                    "link_no": chance.choice((None, 1, 2, 3)),
                },
            )
        ]
        * 3,
        (ProductPinned, product),
        (ProductDelisted, product),
        *[(StockReported, {**pack, **reported})] * 4,
        (StockReleasePlanned, {**pack, "release_at_ms": at_ms, "quantity": left or None}),
        (CouponReported, {**coupon, "remaining": left}),
        (CouponClaimed, coupon),
        (
            AlertJudged,
            {
                "alert_id": chance.choice("ab"),
                "verdict": chance.choice((Verdict.REAL, Verdict.SNOOZED)),
                "until_ms": chance.choice((None, T0)),
                "operator_key": viewer_key(chance.randrange(2)),
            },
        ),
        (StreamHealth, {"frames_per_s": chance.choice((None, 0.0, 24.5))}),
        (AdapterHeartbeat, {"connected": chance.random() < 0.5}),
    ]
    of, fields = chance.choice(drawn)
    event: AnyEvent = made(of, at_ms, **{**fields, **where})
    return event


def unlike(log: Sequence[LogRecord]) -> list[str]:
    return differences(canonical(folded(log).items())["hosts"], compute(log)["hosts"])


@given(seed=seeds)
@settings(deadline=None)
def test_the_fold_holds_what_the_oracle_says(seed: int) -> None:
    assert unlike(busy(seed)) == []


@pytest.mark.parametrize("seed", range(3))
def test_the_fold_of_a_long_broadcast_holds_what_the_oracle_says(seed: int) -> None:
    assert unlike(busy(seed, 2_000)) == []


@given(seed=seeds)
@settings(deadline=None, max_examples=30)
def test_small_bounds_are_kept_as_the_oracle_keeps_them(seed: int) -> None:
    log = busy(seed)
    with (
        patch.multiple(floor, PRODUCTS=3, PACKS=2, COUPONS=2, VERDICTS=1),
        patch.multiple(plain_shop, PRODUCTS_KEPT=3, PACKS_KEPT=2, COUPONS_KEPT=2, VERDICTS_KEPT=1),
        patch.object(sold, "PRODUCTS_OF_MINUTE", 3),
        patch.object(plain_sold, "PACKS_KEPT", 3),
    ):
        assert unlike(log) == []


@pytest.mark.parametrize(
    ("module", "bound"),
    [
        *[(plain_shop, name) for name in ("PRODUCTS_KEPT", "SAMPLES_KEPT", "VERDICTS_KEPT")],
        *[(plain_shop, name) for name in ("PACKS_KEPT", "CYCLES_KEPT", "COUPONS_KEPT")],
        (plain_sold, "PACKS_KEPT"),
    ],
    ids=lambda each: each if isinstance(each, str) else each.__name__.rpartition(".")[2],
)
def test_busy_broadcasts_reach_every_bound(module: ModuleType, bound: str) -> None:
    log = busy(2, 2_000)
    with patch.object(module, bound, 1):
        one = compute(log)
    with patch.object(module, bound, 2):
        assert compute(log) != one


@given(seed=seeds, cuts=st.sets(st.integers(1, 149), max_size=6))
@settings(deadline=None)
def test_the_state_does_not_depend_on_cuts_or_crashes(seed: int, cuts: set[int]) -> None:
    log = busy(seed)
    program, state = LiveProgram(), State()
    for batch in pieces(log, sorted(cuts)):
        report = program.apply(batch.topic, batch)
        assert report.dirty_keys == take_into(state, program)
    stopped, begin = State(), 0
    for end in [*sorted(cuts), len(log)]:
        program = LiveProgram()
        program.restore(stopped.items())
        assert program.take_dirty() == []
        feed(program, log[begin:end])
        take_into(stopped, program)
        assert all(program.value(key) == value for key, value in stopped.items())
        begin = end

    assert state == stopped == folded(log)


@given(seed=seeds)
@settings(deadline=None)
def test_what_was_sold_of_all_packs_is_what_the_panes_count(seed: int) -> None:
    for tally in session_tallies(folded(busy(seed)).items()):
        for minute in tally.minutes.values():
            panes = minute.panes.get(ORDERS_TOPIC) or [None] * len(NO_PANES)
            created = [_created(each) for each in panes]
            packs = {} if minute.sold is None else minute.sold.packs
            of_packs = [each.created for each in packs.values()]

            assert [sum(pane) for pane in zip(NO_PANES, *of_packs, strict=True)] == created


def _created(pane: Figures | None) -> int:
    return pane.created_lines if isinstance(pane, OrderFigures) else 0


@given(seed=seeds)
@settings(deadline=None, max_examples=30)
def test_what_is_told_of_lines_in_any_order_is_sold_the_same_if_nothing_is_late(seed: int) -> None:
    chance = Random(seed)
    lines = [
        {"order_id": f"o-{n}", "product_id": f"p-{n % 3}", "sku_id": None, "quantity": 1 + n % 2}
        for n in range(10)
    ]
    told: list[AnyEvent] = []
    for n, line in enumerate(lines):
        sale = {"line_id": "1", "currency": "CNY", "payable_minor": 5, "session_id": "s", **line}
        told.append(made(OrderCreated, T0 + n * 9_000, **sale))
        told.append(
            made(OrderPaid, T0 + n * 9_000 + chance.randrange(90_000), paid_minor=5, **sale)
        )
    other = told.copy()
    chance.shuffle(other)

    assert _sold(other) == _sold(told)


def _sold(events: Sequence[AnyEvent]) -> dict[str, Any]:
    """Lines and pieces by minute, product and pack."""
    (tally,) = session_tallies(folded(log_of(events)).items())
    return {
        f"{number} {pack}": (each.created, each.units)
        for number, minute in tally.minutes.items()
        if minute.sold is not None
        for pack, each in sorted(minute.sold.packs.items())
        if any(each.created)
    }
