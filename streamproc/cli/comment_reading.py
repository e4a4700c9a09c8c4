"""What comments are read by, as the settings say: loaded once in a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from streamproc.cli.comment_files import build_classifier
from streamproc.comments.classifier import Classifier
from streamproc.comments.senses import SenseReader
from streamproc.settings import Settings


def classifier_of(settings: Settings) -> Classifier:
    """The classifier of the shipped lexicon and the operator's files.

    Errors: ``BadLexicon``, ``BadSetting``.
    """
    return _classifier(settings.comments.catalog, settings.comments.lexicon)


def reader_of(settings: Settings) -> SenseReader:
    """The same as a fold takes it. Errors: as ``classifier_of``."""
    return _reader(classifier_of(settings))


@cache
def _classifier(catalog: str | None, lexicon: str | None) -> Classifier:
    return build_classifier(
        None if catalog is None else Path(catalog), None if lexicon is None else Path(lexicon)
    )


@cache
def _reader(classifier: Classifier) -> SenseReader:
    return SenseReader(classifier)
