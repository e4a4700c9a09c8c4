"""A server of our own as a process: it runs while a context is entered, and never outlives us."""

from __future__ import annotations

import asyncio
import subprocess
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Final, Self

_STOP_DEADLINE_S: Final = 5.0


class EmbeddedProcess(ABC):
    """A server on 127.0.0.1, in memory. Shapes: ``_process`` is None while it does not run."""

    def __init__(self, port: int | None) -> None:
        self._given_port = port
        self._port = port or 0
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    async def start(self) -> None:
        """Start it and wait until it answers; one that does not is ended."""

    async def stop(self) -> None:
        """End it; what it held is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, _STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)

    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
