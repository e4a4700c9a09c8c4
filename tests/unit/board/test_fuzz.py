"""Whatever is asked, the board answers as its OpenAPI document says, and never with an error of its own.

A short form; the long one is ``python -m tests.board.fuzz --examples 60``.
"""

from __future__ import annotations

from tests.board.fuzz import fuzzed


def test_the_answers_to_whatever_is_asked_match_the_document() -> None:
    found = fuzzed(examples=2, phases="coverage,fuzzing", seed=7)

    assert found.failures == 0, found.told
    assert found.cases >= 300
    assert found.operations == 14
