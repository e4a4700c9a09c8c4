"""The page of alerts tells the truth."""

from __future__ import annotations

from tests.house.alerts_page import page
from tests.house.tree import ROOT


def test_the_page_of_alerts_is_fresh() -> None:
    written = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")

    assert written == page(), "run `make docs`"
