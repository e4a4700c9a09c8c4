"""What comments are read by, as the settings say: loaded once in a process, and followed by workers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Protocol

from streamproc.comments.classifier import Classifier
from streamproc.comments.senses import SenseReader
from streamproc.errors import StreamprocError
from streamproc.lexicons.files import build_classifier
from streamproc.lexicons.source import LexiconSource
from streamproc.settings import Settings


def classifier_of(settings: Settings) -> Classifier:
    """The classifier of the shipped lexicon and the operator's files. It explains nothing.

    Errors: ``BadLexicon``, ``BadSetting``.
    """
    return _classifier(*_files(settings))


def reader_of(settings: Settings) -> SenseReader:
    """The same as a fold takes it. Errors: as ``classifier_of``."""
    return _reader(classifier_of(settings))


class FollowedReader:
    """The reader of the settings' files, and another one when they change.

    Errors: at first as ``classifier_of``; afterwards ``tell`` hears of each bad file once, and the
    last good reader stays.
    """

    def __init__(self, settings: Settings, tell: Callable[[StreamprocError], None]) -> None:
        self._interval_s = settings.comments.reload_interval_s
        self._source = LexiconSource(*_files(settings), tell, classifier=classifier_of(settings))
        self.reader = _reader(self._source.classifier)

    async def follow(self, programs: Callable[[], Iterable[Reading]]) -> None:
        """Look at the files again and again; from a change on let programs read by them."""
        while True:
            await asyncio.sleep(self._interval_s)
            # building takes seconds: the fold goes on meanwhile
            if await asyncio.to_thread(self._source.refresh):
                self.reader = SenseReader(self._source.classifier)
                for program in programs():
                    program.read_with(self.reader)


class Reading(Protocol):
    """What reads comments: a program."""

    def read_with(self, reader: SenseReader) -> None:
        """Read by this from now on."""
        ...


def _files(settings: Settings) -> tuple[Path | None, Path | None]:
    held = settings.comments
    return (
        None if held.catalog is None else Path(held.catalog),
        None if held.lexicon is None else Path(held.lexicon),
    )


@cache
def _classifier(catalog: Path | None, lexicon: Path | None) -> Classifier:
    return build_classifier(catalog, lexicon).lean()


@cache
def _reader(classifier: Classifier) -> SenseReader:
    return SenseReader(classifier)
