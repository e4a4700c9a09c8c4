"""The benchmark of comments measures what it promises, on comments that are all different."""

from __future__ import annotations

import json

import pytest

from streamproc.simulate.world import products
from tests.bench import comments
from tests.typed import catalog, typed

PROMISED = {"ahocorasick_rs_per_s", "re_per_s", "one_by_one_per_s", "with_3000_aliases_per_s"}


def test_the_last_line_is_json_with_every_figure_promised(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(comments, "QUICK", comments.Size(comments=600, passes=1))

    assert comments.main(["--quick"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])

    assert set(figures) >= PROMISED
    assert all(figures[name] > 0 for name in PROMISED)
    assert figures["comments"] == 600


def test_comments_are_distinct_and_come_from_their_seed() -> None:
    texts = [one.text for one in typed(5_000)]

    assert len(set(texts)) == 5_000
    assert texts == [one.text for one in typed(5_000)]
    assert texts != [one.text for one in typed(5_000, seed=2)]


def test_the_full_form_reads_fifty_thousand() -> None:
    assert comments.FULL.comments >= 50_000


def test_further_aliases_are_as_many_as_asked() -> None:
    names = {alias for one in catalog().products for alias in one.aliases}
    more = {alias for one in catalog(3_000).products for alias in one.aliases}

    assert names < more
    assert len(more - names) == 3_000
    assert len(catalog().products) == len(products())
