"""What is told of an open alert: flips together, verdicts once, and what follows from another later."""

from __future__ import annotations

import pytest

from streamproc.alerts.model import Phase, Severity
from streamproc.alerts.policy import Policy
from tests.builders import T0
from tests.unit.alerts.played import Played, S, enter, told_at


def flapping(played: Played, start: int, times: int) -> int:
    """Fires and clears for 11 seconds, as often; the second after it."""
    for second in range(start, start + 20 * times, 20):
        played.at(second, enter())
        played.through([second + 5, second + 16])
    return start + 20 * times


def test_what_flips_three_times_is_told_together() -> None:
    played = Played()

    after = flapping(played, 0, 20)

    # three whole episodes, the fourth begins a digest that is told every five minutes
    assert played.whys[:9] == ["entered", "clearing", "cleared"] * 3
    assert [(second, why) for second, why, _ in played.told[9:]] == [
        (60, "entered"),
        (360, "digest"),
    ]
    assert (played.held.digest, played.held.flipped, played.held.episode) == (True, 19, 4)
    assert after == 400


def test_a_digest_ends_when_it_was_clear_for_long() -> None:
    played = Played()
    after = flapping(played, 0, 20)

    played.through(range(after, after + 400))

    assert [(second, why) for second, why, _ in played.told[11:]] == [
        (660, "digest"),
        (685, "cleared"),
    ]
    assert played.held.phase is Phase.RESOLVED


def test_a_digest_ends_when_it_fired_for_long() -> None:
    played = Played()
    after = flapping(played, 0, 20)

    played.through(range(after, after + 1_000), enter())

    assert [(second, why) for second, why, _ in played.told[11:]] == [
        (660, "digest"),
        (700, "steady"),
        (1300, "renotified"),
    ]
    assert not played.held.digest


def test_a_digest_tells_at_once_that_it_got_worse() -> None:
    played = Played()
    for second in range(0, 80, 20):
        played.at(second, enter(Severity.TICKET))
        played.through([second + 5, second + 16])

    played.at(90, enter(Severity.PAGE))
    played.at(91, enter(Severity.TICKET))
    played.at(120, enter(Severity.TICKET))

    assert played.told[-1][:2] == (90, "changed")
    assert played.held.severity is Severity.PAGE


def test_what_is_over_does_not_end_a_digest_at_once() -> None:
    played = Played()
    flapping(played, 0, 4)

    played.at(100, enter())
    played.at(101, enter(over="restocked"))

    assert played.held.phase is Phase.RESOLVING


def test_returns_long_ago_are_no_flips() -> None:
    played = Played(policy=Policy(flip_window_ms=60 * S))

    for second in range(0, 800, 100):
        played.at(second, enter())
        played.through([second + 5, second + 16])

    assert "digest" not in played.whys
    assert not played.held.digest


@pytest.mark.parametrize("verdict", ["acknowledged", "bait", "wrong_product"])
def test_nobody_is_reminded_of_what_somebody_took(verdict: str) -> None:
    played = Played()
    played.at(0, enter())

    for second in range(60, 3_000, 60):
        played.at(second, enter(), told_at(50, verdict))

    assert played.whys == ["entered", "judged"]
    assert played.held.verdict == verdict


@pytest.mark.parametrize("verdict", ["real", "other"])
def test_other_verdicts_are_kept_and_reminders_go_on(verdict: str) -> None:
    played = Played()
    played.at(0, enter())

    for second in range(60, 660, 60):
        played.at(second, enter(), told_at(50, verdict))

    assert played.whys == ["entered", "judged", "renotified"]


def test_a_snoozed_alert_is_told_when_the_snooze_is_over() -> None:
    played = Played()
    played.at(0, enter())
    snoozed = told_at(50, "snoozed", until_s=1_500)

    for second in range(60, 2_160, 30):
        played.at(second, enter(), snoozed)

    assert played.told[1:] == [
        (60, "judged", "firing"),
        (1_500, "renotified", "firing"),
        (2_100, "renotified", "firing"),
    ]
    assert played.held.snoozed_until_ms == T0 + 1_500 * S


def test_a_snooze_without_an_end_lasts_until_the_next_reminder_would_come() -> None:
    played = Played()
    played.at(0, enter())

    played.at(60, enter(), told_at(60, "snoozed"))

    assert played.held.snoozed_until_ms == T0 + 660 * S


def test_who_took_a_ticket_did_not_take_a_page() -> None:
    played = Played()
    played.at(0, enter(Severity.TICKET))
    taken = told_at(5, "acknowledged")
    played.at(6, enter(Severity.TICKET), taken)

    played.at(7, enter(Severity.PAGE), taken)
    played.at(607, enter(Severity.PAGE), taken)

    assert played.whys == ["entered", "judged", "changed", "renotified"]
    assert played.held.verdict == ""


def test_a_verdict_on_what_is_resolved_is_kept() -> None:
    played = Played()
    played.at(0, enter())
    played.through([1, 11])

    played.at(20, None, told_at(19, "bait"))

    assert played.told[-1] == (20, "judged", "resolved")
    assert played.held.verdict == "bait"


def test_what_follows_from_another_is_told_so_and_told_anew_afterwards() -> None:
    played = Played("ViewerDrop")
    for second in (0, 700, 1_400):
        played.at(second, enter(), inhibited_by="StreamDead")
    assert played.told == [(0, "entered", "firing")]
    assert played.held.inhibited_by == "StreamDead"

    played.at(1_401, enter())
    played.at(2_001, enter())

    assert played.whys == ["entered", "released", "renotified"]
    assert played.held.inhibited_by == ""


def test_what_comes_to_follow_from_another_says_so() -> None:
    played = Played("ViewerDrop")
    played.at(0, enter())

    played.at(1, enter(), inhibited_by="StreamDead")
    played.at(2, enter(), inhibited_by="AdapterDown")

    assert played.whys == ["entered", "inhibited"]
    assert played.held.inhibited_by == "AdapterDown"


def test_a_verdict_or_a_return_does_not_hide_that_the_cause_has_ended() -> None:
    played = Played("ViewerDrop")
    played.at(0, enter(), inhibited_by="StreamDead")
    played.at(5, None, inhibited_by="StreamDead")
    played.at(10, None)

    played.at(12, enter())
    played.at(13, enter(), told_at(13, "real"))
    played.at(28, enter())

    assert played.whys == ["entered", "clearing", "returned", "judged", "released"]


def test_what_ends_with_its_cause_is_not_told_anew() -> None:
    played = Played("ViewerDrop")
    played.at(0, enter(), inhibited_by="StreamDead")

    played.through([5, 15])

    assert played.whys == ["entered", "clearing", "cleared"]
