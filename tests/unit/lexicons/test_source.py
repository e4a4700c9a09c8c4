from __future__ import annotations

from pathlib import Path

import pytest

from streamproc.errors import BadLexicon, StreamprocError
from streamproc.lexicons.source import LexiconSource

PLAIN = """
[class.OUT]
words = "{word}"
"""


def source(own: Path, told: list[StreamprocError]) -> LexiconSource:
    return LexiconSource(None, own, told.append)


def labels(held: LexiconSource, text: str) -> tuple[str, ...]:
    (reading,) = held.classifier.read([text])
    return tuple(reading.decision.labels)


def test_a_changed_file_is_in_force_when_it_is_looked_at(tmp_path: Path) -> None:
    own, told = tmp_path / "own.toml", list[StreamprocError]()
    own.write_text(PLAIN.format(word="唔见咗货"))
    held = source(own, told)
    before = held.classifier.version
    assert labels(held, "龙眼唔见咗货") == ("stockout_report",)
    assert labels(held, "龙眼走晒货") != ("stockout_report",)
    assert not held.refresh()

    own.write_text(PLAIN.format(word="走晒货"))

    assert held.refresh()
    assert labels(held, "龙眼走晒货") == ("stockout_report",)
    assert held.classifier.version != before
    assert not held.refresh()
    assert told == []


def test_the_last_good_file_stays_and_a_bad_one_is_told_of_once(tmp_path: Path) -> None:
    own, told = tmp_path / "own.toml", list[StreamprocError]()
    own.write_text(PLAIN.format(word="走晒货"))
    held = source(own, told)
    good = held.classifier

    own.write_text(PLAIN.format(word="走晒货") + "oops = [\n")
    assert not held.refresh()
    assert not held.refresh()

    assert held.classifier is good
    (error,) = told
    assert isinstance(error, BadLexicon)
    assert str(own) in str(error)
    own.unlink()
    assert not held.refresh()
    assert len(told) == 2
    assert labels(held, "龙眼走晒货") == ("stockout_report",)


def test_a_file_that_is_bad_from_the_beginning_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[class.OUT]\nwords = 3\n")

    with pytest.raises(BadLexicon) as refused:
        source(own, [])

    assert str(own) in str(refused.value)
