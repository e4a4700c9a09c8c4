"""What every figure and every kind of alert means, from their registries."""

from __future__ import annotations

from typing import Final

from msgspec import json

from streamproc.alerts.registry import RULES
from streamproc.board.answers import AlertDefinition, Definitions, FigureDefinition
from streamproc.events.view_keys import Figure
from streamproc.tally.registry import DEFINITIONS

_RANKED: Final = frozenset(each.value for each in Figure)


def definitions() -> bytes:
    """The definitions, as JSON."""
    figures = [
        FigureDefinition(
            id=each.id,
            zh=each.zh,
            en=each.en,
            unit=each.unit.value,
            formula=each.formula,
            windows=each.windows,
            inputs=each.inputs,
            traps=each.traps,
            follows=each.follows,
            ranked=each.id in _RANKED,
        )
        for each in DEFINITIONS.values()
    ]
    alerts = [
        AlertDefinition(
            kind=rule.kind,
            zh=rule.zh,
            en=rule.en,
            severity=rule.severity.value,
            trigger=rule.trigger,
            clears=rule.clears,
            runbook=list(rule.runbook),
        )
        for rule in RULES
    ]
    return json.encode(Definitions(figures=figures, alerts=alerts))
