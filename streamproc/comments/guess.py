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
GUESS: Final = "guess"
"""Stands where a rule's id would."""
_BEGIN, _CLOSE = "\2", "\3"  # of a text: in no text in form
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_SPREAD: Final = np.uint64(0xD6E8FEB86659FD93)
_SHIFT: Final = np.uint64(48)  # what is left are the bits of a bucket

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
        self._weights = weights

    def labels(self, forms: Sequence[str]) -> list[tuple[str, ...]]:
        """The labels of each text, in the order of ``LABELS``; ``other`` where nothing is likely."""
        if not forms:
            return []
        return [_told(row) for row in (self.odds(forms) >= 0).tolist()]

    def odds(self, forms: Sequence[str]) -> Odds:
        """How likely each label is: as likely as not where it is 0, more where it is greater.

        Shapes: a row for each text, a column for each of ``LABELS``. Whole numbers are added up, so
            that no processor gives another sum.
        """
        buckets, owners = runs_of(forms)
        counts = np.bincount(owners, minlength=len(forms))
        firsts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        sums = np.add.reduceat(self._weights.table[buckets].astype(np.int32), firsts, axis=0)
        scale = self._weights.scale / np.sqrt(counts)
        return sums * scale[:, None] + self._weights.bias.astype(np.float64)

    def reasons(self, form: str, label: str, most: int = 5) -> list[str]:
        """The runs of a text that speak most for a label, the strongest first."""
        column = LABELS.index(label)
        text = f"{_BEGIN}{form}{_CLOSE}"
        runs = {
            text[at : at + size]
            for size in range(1, LONGEST + 1)
            for at in range(len(text) - size + 1)
        }
        weight_of = {run: int(self._weights.table[bucket_of(run), column]) for run in runs}
        told = sorted(
            (run for run in runs if weight_of[run] > 0), key=lambda run: (-weight_of[run], run)
        )
        return [run.replace(_BEGIN, "^").replace(_CLOSE, "$") for run in told[:most]]


def runs_of(forms: Sequence[str]) -> tuple[Places, Places]:
    """The bucket of each run of characters, and the place of the text that it is of, ascending."""
    joined = "".join([f"{_BEGIN}{form}{_CLOSE}" for form in forms])
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    owner = np.cumsum(points == ord(_BEGIN)) - 1
    buckets, owners = [], []
    sums = np.zeros(len(points), np.uint64)
    for size in range(1, LONGEST + 1):
        many = len(points) - size + 1
        if many < 1:
            break
        sums = sums[:many] * _STEP + points[size - 1 :] + np.uint64(size)
        of_one = owner[:many] == owner[size - 1 :]
        buckets.append((sums * _SPREAD >> _SHIFT).astype(np.int64)[of_one])
        owners.append(owner[:many][of_one])
    found, of_text = np.concatenate(buckets), np.concatenate(owners)
    order = np.argsort(of_text, kind="stable")
    return found[order], of_text[order]


def bucket_of(run: str) -> int:
    """The bucket of one run of characters, as ``runs_of`` finds it."""
    total = 0
    for size, char in enumerate(run, start=1):
        total = (total * int(_STEP) + ord(char) + size) & 0xFFFF_FFFF_FFFF_FFFF
    return (total * int(_SPREAD) & 0xFFFF_FFFF_FFFF_FFFF) >> int(_SHIFT)


def _told(row: Sequence[bool]) -> tuple[str, ...]:
    sure = [label for label, is_sure in zip(LABELS, row, strict=True) if is_sure and label != OTHER]
    return tuple(sure) or (OTHER,)


def _version_of(weights: Weights) -> str:
    digest = hashlib.blake2b(f"{weights.scale!r} {weights.of}".encode(), digest_size=6)
    digest.update(weights.table.tobytes())
    digest.update(weights.bias.tobytes())
    return digest.hexdigest()
