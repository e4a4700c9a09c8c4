"""Alerts as they were told: of all transitions of each, when it opened, as what, and whom it woke."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from streamproc.alerts.model import Phase, Severity
from streamproc.events.outputs import AlertTransition

STOCKOUT: Final = "Stockout"
TRUE_STATES: Final = frozenset(("confirmed", "suspected"))
"""A stock-out in one of these says that there is one; in any other it says something else."""


@dataclass(slots=True)
class Opened:
    """One time that an alert fired, until it was resolved.

    Shapes: ``told_ms`` holds what it told, as the truth table names it, and when it first did: the kind,
        of a stock-out by its state. ``paged``: it woke somebody; ``inhibited``: it only ever followed from
        another alert.
    Units: ``at_ms`` is when it first fired; event time, UTC.
    """

    alert_id: str
    kind: str
    host_id: str
    product_id: str | None
    at_ms: int
    told_ms: dict[str, int] = field(default_factory=dict)
    paged: bool = False
    inhibited: bool = True

    @property
    def claimed_ms(self) -> int | None:
        """When it first claimed that there is a stock-out; None: it never did."""
        return self.told_ms.get(STOCKOUT)


def opened(transitions: Iterable[AlertTransition]) -> list[Opened]:
    """Every time that an alert fired, in the order of firing.

    Shapes: transitions in any order, a repeated one counts once.
    """
    steps = {(each.alert_id, each.seq): each for each in transitions}
    found: list[Opened] = []
    current: dict[str, Opened] = {}
    for (alert_id, _), step in sorted(steps.items()):
        if step.phase == Phase.RESOLVED:
            current.pop(alert_id, None)
        elif step.phase == Phase.FIRING:
            alert = current.get(alert_id)
            if alert is None:
                alert = current[alert_id] = _first(step)
                found.append(alert)
            _take(alert, step)
    return sorted(found, key=lambda each: (each.at_ms, each.alert_id))


def _first(step: AlertTransition) -> Opened:
    product_id = step.product_id
    if product_id is None and step.subject.startswith("p:"):
        product_id = step.subject.removeprefix("p:").split("/")[0]
    return Opened(step.alert_id, step.kind, step.host_id, product_id, step.at_ms)


def _take(alert: Opened, step: AlertTransition) -> None:
    alert.told_ms.setdefault(_label(step), step.at_ms)
    if step.inhibited_by is None:
        alert.inhibited = False
        alert.paged = alert.paged or step.severity == Severity.PAGE


def _label(step: AlertTransition) -> str:
    told_apart = step.kind == STOCKOUT and step.state not in TRUE_STATES
    return f"{STOCKOUT}/{step.state}" if told_apart else step.kind
