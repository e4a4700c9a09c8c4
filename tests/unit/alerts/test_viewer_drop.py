"""Viewers that leave in numbers that are no chance: a ticket, and a page if they leave at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streamproc.alerts.model import Severity
from streamproc.alerts.room import Room
from streamproc.alerts.viewer_drop import RULE
from streamproc.tally.lifecycle import Started
from streamproc.tally.online import Reading
from streamproc.tally.sessions import Online
from tests.builders import T0
from tests.rooms import room, row
from tests.unit.alerts.judged import MINUTE, S, alarm, is_clear, is_held, told


def watched(online: Callable[[float], float], *, age_ms: int = 0, **fields: object) -> Room:
    """A room with a count each ten seconds; ``online`` by how many minutes ago it was."""
    counted: dict[int, list[Reading]] = {}
    for ago_s in range(0, 31 * 60, 10):
        at_ms = T0 - age_ms - ago_s * S
        reading = Reading(at_ms, round(online((age_ms / S + ago_s) / 60)), False)
        counted.setdefault((T0 // MINUTE) - at_ms // MINUTE, []).insert(0, reading)
    newest = counted[min(counted)][-1]
    return room(
        T0,
        minutes={ago: row(online=readings) for ago, readings in counted.items()},
        online=Online(newest.at_ms, newest.online, False),
        peak_online=max(each.online for row in counted.values() for each in row),
        **fields,  # type: ignore[arg-type]
    )


def fell(to: float, minutes_ago: float = 0.5, before: float = 1_000) -> Room:
    return watched(lambda ago: to if ago <= minutes_ago else before)


def test_a_fall_below_sixty_percent_is_a_ticket() -> None:
    found = alarm(RULE, fell(590))

    assert (found.severity, found.state) == (Severity.TICKET, "decline")
    assert found.for_ms == MINUTE
    assert found.why["online"] == 590
    assert found.why["online_most"] == 1_000
    assert found.why["online_expected"] == pytest.approx(1_000, rel=0.01)
    assert found.why["deviations"] < -3
    assert is_clear(RULE, fell(610))


def test_four_fifths_that_leave_within_a_minute_are_a_page_also_when_that_was_some_minutes_ago() -> (
    None
):
    found = alarm(RULE, fell(200, minutes_ago=1.5))

    assert (found.severity, found.state) == (Severity.PAGE, "cliff")
    assert found.why["fell_within_ms"] == 10 * S


def test_four_fifths_that_leave_over_minutes_are_a_ticket() -> None:
    slow = watched(lambda ago: 150 if ago < 0.5 else min(1_000, 150 + (ago - 0.5) * 250))

    assert alarm(RULE, slow, min_deviations=0.0).severity is Severity.TICKET


def test_a_small_room_is_left_alone() -> None:
    assert is_clear(RULE, fell(20, before=199))
    assert alarm(RULE, fell(20, before=200)).severity is Severity.PAGE


def test_more_viewers_are_no_drop() -> None:
    assert is_clear(RULE, fell(5_000))


def test_an_evening_that_ebbs_away_as_it_did_before_is_no_drop() -> None:
    ebbing = watched(lambda ago: 200 + 130 * ago)

    assert ebbing.online is not None
    assert ebbing.online.viewers < 0.6 * (200 + 1_300)
    assert is_clear(RULE, ebbing)


def test_between_the_two_thresholds_an_open_alert_goes_on_and_above_them_it_does_not() -> None:
    assert is_held(RULE, fell(700))
    assert is_clear(RULE, fell(750), "")
    assert is_clear(RULE, fell(700))


def test_the_rooms_new_size_ends_the_alert_when_the_old_one_is_ten_minutes_past() -> None:
    assert is_held(RULE, fell(500, minutes_ago=9.0), min_deviations=100.0)
    assert is_clear(RULE, fell(500, minutes_ago=10.5), "")


def test_an_old_count_opens_nothing_and_ends_nothing() -> None:
    old = watched(lambda ago: 300 if ago < 3 else 1_000, age_ms=91 * S)

    assert is_clear(RULE, old)
    assert is_held(RULE, old)


def test_who_left_during_a_pause_is_not_missed() -> None:
    resumed = watched(lambda ago: 300 if ago < 6 else 1_000, live_for_ms=5 * MINUTE)

    assert is_clear(RULE, resumed)


def test_near_the_planned_end_people_leave_and_only_a_fall_that_pages_counts() -> None:
    def ending(to: float, in_ms: int) -> Room:
        made = fell(to)
        made.lifecycle.started_last = Started(T0 - 60 * MINUTE, planned_end_ms=T0 + in_ms)
        return made

    assert is_clear(RULE, ending(500, 20 * MINUTE))
    assert is_held(RULE, ending(500, -20 * MINUTE))
    assert alarm(RULE, ending(500, 21 * MINUTE)).state == "decline"
    assert alarm(RULE, ending(100, 20 * MINUTE)).state == "cliff"


def test_a_room_whose_viewers_nobody_counts_has_no_drop() -> None:
    assert is_clear(RULE, room())
    assert is_clear(RULE, room(peak_online=5_000))


def test_where_the_half_hour_before_is_not_known_the_fall_alone_decides() -> None:
    young = room(minutes={1: row(online=1_000)}, online=Online(T0, 300, False), peak_online=1_000)

    assert alarm(RULE, young).why["deviations"] is None


def test_who_is_told_to_look_where_depends_on_how_fast_it_went() -> None:
    for fallen, said in ((fell(100), "推流"), (fell(500), "话术")):
        evidence, advice = told(RULE, fallen, alarm(RULE, fallen))
        assert said in advice.zh
        assert evidence.inputs["online_most"] == 1_000


def test_it_is_not_asked_in_the_first_minutes() -> None:
    assert RULE.warm_up_ms == 3 * MINUTE
