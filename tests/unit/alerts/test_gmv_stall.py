"""Sales that stop, judged by the clock: there need not be any event at all."""

from __future__ import annotations

import pytest

from streamproc.alerts.gmv_stall import RULE
from streamproc.alerts.model import Level, Severity
from streamproc.alerts.room import Room
from streamproc.tally.lifecycle import Lifecycle, Started
from streamproc.tally.sessions import Online
from tests.builders import T0
from tests.rooms import room, row
from tests.unit.alerts.judged import MINUTE, S, alarm, is_clear, is_held, judged, told


def sold(
    a_minute: int = 6, quiet_minutes: int = 7, paid: dict[int, int] | None = None, **fields: object
) -> Room:
    """A room that sold so much a minute, and nothing in the newest minutes but what is named.

    The open minute just began, so it counts as one of them and is empty.
    """
    minutes = {ago: row(paid=a_minute, online=400) for ago in range(quiet_minutes, 31)}
    minutes |= {ago: row(paid=lines) for ago, lines in (paid or {}).items()}
    made = room(T0, minutes=minutes, **fields)  # type: ignore[arg-type]
    made.sold.paid_lines = sum(sum(each.paid) for each in made.history.rows.values())
    return made


def test_no_payment_for_five_minutes_where_five_were_to_be_expected_is_a_page() -> None:
    found = alarm(RULE, sold())

    assert found.severity is Severity.PAGE
    assert found.for_ms == MINUTE
    assert found.why["paid_lines"] == 0
    assert found.why["paid_lines_per_min_before"] == 6.0
    assert found.why["expected_lines"] == pytest.approx(30, abs=0.1)
    assert found.why["quiet_ms"] == 6 * MINUTE - 10 * S


@pytest.mark.parametrize("ago", range(6))
def test_one_payment_in_these_minutes_and_it_is_no_stall(ago: int) -> None:
    assert is_clear(RULE, sold(paid={ago: 1}))


def test_a_room_that_sells_little_is_left_alone() -> None:
    assert is_clear(RULE, sold(a_minute=0, paid={7: 1, 9: 2, 20: 1}))


def test_what_is_still_on_its_way_does_not_make_a_stall() -> None:
    late = sold(quiet_minutes=6)  # the last one 5 min ago, but those of the last seconds come yet
    late.now_ms += 9 * S

    assert is_clear(RULE, late)
    late.now_ms += 1 * S
    assert alarm(RULE, late).why["quiet_ms"] == 5 * MINUTE


def test_before_it_is_one_it_says_when_it_would_be_without_any_event() -> None:
    early = sold(quiet_minutes=3)

    (found,) = judged(RULE, early)

    assert found.level is Level.CLEAR
    assert found.due_ms == T0 + 3 * MINUTE + 10 * S
    early.now_ms = found.due_ms - 1
    assert is_clear(RULE, early)
    early.now_ms = found.due_ms
    assert alarm(RULE, early).for_ms == MINUTE


def test_more_viewers_than_before_raise_what_is_expected_and_fewer_lower_it() -> None:
    twice, none = Online(T0, 800, False), Online(T0, 10, False)

    assert alarm(RULE, sold(online=twice)).why["online_times"] == 2.0
    assert alarm(RULE, sold(online=Online(T0, 9_000, False))).why["online_times"] == 2.0
    assert is_clear(RULE, sold(online=none))
    assert alarm(RULE, sold()).why["online_times"] == 1.0


def test_a_room_that_sells_in_bursts_is_given_time_for_the_next_one() -> None:
    bursts = {ago: 40 for ago in (6, 12, 18, 24)}  # every six minutes

    assert is_clear(RULE, sold(a_minute=0, paid=bursts))
    later = {ago + 5: lines for ago, lines in bursts.items() if ago < 24}
    found = alarm(RULE, sold(a_minute=0, paid=later))
    assert found.why["longest_gap_ms"] < 6 * MINUTE


def test_an_open_alert_goes_on_until_three_lines_are_paid_however_long_that_takes() -> None:
    long_ago = sold(quiet_minutes=31)

    assert judged(RULE, long_ago) == []
    long_ago.sold.paid_lines = 90
    assert alarm(RULE, long_ago, "").severity is Severity.PAGE
    assert is_held(RULE, sold(paid={0: 2}))
    assert is_clear(RULE, sold(paid={0: 2, 1: 1}), "")


def test_the_minutes_after_a_pause_have_not_sold_anything_yet() -> None:
    paused = sold(quiet_minutes=10)
    paused.lifecycle = Lifecycle(
        T0 - 60 * MINUTE,
        Started(T0 - 60 * MINUTE),
        paused_ms=T0 - 10 * MINUTE,
        resumed_ms=T0 - 4 * MINUTE,
    )

    assert is_clear(RULE, paused)
    paused.now_ms += 2 * MINUTE
    assert alarm(RULE, paused).why["paid_lines_per_min_before"] == 6.0


def test_a_room_that_never_sold_anything_has_no_stall() -> None:
    assert judged(RULE, room()) == []
    assert judged(RULE, sold(a_minute=0)) == []


def test_nothing_is_told_and_the_clock_goes_on() -> None:
    silent = sold(quiet_minutes=1)
    levels = []
    for _ in range(400):
        silent.now_ms += S
        levels += [found.level for found in judged(RULE, silent)]

    assert levels.index(Level.ENTER) == levels.count(Level.CLEAR)
    assert levels[-1] is Level.ENTER


def test_it_is_not_asked_before_the_room_is_warm_nor_right_after_a_pin() -> None:
    assert (RULE.warm_up_ms, RULE.after_pin_ms) == (3 * MINUTE, MINUTE)


def test_what_is_told_with_it_says_what_is_still_tried() -> None:
    stalled = sold()
    stalled.history.rows[T0 // MINUTE - 2] = row(failed=3, clicks=40)
    evidence, advice = told(RULE, stalled, alarm(RULE, stalled))

    assert evidence.orders_per_min == 0.0
    assert evidence.orders_per_min_before == 6.0
    assert (evidence.inputs["failed_attempts_5m"], evidence.inputs["clicks_5m"]) == (3, 40)
    assert "试拍" in advice.zh
