"""Dashboards: written by us, whole, and all of what they ask is a metric that there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.ops.dashboards import BOARDS
from tests.ops.panels import TITLES, as_json
from tests.ops.rules import DASHBOARDS, alert_rules, lines_of

FILES = sorted(path.name for path in DASHBOARDS.glob("*.json"))
DATASOURCE = {"type": "prometheus", "uid": "$datasource"}


def loaded(file: str) -> dict[str, Any]:
    return dict(json.loads(lines_of(DASHBOARDS / file)))


def panels(file: str) -> Iterator[dict[str, Any]]:
    yield from (panel for panel in loaded(file)["panels"] if panel["type"] != "row")


def test_each_dashboard_has_its_file() -> None:
    assert sorted(f"{board.uid}.json" for board in BOARDS) == FILES
    assert {board.uid for board in BOARDS} == set(TITLES)


def test_the_same_words_give_the_same_bytes() -> None:
    assert [as_json(board) for board in BOARDS] == [as_json(board) for board in BOARDS]


@pytest.mark.parametrize("file", FILES)
def test_every_panel_has_a_title_a_unit_and_the_chosen_data_source(file: str) -> None:
    titles = [panel["title"] for panel in panels(file)]

    assert len(titles) == len(set(titles)) >= 7
    for panel in panels(file):
        assert panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"] == DATASOURCE, panel["title"]
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            assert target["datasource"] == DATASOURCE, panel["title"]
            assert target["expr"].strip(), panel["title"]


@pytest.mark.parametrize("file", FILES)
def test_panels_lie_beside_and_below_each_other(file: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in loaded(file)["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in loaded(file)["panels"]}) == len(loaded(file)["panels"])


@pytest.mark.parametrize("file", FILES)
def test_every_variable_that_is_used_is_declared(file: str) -> None:
    names = {variable["name"] for variable in loaded(file)["templating"]["list"]}
    used = set(
        re.findall(r"\$(?!__)(\w+)", "".join(t["expr"] for p in panels(file) for t in p["targets"]))
    )

    assert "datasource" in names
    assert used <= names


def test_every_alert_leads_to_a_dashboard_that_there_is() -> None:
    found = {
        re.findall(r"/d/([\w-]+)", rule.annotations["dashboard_url"])[0]
        for rule in alert_rules().values()
    }

    assert found <= {board.uid for board in BOARDS}
