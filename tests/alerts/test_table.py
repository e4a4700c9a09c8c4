from __future__ import annotations

import pytest

from streamproc.events.outputs import AlertTransition
from streamproc.simulate.generator import Broadcast
from streamproc.simulate.incident_plans import INNOCENT
from streamproc.simulate.scenario import load_scenario, scenario_names
from tests.alerts.table import KINDS_OF_LABEL, Row, truth_table, wrong
from tests.alerts.told import alerts, incident, step
from tests.simulated import options

STORIES = {"city", "contest", "evening", "village_night"}
CATALOGUE = {
    "Stockout",
    "StockoutImminent",
    "UnlistedDemand",
    "ViewerDrop",
    "GmvStall",
    "OrderFailureSpike",
    "RefundSpike",
    "CommentStorm",
    "NegativeBurst",
    "UnansweredQuestions",
    "CouponExhausted",
    "HostSilent",
    "StreamDead",
    "AdapterDown",
    "SourceLag",
    "ReconcileDrift",
}
STALL = incident("GmvStall", 100, 200)
STALLED = step("a", 1, 150, kind="GmvStall")


def test_every_scenario_but_the_stories_has_its_row() -> None:
    assert set(truth_table()) == set(scenario_names()) - STORIES


def test_every_alert_of_the_catalogue_has_its_scenario() -> None:
    assert {label for row in truth_table().values() for label in row.must} == {
        *CATALOGUE,
        "Stockout/desync",
    }


def test_there_are_two_hundred_broadcasts_and_more() -> None:
    assert sum(row.seeds for row in truth_table().values()) >= 200


@pytest.mark.parametrize("name", sorted(truth_table()))
def test_what_must_fire_is_what_the_ledger_tells_of(name: str) -> None:
    row = truth_table()[name]
    told = {
        each.kind
        for each in Broadcast(load_scenario(name), options()).totals(complete=False).incidents
    }
    demanded = {kind for label in row.must for kind in KINDS_OF_LABEL.get(label, (label,))}

    assert told - set(INNOCENT) <= demanded | {"StreamDead"}
    for label in row.must:
        assert told & set(KINDS_OF_LABEL.get(label, (label,)))


def test_a_row_is_met_by_what_it_demands_and_allows() -> None:
    row = Row(must=("GmvStall",), may=("Stockout/desync",))
    told = alerts(STALLED, step("b", 1, 10, state="info"), step("c", 1, 10, state="desync"))

    assert wrong(row, [STALL], told) == []


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ([], "GmvStall did not fire in h1"),
        ([STALLED, step("b", 1, 150, kind="ViewerDrop")], "ViewerDrop fired in h1, the room"),
        ([STALLED, step("b", 1, 150)], "Stockout fired in h1, p1"),
        ([STALLED, step("b", 1, 400, kind="GmvStall")], "where nothing was"),
        (
            [STALLED, step("b", 1, 150, kind="GmvStall", host_id="h2")],
            "h2, the room, where nothing",
        ),
        ([step("a", 1, 150, kind="GmvStall", inhibited_by="StreamDead")], "did not fire"),
    ],
)
def test_a_row_is_missed_by_what_is_lacking_and_by_what_is_strange(
    told: list[AlertTransition], problem: str
) -> None:
    row = Row(must=("GmvStall",))

    found = wrong(row, [STALL], alerts(*told))

    assert any(problem in each for each in found), found


def test_a_stock_out_counts_from_when_it_says_that_it_is_one() -> None:
    row = Row(must=("Stockout",))
    told = alerts(step("a", 1, 50, state="info"), step("a", 2, 110, state="confirmed"))

    assert wrong(row, [incident("Stockout", 100, 200)], told) == []


def test_a_dead_link_is_told_as_a_stock_out_beside_its_stock() -> None:
    row = Row(must=("Stockout/desync",))

    assert (
        wrong(row, [incident("DeadLink", 100, 200)], alerts(step("a", 1, 130, state="desync")))
        == []
    )
