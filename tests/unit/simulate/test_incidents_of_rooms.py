"""Incidents of a room as a whole, its instruments and its crew."""

from __future__ import annotations

import pytest

from streamproc.events.comments import CommentPosted, Role
from streamproc.events.orders import OrderCreated, OrderPaid, OrderRefundRequested
from streamproc.events.rooms import AdapterHeartbeat, CouponClaimed, CouponReported, RoomEnded
from streamproc.events.viewers import ViewersCounted
from streamproc.simulate.truth import Incident
from tests.staged import during, of, played


def test_nothing_comes_of_a_silent_room_and_its_orders_come_later() -> None:
    events, totals = played("blackout")
    [silent] = of(totals, "StreamDead")
    here = [(at, one) for at, one in events if one.host_id == silent.host_id]

    assert not [one for at, one in here if silent.start_ms <= at < silent.end_ms]
    held = [one for at, one in here if silent.start_ms <= one.occurred_at_ms < silent.end_ms]
    assert any(isinstance(one, OrderPaid) for one in held)


def test_nobody_pays_in_a_stall_and_all_do_after_it() -> None:
    events, totals = played("gmv_stall")
    [stall] = of(totals, "GmvStall")

    assert during(events, stall, OrderPaid, about_it=False) == []
    assert len(during(events, stall, OrderCreated, about_it=False)) > 50
    after = Incident(
        kind="", host_id=stall.host_id, session_id="", start_ms=stall.end_ms,
        end_ms=stall.end_ms + 60_000,
    )  # fmt: skip
    assert len(during(events, after, OrderPaid, about_it=False)) > 50


def test_refunds_come_in_a_heap_and_of_one_product() -> None:
    events, totals = played("refund_spike")
    [spike] = of(totals, "RefundSpike")
    asked = [
        one
        for one in during(events, spike, OrderRefundRequested, about_it=False)
        if one.occurred_at_ms < spike.start_ms + 120_000
    ]
    product_of = {
        one.order_id: one.product_id for _, one in events if isinstance(one, OrderCreated)
    }

    assert len(asked) >= 16
    of_it = [one for one in asked if product_of[one.order_id] == spike.product_id]
    assert len(of_it) > 0.9 * len(asked)


def test_orders_that_the_platform_has_are_told_when_the_drift_ends() -> None:
    events, totals = played("drift")
    [drift] = of(totals, "ReconcileDrift")
    late = [one for at, one in events if at > one.occurred_at_ms + 1_000 and at == drift.end_ms]

    assert {type(one) for one in late} == {OrderCreated, OrderPaid}
    assert {one.host_id for one in late} == {drift.host_id}


def test_a_source_that_lags_sends_everything_in_the_end() -> None:
    events, totals = played("source_lag")
    [lag] = of(totals, "SourceLag")
    delays = [
        at - one.occurred_at_ms
        for at, one in events
        if isinstance(one, CommentPosted) and one.host_id == lag.host_id
    ]
    beats = during(events, lag, AdapterHeartbeat, about_it=False)

    assert max(delays) == 60_000
    assert max(beat.last_message_age_ms for beat in beats) >= 60_000


def test_of_a_room_that_ended_only_its_orders_go_on() -> None:
    events, totals = played("ended_early")
    [ended] = of(totals, "Ended")
    after = {
        type(one).__name__
        for at, one in events
        if one.host_id == ended.host_id and at > ended.start_ms
    }

    assert after <= {"OrderPaid", "OrderCancelled", "OrderRefundRequested", "OrderRefunded",
                     "OrderRefundClosed"}  # fmt: skip
    assert [
        at for at, one in events if isinstance(one, RoomEnded) and one.host_id == ended.host_id
    ] == [ended.start_ms]


def test_coupons_that_are_gone_are_neither_claimed_nor_told_of() -> None:
    events, totals = played("coupon_gone")
    [gone] = of(totals, "CouponExhausted")

    assert during(events, gone, CouponClaimed, about_it=False) == []
    reports = during(events, gone, CouponReported, about_it=False)
    assert {one.remaining for one in reports} == {0}
    assert {one.coupon_id for one in reports} == {gone.coupon_id}


def test_viewers_leave_and_come_back() -> None:
    events, totals = played("viewer_drop")
    for drop in of(totals, "ViewerDrop"):
        counts = [
            (one.occurred_at_ms, one.online)
            for _, one in events
            if isinstance(one, ViewersCounted) and one.host_id == drop.host_id
        ]
        most = max(online for _, online in counts)
        within = [online for at, online in counts if drop.start_ms <= at < drop.end_ms]
        after = [online for at, online in counts if drop.end_ms <= at < drop.end_ms + 60_000]
        assert max(within) < 0.45 * most
        assert min(after) > 0.7 * most


def waits_ms(name: str) -> list[int]:
    """How long after each comment of the background somebody of the crew answered any of its kind."""
    events, _ = played(name)
    comments = [one for _, one in events if isinstance(one, CommentPosted)]
    asked_ms = {one.event_id: one.occurred_at_ms for one in comments}
    return [one.occurred_at_ms - asked_ms[one.reply_to] for one in comments if one.reply_to]


@pytest.mark.parametrize("name", ["healthy", "evening"])
def test_questions_are_answered_within_a_minute(name: str) -> None:
    waits = waits_ms(name)

    assert len(waits) > 50
    assert min(waits) > 0
    assert max(waits) < 60_000


def test_a_question_that_nobody_answers_waits_until_the_incident_is_over() -> None:
    events, totals = played("unanswered")
    for asked in of(totals, "UnansweredQuestions"):
        said = during(events, asked, CommentPosted, about_it=False)
        questions = {one.event_id for one in said if "-v" in one.event_id}
        assert len(questions) > 10
        assert not [one for one in said if one.reply_to in questions]
        after = [
            at
            for at, one in events
            if isinstance(one, CommentPosted)
            and one.host_id == asked.host_id
            and one.role is Role.HOST
            and asked.end_ms <= at < asked.end_ms + 2_000
        ]
        assert after
