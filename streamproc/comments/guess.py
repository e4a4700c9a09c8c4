"""What a comment may mean of which no rule knows anything: told by the characters that it is made of.

A linear model over hashed runs of one to four characters, learnt from labelled lines. Rules go first, for
they say why; a guess names the runs that spoke for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from streamproc.comments.labels import LABELS, OTHER

BUCKETS: Final = 1 << 16
LONGEST: Final = 4
"""Characters of a run."""
NO_RUN: Final = BUCKETS
"""Stands for the bucket of a run that would end behind its text."""
GUESS: Final = "guess"
"""Stands where a rule's id would."""
_BEGIN, _CLOSE = "\2", "\3"  # of a text: in no text in form
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_SPREAD: Final = np.uint64(0xD6E8FEB86659FD93)
_SHIFT: Final = np.uint64(48)  # what is left are the bits of a bucket

_LENGTHS: Final = np.arange(1, LONGEST + 1)[:, None]

Floats = npt.NDArray[np.float32]
Odds = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


class Weights(NamedTuple):
    """What was learnt.

    Shapes: ``table`` has a row for each bucket and a column for each of ``LABELS``, and is to be
        multiplied by ``scale``; ``of`` names the lines it was learnt from.
    """

    table: npt.NDArray[np.int8]
    scale: float
    bias: Floats
    of: str


class Guesser:
    """Guesses what texts mean.

    Shapes: texts are in form, with one sign for any product's name. ``version`` changes with any weight,
        ``of`` with the lines that they were learnt from.
    """

    def __init__(self, weights: Weights) -> None:
        self.of = weights.of
        self.version = _version_of(weights)
        nothing = np.zeros((1, len(LABELS)), np.int8)
        self._table = np.concatenate([weights.table, nothing])
        self._scale = weights.scale
        self._bias = weights.bias.astype(np.float64)

    def labels(self, forms: Sequence[str]) -> list[tuple[str, ...]]:
        """The labels of each text, in the order of ``LABELS``; ``other`` where nothing is likely."""
        told: list[tuple[str, ...]] = [(OTHER,)] * len(forms)
        if not forms:
            return told
        sure = self.odds(forms) >= 0
        sure[:, LABELS.index(OTHER)] = False
        for place in np.flatnonzero(sure.any(axis=1)).tolist():
            told[place] = tuple([LABELS[column] for column in np.flatnonzero(sure[place])])
        return told

    def odds(self, forms: Sequence[str]) -> Odds:
        """How likely each label is: as likely as not where it is 0, more where it is greater.

        Shapes: a row for each text, of which there are some, a column for each of ``LABELS``. Whole numbers
            are added up, so that no processor gives another sum.
        """
        runs = runs_of(forms)
        told = self._table.take(runs.buckets, axis=0).sum(axis=0, dtype=np.int32)
        sums = np.add.reduceat(told, runs.firsts, axis=0)
        scale = self._scale / np.sqrt(runs.counts)
        return sums * scale[:, None] + self._bias

    def reasons(self, form: str, label: str, most: int = 5) -> list[str]:
        """The runs of a text that speak most for a label, the strongest first."""
        column = LABELS.index(label)
        text = f"{_BEGIN}{form}{_CLOSE}"
        runs = {
            text[at : at + size]
            for size in range(1, LONGEST + 1)
            for at in range(len(text) - size + 1)
        }
        weight_of = {run: int(self._table[bucket_of(run), column]) for run in runs}
        told = sorted(
            (run for run in runs if weight_of[run] > 0), key=lambda run: (-weight_of[run], run)
        )
        return [run.replace(_BEGIN, "^").replace(_CLOSE, "$") for run in told[:most]]


class Runs(NamedTuple):
    """The runs of characters of some texts.

    Shapes: ``buckets`` has a row for each length and a column for each character of all texts: where the
        run that begins there falls, or ``NO_RUN`` where its text ends before. ``firsts`` is where each
        text begins, ``counts`` how many runs it has.
    """

    buckets: Places
    firsts: Places
    counts: Places


def runs_of(forms: Sequence[str]) -> Runs:
    """The runs of some texts, of which there is one at least."""
    beyond = _CLOSE * (LONGEST - 1)  # so that a run of any length begins with each character
    joined = f"{_BEGIN}{f'{_CLOSE}{_BEGIN}'.join(forms)}{_CLOSE}{beyond}"
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    chars = len(points) - len(beyond)
    sums = np.array([points[away : away + chars] for away in range(LONGEST)])
    sums[0] += np.uint64(1)
    for size in range(2, LONGEST + 1):
        sums[size - 1] += sums[size - 2] * _STEP + np.uint64(size)
    buckets = (sums * _SPREAD >> _SHIFT).astype(np.int64)
    lengths = np.array(list(map(len, forms))) + len(_BEGIN + _CLOSE)
    ends = np.cumsum(lengths)
    left = np.repeat(ends, lengths) - np.arange(chars)
    np.putmask(buckets, left < _LENGTHS, NO_RUN)
    counts = np.maximum(0, lengths - _LENGTHS + 1).sum(axis=0)
    return Runs(buckets, ends - lengths, counts)


def bucket_of(run: str) -> int:
    """The bucket of one run of characters, as ``runs_of`` finds it."""
    total = 0
    for size, char in enumerate(run, start=1):
        total = (total * int(_STEP) + ord(char) + size) & 0xFFFF_FFFF_FFFF_FFFF
    return (total * int(_SPREAD) & 0xFFFF_FFFF_FFFF_FFFF) >> int(_SHIFT)


def _version_of(weights: Weights) -> str:
    digest = hashlib.blake2b(f"{weights.scale!r} {weights.of}".encode(), digest_size=6)
    digest.update(weights.table.tobytes())
    digest.update(weights.bias.tobytes())
    return digest.hexdigest()
