"""A folder of a command's own that does not outlive it, however it ends but by kill -9."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType


class Scratch:
    """A folder for temporary files, from when it is entered until ``remove``, which may come first.

    Errors: entering raises ``OSError``; removing nothing.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.folder: Path | None = None

    def remove(self) -> None:
        """Remove it with all that is in it, if it is there."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Path:
        self.folder = Path(tempfile.mkdtemp(prefix=self._prefix))
        return self.folder

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()
