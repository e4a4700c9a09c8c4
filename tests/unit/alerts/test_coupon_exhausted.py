"""Coupons that are gone: by the feed, or since nobody gets one and many ask."""

from __future__ import annotations

from streamproc.alerts.coupon_exhausted import RULE
from streamproc.alerts.model import Severity
from streamproc.alerts.room import Room
from streamproc.alerts.rule import LIVE_OR_PAUSED
from streamproc.tally.floor import Coupon, Floor
from streamproc.tally.lifecycle import Lifecycle
from tests.builders import T0
from tests.rooms import room, row
from tests.unit.alerts.judged import MINUTE, S, alarm, is_clear, judged, told

LABEL = "coupon_question"


def asked(users: int, ago: int = 1, **coupons: Coupon) -> Room:
    told_of = {(LABEL, ""): range(users)}
    return room(
        minutes={ago: row(asked=told_of, asked_users={LABEL: users})},
        floor=Floor(coupons=coupons),
    )


def claimed(claims: int = 100, quiet_ms: int = 2 * MINUTE, remaining: int = -1) -> Coupon:
    return Coupon(remaining=remaining, claims=claims, claimed_ms=T0 - quiet_ms)


def test_a_coupon_of_which_none_is_left_is_a_ticket_whoever_asks() -> None:
    found = alarm(RULE, asked(0, a=Coupon(as_of_ms=T0, remaining=0)))

    assert (found.subject, found.state, found.severity) == ("c:a", "empty", Severity.TICKET)
    assert found.for_ms == 15 * S


def test_one_that_is_refilled_is_over() -> None:
    assert is_clear(RULE, asked(0, a=Coupon(as_of_ms=T0, remaining=50)), "c:a")


def test_each_coupon_is_told_of_by_itself() -> None:
    three = asked(0, a=Coupon(remaining=0), b=Coupon(remaining=3), c=Coupon(remaining=0))

    assert [each.subject for each in judged(RULE, three)] == ["c:a", "c:c"]


def test_claims_that_stop_while_many_ask_are_a_ticket_though_the_feed_tells_of_some() -> None:
    found = alarm(RULE, asked(5, a=claimed(claims=200, remaining=40)))

    assert (found.subject, found.state) == ("c:a", "stuck")
    assert found.why == {
        "remaining": 40,
        "claims": 200,
        "unclaimed_ms": 2 * MINUTE,
        "claims_expected": 6.9,
        "users": 5,
    }


def test_fewer_than_five_who_ask_are_left_alone() -> None:
    assert is_clear(RULE, asked(4, a=claimed(claims=200)))


def test_who_asked_before_claims_stopped_does_not_count() -> None:
    assert is_clear(RULE, asked(9, ago=3, a=claimed(claims=200)))


def test_claims_of_the_last_two_minutes_mean_that_it_works() -> None:
    assert is_clear(RULE, asked(9, a=claimed(claims=200, quiet_ms=2 * MINUTE - 1)))


def test_a_coupon_that_few_claim_may_well_rest_for_two_minutes() -> None:
    assert is_clear(RULE, asked(9, a=claimed(claims=20)))
    assert is_clear(RULE, asked(9, a=Coupon(remaining=40)))


def test_of_a_broadcast_whose_start_is_neither_told_nor_remembered_no_pace_is_known() -> None:
    unknown = asked(9, a=claimed(claims=200))
    unknown.lifecycle = Lifecycle()
    unknown.begun_ms = T0 - 30 * MINUTE

    assert is_clear(RULE, unknown)
    unknown.begun_ms = T0 - 29 * MINUTE
    assert alarm(RULE, unknown).state == "stuck"


def test_a_room_without_coupons_is_left_alone() -> None:
    assert is_clear(RULE, asked(50))
    assert is_clear(RULE, room())


def test_it_is_looked_at_in_a_pause_too() -> None:
    assert RULE.asked == LIVE_OR_PAUSED


def test_who_asks_is_shown() -> None:
    stuck = asked(5, a=claimed(claims=200))
    stuck.said.evidence[LABEL, ""] = [(T0, 7, 2, 1, "优惠券还有吗")]
    evidence, advice = told(RULE, stuck, alarm(RULE, stuck))
    _, refill = told(RULE, stuck, alarm(RULE, asked(0, a=Coupon(remaining=0))))

    assert [(each.id, each.text) for each in evidence.comments] == [
        ("live.comments.v1-2-7", "优惠券还有吗")
    ]
    assert "自己领" in advice.zh
    assert "加券" in refill.zh
