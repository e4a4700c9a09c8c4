"""An alert fires when it must, is told when it must, and ends when it must."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from streamproc.alerts.held import Held, pack
from streamproc.alerts.lifecycle import closed, deadline_ms
from streamproc.alerts.model import Finding, Level, Phase, Severity
from streamproc.alerts.policy import Policy
from streamproc.alerts.telling import Moment
from tests.builders import T0
from tests.unit.alerts.played import Played, S, enter, finding

MINUTE = 60
HOLD = finding(Level.HOLD)
CLEAR = finding(Level.CLEAR)


@dataclass(frozen=True)
class Case:
    """Findings by second, and what is told of them: (second, why)."""

    name: str
    found: dict[float, Finding | None]
    told: list[tuple[float, str]]
    kind: str = "StreamDead"


LATER = enter(for_ms=30 * S)
CASES = [
    Case("nothing is found", {0: None, 1: CLEAR, 2: HOLD}, []),
    Case("it fires at once where nothing must last", {0: enter()}, [(0, "entered")]),
    Case("it fires once it lasted", {0: LATER, 29: LATER, 30: LATER}, [(30, "entered")]),
    Case("between the thresholds it gets no further", {0: LATER, 29: HOLD, 30: LATER}, []),
    Case("what is clear again begins anew", {0: LATER, 20: None, 30: LATER, 59: LATER}, []),
    Case(
        "it goes on firing between the thresholds",
        {0: enter(), 1: HOLD, 99: HOLD},
        [(0, "entered")],
    ),
    Case(
        "it is resolved when it was clear for long enough",
        {0: enter(), 5: None, 14: None, 15: None, 16: None},
        [(0, "entered"), (5, "clearing"), (15, "cleared")],
    ),
    Case(
        "it returns without a new episode",
        {0: enter(), 5: CLEAR, 14: enter(), 20: CLEAR, 29: CLEAR, 30: CLEAR},
        [(0, "entered"), (5, "clearing"), (14, "returned"), (20, "clearing"), (30, "cleared")],
    ),
    Case(
        "between the thresholds it does not get clearer",
        {0: enter(), 5: None, 12: HOLD, 30: HOLD, 31: None, 40: None, 41: None},
        [(0, "entered"), (5, "clearing"), (41, "cleared")],
    ),
    Case(
        "what is over ends at once and says why",
        {0: enter(), 5: enter(over="delisted")},
        [(0, "entered"), (5, "delisted")],
    ),
    Case(
        "a stock-out stays open for a minute at least",
        {0: enter(), 5: enter(over="restocked"), 59: None, 60: None},
        [(0, "entered"), (5, "clearing"), (60, "restocked")],
        kind="Stockout",
    ),
    Case(
        "what is over and returns is not over",
        {0: enter(), 5: enter(over="restocked"), 30: enter(), 61: None, 70: None, 71: None},
        [(0, "entered"), (5, "clearing"), (30, "returned"), (61, "clearing"), (71, "cleared")],
        kind="Stockout",
    ),
    Case(
        "that it gets worse is told at once, that it gets better later",
        {
            0: enter(Severity.TICKET),
            1: enter(Severity.PAGE),
            2: enter(Severity.TICKET),
            15: enter(Severity.TICKET),
            16: enter(Severity.TICKET),
        },
        [(0, "entered"), (1, "changed"), (16, "changed")],
    ),
    Case(
        "another state is told when the last was settled",
        {0: enter(state="silent"), 3: enter(state="still"), 15: enter(state="still")},
        [(0, "entered"), (15, "changed")],
    ),
    Case(
        "what is between the thresholds is no other state",
        {0: enter(state="silent"), 60: finding(Level.HOLD, Severity.INFO, "other")},
        [(0, "entered")],
    ),
    Case(
        "it is told again every ten minutes",
        {0: enter(), 599: enter(), 600: HOLD, 601: HOLD, 1200: HOLD},
        [(0, "entered"), (600, "renotified"), (1200, "renotified")],
    ),
    Case(
        "a moment before the last one is as if no time passed",
        {0: LATER, -90: LATER, 30: LATER, 20: None, 39.9: None, 40: None},
        [(30, "entered"), (20, "clearing"), (40, "cleared")],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_alert_is_told_as_it_should_be(case: Case) -> None:
    played = Played(case.kind)

    for second, found in case.found.items():
        played.at(second, found)

    assert [(second, why) for second, why, _ in played.told] == case.told
    assert played.held.seq == (len(case.told) if case.told else 0)


def test_another_episode_counts_from_one() -> None:
    played = Played()
    played.through([0, 1], enter())
    played.through([2, 12])
    assert (played.held.episode, played.held.seq, played.held.phase) == (1, 3, Phase.RESOLVED)

    played.at(20, enter())

    assert (played.held.episode, played.held.seq, played.held.opened_ms) == (2, 1, T0 + 20 * S)


def test_what_is_resolved_is_forgotten_but_for_its_number() -> None:
    played = Played()
    played.at(0, enter())
    played.through([1, 11, 11 + 15 * MINUTE - 1])
    assert played.held.phase is Phase.RESOLVED

    played.at(11 + 15 * MINUTE)

    assert played.held == Held("StreamDead", "", episode=1)
    assert played.whys == ["entered", "clearing", "cleared"]
    assert played.at(9_999, enter()).episode == 2


def test_a_return_that_did_not_last_leaves_it_resolved() -> None:
    played = Played()
    played.at(0, enter())
    played.through([1, 11])

    pending = played.at(20, LATER)
    dropped = played.at(25)

    assert (pending.phase, dropped.phase) == (Phase.PENDING, Phase.RESOLVED)
    assert played.held.cleared_ms == T0 + 11 * S


def moment(second: float) -> Moment:
    return Moment(T0 + int(second * S), None, Policy())


def test_a_closed_alert_says_why_and_a_pending_one_leaves_nothing() -> None:
    firing, pending = Played(), Played()
    firing.at(0, enter())
    pending.at(0, LATER)

    ended = closed(firing.held, moment(1), "ended")

    assert (ended.phase, ended.why, ended.seq) == (Phase.RESOLVED, "ended", 2)
    assert closed(ended, moment(2), "ended") is ended
    assert closed(pending.held, moment(1), "ended").is_blank


def test_the_next_deadline_is_known_in_every_phase() -> None:
    played, kept_ms = Played(), Policy().kept_ms

    def due_s(found: Finding | None, inhibited_by: str = "") -> float:
        at = Moment(T0, found, Policy(), inhibited_by=inhibited_by)
        return (deadline_ms(played.held, at) - T0) / S

    played.at(0, LATER)
    assert due_s(LATER) == 30
    played.at(30, LATER)
    assert due_s(LATER) == 630
    assert due_s(enter(state="still")) == 45
    assert due_s(LATER, "StreamDead") == 45
    played.at(40, None)
    assert due_s(None) == 50
    played.at(50, None)
    assert due_s(None) == 50 + kept_ms / S
    played.at(9_999, None)
    assert deadline_ms(played.held, moment(9_999)) == 0


def test_an_alert_is_small_as_it_is_written() -> None:
    played = Played("Stockout")
    played.at(0, enter(why={"users_120s": 7, "orders_60s": 0, "stock_age_s": 12.5}))

    assert len(pack(played.held)) < 200
