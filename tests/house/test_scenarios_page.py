"""The page of scenarios names each, and what must fire in it."""

from __future__ import annotations

import re

import pytest

from streamproc.simulate.scenario import scenario_names
from tests.alerts.table import truth_table
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \|(?: ([^|]+) \|)?$", PAGE, re.MULTILINE))


def test_every_scenario_is_on_the_page() -> None:
    assert set(scenario_names()) <= set(ROWS)


@pytest.mark.parametrize("name", sorted(truth_table()))
def test_the_page_says_what_must_fire(name: str) -> None:
    assert ROWS[name] == (", ".join(truth_table()[name].must) or "none")
