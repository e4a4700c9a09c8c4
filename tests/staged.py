"""Broadcasts of scenarios with incidents, for tests: every event, and what is true."""

from __future__ import annotations

from typing import Any

from streamproc.events.codec import Codec
from streamproc.events.registry import AnyEvent
from streamproc.simulate.generator import Broadcast
from streamproc.simulate.scenario import load_scenario, scenario_names
from streamproc.simulate.truth import Incident, Totals
from tests.simulated import END_MS, options

WITH_INCIDENTS = [name for name in scenario_names() if load_scenario(name).incident]
Told = tuple[int, AnyEvent]


def played(name: str, **changes: Any) -> tuple[list[Told], Totals]:  # noqa: ANN401
    """Every event with the moment it is sent at, and what is true."""
    broadcast = Broadcast(load_scenario(name), options(**changes))
    codecs: dict[str, Codec] = {}
    events: list[Told] = []
    for emission in broadcast.emissions():
        codec = codecs.setdefault(emission.topic, Codec(emission.topic))
        event: Any = codec.decode(emission.key, emission.value, END_MS)
        events.append((emission.at_ms, event))
    return events, broadcast.totals(complete=True)


def during(
    events: list[Told], incident: Incident, *kinds: type, about_it: bool = True
) -> list[Any]:
    """Events of a kind that happened in an incident's room, and to its product, while it lasted."""
    return [
        event
        for _, event in events
        if isinstance(event, kinds)
        and event.host_id == incident.host_id
        and incident.start_ms <= event.occurred_at_ms < incident.end_ms
        and (not about_it or getattr(event, "product_id", None) == incident.product_id)
    ]


def of(totals: Totals, kind: str) -> list[Incident]:
    found = [each for each in totals.incidents if each.kind == kind]
    assert found
    return found
