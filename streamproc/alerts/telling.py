"""What is told of an alert while it is open: changes, causes, verdicts, reminders; each is a step."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from msgspec import msgpack
from msgspec.structs import replace

from streamproc.alerts.held import TAKEN, Held
from streamproc.alerts.model import RANK, Finding, Level, Phase
from streamproc.alerts.policy import Policy
from streamproc.events.rooms import Verdict as Judgement
from streamproc.tally.floor import Verdict

_SNOOZED: Final = Judgement.SNOOZED.value
_PASSING: Final = frozenset((Judgement.ACKNOWLEDGED.value, _SNOOZED))
"""Verdicts on an alert as bad as it was then."""


class Moment(NamedTuple):
    """All that decides what becomes of an alert.

    Shapes: ``version`` is the rule's; ``verdict`` the last that a person gave on this episode;
        ``inhibited_by`` the kind of an alert that this one follows from, or empty.
    """

    now_ms: int
    finding: Finding | None
    policy: Policy
    version: int = 1
    verdict: Verdict | None = None
    inhibited_by: str = ""

    @property
    def level(self) -> Level:
        """Where the subject stands; one that is over is clear."""
        finding = self.finding
        return Level.CLEAR if finding is None or finding.over else finding.level


def reminder_ms(held: Held, policy: Policy) -> int:
    """When an open alert is told again if it goes on as it is; 0: never."""
    untold = held.digest and bool(held.flips) and held.flips[-1] > held.notified_ms
    if held.phase is not Phase.FIRING and not (held.phase is Phase.RESOLVING and untold):
        return 0
    if held.inhibited_by or held.verdict in TAKEN:
        return 0
    if held.verdict == _SNOOZED and held.snoozed_until_ms > held.notified_ms:
        return held.snoozed_until_ms
    return held.notified_ms + (policy.digest_ms if held.digest else policy.renotify_ms)


def differs(held: Held, finding: Finding) -> bool:
    """Whether what is found is to be told as a change; a digest tells only what is worse."""
    return (
        finding.level is Level.ENTER
        and (finding.severity is not held.severity or finding.state != held.state)
        and (not held.digest or rises(held, finding))
    )


def rises(held: Held, finding: Finding) -> bool:
    """Whether it got worse."""
    return RANK[finding.severity] > RANK[held.severity]


def may_change(held: Held, moment: Moment, finding: Finding) -> bool:
    """Whether a change is told now: what is worse at once, all else when the last step has settled."""
    return rises(held, finding) or moment.now_ms - held.told_ms >= moment.policy.settle_ms


def changed(held: Held, moment: Moment, finding: Finding) -> Held:
    """The alert after it told another severity or state."""
    changes: dict[str, Any] = {"severity": finding.severity, "state": finding.state}
    if rises(held, finding) and held.verdict in _PASSING:
        changes |= {"verdict": "", "snoozed_until_ms": 0}
    changes |= {"notified_ms": moment.now_ms, "inhibited_by": moment.inhibited_by}
    return told(held, moment, "changed", **changes)


def inhibited(held: Held, moment: Moment) -> Held:
    """The alert after it came to follow from another, or does not any more."""
    if held.inhibited_by and moment.inhibited_by:
        return replace(held, inhibited_by=moment.inhibited_by)
    if moment.inhibited_by:
        return told(held, moment, "inhibited")
    return told(held, moment, "released", notified_ms=moment.now_ms, inhibited_by="")


def reminded(held: Held, moment: Moment) -> Held:
    """The alert after a verdict or a reminder that is due; the same object if there is neither."""
    if is_judged_anew(held, moment):
        return judged(held, moment)
    due_ms = reminder_ms(held, moment.policy)
    if not due_ms or moment.now_ms < due_ms:
        return held
    why = "digest" if held.digest else "renotified"
    return told(held, moment, why, notified_ms=moment.now_ms)


def is_judged_anew(held: Held, moment: Moment) -> bool:
    """Whether a person gave a verdict since the last that is known."""
    return moment.verdict is not None and moment.verdict.at_ms > held.judged_ms


def judged(held: Held, moment: Moment) -> Held:
    """The alert after it took a verdict."""
    verdict, until_ms = moment.verdict, 0
    if verdict is None:
        return held
    if verdict.verdict == _SNOOZED:
        until_ms = verdict.until_ms or verdict.at_ms + moment.policy.renotify_ms
    given: dict[str, Any] = {"verdict": verdict.verdict, "judged_ms": verdict.at_ms}
    return told(held, moment, "judged", snoozed_until_ms=until_ms, **given)


def told(held: Held, moment: Moment, why: str, **changes: Any) -> Held:  # noqa: ANN401 - fields of ``Held``
    """The alert after a step.

    Shapes: that it does not follow from another any more only steps say that somebody is to see; so nobody
        misses one that fired meanwhile.
    """
    inputs = held.inputs
    if moment.finding is not None and moment.finding.why:
        # as it will be read again, so that a restart changes nothing
        inputs = msgpack.decode(msgpack.encode(moment.finding.why))
    changes.setdefault("inhibited_by", moment.inhibited_by or held.inhibited_by)
    return replace(
        held,
        seq=held.seq + 1,
        told_ms=moment.now_ms,
        version=moment.version,
        why=why,
        inputs=inputs,
        **changes,
    )
