"""Laws of alerts: no double fire, no gap, nothing told too often, and the same whoever looks when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streamproc.alerts.held import TAKEN, Held, Key, Step, alert_id, pack, unpack
from streamproc.alerts.lifecycle import advanced, closed, deadline_ms
from streamproc.alerts.model import ROOM, Finding, Level, Phase, Severity
from streamproc.alerts.policy import Policy
from streamproc.alerts.room import Room
from streamproc.alerts.rule import Rule
from streamproc.alerts.telling import Moment
from streamproc.tally.floor import Floor, Verdict
from streamproc.tally.lifecycle import Status
from tests.builders import T0
from tests.rooms import HOUR_MS, room
from tests.unit.alerts.played import S
from tests.unit.alerts.scripted import judge_of, remember, scripted

POLICY = Policy(
    renotify_ms=100 * S,
    settle_ms=15 * S,
    least_open_ms={"Stockout": 30 * S},
    flip_window_ms=100 * S,
    digest_ms=50 * S,
    quiet_ms=60 * S,
    linger_ms=20 * S,
    kept_ms=150 * S,
)
"""Short, so that few examples are needed to see everything."""
KIND = "Stockout"
VERDICTS = ("real", "bait", "wrong_product", "acknowledged", "snoozed", "other")

findings = st.builds(
    Finding,
    subject=st.just(ROOM),
    level=st.sampled_from(Level),
    severity=st.sampled_from(Severity),
    state=st.sampled_from(("confirmed", "suspected")),
    for_ms=st.sampled_from((0, 0, 15 * S, 60 * S)),
    hold_ms=st.sampled_from((0, 10 * S, 30 * S)),
    over=st.sampled_from(("", "", "", "restocked")),
    why=st.fixed_dictionaries({"users_120s": st.integers(0, 9), "rows": st.just((1, "a"))}),
    due_ms=st.just(0),
)
waits_ms = st.one_of(st.integers(0, 3 * S), st.sampled_from((-40 * S, -S, 15 * S, 60 * S, 160 * S)))
causes = st.sampled_from(("", "", "", "StreamDead", "AdapterDown"))


class Beat(NamedTuple):
    """What comes next: after how long, and what is then the case."""

    wait_ms: int
    finding: Finding | None
    verdict: str
    inhibited_by: str
    closes: bool


beats = st.lists(
    st.builds(
        Beat,
        waits_ms,
        st.none() | findings,
        st.sampled_from(("", "", "", "", *VERDICTS)),
        causes,
        st.sampled_from((False,) * 15 + (True,)),
    ),
    min_size=1,
    max_size=60,
)


class Seen(NamedTuple):
    """One advance: the moment, the alert before and after it."""

    moment: Moment
    before: Held
    after: Held

    @property
    def is_step(self) -> bool:
        return self.after.took_step(self.before)


def moments(told: Sequence[Beat]) -> Iterable[tuple[Moment, bool]]:
    now_ms, verdict = T0, None
    for beat in told:
        now_ms += beat.wait_ms
        if beat.verdict:
            until_ms = now_ms + 130 * S if beat.verdict == "snoozed" else 0
            verdict = Verdict(now_ms, beat.verdict, until_ms)
        yield Moment(now_ms, beat.finding, POLICY, 1, verdict, beat.inhibited_by), beat.closes


def run(told: Sequence[Beat], *, restarts: bool = True) -> list[Seen]:
    """Every advance, all that there are at each moment; each from bytes, unless nothing restarts."""
    held, seen = Held(KIND, ROOM), []
    for moment, closes in moments(told):
        if restarts:
            held = unpack(pack(held))
        after = closed(held, moment, "ended") if closes else advanced(held, moment)
        while after is not held:
            seen.append(Seen(moment, held, after))
            held = unpack(pack(after)) if restarts else after
            after = held if closes else advanced(held, moment)
            assert len(seen) < 5 * len(told) + 5, "it never comes to rest"
    return seen


def steps_of(seen: Iterable[Seen]) -> list[Held]:
    return [each.after for each in seen if each.is_step]


@given(beats)
def test_a_restart_between_any_two_advances_changes_nothing(told: list[Beat]) -> None:
    whole, cut = run(told, restarts=False), run(told)

    assert [each.after for each in whole] == [each.after for each in cut]


@given(beats)
def test_steps_of_an_episode_count_from_one_without_a_gap(told: list[Beat]) -> None:
    numbers = [(step.episode, step.seq) for step in steps_of(run(told))]

    expected, episode, seq = [], 0, 0
    for step in steps_of(run(told)):
        episode, seq = (episode + 1, 1) if step.why == "entered" else (episode, seq + 1)
        expected.append((episode, seq))
    assert numbers == expected


@given(beats)
def test_it_fires_only_when_it_does_not_fire_already(told: list[Beat]) -> None:
    phase = Phase.INACTIVE
    for step in steps_of(run(told)):
        if step.why == "entered":
            assert phase in {Phase.INACTIVE, Phase.RESOLVED}
        elif phase is Phase.RESOLVED:
            assert (step.why, step.phase) == ("judged", Phase.RESOLVED)
        else:
            assert phase in {Phase.FIRING, Phase.RESOLVING}
        phase = step.phase


@given(beats)
def test_the_times_of_steps_never_go_back(told: list[Beat]) -> None:
    assert all(a.told_ms <= b.told_ms for a, b in pairwise(steps_of(run(told))))


@given(beats)
def test_it_fires_only_for_what_lasted_and_ends_only_after_it_was_clear(told: list[Beat]) -> None:
    entered_ms = unclear_ms = last_ms = 0
    held = Held(KIND, ROOM)
    for at, closes in moments(told):
        last_ms = max(last_ms, at.now_ms, held.since_ms)
        # Of a moment at which nothing changed an alert knows nothing: whoever judges never goes back.
        moment = at._replace(now_ms=last_ms)
        found = moment.finding
        is_enter = moment.level is Level.ENTER and not closes
        entered_ms = (entered_ms or last_ms) if is_enter else 0
        after = closed(held, moment, "ended") if closes else advanced(held, moment)
        if after.why == "entered" and after.episode != held.episode:
            assert found is not None
            assert is_enter
            assert last_ms - entered_ms >= found.for_ms
        if after.why == "cleared" and after.took_step(held):
            assert last_ms - unclear_ms >= held.hold_ms
            assert last_ms - after.opened_ms >= POLICY.least_open_ms[KIND]
        if moment.level is not Level.CLEAR:
            unclear_ms = last_ms
        held = after


@given(beats)
def test_it_turns_to_firing_a_few_times_at_most_before_that_is_told_together(
    told: list[Beat],
) -> None:
    turns = [step for step in steps_of(run(told)) if step.why in {"entered", "returned"}]

    for first, last in zip(turns, turns[POLICY.flips + 1 :], strict=False):
        assert last.told_ms - first.told_ms >= POLICY.quiet_ms


@given(beats)
def test_nobody_is_reminded_of_what_is_taken_snoozed_or_follows_from_another(
    told: list[Beat],
) -> None:
    for each in run(told):
        step = each.after
        if each.is_step and step.why in {"renotified", "digest"}:
            assert step.verdict not in TAKEN
            assert not step.inhibited_by
            assert step.verdict != "snoozed" or step.told_ms >= step.snoozed_until_ms
            longest = POLICY.digest_ms if step.digest else POLICY.renotify_ms
            waited_ms = step.told_ms - each.before.notified_ms
            assert waited_ms >= longest or step.verdict == "snoozed"


@given(beats)
def test_somebody_is_told_when_an_alert_follows_from_no_other_any_more(told: list[Beat]) -> None:
    for each in run(told):
        before, after = each.before, each.after
        if before.inhibited_by and not after.inhibited_by and after.episode == before.episode:
            is_forgotten = after.phase is Phase.INACTIVE
            assert is_forgotten or (each.is_step and after.why in {"changed", "released"})


@given(beats, st.integers(0, 100))
def test_nothing_happens_before_the_deadline_and_something_does_at_it(
    told: list[Beat], percent: int
) -> None:
    held, last = Held(KIND, ROOM), Moment(T0, None, POLICY)
    for moment, closes in moments(told):
        last = moment._replace(finding=None) if closes else moment
        after = closed(held, moment, "ended") if closes else advanced(held, moment)
        while after is not held:
            held, after = after, advanced(after, last)
    now_ms = max(last.now_ms, held.since_ms, held.told_ms)
    due_ms = deadline_ms(held, last)
    before_ms = now_ms + (due_ms - now_ms - 1) * percent // 100 if due_ms else now_ms + HOUR_MS

    if not due_ms or before_ms >= now_ms:
        assert advanced(held, last._replace(now_ms=before_ms)) is held
    if due_ms:
        assert due_ms > now_ms
        assert advanced(held, last._replace(now_ms=due_ms)) is not held


KINDS = ("StreamDead", "Stockout", "GmvStall", "ViewerDrop")
SUBJECTS = (ROOM, "p:p-1", "p:p-2/s-1")
STATUSES = (Status.LIVE,) * 6 + (Status.PAUSED, Status.ENDED)


class Scene(NamedTuple):
    """How a room is for some seconds."""

    seconds: int
    found: dict[str, dict[str, Finding]]
    status: Status
    shows: str
    verdict: tuple[str, str, str]


scenes = st.lists(
    st.builds(
        Scene,
        st.sampled_from((1, 2, 7, 20, 75, 160)),
        st.dictionaries(
            st.sampled_from(KINDS),
            st.dictionaries(st.sampled_from(SUBJECTS), findings, max_size=2),
            max_size=3,
        ),
        st.sampled_from(STATUSES),
        st.sampled_from(("p-1", "p-2")),
        st.tuples(
            st.sampled_from(KINDS), st.sampled_from(SUBJECTS), st.sampled_from(("", *VERDICTS))
        ),
    ),
    min_size=1,
    max_size=10,
)


class Stage:
    """Rooms that follow each other, judged whenever a test says; ``steps`` are all that were told."""

    def __init__(self, poll_ms: int, kinds: Sequence[str] = KINDS) -> None:
        self.found: dict[str, dict[str, Finding]] = {}
        self.alerts: dict[Key, Held] = {}
        self.steps: list[tuple[int, Step]] = []
        self.floor = Floor()
        self.due_ms = 0
        policy = replace(POLICY, poll_ms=poll_ms, slow_poll_ms=poll_ms)
        waits = {"GmvStall": {"warm_up_ms": 90 * S, "after_pin_ms": 60 * S}}
        self._judge = judge_of(
            *(self._rule(kind, **waits.get(kind, {})) for kind in kinds), policy=policy
        )

    def _rule(self, kind: str, **waits: int) -> Rule:
        def judge(_room: Room, _limits: object) -> Iterable[Finding]:
            found = self.found.get(kind, {})
            return [each._replace(subject=subject) for subject, each in found.items()]

        return scripted(kind, judge, **waits)

    def set(self, scene: Scene, at_ms: int) -> None:
        """Let the room be so from now on."""
        self.found = scene.found
        if self.floor.on_show(at_ms) != scene.shows:
            self.floor.pins = [*self.floor.pins, (at_ms, scene.shows)]
        kind, subject, verdict = scene.verdict
        held = self.alerts.get((kind, subject))
        if held is not None and verdict:
            until_ms = at_ms + 90 * S if verdict == "snoozed" else 0
            name = alert_id("h-1", "s-1", held)
            self.floor.verdicts[name] = Verdict(at_ms, verdict, until_ms)

    def look(self, at_ms: int, scene: Scene, start_ms: int, ended_ms: int) -> None:
        at = room(at_ms, status=scene.status, live_for_ms=at_ms - T0 + 60 * S, floor=self.floor)
        if scene.status is Status.ENDED:
            at.lifecycle.ended_ms = ended_ms
        if scene.status is Status.PAUSED:
            at.lifecycle.paused_ms = start_ms
        self.alerts = {key: unpack(pack(held)) for key, held in self.alerts.items()}
        judged = self._judge.judge(at, self.alerts)
        remember(self.alerts, judged)
        self.steps += [(at_ms, step) for step in judged.steps]
        self.due_ms = judged.due_ms
        assert self.due_ms == 0 or self.due_ms > at_ms


def played(told: Sequence[Scene], *, poll_ms: int, kinds: Sequence[str] = KINDS) -> Stage:
    """The scenes, judged each second, or only when something changes or is due."""
    stage, now_ms = Stage(poll_ms, kinds), T0
    for scene in told:
        start_ms = now_ms
        stage.set(scene, now_ms)
        stage.due_ms = now_ms
        while now_ms < start_ms + scene.seconds * S:
            if stage.due_ms and now_ms >= stage.due_ms:
                stage.look(now_ms, scene, start_ms, start_ms)
            now_ms += S
    return stage


def taken(stage: Stage) -> list[tuple[int, Held]]:
    return [(at_ms, step.held) for at_ms, step in stage.steps]


@settings(deadline=None)
@given(scenes)
def test_judging_when_it_is_due_tells_the_same_as_judging_each_second(told: list[Scene]) -> None:
    each_second, when_due = played(told, poll_ms=S), played(told, poll_ms=31 * 24 * HOUR_MS)

    assert taken(when_due) == taken(each_second)
    assert when_due.alerts == each_second.alerts


@settings(deadline=None)
@given(scenes, st.permutations(KINDS))
def test_the_order_of_rules_decides_nothing(told: list[Scene], kinds: list[str]) -> None:
    assert taken(played(told, poll_ms=S, kinds=kinds)) == taken(played(told, poll_ms=S))


@settings(deadline=None)
@given(scenes)
def test_nothing_fires_in_a_room_that_ended_and_everything_is_over(told: list[Scene]) -> None:
    ended = Scene(3, told[-1].found, Status.ENDED, "p-1", ("", "", ""))
    stage = played([*told, ended], poll_ms=S)
    end_ms = T0 + S * sum(scene.seconds for scene in told)

    assert {step.held.why for at_ms, step in stage.steps if at_ms >= end_ms} <= {"ended", "judged"}
    assert not [held for held in stage.alerts.values() if held.is_open]
    assert not [held for held in stage.alerts.values() if held.phase is Phase.PENDING]


@settings(deadline=None)
@given(scenes)
def test_an_alert_is_told_once_a_number(told: list[Scene]) -> None:
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for _, step in played(told, poll_ms=S).steps:
        numbers[alert_id("h-1", "s-1", step.held)].append(step.held.seq)

    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in numbers.values())


def test_the_laws_reach_digests_and_causes() -> None:
    """What the laws hold must happen at all: a room that flaps while its stream is dead."""
    fires = Finding(ROOM, Level.ENTER, Severity.PAGE)
    on = Scene(
        1,
        {"ViewerDrop": {ROOM: fires}, "StreamDead": {ROOM: fires}},
        Status.LIVE,
        "p-1",
        ("", "", ""),
    )
    off = on._replace(found={})

    steps = [step.held for _, step in played([on, off] * 6, poll_ms=S).steps]

    assert any(step.digest for step in steps)
    assert any(step.inhibited_by for step in steps)
