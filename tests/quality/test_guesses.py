"""What is guessed where no rule fires: learnt from the lines that there are, and of use on others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streamproc.comments.guess import Guesser
from streamproc.comments.labels import ALARMS
from streamproc.comments.score import Tally, score
from streamproc.lexicons.files import shipped_guesser
from tests.quality.held import FLOORS, Line, typed_lines
from tests.quality.learn import learnt, name_of
from tests.unit.comments.reading import catalog, classifier, fresh

NEW: Final = 2_521  # the lines of the last batches


def test_what_is_shipped_was_learnt_from_the_lines_that_there_are() -> None:
    assert shipped_guesser().of == name_of(typed_lines()), "python -m tests.quality.learn"


def test_what_is_learnt_from_earlier_lines_reads_later_ones() -> None:
    earlier, later = typed_lines()[:-NEW], typed_lines()[-NEW:]
    forms = classifier().alike([line["text"] for line in later])

    guesses = Guesser(learnt(earlier)).labels(forms)

    right, alarm = _compared(later, guesses)
    assert right >= FLOORS["guess"]["exact"] * NEW
    assert alarm.f1 >= FLOORS["guess"]["alarm_f1"]


def test_rules_and_guesses_together_are_no_worse_than_rules() -> None:
    both = fresh(catalog(), guesser=shipped_guesser())

    with_guesses, without = score(both, typed_lines()), score(classifier(), typed_lines())

    assert with_guesses.macro_f1 >= without.macro_f1
    assert with_guesses.alarm.f1 >= without.alarm.f1
    assert with_guesses.false_alarms <= without.false_alarms


def _compared(lines: Sequence[Line], guesses: Sequence[tuple[str, ...]]) -> tuple[int, Tally]:
    right, alarm = 0, Tally()
    for line, labels in zip(lines, guesses, strict=True):
        right += set(line["labels"]) == set(labels)
        alarm.add(not ALARMS.isdisjoint(labels), not ALARMS.isdisjoint(line["labels"]))
    return right, alarm
