"""The truth table: which alerts a scenario must bring, which it may, and that it brings no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from streamproc.simulate.truth import Incident
from tests.alerts.opened import STOCKOUT, Opened
from tests.alerts.scoring import GRACE_MS

PATH: Final = Path(__file__).with_name("truth_table.toml")
KINDS_OF_LABEL: Final = {
    f"{STOCKOUT}/desync": ("DeadLink", "Oversell"),
    "AdapterDown": ("AdapterDown", "StreamDead"),
}
"""Incidents of which an alert tells that has another name than they."""

ALWAYS_ALLOWED: Final = frozenset((f"{STOCKOUT}/info",))
"""Says on the board that viewers say so, which is true whenever three of them do."""


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """One scenario.

    Shapes: alerts by their labels, as ``Opened.told_ms`` has them. ``must`` fires, where and when the
        ledger says so, in every seed; ``may`` is no mistake; whatever else fires is.
    """

    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    seeds: int = 4


@cache
def truth_table() -> Mapping[str, Row]:
    """Every scenario that is scored, by name."""
    return msgspec.toml.decode(PATH.read_bytes(), type=dict[str, Row])


def wrong(row: Row, incidents: Sequence[Incident], alerts: Iterable[Opened]) -> list[str]:
    """What a broadcast has that its row forbids, and lacks that it demands; empty if nothing.

    Shapes: alerts that follow from others count for nothing.
    """
    told = [each for each in alerts if not each.inhibited]
    found = []
    for alert in told:
        place = f"{alert.host_id}, {alert.product_id or 'the room'}"
        strange = sorted(alert.told_ms.keys() - {*row.must, *row.may, *ALWAYS_ALLOWED})
        found += [f"{label} fired in {place}" for label in strange]
        for label in sorted(alert.told_ms.keys() & set(row.must)):
            if not any(_is_of(alert, label, each) for each in _of_label(label, incidents)):
                found.append(f"{label} fired in {place}, where nothing was")
    for label in row.must:
        found += [
            f"{label} did not fire in {incident.host_id}"
            for incident in _of_label(label, incidents)
            if not any(_is_of(alert, label, incident) for alert in told)
        ]
    return found


def _of_label(label: str, incidents: Iterable[Incident]) -> list[Incident]:
    kinds = KINDS_OF_LABEL.get(label, (label,))
    return [each for each in incidents if each.kind in kinds]


def _is_of(alert: Opened, label: str, incident: Incident) -> bool:
    at_ms = alert.told_ms.get(label)
    return (
        at_ms is not None
        and alert.host_id == incident.host_id
        and incident.start_ms <= at_ms <= incident.end_ms + GRACE_MS
    )
