"""A real server as a process of a test: started, ended in order or not, stopped in its tracks, removed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self


class ServerFailed(Exception):
    """A server did not start or ended by itself; the message holds the end of its log."""


class ServerProcess(ABC):
    """A server on 127.0.0.1, with a folder of its own unless one is given, which it removes in the end.

    On Linux it dies with the process that started it.
    Errors: ``start`` raises ``ServerMissing`` or ``ServerFailed``.
    """

    name: ClassVar[str]
    stop_deadline_s: ClassVar[float] = 20.0

    def __init__(self, directory: Path | None = None) -> None:
        self._own_directory = directory is None
        prefix = f"streamproc-{self.name.lower()}-"
        self.directory = directory or Path(tempfile.mkdtemp(prefix=prefix))
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> None:
        """Start it with what is in its folder, and wait until it answers."""

    @abstractmethod
    def log_tail(self) -> str:
        """The last lines that it said."""

    @property
    def pid(self) -> int:
        """The pid of the running server."""
        return self._running().pid

    def stop(self) -> None:
        """End it in order; it is killed if that takes too long."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(self.stop_deadline_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End it as a crash does (SIGKILL)."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def pause(self) -> None:
        """Stop its clock (SIGSTOP): it holds its connections and answers nothing.

        Errors: ``ServerFailed`` if it has ended instead.
        """
        process = self._running()
        process.send_signal(signal.SIGSTOP)
        self.check_alive()
        # the signal is only on its way: until the kernel says so, threads on other cores still answer
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            process.returncode = os.waitstatus_to_exitcode(status)
            self.check_alive()

    def resume(self) -> None:
        """Let it go on."""
        self._running().send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it and remove its folder, if it is its own."""
        self.stop()
        if self._own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def check_alive(self) -> None:
        """Return if it runs. Errors: ``ServerFailed`` with its log if it ended by itself."""
        code = self._running().poll()
        if code is not None:
            raise ServerFailed(f"{self.name} ended with code {code}:\n{self.log_tail()}")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            error.add_note(f"the end of {self.name}'s log:\n{self.log_tail()}")
        self.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServerFailed(f"{self.name} was not started")
        return self._process
