"""How soon a room is looked at again: by its silence, and by who has to know what is found."""

from __future__ import annotations

from types import SimpleNamespace

from streamproc.alerts import stream_dead
from streamproc.alerts.judge import Judge
from streamproc.alerts.policy import Policy
from tests.builders import T0
from tests.rooms import room
from tests.unit.alerts.played import S, enter
from tests.unit.alerts.scripted import judge_of, rule
from tests.unit.alerts.watched import Watched


def test_a_silence_is_looked_at_when_it_may_have_lasted_long_enough() -> None:
    limits = SimpleNamespace(stream_dead=stream_dead.Limits())
    judge = Judge((stream_dead.RULE,), lambda _: limits)

    assert judge.judge(room(silent_ms=53 * S), {}).due_ms == T0 + 7 * S


def test_what_is_found_is_looked_at_the_less_often_the_longer_the_silence() -> None:
    judge = judge_of(rule("ViewerDrop", enter()))

    soon, later, latest = (
        judge.judge(room(silent_ms=silent_ms), {}).due_ms - T0 for silent_ms in (0, 40 * S, 600 * S)
    )
    assert (soon, later, latest) == (S, 5 * S, Policy().look_ms)


def test_what_wakes_nobody_is_looked_at_now_and_then_though_the_room_tells_much() -> None:
    watched = Watched(judge_of(rule("CommentStorm", enter(), look_ms=5 * S)))

    fired, after = watched.look(room()), watched.look(room(T0 + S))

    assert (len(fired.steps), fired.calm_ms) == (1, 0)
    assert (after.calm_ms, after.due_ms) == (T0 + 6 * S, T0 + 6 * S)


def test_it_is_looked_at_each_second_while_another_rule_finds_anything() -> None:
    waiting = rule("CommentStorm", enter(), look_ms=5 * S)
    watched = Watched(judge_of(waiting, rule("ViewerDrop", enter())))

    watched.look(room())
    after = watched.look(room(T0 + S))

    assert (after.calm_ms, after.due_ms) == (0, T0 + 2 * S)


def test_a_deadline_of_what_may_wait_does_not_wait() -> None:
    pending = enter(for_ms=3 * S)
    watched = Watched(judge_of(rule("CommentStorm", pending, look_ms=5 * S)))

    watched.look(room())
    after = watched.look(room(T0 + S))

    assert after.calm_ms == after.due_ms == T0 + 3 * S
    assert len(watched.look(room(T0 + 3 * S)).steps) == 1
