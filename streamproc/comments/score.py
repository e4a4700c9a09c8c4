"""How well readings agree with labelled lines: per label, per note, alarms and product links."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from streamproc.comments.classifier import Classifier
from streamproc.comments.labels import ALARMS
from streamproc.comments.products import Room


@dataclass(slots=True)
class Tally:
    """Right, wrongly given and missed. Units: lines."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """The share of what was given that is right; 1 if nothing was given."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The share of what there is that was given; 1 if there is nothing."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / total if total else 1.0

    def add(self, given: bool, true: bool) -> None:
        """Take one line."""
        self.right += given and true
        self.wrong += given and not true
        self.missed += true and not given


@dataclass(slots=True)
class Score:
    """The outcome of one file.

    Shapes: ``exact`` and ``notes`` count lines whose labels all agree; ``misread`` are the others:
    text, labels given by people, labels read.
    """

    lines: int = 0
    exact: int = 0
    labels: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    alarm: Tally = field(default_factory=Tally)
    false_alarms: int = 0
    without_alarm: int = 0
    product: Tally = field(default_factory=Tally)
    stock_lines: int = 0
    stock_products_right: int = 0
    notes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    misread: list[tuple[str, list[str], list[str]]] = field(default_factory=list)

    @property
    def macro_f1(self) -> float:
        """The mean over the labels that occur."""
        return sum(one.f1 for one in self.labels.values()) / max(1, len(self.labels))


def score(classifier: Classifier, lines: Sequence[dict[str, Any]]) -> Score:
    """Compare readings of ``text`` with ``labels``, ``product`` and ``note`` of each line.

    Shapes: a line may have a ``role``, else a viewer wrote it.
    """
    result = Score()
    rooms = [Room(role=str(line.get("role") or "viewer")) for line in lines]
    readings = classifier.read([line["text"] for line in lines], rooms)
    for line, reading in zip(lines, readings, strict=True):
        true, given = set(line["labels"]), set(reading.decision.labels)
        _count(result, true, given)
        product = line.get("product")
        linked = reading.product is not None and reading.product == product
        result.product.add(linked, product is not None)
        result.product.wrong += reading.product is not None and reading.product != product
        if true & ALARMS:
            result.stock_lines += 1
            result.stock_products_right += reading.product == product
        for note in _notes(line):
            result.notes[note][0] += true == given
            result.notes[note][1] += 1
        if true != given:
            result.misread.append((line["text"], sorted(true), sorted(given)))
    return result


def _count(result: Score, true: set[str], given: set[str]) -> None:
    result.lines += 1
    result.exact += true == given
    for label in true | given:
        result.labels[label].add(label in given, label in true)
    alarm, alarmed = bool(true & ALARMS), bool(given & ALARMS)
    result.alarm.add(alarmed, alarm)
    result.without_alarm += not alarm
    result.false_alarms += alarmed and not alarm


def _notes(line: dict[str, Any]) -> Iterable[str]:
    return Counter(note for note in str(line.get("note") or "").split(";") if note)
