from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from streamproc.alerts.held import Held
from streamproc.alerts.judge import Judge, Judged
from streamproc.alerts.limits import Limits
from streamproc.alerts.model import Finding, Phase
from streamproc.alerts.policy import Policy
from streamproc.alerts.registry import RULE_OF_KIND
from streamproc.alerts.room import Room
from streamproc.events.comments import Role
from streamproc.events.outputs import ALERTS_TOPIC, AlertTransition
from streamproc.events.registry import ROOMS_TOPIC, AnyEvent
from streamproc.events.rooms import AdapterHeartbeat, CouponReported
from streamproc.program.alert_codec import pack_alert
from streamproc.program.keys import CLOCK, Kind, head
from streamproc.program.live import LiveProgram
from streamproc.tally.retention import DAY_MS
from tests.builders import (
    T0,
    comment,
    joined,
    made,
    paid,
    room_ended,
    room_started,
    stock_reported,
    viewer_key,
)
from tests.folding import State, take_into, tell
from tests.judged import SECOND_MS, again, alerts_of, decoded, judging, live, pass_time
from tests.spelled_reader import SpelledReader

SILENT_MS = 60_000


def dead(steps: list[AlertTransition]) -> list[tuple[str, str, int]]:
    """The steps of the alert that a stream is dead: phase, why and when."""
    return [(each.phase, each.why, each.at_ms) for each in steps if each.kind == "StreamDead"]


def test_a_room_without_any_event_is_called_dead_after_its_time_and_not_before() -> None:
    steps = pass_time(live(), T0 + SECOND_MS, T0 + 2 * SILENT_MS)

    ((phase, why, at_ms),) = dead(steps)
    assert (phase, why) == ("firing", "entered")
    assert SILENT_MS <= at_ms - T0 <= SILENT_MS + 2_000


def test_a_fresh_worker_calls_it_dead_at_the_same_moment() -> None:
    state: State = {}
    program = live()
    pass_time(program, T0 + SECOND_MS, T0 + 30_000, state=state)

    steps = pass_time(again(state), T0 + 30_000, T0 + 2 * SILENT_MS)

    ((_, _, at_ms),) = dead(steps)
    assert SILENT_MS <= at_ms - T0 <= SILENT_MS + 2_000


def test_an_alert_goes_on_where_it_stood_after_a_restart() -> None:
    state: State = {}
    program = live()
    fired = pass_time(program, T0 + SECOND_MS, T0 + 90_000, state=state)
    take_into(state, program)
    heir = again(state)

    tell(heir, joined(2, T0 + 90_500))
    steps = pass_time(heir, T0 + 91_000, T0 + 110_000)

    (first,) = [each for each in fired if each.kind == "StreamDead"]
    told = [each for each in steps if each.kind == "StreamDead"]
    assert {each.alert_id for each in told} == {first.alert_id}
    assert [each.seq for each in told] == list(range(first.seq + 1, first.seq + 1 + len(told)))
    assert told[-1].phase == "resolved"


def test_a_fresh_worker_tells_what_is_open_once_more_for_who_shows_it() -> None:
    state: State = {}
    program = live()
    fired = pass_time(program, T0 + SECOND_MS, T0 + 90_000, state=state)
    take_into(state, program)
    heir = again(state)

    published = pass_time(heir, T0 + 91_000, T0 + 94_000)
    retold = decoded(heir.take_told_again())

    assert published == []
    (first,) = [each for each in fired if each.kind == "StreamDead"]
    (copy,) = [each for each in retold if each.kind == "StreamDead"]
    assert (copy.alert_id, copy.seq, copy.phase) == (first.alert_id, first.seq, "firing")
    assert (copy.opened_ms, copy.host_name) == (first.opened_ms, "张桂兰")
    assert heir.take_told_again() == []
    heir.show_again()
    pass_time(heir, T0 + 94_000, T0 + 96_000)
    assert [each.alert_id for each in decoded(heir.take_told_again())] == [
        each.alert_id for each in retold
    ]


