"""Every error has a code of its own, and the page of codes tells the truth."""

from __future__ import annotations

from collections import Counter

from tests.house.exit_codes import OTHERS, kinds, page
from tests.house.tree import ROOT


def test_no_two_errors_share_a_code() -> None:
    codes = Counter(kind.exit_code for kind in kinds())

    assert [code for code, times in codes.items() if times > 1] == []


def test_no_error_takes_the_code_of_success_or_of_a_wrong_command_line() -> None:
    assert not {kind.exit_code for kind in kinds()} & set(OTHERS)


def test_every_error_says_what_its_code_means() -> None:
    meanings = Counter(kind.meaning for kind in kinds())

    assert [meaning for meaning, times in meanings.items() if times > 1 or not meaning] == []


def test_the_page_of_exit_codes_is_fresh() -> None:
    written = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")

    assert written == page(), "run `make docs`"
