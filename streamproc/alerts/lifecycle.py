"""From what a rule finds now to what becomes of its alert: the state machine, one moment at a time.

inactive -> pending -> firing -> resolving -> resolved. Pure: the same alert, finding and moment give the
same, so a replay by the events' clock takes the same steps. A moment that lies before the last one at which
the alert changed counts as that one. docs/alerts-lifecycle.md tells it in words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from streamproc.alerts.held import Held
from streamproc.alerts.model import Finding, Level, Phase
from streamproc.alerts.policy import Policy
from streamproc.alerts.telling import (
    Moment,
    changed,
    differs,
    inhibited,
    is_judged_anew,
    judged,
    may_change,
    reminded,
    reminder_ms,
    rises,
    told,
)


def advanced(held: Held, moment: Moment) -> Held:
    """The alert after this moment; the same object if nothing changed.

    Shapes: it takes one step at most, see ``Held.took_step``; after a step there may be more to tell of the
        same moment, never without end.
    """
    return _ADVANCE[held.phase](held, _not_before(held, moment))


def closed(held: Held, moment: Moment, why: str) -> Held:
    """The alert after its end at this moment, whatever is found; one that never fired is dropped."""
    moment = _not_before(held, moment)
    if held.is_open:
        return _resolved(held, moment, why)
    return advanced(held, moment._replace(finding=None))


def deadline_ms(held: Held, moment: Moment) -> int:
    """When something becomes of the alert if everything stays as it is at this moment; 0: never.

    Shapes: of an alert of which there is nothing to tell now, see ``advanced``.
    """
    policy, finding = moment.policy, moment.finding
    if held.phase is Phase.PENDING:
        return held.since_ms + (finding.for_ms if finding else 0)
    if held.phase is Phase.RESOLVED:
        return held.cleared_ms + policy.kept_ms
    due = [reminder_ms(held, policy)]
    if held.phase is Phase.RESOLVING and held.clear_ms:
        due.append(max(held.clear_ms + _wait_ms(held, policy), _least_until_ms(held, policy)))
    if held.phase is Phase.FIRING:
        if held.digest:
            due.append(held.since_ms + policy.quiet_ms)
        if held.inhibited_by != moment.inhibited_by or (finding and differs(held, finding)):
            due.append(held.told_ms + policy.settle_ms)
    return min((at for at in due if at), default=0)


_TIMES: Final = ("since_ms", "opened_ms", "told_ms", "notified_ms", "clear_ms", "cleared_ms")


def set_right(held: Held, now_ms: int) -> Held:
    """The alert after a clock that was ahead is set right: what it did later it did now.

    Shapes: the same object if it did nothing later.
    """
    changes: dict[str, Any] = {name: now_ms for name in _TIMES if getattr(held, name) > now_ms}
    if not changes:
        return held
    return replace(held, flips=tuple(min(at_ms, now_ms) for at_ms in held.flips), **changes)


def _not_before(held: Held, moment: Moment) -> Moment:
    last_ms = max(held.since_ms, held.told_ms, held.clear_ms)
    return moment if moment.now_ms >= last_ms else moment._replace(now_ms=last_ms)


# --- what is not open


def _inactive(held: Held, moment: Moment) -> Held:
    finding = moment.finding
    if finding is None or moment.level is not Level.ENTER:
        return held
    if finding.for_ms <= 0:
        return _fired(held, moment, finding)
    return replace(held, phase=Phase.PENDING, since_ms=moment.now_ms)


def _pending(held: Held, moment: Moment) -> Held:
    finding = moment.finding
    if finding is None or moment.level is not Level.ENTER:
        return _dropped(held, moment)
    if moment.now_ms - held.since_ms < finding.for_ms:
        return held
    return _fired(held, moment, finding)


def _dropped(held: Held, moment: Moment) -> Held:
    phase = Phase.RESOLVED if held.cleared_ms else Phase.INACTIVE
    return replace(held, phase=phase, since_ms=moment.now_ms)


def _resolved_before(held: Held, moment: Moment) -> Held:
    after = _inactive(held, moment)
    if after is not held:
        return after
    if is_judged_anew(held, moment):
        return judged(held, moment)
    if moment.now_ms - held.cleared_ms >= moment.policy.kept_ms:
        # an episode's number is never used again: consumers would take its steps for old ones
        return Held(held.kind, held.subject, episode=held.episode)
    return held


def _fired(held: Held, moment: Moment, finding: Finding) -> Held:
    begun = Held(held.kind, held.subject, episode=held.episode + 1, cleared_ms=held.cleared_ms)
    is_flip = held.cleared_ms and moment.now_ms - held.cleared_ms < moment.policy.flip_window_ms
    return told(
        begun,
        moment,
        "entered",
        phase=Phase.FIRING,
        severity=finding.severity,
        state=finding.state,
        hold_ms=finding.hold_ms,
        since_ms=moment.now_ms,
        opened_ms=moment.now_ms,
        notified_ms=moment.now_ms,
        **(_flipped(held, moment, is_digest=False) if is_flip else {}),
    )


# --- what is open


def _firing(held: Held, moment: Moment) -> Held:
    level, finding = moment.level, moment.finding
    if level is Level.CLEAR:
        return _clearing(held, moment)
    if level is Level.ENTER and finding is not None:
        if finding.hold_ms != held.hold_ms:
            held = replace(held, hold_ms=finding.hold_ms)
        if differs(held, finding) and may_change(held, moment, finding):
            return changed(held, moment, finding)
    if moment.inhibited_by != held.inhibited_by and (
        moment.inhibited_by or moment.now_ms - held.told_ms >= moment.policy.settle_ms
    ):
        return inhibited(held, moment)
    if held.digest and moment.now_ms - held.since_ms >= moment.policy.quiet_ms:
        calm: dict[str, Any] = {"digest": False, "flips": (), "flipped": 0}
        return told(held, moment, "steady", notified_ms=moment.now_ms, **calm)
    return reminded(held, moment)


def _resolving(held: Held, moment: Moment) -> Held:
    level, finding = moment.level, moment.finding
    if level is Level.ENTER and finding is not None:
        return _returned(held, moment, finding)
    if level is Level.HOLD:
        if held.clear_ms:
            held = replace(held, clear_ms=0, over="")
    else:
        over = (finding.over if finding else "") or held.over
        clear_ms = held.clear_ms or moment.now_ms
        if (over, clear_ms) != (held.over, held.clear_ms):
            held = replace(held, over=over, clear_ms=clear_ms)
        if _is_over(held, moment):
            return _resolved(held, moment, over or "cleared")
    if moment.inhibited_by not in {"", held.inhibited_by}:
        held = replace(held, inhibited_by=moment.inhibited_by)
    return reminded(held, moment)


def _clearing(held: Held, moment: Moment) -> Held:
    now_ms = moment.now_ms
    over = moment.finding.over if moment.finding else ""
    after = replace(held, phase=Phase.RESOLVING, since_ms=now_ms, clear_ms=now_ms, over=over)
    if _is_over(after, moment):
        return _resolved(held, moment, over or "cleared")
    return reminded(after, moment) if held.digest else told(after, moment, "clearing")


def _is_over(held: Held, moment: Moment) -> bool:
    policy, now_ms = moment.policy, moment.now_ms
    clear_for_ms = now_ms - held.clear_ms
    return clear_for_ms >= _wait_ms(held, policy) and now_ms >= _least_until_ms(held, policy)


def _wait_ms(held: Held, policy: Policy) -> int:
    """How long it must be clear to be resolved."""
    if held.digest:
        return max(held.hold_ms, policy.quiet_ms)
    return 0 if held.over else held.hold_ms


def _least_until_ms(held: Held, policy: Policy) -> int:
    return held.opened_ms + policy.least_open_ms.get(held.kind, 0)


def _resolved(held: Held, moment: Moment, why: str) -> Held:
    now_ms = moment.now_ms
    ended: dict[str, Any] = {"phase": Phase.RESOLVED, "since_ms": now_ms, "cleared_ms": now_ms}
    return told(held, moment, why, over="", clear_ms=0, **ended)


def _returned(held: Held, moment: Moment, finding: Finding) -> Held:
    after = replace(
        held,
        phase=Phase.FIRING,
        since_ms=moment.now_ms,
        clear_ms=0,
        over="",
        hold_ms=finding.hold_ms,
        **_flipped(held, moment, is_digest=held.digest),
    )
    if rises(held, finding):
        return changed(after, moment, finding)
    if held.digest:
        return reminded(after, moment)
    if after.digest:
        after = replace(after, notified_ms=moment.now_ms)
    return told(after, moment, "returned", severity=finding.severity, state=finding.state)


def _flipped(held: Held, moment: Moment, *, is_digest: bool) -> dict[str, Any]:
    """What a return to firing changes."""
    policy, now_ms = moment.policy, moment.now_ms
    recent = [at for at in held.flips if now_ms - at < policy.flip_window_ms]
    flips = (*recent, now_ms)[-policy.flips :]
    flipped = held.flipped + 1 if recent else 1
    is_digest = is_digest or len(flips) >= policy.flips
    return {"flips": flips, "flipped": flipped, "digest": is_digest}


_ADVANCE: Final[dict[Phase, Callable[[Held, Moment], Held]]] = {
    Phase.INACTIVE: _inactive,
    Phase.PENDING: _pending,
    Phase.FIRING: _firing,
    Phase.RESOLVING: _resolving,
    Phase.RESOLVED: _resolved_before,
}
