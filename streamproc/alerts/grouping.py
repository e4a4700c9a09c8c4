"""Alerts of several rooms as whoever shows them groups them: one line a kind and venue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from streamproc.alerts.model import RANK, Phase, Severity
from streamproc.events.outputs import AlertTransition


class Group(NamedTuple):
    """Open alerts of one kind in one venue.

    Shapes: ``alerts`` are the latest transitions, the worst and then the oldest first; ``rooms`` counts
        their broadcasts. A venue that is unknown is the room's own: the name is empty and nobody shares it.
    """

    kind: str
    venue_id: str
    severity: Severity
    opened_ms: int
    rooms: int
    alerts: tuple[AlertTransition, ...]


def grouped(transitions: Iterable[AlertTransition]) -> list[Group]:
    """The groups of alerts that are open and follow from no other, the worst and then the oldest first.

    Shapes: transitions in any order, also repeated: of one alert the greatest ``seq`` counts.
    """
    latest: dict[str, AlertTransition] = {}
    for told in transitions:
        held = latest.get(told.alert_id)
        if held is None or told.seq > held.seq:
            latest[told.alert_id] = told
    groups: dict[tuple[str, str, str], list[AlertTransition]] = {}
    for told in latest.values():
        if told.phase == Phase.RESOLVED.value or told.inhibited_by:
            continue
        alone = "" if told.venue_id else f"{told.host_id}\0{told.session_id}"
        groups.setdefault((told.kind, told.venue_id, alone), []).append(told)
    made = [_group(sorted(alerts, key=_urgency)) for alerts in groups.values()]
    return sorted(made, key=lambda group: _urgency(group.alerts[0]))


def _group(alerts: list[AlertTransition]) -> Group:
    worst = alerts[0]
    return Group(
        worst.kind,
        worst.venue_id,
        Severity(worst.severity),
        min(each.opened_ms for each in alerts),
        len({(each.host_id, each.session_id) for each in alerts}),
        tuple(alerts),
    )


def _urgency(told: AlertTransition) -> tuple[int, int, str]:
    return -RANK[Severity(told.severity)], told.opened_ms, told.alert_id