def test_what_is_open_is_told_once_more_though_the_room_need_not_be_judged_yet() -> None:
    program = live()
    pass_time(program, T0 + SECOND_MS, T0 + 90_000)
    program.take_told_again()
    assert program.judging is not None
    (watched,) = program.judging._watched.values()

    program.show_again()
    tell(program, joined(2, T0 + 90_000))
    watched.calm_ms, watched.has_news = T0 + DAY_MS, False
    pass_time(program, T0 + 91_000, T0 + 91_001)

    assert "StreamDead" in [each.kind for each in decoded(program.take_told_again())]


def test_nothing_is_told_of_a_room_that_ended() -> None:
    program = live()
    tell(program, room_ended(T0 + 1_000))

    assert dead(pass_time(program, T0 + 2_000, T0 + 3 * SILENT_MS)) == []


def began_another(s_1_goes_on: bool) -> list[AlertTransition]:
    """The steps of a lively broadcast whose host begins another after two minutes."""
    program = live()
    tell(program, made(CouponReported, T0, coupon_id="c-1", remaining=0))
    steps: list[AlertTransition] = []
    for second in range(1, 400):
        now_ms = T0 + second * SECOND_MS
        if second == 120:
            tell(program, room_started(now_ms, session_id="s-2"))
        if second >= 120:
            tell(program, joined(second, now_ms, session_id="s-2"))
        if second < 120 or (s_1_goes_on and second < 240):
            beat = made(AdapterHeartbeat, now_ms, connected=True, last_message_age_ms=0)
            tell(program, joined(second, now_ms), beat)
        else:
            tell(program, paid(at_ms=now_ms, order_id=f"o-{second}"))
        steps += pass_time(program, now_ms, now_ms + 1)
    return [each for each in steps if each.session_id == "s-1"]


def test_nobody_is_told_that_a_broadcast_is_dead_whose_host_went_on_in_another() -> None:
    steps = began_another(s_1_goes_on=False)

    assert [(each.kind, each.why) for each in steps] == [
        ("CouponExhausted", "entered"),
        ("CouponExhausted", "superseded"),
    ]


def test_of_two_broadcasts_at_once_each_may_lose_its_connector() -> None:
    steps = began_another(s_1_goes_on=True)

    assert ("AdapterDown", "entered") in [(each.kind, each.why) for each in steps]


def test_while_it_is_behind_nobody_is_judged() -> None:
    program = live()

    assert pass_time(program, T0 + SECOND_MS, T0 + 600_000, caught_up=False) == []


def test_a_worker_that_was_down_for_ten_minutes_raises_nothing_when_it_has_caught_up() -> None:
    state: State = {}
    program = live()
    pass_time(program, T0 + SECOND_MS, T0 + 30_000, state=state)
    heir, woken_ms = again(state), T0 + 630_000

    steps = pass_time(heir, woken_ms, woken_ms + 5_000, caught_up=False)
    tell(heir, *(joined(minute, T0 + minute * 60_000) for minute in range(1, 11)))
    tell(heir, joined(99, woken_ms + 4_500))
    steps += pass_time(heir, woken_ms + 5_000, woken_ms + 20_000)

    assert steps == []


def test_a_room_whose_end_nobody_told_is_not_called_dead_a_day_later() -> None:
    state: State = {}
    program = live()
    take_into(state, program)

    over_ms = T0 + Policy().abandoned_ms
    steps = pass_time(again(state), over_ms + 60_000, over_ms + 90_000)

    assert steps == []


def test_nobody_is_told_anything_of_a_room_whose_end_nobody_told_when_it_is_over() -> None:
    program = live()
    tell(program, made(CouponReported, T0, coupon_id="c-1", remaining=0))
    over_ms = T0 + Policy().abandoned_ms

    steps = pass_time(program, T0 + SECOND_MS, over_ms + 60_000)

    ends = [(each.kind, each.why) for each in steps if each.phase == "resolved"]
    assert ends == [("StreamDead", "abandoned"), ("CouponExhausted", "abandoned")]
    assert max(each.at_ms for each in steps) <= over_ms
    assert pass_time(program, over_ms + 60_000, over_ms + 20 * 60_000) == []


