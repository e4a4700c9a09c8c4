"""Learns what is guessed where no rule fires: ``python -m tests.quality.learn`` writes the weights anew.

Logistic regression of each label, by Adagrad; seeded, so that the same lines give the same weights.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from streamproc.comments.guess import BUCKETS, NO_RUN, Floats, Places, Runs, Weights, runs_of
from streamproc.comments.labels import LABELS
from tests.quality.held import Line, typed_lines
from tests.unit.comments.reading import classifier

_INTO: Final = Path(__file__).parents[2] / "streamproc" / "comments" / "lexicon" / "guess.npz"
_EPOCHS: Final = 12
_BATCH: Final = 128
_STEP: Final = 0.25
_SHRINK: Final = 2e-6
_FIRST: Final = 1e-3  # what squares of slopes begin with
_BIAS: Final = -2.0
_GREATEST: Final = 127


def name_of(lines: Sequence[Line]) -> str:
    """A short name for what is learnt from: it changes with any text or label."""
    told = [[line["text"], *sorted(line["labels"])] for line in lines]
    return hashlib.blake2b(json.dumps([LABELS, told]).encode(), digest_size=6).hexdigest()


def learnt(lines: Sequence[Line]) -> Weights:
    """What the lines teach."""
    forms = classifier().alike([line["text"] for line in lines])
    truth = np.array([[label in line["labels"] for label in LABELS] for line in lines], np.float32)
    table, bias = _descended(_each_of(runs_of(forms)), truth)
    scale = float(np.abs(table).max()) / _GREATEST
    return Weights(np.round(table / scale).astype(np.int8), scale, bias, name_of(lines))


def _each_of(runs: Runs) -> list[Places]:
    """The buckets of each text."""
    texts = np.split(runs.buckets, runs.firsts[1:], axis=1)
    return [buckets[buckets != NO_RUN] for buckets in texts]


def _descended(buckets: Sequence[Places], truth: Floats) -> tuple[Floats, Floats]:
    table = np.zeros((BUCKETS, len(LABELS)), np.float32)
    squares = np.full_like(table, _FIRST)
    bias = np.full(len(LABELS), _BIAS, np.float32)
    bias_squares = np.full_like(bias, _FIRST)
    rng = np.random.default_rng(1)
    for _ in range(_EPOCHS):
        order = rng.permutation(len(truth))
        for at in range(0, len(order), _BATCH):
            chosen = order[at : at + _BATCH]
            runs = np.concatenate([buckets[one] for one in chosen])
            counts = np.array([len(buckets[one]) for one in chosen])
            begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
            scale = (1 / np.sqrt(counts)).astype(np.float32)[:, None]
            sums = np.add.reduceat(table[runs], begins, axis=0) * scale + bias
            slopes = (1 / (1 + np.exp(-sums))).astype(np.float32) - truth[chosen]
            touched, places = np.unique(runs, return_inverse=True)
            steps = np.zeros((len(touched), len(LABELS)), np.float32)
            np.add.at(steps, places, np.repeat(slopes * scale, counts, axis=0))
            steps += _SHRINK * len(chosen) * table[touched]
            squares[touched] += steps**2
            table[touched] -= _STEP * steps / np.sqrt(squares[touched])
            total = slopes.sum(axis=0)
            bias_squares += total**2
            bias -= _STEP * total / np.sqrt(bias_squares)
    return table, bias


def main() -> int:
    """Write what all lines teach."""
    table, scale, bias, of = learnt(typed_lines())
    with _INTO.open("wb") as file:
        np.savez_compressed(file, table=table, scale=np.float64(scale), bias=bias, of=np.str_(of))
    return 0


if __name__ == "__main__":
    sys.exit(main())
