"""A scenario holds what its ledger says, by the letter of the catalogue, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

import pytest

from streamproc.simulate.generator import Broadcast
from streamproc.simulate.scenario import load_scenario
from streamproc.simulate.truth import Incident
from tests.alerts.opened import STOCKOUT
from tests.alerts.table import KINDS_OF_LABEL, truth_table
from tests.alerts.triggers import MINUTE, S, Trigger, triggers
from tests.alerts.watched import watched
from tests.simulated import START_MS, options

EVERY_MS: Final = 10 * S
WATCHED_AFTER_MS: Final = 5 * MINUTE
LOOK_BACK_MS: Final = 6 * MINUTE
"""Windows hold what happened so long ago."""
ALLOWED: Final = {
    "batch_announced": {"BatchSelling"},
    "blackout": {"StreamDead"},
}


class Seen(NamedTuple):
    """A trigger of a host."""

    host_id: str
    trigger: Trigger


@cache
def seen(name: str) -> tuple[list[Incident], list[Seen]]:
    """What the ledger of a scenario tells of, and every trigger that holds at any time."""
    scenario = load_scenario(name)
    broadcast = Broadcast(scenario, options())
    rooms = watched(broadcast.emissions())
    end_ms = START_MS + scenario.duration_s * S + WATCHED_AFTER_MS
    found = [
        Seen(host_id, trigger)
        for host_id, room in rooms.items()
        for now_ms in range(START_MS, end_ms, EVERY_MS)
        for trigger in triggers(room, now_ms)
    ]
    return broadcast.totals(complete=True).incidents, found


def incidents_of(label: str, incidents: Iterable[Incident]) -> Iterator[Incident]:
    kinds = KINDS_OF_LABEL.get(label, (label,))
    return (each for each in incidents if each.kind in kinds)


def is_of(one: Seen, incident: Incident, after_ms: int) -> bool:
    """Whether a trigger is that of an incident, until so long after its end."""
    product_id = one.trigger.product_id
    return (
        one.host_id == incident.host_id
        and product_id in (None, incident.product_id)
        and incident.start_ms <= one.trigger.at_ms <= incident.end_ms + after_ms
    )


@pytest.mark.parametrize("name", sorted(truth_table()))
def test_what_must_fire_has_its_trigger_while_it_lasts(name: str) -> None:
    incidents, found = seen(name)

    for label in truth_table()[name].must:
        for incident in incidents_of(label, incidents):
            held = [one for one in found if one.trigger.kind == label and is_of(one, incident, 0)]
            assert held, f"{label} never held for {incident}"


@pytest.mark.parametrize("name", sorted(truth_table()))
def test_nothing_else_has_its_trigger(name: str) -> None:
    incidents, found = seen(name)
    row = truth_table()[name]
    strange = {
        (one.host_id, one.trigger)
        for one in found
        if one.trigger.kind not in {*row.may, *ALLOWED.get(name, ())}
        and not any(
            is_of(one, incident, LOOK_BACK_MS)
            for incident in incidents_of(one.trigger.kind, incidents)
            if one.trigger.kind in row.must
        )
    }

    assert strange == set()


@pytest.mark.parametrize("name", sorted(truth_table()))
def test_a_stock_out_is_over_when_it_is_over(name: str) -> None:
    incidents, found = seen(name)
    if STOCKOUT in truth_table()[name].may:
        return
    late = {
        (one.host_id, one.trigger)
        for one in found
        if one.trigger.kind == STOCKOUT
        and not any(is_of(one, each, 15 * S) for each in incidents_of(STOCKOUT, incidents))
    }

    assert late == set()
