"""A broadcast is over although nobody said so: it fell silent, or its host began another."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streamproc.alerts import stream_dead
from streamproc.alerts.judge import Judge
from streamproc.alerts.model import ROOM
from streamproc.alerts.room import SUPERSEDED_AFTER_MS
from streamproc.alerts.rule import ALWAYS, LIVE_OR_PAUSED
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC
from streamproc.tally.lifecycle import Status
from tests.builders import T0
from tests.rooms import HOUR_MS, room
from tests.unit.alerts.played import S, enter
from tests.unit.alerts.scripted import judge_of, rule
from tests.unit.alerts.watched import Watched

HALF_HOUR_MS = HOUR_MS // 2


@pytest.mark.parametrize("status", [Status.LIVE, Status.PAUSED, Status.UNKNOWN])
def test_every_alert_of_a_broadcast_that_nobody_hears_for_half_an_hour_ends(status: Status) -> None:
    kinds = ("CouponExhausted", "GmvStall")
    watched = Watched(judge_of(*(rule(kind, enter(), asked=LIVE_OR_PAUSED) for kind in kinds)))
    first = watched.look(room(T0, status=status, silent_ms=HALF_HOUR_MS - 1))

    watched.look(room(T0 + 1, status=status, silent_ms=HALF_HOUR_MS))
    watched.look(room(T0 + 2, status=status, silent_ms=HALF_HOUR_MS + 1))

    assert first.due_ms == T0 + 1
    assert watched.told == [(kind, why) for why in ("entered", "abandoned") for kind in kinds]
    assert Judge((), lambda _: None).judge(room(silent_ms=HALF_HOUR_MS), {}).due_ms == 0


@pytest.mark.parametrize("over_ms", [20 * 60 * S, 90 * 60 * S])
def test_thresholds_say_how_long_a_silence_means_that_a_broadcast_is_over(over_ms: int) -> None:
    limits = SimpleNamespace(stream_dead=stream_dead.Limits(over_ms=over_ms), gmvstall=None)
    rules = (stream_dead.RULE, rule("GmvStall", enter()))
    watched = Watched(Judge(rules, lambda _: limits))
    watched.look(room(T0, silent_ms=over_ms - 1))

    watched.look(room(T0 + 1, silent_ms=over_ms))

    assert watched.told[2:] == [("StreamDead", "abandoned"), ("GmvStall", "abandoned")]
    assert watched.judge.silence_ms("h-1") == over_ms


def test_a_broadcast_that_falls_silent_when_its_host_begins_another_has_ended() -> None:
    rules = (rule("GmvStall", enter()), rule("RefundSpike", enter(), asked=ALWAYS))
    watched = Watched(judge_of(*rules))
    watched.look(room(T0 - S))
    wait_ms = SUPERSEDED_AFTER_MS

    waiting = watched.look(room(T0 + wait_ms - 1, silent_ms=wait_ms, next_ms=T0))
    watched.look(room(T0 + wait_ms, silent_ms=wait_ms + 1, next_ms=T0))

    assert (waiting.due_ms, list(waiting.steps)) == (T0 + wait_ms, [])
    assert watched.told[2:] == [("GmvStall", "superseded")]
    again = watched.look(room(T0 + 3 * wait_ms, silent_ms=S, next_ms=T0))
    assert [step.held.kind for step in again.steps] == ["GmvStall"]


def test_orders_of_a_broadcast_may_go_on_when_its_host_began_another() -> None:
    watched = Watched(judge_of(rule("StreamDead", enter())))
    ordered = room(T0 + HOUR_MS, next_ms=T0)
    ordered.seen_ms = {ORDERS_TOPIC: T0 + HOUR_MS, COMMENTS_TOPIC: T0 + S}

    watched.look(ordered)

    assert watched.told == []


def test_a_broadcast_that_goes_on_beside_another_of_its_host_is_judged() -> None:
    watched = Watched(judge_of(rule("StreamDead", enter())))

    beside_ms = SUPERSEDED_AFTER_MS + S
    watched.look(room(T0 + 10 * beside_ms, silent_ms=9 * beside_ms, next_ms=T0))

    assert watched.told == [("StreamDead", "entered")]


def test_what_is_heard_again_when_it_was_over_is_another_episode() -> None:
    watched = Watched(judge_of(rule("StreamDead", enter())))
    watched.look(room())
    watched.look(room(T0 + HOUR_MS, silent_ms=HOUR_MS))

    watched.look(room(T0 + 2 * HOUR_MS))

    assert watched.alerts["StreamDead", ROOM].episode == 2
