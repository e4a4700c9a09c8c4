"""Many who ask their money back, measured by what was sold."""

from __future__ import annotations

from streamproc.alerts.model import Severity
from streamproc.alerts.refund_spike import RULE
from streamproc.alerts.room import Room
from streamproc.alerts.rule import ALWAYS
from streamproc.tally.sold import MinuteSold
from tests.rooms import room, row
from tests.unit.alerts.judged import MINUTE, alarm, is_clear, is_held, told


def asked_back(lines: int, paid_day: int, ago: int = 3, reason: str = "quality") -> Room:
    return room(minutes={ago: row(sold=MinuteSold(requested={reason: lines}))}, paid_day=paid_day)


def test_more_than_a_twentieth_of_what_was_sold_in_a_day_is_a_ticket() -> None:
    found = alarm(RULE, asked_back(81, paid_day=1_100))

    assert (found.severity, found.for_ms) == (Severity.TICKET, 5 * MINUTE)
    assert found.why == {"requested_lines": 81, "paid_lines": 1_100}


def test_a_twentieth_of_few_lines_may_be_chance() -> None:
    assert is_clear(RULE, asked_back(16, paid_day=196))
    assert alarm(RULE, asked_back(20, paid_day=196)).severity is Severity.TICKET
    assert is_clear(RULE, asked_back(77, paid_day=1_100))


def test_fewer_than_ten_are_left_alone() -> None:
    assert is_clear(RULE, asked_back(9, paid_day=0))
    assert alarm(RULE, asked_back(10, paid_day=0)).why["requested_lines"] == 10


def test_a_broadcast_of_days_ago_is_measured_by_what_it_sold() -> None:
    old = asked_back(30, paid_day=0)
    old.sold.paid_lines = 800

    assert is_clear(RULE, old)
    assert RULE.asked == ALWAYS


def test_requests_of_more_than_half_an_hour_ago_do_not_count() -> None:
    assert alarm(RULE, asked_back(20, paid_day=100, ago=29)).severity is Severity.TICKET
    assert is_clear(RULE, asked_back(20, paid_day=100, ago=30))


def test_half_of_what_opened_it_ends_it() -> None:
    assert is_held(RULE, asked_back(5, paid_day=200))
    assert is_clear(RULE, asked_back(4, paid_day=200), "")
    assert is_clear(RULE, room(paid_day=0), "")


def test_the_reasons_are_told_most_first_and_that_no_product_is_known() -> None:
    mixed = asked_back(16, paid_day=100)
    requested = {"late": 2, "quality": 12, "other": 2}
    (held,) = mixed.history.rows.values()
    held.sold = MinuteSold(requested=requested)
    evidence, advice = told(RULE, mixed, alarm(RULE, mixed))

    assert list(evidence.inputs["reasons"]) == ["quality", "late", "other"]
    assert "哪个货" in advice.zh
    assert "requests name none" in RULE.trigger
