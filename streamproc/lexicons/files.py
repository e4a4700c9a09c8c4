"""Classifiers built from files: the shipped lexicon, an operator's own file, a catalogue."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from opencc import OpenCC

from streamproc.comments.automaton import CompiledFinder, Finder
from streamproc.comments.check import check
from streamproc.comments.classifier import Classifier
from streamproc.comments.guess import Guesser, Weights
from streamproc.comments.lexicon import read_traditional
from streamproc.comments.products import Catalog, read_catalog
from streamproc.errors import BadLexicon, BadSetting

NO_CATALOG = Catalog("", ())
_IDEOGRAPHS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000))
"""CJK ideographs and their extension A: what people type."""


def shipped_lexicon() -> dict[str, str]:
    """The lexicon files of this package, by name."""
    folder = files("streamproc.comments") / "lexicon"
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    return {name: (folder / name).read_text("utf-8") for name in names}


@cache
def traditional_table() -> Mapping[str, str]:
    """Traditional characters and their simplified form.

    Source: OpenCC's conversion of single characters, and what the lexicon adds to it.
    """
    folder = files("streamproc.comments") / "lexicon"
    own = read_traditional((folder / "traditional.txt").read_text("utf-8"))
    ideographs = [chr(point) for block in _IDEOGRAPHS for point in block]
    # a line each: words of several characters would convert otherwise
    simplified = OpenCC("t2s").convert("\n".join(ideographs)).split("\n")
    table = zip(ideographs, simplified, strict=True)
    return {one: other for one, other in table if one != other and len(other) == 1} | own


@cache
def shipped_guesser() -> Guesser:
    """What is asked where no rule fires. Source: ``python -m tests.quality.learn``."""
    packed = (files("streamproc.comments") / "lexicon" / "guess.npz").read_bytes()
    with np.load(io.BytesIO(packed), allow_pickle=False) as held:
        return Guesser(Weights(held["table"], float(held["scale"]), held["bias"], str(held["of"])))


def build_classifier(
    catalog: Path | None,
    own: Path | None = None,
    finder: type[Finder] = CompiledFinder,
) -> Classifier:
    """A classifier of the shipped lexicon and an operator's ``own`` file. Errors: ``BadLexicon``.

    What is shipped was checked before it was shipped; an own file always is.
    """
    texts = _texts(own)
    found = NO_CATALOG if catalog is None else read_catalog(_json(catalog), str(catalog))
    classifier = Classifier(texts, traditional_table(), found, finder, shipped_guesser())
    if own is not None:
        check(with_examples(own))
    return classifier


def with_examples(own: Path | None) -> Classifier:
    """A classifier with the catalogue that the rules' examples speak of."""
    text = (files("streamproc.comments") / "lexicon" / "examples_catalog.json").read_text("utf-8")
    catalog = read_catalog(json.loads(text), "examples_catalog.json")
    return Classifier(_texts(own), traditional_table(), catalog)


def read_text(path: Path) -> str:
    """What a file holds. Errors: ``BadSetting`` if it cannot be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(
            f"the file cannot be read: {error}", where=str(path), hint="name a file in UTF-8"
        ) from error


def _texts(own: Path | None) -> Mapping[str, str]:
    texts = shipped_lexicon()
    return texts if own is None else {**texts, str(own): read_text(own)}


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(read_text(path))
    except ValueError as error:
        raise BadLexicon(
            f"the catalogue is no JSON: {error}", where=str(path), hint="correct the file"
        ) from error
    return found
