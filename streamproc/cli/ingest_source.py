"""Where lines are read from: a file, a pipe or a terminal, and how long ``streamproc ingest`` may wait."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Final

from streamproc.errors import BadSetting

STDIN: Final = "-"
_BLOCK_BYTES: Final = 1 << 18
_BLOCKS_AHEAD: Final = 4
_NAME_A_FILE: Final = "name a file of JSON lines, or - for stdin"


@contextlib.contextmanager
def opened(file: str, hint: str = _NAME_A_FILE) -> Iterator[IO[bytes]]:
    """A file, or stdin for ``-``.

    Shapes: ``hint`` says what may be named instead.
    Errors: ``BadSetting`` if there is none, or it may not be read.
    """
    if file == STDIN:
        if sys.stdin is None:
            raise BadSetting("stdin is closed", where=STDIN, hint=hint)
        yield sys.stdin.buffer
        return
    try:
        source = Path(file).open("rb")  # noqa: SIM115 - closed below, where its errors are no others'
    except OSError as error:
        raise _unreadable(error, file, hint) from error
    with source:
        yield source


def _unreadable(error: OSError, file: str, hint: str = _NAME_A_FILE) -> BadSetting:
    return BadSetting(
        f"the file cannot be read: {error.strerror}",
        where="stdin" if file == STDIN else file,
        hint=hint,
    )


def size_of(source: IO[bytes]) -> int | None:
    """How long a file is; a pipe has no length."""
    status = os.fstat(source.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


class Blocks:
    """Blocks as they come in, also from a pipe that somebody still writes to.

    A thread of its own reads them, a few ahead. Nothing can end a read from a pipe on which nobody
    writes, so nothing ever waits for the thread: it is a daemon, which asyncio's own threads are not.
    Errors: iterating raises ``BadSetting`` if a read fails.
    """

    def __init__(self, file: str, source: IO[bytes]) -> None:
        self._file = file
        self._descriptor = source.fileno()
        self._loop = asyncio.get_running_loop()
        self._read: asyncio.Queue[bytes | OSError] = asyncio.Queue()
        self._room = threading.Semaphore(_BLOCKS_AHEAD)
        self._stopped = False
        threading.Thread(target=self._read_all, name="ingest-read", daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while block := await self._read.get():
            if isinstance(block, OSError):
                raise _unreadable(block, self._file) from block
            self._room.release()
            yield block

    def left(self) -> Iterator[bytes]:
        """Read no more; the blocks that were read and that nobody took."""
        self._stopped = True
        while not self._read.empty():
            block = self._read.get_nowait()
            if isinstance(block, bytes):
                yield block

    def _read_all(self) -> None:
        found: bytes | OSError = b" "
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            while found and isinstance(found, bytes):
                self._room.acquire()
                if self._stopped:
                    return
                found = self._next()
                self._loop.call_soon_threadsafe(self._read.put_nowait, found)

    def _next(self) -> bytes | OSError:
        try:
            return os.read(self._descriptor, _BLOCK_BYTES)
        except OSError as error:
            return error
