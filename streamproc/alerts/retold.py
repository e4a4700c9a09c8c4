"""From what was told of an alert back to the alert, for a state that lost it."""

from __future__ import annotations

from typing import Final

from streamproc.alerts.held import Held
from streamproc.alerts.model import Phase, Severity
from streamproc.events.outputs import AlertTransition

HOLD_MS: Final = 15_000
"""How long one must stay clear of which nobody knows; the rule says it anew while it is found."""


def held_of(step: AlertTransition) -> Held:
    """The alert as it stood after a step, as far as the step tells.

    Shapes: its name, its numbers and what people said of it are as they were; single returns to firing are
        not known, and whoever is to be reminded is reminded once the whole time has passed again.
    """
    phase, at_ms = Phase(step.phase), step.at_ms
    return Held(
        step.kind,
        step.subject,
        phase=phase,
        severity=Severity(step.severity),
        state=step.state,
        episode=step.episode,
        seq=step.seq,
        version=step.rule_version,
        since_ms=at_ms,
        opened_ms=step.opened_ms,
        told_ms=at_ms,
        notified_ms=at_ms,
        clear_ms=at_ms if phase is Phase.RESOLVING else 0,
        cleared_ms=at_ms if phase is Phase.RESOLVED else 0,
        hold_ms=HOLD_MS,
        flipped=step.flips,
        digest=step.digest,
        inhibited_by=step.inhibited_by or "",
        verdict=step.verdict or "",
        judged_ms=at_ms if step.verdict else 0,
        snoozed_until_ms=step.snoozed_until_ms or 0,
        why=step.why,
        inputs=step.evidence.inputs,
    )
