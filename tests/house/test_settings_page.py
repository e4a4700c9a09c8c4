"""The page of settings tells the truth."""

from __future__ import annotations

from tests.house.settings_page import page
from tests.house.tree import ROOT


def test_the_page_of_settings_is_fresh() -> None:
    written = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

    assert written == page(), "run `make docs`"
