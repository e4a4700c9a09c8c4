"""The page of figures tells the truth."""

from __future__ import annotations

from tests.house.figures_page import page
from tests.house.tree import ROOT


def test_the_page_of_figures_is_fresh() -> None:
    written = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")

    assert written == page(), "run `make docs`"
