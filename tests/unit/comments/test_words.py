"""One pattern stands for many words."""

from __future__ import annotations

import pytest

from streamproc.comments.words import expanded

MEANT = {
    "没货": ["没货"],
    "{再,}补{点,些}货": ["再补点货", "再补些货", "补点货", "补些货"],
    "sold_{out,off}": ["sold out", "sold off"],
    "{卖{完,光},没货}了": ["卖完了", "卖光了", "没货了"],
    "{,}": ["", ""],
    "1,2": ["1,2"],
}


@pytest.mark.parametrize(("pattern", "words"), MEANT.items())
def test_a_pattern_stands_for_its_words(pattern: str, words: list[str]) -> None:
    assert expanded(pattern) == words


@pytest.mark.parametrize("pattern", ["{卖", "卖}", "}卖{", "{{卖}"])
def test_a_brace_without_its_partner_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="brace"):
        expanded(pattern)