def open_after(state: State, fields: dict[str, Any]) -> AlertTransition:
    """A state with the alert of a dead stream, and of another room that was heard much later."""
    program = live()
    fired = pass_time(program, T0 + SECOND_MS, T0 + 90_000, state=state)
    tell(program, room_started(**fields), joined(9, **fields))
    take_into(state, program)
    (first,) = [each for each in fired if each.kind == "StreamDead"]
    return first


@pytest.mark.parametrize("is_restarted", [True, False], ids=["by a fresh worker", "by the same"])
def test_what_is_open_in_a_room_that_was_silent_for_days_ends(is_restarted: bool) -> None:
    state: State = {}
    now_ms = T0 + 2 * DAY_MS
    first = open_after(state, {"host_id": "h-2", "session_id": "s-2", "at_ms": now_ms})
    state = dict(sorted(state.items(), reverse=True))  # the room that was heard last comes first
    program = again(state)
    if not is_restarted:
        pass_time(program, T0 + 95_000, T0 + 100_000, state=state)
        assert len(decoded(program.take_told_again())) == 1

    steps = pass_time(program, now_ms, now_ms + 5_000, state=state)

    (last,) = [each for each in steps if each.host_id == "h-1"]
    assert (last.alert_id, last.seq) == (first.alert_id, first.seq + 1)
    assert (last.phase, last.why) == ("resolved", "abandoned")
    assert decoded(program.take_told_again()) == []
    assert [each.phase for each in alerts_of(state)] == ["resolved"]


@pytest.mark.parametrize("kind", RULE_OF_KIND)
def test_what_is_open_in_a_room_that_the_state_knows_nothing_of_any_more_ends(kind: str) -> None:
    subject = "p:p-1" if "Stock" in kind else ""
    held = Held(kind, subject, Phase.FIRING, episode=3, seq=5, told_ms=T0, opened_ms=T0)
    key = head(Kind.ALERT, CLOCK) + b"\0".join((b"h-1", b"s-1", kind.encode(), subject.encode()))
    state = {key: pack_alert(held)}
    program = again(state)

    (step,) = pass_time(program, T0 + DAY_MS, T0 + DAY_MS + 5_000, state=state)

    assert (step.phase, step.why, step.episode, step.seq) == ("resolved", "forgotten", 3, 6)
    pass_time(program, T0 + DAY_MS + 5_000, T0 + DAY_MS + 20 * 60_000, state=state)
    assert state == {}


def test_a_step_that_is_not_known_to_be_out_leaves_again_after_a_restart() -> None:
    state: State = {}
    program = live()
    for now_ms in range(T0 + SECOND_MS, T0 + 90_000, SECOND_MS):
        program.tick(now_ms, caught_up=True)
    first = program.take_outputs().published
    take_into(state, program)

    heir = again(state)
    second = heir.take_outputs().published

    assert [each.value for each in second] == [each.value for each in first]
    assert {each.topic for each in second} == {ALERTS_TOPIC}
    assert dict(second[0].headers)["ce_id"] == dict(first[0].headers)["ce_id"]
    heir.delivered(second)
    take_into(state, heir)
    assert again(state).take_outputs().published == []
    assert [key for key in state if key[0] == Kind.OUTBOX] == []


def test_a_step_says_where_its_host_is_and_how_far_the_topics_were_read() -> None:
    (step,) = [
        each
        for each in pass_time(live(), T0 + SECOND_MS, T0 + 2 * SILENT_MS)
        if each.kind == "StreamDead"
    ]

    assert (step.host_name, step.village) == ("张桂兰", "北坡村")
    assert step.evidence.offsets[ROOMS_TOPIC] > 0


def test_what_is_published_is_handed_out_once() -> None:
    program = live()
    for now_ms in range(T0 + SECOND_MS, T0 + 90_000, SECOND_MS):
        program.tick(now_ms, caught_up=True)

    assert [each.kind for each in decoded(program.take_outputs().published)] == ["StreamDead"]
    assert program.take_outputs().published == []


