"""Incidents and transitions for tests of the scoring, in one line each."""

from __future__ import annotations

from typing import Any

from streamproc.events.outputs import Advice, AlertTransition
from streamproc.simulate.truth import Incident
from tests.alerts.opened import Opened, opened

HOST = "h1"
S = 1_000


def incident(kind: str, start_s: int, end_s: int, **changes: Any) -> Incident:  # noqa: ANN401
    """Something that happened in the room of ``HOST``."""
    told: dict[str, Any] = {"host_id": HOST, "session_id": "s1", **changes}
    if kind in {"Stockout", "BatchSelling", "DeadLink"}:
        told.setdefault("product_id", "p1")
    return Incident(kind=kind, start_ms=start_s * S, end_ms=end_s * S, **told)


def step(alert_id: str, seq: int, at_s: float, **changes: Any) -> AlertTransition:  # noqa: ANN401
    """A step of a stock-out alert about ``p1`` in the room of ``HOST``, unless told otherwise."""
    told: dict[str, Any] = {
        "kind": "Stockout",
        "phase": "firing",
        "severity": "ticket",
        "host_id": HOST,
        "subject": "p:p1",
        "product_id": "p1",
        "state": "confirmed",
        **changes,
    }
    if told["kind"] != "Stockout":
        told |= {"state": "", "subject": "", "product_id": None}
    return AlertTransition(
        alert_id=alert_id,
        seq=seq,
        session_id="s1",
        at_ms=round(at_s * S),
        opened_ms=round(at_s * S),
        why="entered",
        rule=told["kind"],
        rule_version=1,
        advice=Advice(zh="", en=""),
        **told,
    )


def alerts(*steps: AlertTransition) -> list[Opened]:
    """The alerts that these steps tell of."""
    return opened(steps)
