"""In which order alerts are looked at."""

from __future__ import annotations

from typing import Final

from streamproc.alerts.model import RANK, Severity
from streamproc.events.outputs import AlertTransition

_RANKS: Final = {severity.value: rank for severity, rank in RANK.items()}
_LEAST: Final = _RANKS[Severity.INFO.value]


def urgency(alert: AlertTransition) -> tuple[int, int, str]:
    """A sort key: the most severe first, of these the newest, and a fixed order of the rest."""
    return -_RANKS.get(alert.severity, _LEAST), -alert.opened_ms, alert.alert_id