def test_a_rule_that_fails_in_one_room_stops_neither_tallies_nor_other_rooms() -> None:
    def fail(room: Room, _limits: Any) -> list[Finding]:  # noqa: ANN401 - a rule's limits
        if room.host_id == "h-1":
            raise ZeroDivisionError
        return []

    broken = replace(RULE_OF_KIND["CommentStorm"], judge=fail, warm_up_ms=0, after_pin_ms=0)
    program = LiveProgram(None, Judge([broken, RULE_OF_KIND["StreamDead"]], Limits().of_host))
    for host in ("h-1", "h-2"):
        where: dict[str, Any] = {"host_id": host, "session_id": f"s-{host}"}
        tell(program, room_started(T0 - 1_000, **where), joined(at_ms=T0, **where))

    steps = pass_time(program, T0 + SECOND_MS, T0 + 600_000)

    assert {each.host_id for each in steps} == {"h-2"}
    assert program.judging is not None
    (where_it_failed,) = program.judging.failures
    assert where_it_failed == "h-1 s-h-1"
    assert tell(program, joined(2, T0 + 601_000)).applied == 1


def looked_at(program: LiveProgram) -> list[int]:
    """When rooms of a program are judged from now on, as it happens."""
    assert program.judging is not None
    judge, seen = program.judging.judge, list[int]()

    class Counting(Judge):
        def judge(self, room: Room, alerts: Any) -> Judged:  # noqa: ANN401 - as the judge takes them
            seen.append(room.now_ms)
            return judge.judge(room, alerts)

    program.judging.judge = Counting(RULE_OF_KIND.values(), Limits().of_host)
    return seen


def well(program: LiveProgram, seconds: int) -> int:
    """A broadcast for so long in which nothing is wrong; the moment after it."""
    tell(program, stock_reported(50_000, T0, product_id="p-1"))
    for second in range(1, seconds):
        tell(program, comment("~", T0 + second * SECOND_MS, user_key=viewer_key(second)))
        pass_time(program, T0 + second * SECOND_MS, T0 + second * SECOND_MS + 1)
    return T0 + seconds * SECOND_MS


OUT = "s out L"
"""A text that says a product is out of stock."""

LOOK_S = Policy().look_ms // SECOND_MS


def test_a_room_that_is_well_is_looked_at_now_and_then() -> None:
    program = live()
    now_ms = well(program, 200)

    seen = looked_at(program)
    for second in range(60):
        tell(program, joined(1_000 + second, now_ms + second * SECOND_MS))
        pass_time(program, now_ms + second * SECOND_MS, now_ms + second * SECOND_MS + 1)

    assert 60 // LOOK_S - 1 <= len(seen) <= 60 // LOOK_S + 1
    assert all(after - before <= LOOK_S * SECOND_MS for before, after in pairwise(seen))


@pytest.mark.parametrize(
    "news",
    [
        lambda at_ms: stock_reported(0, at_ms, product_id="p-1"),
        lambda at_ms: comment(OUT, at_ms, user_key=viewer_key(1)),
        lambda at_ms: comment(OUT, at_ms, user_key=None, role=Role.HOST),
    ],
    ids=["the shelf", "a viewer", "the host"],
)
def test_what_is_told_of_stock_has_a_room_judged_within_the_second(
    news: Callable[[int], AnyEvent],
) -> None:
    program = judging(SpelledReader())
    tell(program, room_started(T0 - 1_000), joined(at_ms=T0))
    now_ms = well(program, 200)
    seen = looked_at(program)
    while not seen:
        tell(program, joined(now_ms, now_ms))
        pass_time(program, now_ms, now_ms + 1)
        now_ms += SECOND_MS
    seen.clear()

    tell(program, news(now_ms))
    pass_time(program, now_ms, now_ms + 1)

    assert seen == [now_ms]


def test_the_silence_of_a_room_that_was_well_is_judged_on_time() -> None:
    program = live()
    now_ms = well(program, 200)

    ((_, _, at_ms),) = dead(pass_time(program, now_ms, now_ms + 2 * SILENT_MS))

    assert SILENT_MS <= at_ms - (now_ms - SECOND_MS) <= SILENT_MS + 2_000
