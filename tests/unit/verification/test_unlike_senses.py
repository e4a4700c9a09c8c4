"""What comments meant is compared only where the same words read them, and said where not."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from streamproc.comparison import drop_unlike_senses
from streamproc.verification import words_of
from tests.unit.comments.reading import classifier

PRAISE = {"totals": {"praise": {"": {"comments": 1}}}}
COMPLAINT = {"totals": {"complaint": {"": {"comments": 1}}}}


def form(senses: dict[str, Any] | None = None, versions: list[str] | None = None) -> dict[str, Any]:
    """The canonical form of one broadcast."""
    session: dict[str, Any] = {"totals": {"comments": 1}}
    if senses is not None or versions is not None:
        session["senses"] = deepcopy(senses or {})
    if versions is not None:
        session["senses"]["versions"] = versions
    return {"hosts": {"h-1": {"sessions": {"s-1": session}}}}


def test_what_the_same_words_read_is_compared() -> None:
    state, log = form(PRAISE, ["v1"]), form(PRAISE)

    assert drop_unlike_senses(state, log, "v1") == []
    assert state == log == form(PRAISE)


def test_what_the_same_words_read_otherwise_stays_a_difference() -> None:
    state, log = form(PRAISE, ["v1"]), form(COMPLAINT)

    assert drop_unlike_senses(state, log, "v1") == []
    assert (state, log) == (form(PRAISE), form(COMPLAINT))


def test_what_the_state_lost_stays_a_difference() -> None:
    state, log = form(None, ["v1"]), form(PRAISE)

    assert drop_unlike_senses(state, log, "v1") == []
    assert (state, log) == (form(), form(PRAISE))


def test_what_other_words_read_is_not_compared_and_that_is_said() -> None:
    state, log = form(PRAISE, ["v1", "v2"]), form(COMPLAINT)

    assert drop_unlike_senses(state, log, "v2") == [
        "what comments meant in 1 broadcasts cannot be compared: they were read by v1, v2, and this is v2"
    ]
    assert state == log == form()


def test_what_nobody_read_is_not_compared() -> None:
    state, log = form(), form(PRAISE)

    (note,) = drop_unlike_senses(state, log, "v1")
    assert "read by no lexicon" in note
    assert state == log == form()


def test_without_words_nothing_is_compared() -> None:
    state, log = form(PRAISE, ["v1"]), form()

    (note,) = drop_unlike_senses(state, log, None)
    assert "none is given" in note
    assert state == log == form()


def test_a_version_that_read_nothing_of_meaning_is_no_difference() -> None:
    state, log = form(None, ["v1"]), form()

    assert drop_unlike_senses(state, log, "v2") == []
    assert state == log == form()


def test_the_words_of_a_classifier_say_what_it_reads() -> None:
    words = words_of(classifier())

    meant = words.reading("3号没货了")
    assert words.version == classifier().version
    assert (meant.labels, meant.polarity, meant.mention) == (("stockout_report",), "out", 3)
    assert not meant.unexplained
    assert words.reading("3号 没货了!").burst == words.reading("3号没货了!").burst
