"""A classifier for tests: the shipped words and rules, the examples' catalogue."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from streamproc.comments.automaton import CompiledFinder, Finder
from streamproc.comments.classifier import Classifier
from streamproc.comments.guess import Guesser
from streamproc.comments.products import Catalog, read_catalog
from streamproc.lexicons.files import shipped_lexicon, traditional_table


@cache
def catalog() -> Catalog:
    text = (files("streamproc.comments") / "lexicon" / "examples_catalog.json").read_text("utf-8")
    return read_catalog(json.loads(text), "examples_catalog.json")


@cache
def classifier(finder: type[Finder] = CompiledFinder) -> Classifier:
    return fresh(catalog(), finder)


def fresh(
    stock: Catalog, finder: type[Finder] = CompiledFinder, guesser: Guesser | None = None
) -> Classifier:
    """One that has read nothing yet."""
    return Classifier(shipped_lexicon(), traditional_table(), stock, finder, guesser)


@cache
def traditional() -> dict[int, str]:
    """A traditional character for each simplified one that has any, for ``str.translate``."""
    return {ord(simplified): one for one, simplified in traditional_table().items()}


def with_own(text: str) -> Classifier:
    return Classifier({**shipped_lexicon(), "own.toml": text}, traditional_table(), catalog())


def labels(text: str) -> set[str]:
    return set(classifier().read([text])[0].decision.labels)
