"""A classifier that follows its files: read again when they change, kept when they are bad."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from streamproc.comments.classifier import Classifier
from streamproc.errors import StreamprocError
from streamproc.lexicons.files import build_classifier

Tell = Callable[[StreamprocError], None]


class LexiconSource:
    """The classifier of a catalogue and an operator's own file, as they are now. It explains nothing.

    Shapes: ``classifier`` is the last good one, whole: a reading is of one version. ``refresh`` may
    run in another thread; it takes seconds if a file changed, and otherwise reads the files only.
    Errors: at first those of the files (``BadLexicon``, ``BadSetting``); afterwards ``tell`` hears
    of each bad version once. ``classifier`` is that of the files, if it was built already.
    """

    def __init__(
        self,
        catalog: Path | None,
        own: Path | None,
        tell: Tell,
        *,
        classifier: Classifier | None = None,
    ) -> None:
        self._catalog, self._own = catalog, own
        self._tell = tell
        self._seen = self._contents()
        self.classifier = self._built() if classifier is None else classifier

    def refresh(self) -> bool:
        """Whether another classifier is in force now, since a file changed and is good."""
        contents = self._contents()
        if contents == self._seen:
            return False
        self._seen = contents
        try:
            changed = self._built()
        except StreamprocError as error:
            self._tell(error)
            return False
        if changed.version == self.classifier.version:
            return False
        self.classifier = changed
        return True

    def _built(self) -> Classifier:
        return build_classifier(self._catalog, self._own).lean()

    def _contents(self) -> str:
        """A short name for what the files hold, or for why they cannot be read."""
        digest = hashlib.blake2b(digest_size=16)
        for path in (self._catalog, self._own):
            try:
                held = b"" if path is None else path.read_bytes()
            except OSError as error:
                held = repr(error).encode()
            digest.update(len(held).to_bytes(8, "big") + held)
        return digest.hexdigest()
