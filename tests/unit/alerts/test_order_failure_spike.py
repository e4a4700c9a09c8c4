"""Attempts to buy that fail: how many, which part, and why."""

from __future__ import annotations

import pytest

from streamproc.alerts.model import Severity
from streamproc.alerts.order_failure_spike import RULE
from streamproc.alerts.room import Room
from tests.builders import T0
from tests.rooms import room, row
from tests.unit.alerts.judged import MINUTE, S, alarm, is_clear, is_held, told


def tried(failed: int, created: int, ago: int = 1, **reasons: int) -> Room:
    by = reasons or {"pay_declined": failed}
    return room(minutes={ago: row(failed=failed, created=created, failed_by=by)})


def test_more_than_a_tenth_that_fails_is_a_page() -> None:
    found = alarm(RULE, tried(failed=12, created=100))

    assert (found.severity, found.for_ms) == (Severity.PAGE, 30 * S)
    assert found.why == {
        "failed_attempts": 12,
        "attempts": 112,
        "failed_share": 0.107,
        "reasons": {"pay_declined": 12},
    }
    assert is_clear(RULE, tried(failed=11, created=100))


def test_fewer_than_ten_that_fail_are_left_alone() -> None:
    assert is_clear(RULE, tried(failed=9, created=0))
    assert alarm(RULE, tried(failed=10, created=0)).severity is Severity.PAGE


def test_what_failed_two_minutes_ago_does_not_count() -> None:
    assert alarm(RULE, tried(failed=20, created=0, ago=2)).severity is Severity.PAGE
    assert is_clear(RULE, tried(failed=20, created=0, ago=3))


def test_what_fails_for_lack_of_stock_alone_pages_nobody() -> None:
    assert alarm(RULE, tried(80, 20, out_of_stock=80)).severity is Severity.INFO
    assert alarm(RULE, tried(80, 20, out_of_stock=40, risk=40)).severity is Severity.PAGE


def test_between_the_two_thresholds_an_open_alert_goes_on_and_below_them_it_does_not() -> None:
    assert is_held(RULE, tried(failed=5, created=100))
    assert is_clear(RULE, tried(failed=4, created=100), "")
    assert is_clear(RULE, tried(failed=5, created=100))
    assert is_clear(RULE, room(), "")


def test_a_room_in_which_nobody_tries_anything_is_left_alone() -> None:
    assert is_clear(RULE, room())


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("out_of_stock", "补货"),
        ("coupon_invalid", "券"),
        ("pay_declined", "支付"),
        ("risk", "风控"),
    ],
)
def test_what_to_do_depends_on_the_reason_that_stands_out(reason: str, said: str) -> None:
    failing = tried(30, 20, **{reason: 20, "other": 10})
    evidence, advice = told(RULE, failing, alarm(RULE, failing))

    assert said in advice.zh
    assert evidence.inputs["reasons"] == {reason: 20, "other": 10}


def test_without_reasons_it_says_to_look_for_them() -> None:
    failing = room(minutes={0: row(failed=30)}, now_ms=T0 + 59 * S)
    _, advice = told(RULE, failing, alarm(RULE, failing))

    assert "原因" in advice.zh


def test_it_is_not_asked_in_the_first_minutes() -> None:
    assert RULE.warm_up_ms == 3 * MINUTE
