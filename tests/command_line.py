"""The command line as people run it: a process, what it said, and its exit code."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from streamproc.cli.entry import start
from streamproc.embedded.leash import leashed
from streamproc.oracle.batch import LogRecord
from tests.forked import Fork
from tests.kafka_log import producing
from tests.worker_process import WorkerProcess, ended

STREAMPROC = [sys.executable, "-m", "streamproc"]
DEADLINE_S = 300.0
SHORT_SESSIONS = {
    "STREAMPROC_KAFKA__SESSION_TIMEOUT_S": "3",
    "STREAMPROC_KAFKA__HEARTBEAT_INTERVAL_S": "0.5",
}
"""The embedded broker lets every JoinGroup wait for half a session."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended."""

    code: int
    out: str
    err: str
    out_bytes: bytes

    @property
    def said(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.err}"


async def streamproc(
    *arguments: str, variables: Mapping[str, str] | None = None, answer: str = ""
) -> Finished:
    """Run a command to its end; ``variables`` join the environment without settings of ours."""
    with TemporaryDirectory() as folder:
        said, out, err = (Path(folder) / name for name in ("in", "out", "err"))
        said.write_text(answer)
        environment = plain_environment() | dict(variables or {})
        process = Fork(start, arguments, environment, out, err, said)
        try:
            code = await ended(process, DEADLINE_S, err.read_text)
        finally:
            process.kill()
        printed = out.read_bytes()
        return Finished(code, printed.decode("utf-8", "replace"), err.read_text(), printed)


async def verified(bootstrap: str, app_id: str) -> dict[str, Any]:
    """What ``verify`` finds of a state that is equal to the log."""
    done = await streamproc("verify", "--json", "--bootstrap", bootstrap, "--app-id", app_id)
    assert done.code == 0, done.said
    found: dict[str, Any] = msgspec.json.decode(done.out)
    return found


@asynccontextmanager
async def started(
    *arguments: str, variables: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command that runs; it is killed at the end, if it still does."""
    process = await asyncio.create_subprocess_exec(
        *leashed([*STREAMPROC, *arguments]),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=plain_environment() | dict(variables or {}),
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def heard(words: bytes, process: asyncio.subprocess.Process) -> None:
    """Wait for a line on stderr that holds these words; it fails if the process ends before."""
    assert process.stderr is not None
    lines: list[bytes] = []
    async for line in process.stderr:
        lines.append(line)
        if words in line:
            return
    raise AssertionError(b"".join(lines).decode())


def plain_environment() -> dict[str, str]:
    """The environment of this process without any setting of ours."""
    return {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - tests have no settings
        if not name.startswith("STREAMPROC_")
    }


def worker_process(
    bootstrap: str,
    app_id: str,
    folder: Path,
    *options: str,
    variables: Mapping[str, str] | None = None,
) -> WorkerProcess:
    """A started worker with short sessions, whose status file and log are in ``folder``."""
    status = folder / "status.json"
    settings = SHORT_SESSIONS | dict(variables or {})
    command = ["worker", "--bootstrap", bootstrap, "--app-id", app_id]
    command += ["--status-file", str(status), *options]
    log = folder / "worker.log"
    return WorkerProcess(Fork(start, command, plain_environment() | settings, log), status, log)


@asynccontextmanager
async def running_worker(
    bootstrap: str,
    app_id: str,
    folder: Path,
    *options: str,
    variables: Mapping[str, str] | None = None,
) -> AsyncIterator[WorkerProcess]:
    """A worker that is killed at the end, if it still runs."""
    worker = worker_process(bootstrap, app_id, folder, *options, variables=variables)
    try:
        yield worker
    finally:
        if worker.exit_code is None:
            worker.kill()


async def send(bootstrap: str, records: Iterable[LogRecord]) -> int:
    """Send records to the partitions that they name; how many."""
    async with producing(bootstrap) as producer:
        waiting = [
            await producer.send(r.topic, key=r.key, value=r.value, partition=r.partition)
            for r in records
        ]
        await asyncio.gather(*waiting)
    return len(waiting)
