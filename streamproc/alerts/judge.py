"""One room at one moment: every rule is asked, every alert of the room moves on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from streamproc.alerts.held import Held, Key, Step, alert_id
from streamproc.alerts.inhibition import inhibited_by, is_cause, lingers_until_ms, order
from streamproc.alerts.inquiry import Asked, Asking
from streamproc.alerts.lifecycle import advanced, closed, deadline_ms
from streamproc.alerts.model import FAR_MS, Finding, Level, Phase
from streamproc.alerts.policy import Policy
from streamproc.alerts.room import Room
from streamproc.alerts.rule import Rule
from streamproc.alerts.telling import Moment
from streamproc.tally.floor import Verdict
from streamproc.tally.lifecycle import Status

NEVER_MS: Final = 0
_OVER: Final = frozenset((Phase.INACTIVE, Phase.RESOLVED))
SILENCE_POLLS: Final = 8
"""A silence is looked at so often before it is twice as long."""
FORGOTTEN: Final = "forgotten"
"""Why alerts end of whose broadcast the state no longer knows anything."""
SUPERSEDED: Final = "superseded"
"""Why alerts end of a broadcast in whose place its host began another."""
_NOTHING: Final[Mapping[Key, Held | None]] = {}


class Judged(NamedTuple):
    """What came of judging a room.

    Shapes: ``changed`` by kind and subject, None: nothing is to be remembered of it any more; ``steps`` in
        the order in which they were taken. ``due_ms`` is when the room must be judged again although
        nothing is told of it, always later than now; 0: not before something is. ``calm_ms``: until then
        nothing becomes of the room by what every live room tells all the time; 0: something may.
    """

    changed: Mapping[Key, Held | None]
    steps: Sequence[Step]
    due_ms: int
    calm_ms: int = 0


class Judge:
    """Judges rooms by rules.

    Shapes: ``limits_of_host`` gives the thresholds of a host: an attribute for each rule's section.
    Errors: whatever a rule raises, with the rule's name; rules are total, so it is a fault of ours.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        limits_of_host: Callable[[str], Any],
        policy: Policy | None = None,
    ) -> None:
        self.rules: Final = {rule.kind: rule for rule in rules}
        self.policy: Final = policy or Policy()
        self._limits_of_host = limits_of_host
        # with a first name that is always there, so that one rule is no special case
        self._sections = attrgetter("__class__", *(rule.section for rule in self.rules.values()))
        self._over_ms = [
            (place, rule.over_ms)
            for place, rule in enumerate(self.rules.values(), start=1)
            if rule.over_ms is not None
        ]
        self._asked = {status: self._asked_in(status) for status in Status}

    def judge(self, room: Room, alerts: Mapping[Key, Held]) -> Judged:
        """What becomes of a room's alerts at its moment. Shapes: ``alerts`` are all of its session."""
        policy, now_ms, status = self.policy, room.now_ms, room.status
        asked = self._asked[status]
        heard_ms = room.heard_ms or room.begun_ms
        limits = self._sections(self._limits_of_host(room.host_id))
        over_ms, why = self._over(room, status, heard_ms, limits)
        if now_ms >= over_ms:
            return self.end(room, alerts, why)
        if now_ms < room.superseded_ms:
            # what it lacks may be told of its host's next one: soon it is known
            return Judged(_NOTHING, (), room.superseded_ms)
        asking = Asking(room, limits)
        asking.ask(asked, alerts)
        rest_ms = _rest_until_ms(room, alerts, policy) if alerts else FAR_MS
        is_at_rest = not asking.found and rest_ms > now_ms
        if asking.brews(asked):
            wait_ms = 0
        else:
            wait_ms = policy.look_ms if is_at_rest else self._wait_ms(asking.found, alerts)
        calm_ms = min(now_ms + wait_ms, asking.due_ms) if wait_ms else NEVER_MS
        if asked.rules:
            poll_ms = max(wait_ms, self._poll_ms(now_ms - heard_ms, status))
            polled_ms = min(over_ms, now_ms + poll_ms, asking.silent_until_ms(asked))
            asking.due_ms = min(asking.due_ms, polled_ms)
        if is_at_rest:
            return Judged(_NOTHING, (), _after(now_ms, min(rest_ms, asking.due_ms)), calm_ms)
        judged = _Moving(self, room, alerts, asking).judged(status)
        if judged.steps:
            return judged
        return judged._replace(calm_ms=min(calm_ms, judged.due_ms))

    def _wait_ms(self, found: Mapping[Key, Finding], alerts: Mapping[Key, Held]) -> int:
        """How long all rules can wait that found something or whose alerts are under way; 0: not at all."""
        kinds = {kind for kind, _ in found}
        kinds.update(key[0] for key, held in alerts.items() if held.phase not in _OVER)
        return min([self.rules[kind].look_ms for kind in kinds if kind in self.rules], default=0)

    def _poll_ms(self, silent_ms: int, status: Status) -> int:
        """How soon a room is looked at again of which something is found, if nothing is told of it.

        Shapes: deadlines are known, so what is left is what fades out of windows: the longer the silence,
            the less there is of it.
        """
        policy = self.policy
        if silent_ms >= policy.settled_ms or status is Status.ENDED:
            return policy.slow_poll_ms
        return max(policy.poll_ms, min(policy.look_ms, silent_ms // SILENCE_POLLS))

    def end(self, room: Room, alerts: Mapping[Key, Held], why: str = FORGOTTEN) -> Judged:
        """What becomes of alerts that end whatever is found; of a broadcast nothing is known any more."""
        moving = _Moving(self, room, alerts, Asking(room, ()))
        for key in sorted(alerts, key=order):
            moving.close(key, why)
        return moving.result()

    def silence_ms(self, host_id: str) -> int:
        """How long a silence means that a broadcast of a host is over, though nobody said so."""
        return self._silence_ms(self._sections(self._limits_of_host(host_id)))

    def limits_of(self, rule: Rule, host_id: str) -> Any:  # noqa: ANN401 - each rule has its own struct
        """The thresholds of a rule for a host."""
        return getattr(self._limits_of_host(host_id), rule.section)

    def _over(
        self, room: Room, status: Status, heard_ms: int, limits: Sequence[Any]
    ) -> tuple[int, str]:
        """When a broadcast is judged no more, and why."""
        ended_ms = room.ended_ms
        if status is Status.ENDED and ended_ms is not None:
            return ended_ms + self.policy.after_end_ms, "ended"
        return heard_ms + self._silence_ms(limits), "abandoned"

    def _silence_ms(self, limits: Sequence[Any]) -> int:
        said_ms = [over_ms(limits[place]) for place, over_ms in self._over_ms]
        return min(said_ms, default=self.policy.abandoned_ms)

    def _asked_in(self, status: Status) -> Asked:
        rules = tuple(
            (place, rule)
            for place, rule in enumerate(self.rules.values(), start=1)
            if status in rule.asked
        )
        return Asked(
            rules,
            max((rule.warm_up_ms for _, rule in rules), default=0),
            max((rule.after_pin_ms for _, rule in rules), default=0),
            tuple((place, rule.brews) for place, rule in rules if rule.brews is not None),
            tuple(
                (place, rule.silent_until_ms)
                for place, rule in rules
                if rule.silent_until_ms is not None
            ),
        )


class _Moving:
    """Moves the alerts of a room on, causes first."""

    def __init__(
        self, judge: Judge, room: Room, alerts: Mapping[Key, Held], asking: Asking
    ) -> None:
        self._judge = judge
        self._room = room
        self._alerts = alerts
        self._asking = asking
        self._active: list[Held] = []
        self._due_ms = asking.due_ms
        self._changed: dict[Key, Held | None] = {}
        self._steps: list[Step] = []

    def judged(self, status: Status) -> Judged:
        """Move every alert that anything may become of."""
        found, rules = self._asking.found, self._judge.rules
        for key in sorted({*found, *self._alerts}, key=order):
            held = self._alerts.get(key)
            if held is not None and held.phase is Phase.INACTIVE and key not in found:
                continue
            rule = rules.get(key[0])
            if rule is None:
                self.close(key, "retired")
            elif status not in rule.asked:
                self.close(key, SUPERSEDED if self._room.superseded_ms else status.value)
            else:
                self._move(key, held or Held(*key), rule)
        return self.result()

    def result(self) -> Judged:
        """What came of it."""
        return Judged(self._changed, self._steps, _after(self._room.now_ms, self._due_ms))

    def close(self, key: Key, why: str) -> None:
        """End an alert at once."""
        held = self._alerts[key]
        rule = self._judge.rules.get(held.kind)
        version = rule.version if rule else held.version
        moment = Moment(self._room.now_ms, None, self._judge.policy, version, self._verdict(held))
        after = closed(held, moment, why)
        self._note(held, after, None)
        self._go_on(after, moment)

    def _move(self, key: Key, held: Held, rule: Rule) -> None:
        finding = self._asking.found.get(key)
        if finding is None and rule.kind in self._asking.waiting:
            # Nobody looks, so nothing is known: what is open stays so.
            finding = Finding(held.subject, Level.HOLD, held.severity, held.state)
        moment = Moment(
            self._room.now_ms,
            finding,
            self._judge.policy,
            rule.version,
            self._verdict(held),
            inhibited_by(self._room, held, finding, self._active) if self._active else "",
        )
        self._go_on(held, moment)

    def _go_on(self, held: Held, moment: Moment) -> None:
        """Take every step that there is at this moment."""
        policy, now_ms = moment.policy, moment.now_ms
        after = advanced(held, moment)
        while after is not held:
            self._note(held, after, moment.finding)
            if after.phase is Phase.FIRING and held.episode != after.episode:
                moment = moment._replace(verdict=None)  # it was on the episode before
            held, after = after, advanced(after, moment)
        if is_cause(held, now_ms, policy):
            self._active.append(held)
        if held.phase is Phase.INACTIVE:
            return
        for due_ms in (deadline_ms(held, moment), lingers_until_ms(held, policy)):
            if due_ms > now_ms:
                self._due_ms = min(self._due_ms, due_ms)

    def _note(self, held: Held, after: Held, finding: Finding | None) -> None:
        if after is held:
            return
        self._changed[after.key] = None if after.is_blank else after
        if after.took_step(held):
            self._steps.append(Step(after, finding))

    def _verdict(self, held: Held) -> Verdict | None:
        verdicts = self._room.floor.verdicts
        if not verdicts or not held.episode or held.phase is Phase.INACTIVE:
            return None
        return verdicts.get(alert_id(self._room.host_id, self._room.session_id, held))


def _rest_until_ms(room: Room, alerts: Mapping[Key, Held], policy: Policy) -> int:
    """Until when nothing becomes of alerts if nothing is found of them; at most now: it may at once."""
    cleared_ms = FAR_MS
    for held in alerts.values():
        if held.phase is Phase.RESOLVED:
            cleared_ms = min(cleared_ms, held.cleared_ms)
        elif held.phase is not Phase.INACTIVE:
            return NEVER_MS
    if cleared_ms == FAR_MS:
        return FAR_MS
    return NEVER_MS if room.floor.verdicts else cleared_ms + policy.kept_ms


def _after(now_ms: int, due_ms: int) -> int:
    return NEVER_MS if due_ms >= FAR_MS else max(due_ms, now_ms + 1)
