"""A worker as a process of its own: started, watched through its status file, signalled, awaited."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from streamproc.embedded.leash import leashed

DEADLINE_S = 90.0
POLL_S = 0.05


class Process(Protocol):
    """A process, spawned or forked."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        ...

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        ...

    def kill(self) -> None:
        """End it as a crash does."""
        ...

    def terminate(self) -> None:
        """Ask it to end in order."""
        ...


def spawned(
    command: list[str], log_file: Path, environment: Mapping[str, str] | None = None
) -> Process:
    """A process that begins as any does and never outlives this one. Without an environment it has ours."""
    with log_file.open("ab") as log:
        return subprocess.Popen(
            leashed(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )


async def ended(process: Process, deadline_s: float, said: Callable[[], str]) -> int:
    """The exit code of a process, once it has ended. Errors: fails after the deadline."""
    deadline = time.monotonic() + deadline_s
    while (code := process.poll()) is None:
        assert time.monotonic() < deadline, f"it did not end\n{said()[-4000:]}"
        await asyncio.sleep(POLL_S)
    return code


class WorkerProcess:
    """One worker process: what it says, and what becomes of it."""

    def __init__(self, process: Process, status_file: Path, log_file: Path) -> None:
        self._process = process
        self.status_file = status_file
        self.log_file = log_file

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The code it ended with, negative for a signal; ``None`` while it runs or is paused."""
        return self._process.poll()

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def status(self) -> dict[str, Any]:
        """What it said last; empty before the first word."""
        try:
            said: dict[str, Any] = msgspec.json.decode(self.status_file.read_bytes())
        except FileNotFoundError:
            return {}
        return said if said.get("pid") == self.pid else {}

    def kill(self) -> None:
        """End it as a crash does, and wait for the body."""
        self._process.kill()
        self._process.wait()

    def terminate(self) -> None:
        """Ask it to end in order."""
        self._process.terminate()

    def pause(self) -> None:
        """Stop its clock."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on, knowing nothing of the time that passed."""
        os.kill(self.pid, signal.SIGCONT)

    async def until(
        self, holds: Callable[[dict[str, Any]], bool], what: str, deadline_s: float = DEADLINE_S
    ) -> dict[str, Any]:
        """The first status for which ``holds``.

        Errors: fails if the worker ends or the deadline passes first.
        """
        deadline = time.monotonic() + deadline_s
        while True:
            said = self.status()
            if said and holds(said):
                return said
            assert self.exit_code is None, f"ended with {self.exit_code}, not: {what}\n{self.log}"
            assert time.monotonic() < deadline, f"not in time: {what}\n{said}\n{self.log[-4000:]}"
            await asyncio.sleep(POLL_S)

    async def ended(self, deadline_s: float = DEADLINE_S) -> int:
        """Its exit code, once it has ended."""
        return await ended(self._process, deadline_s, lambda: self.log)

    def is_stopped(self) -> bool:
        """True if the kernel holds it stopped (SIGSTOP).

        Errors: fails if it has ended instead.
        """
        assert self.exit_code is None, f"ended with {self.exit_code}\n{self.log}"
        state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "T"
