"""The page of metrics tells the truth."""

from __future__ import annotations

from tests.house.metrics_page import page
from tests.house.tree import ROOT


def test_the_page_of_metrics_is_fresh() -> None:
    written = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")

    assert written == page(), "run `make docs`"
