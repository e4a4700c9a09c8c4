"""The embedded Redis: fakeredis on a TCP port, in a process of its own, for demos and tests.

It has what the view and the board need: functions, pub/sub, streams, times to live. It has no ACL and no
INFO, and forgets everything when it ends. A call of a function takes it about half a millisecond, so it
is a process of its own: within the worker it would take that from the fold.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from typing import Final

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import LOOPBACK, free_port, is_free
from streamproc.embedded.process import EmbeddedProcess
from streamproc.errors import EmbeddedUnavailable, PortTaken

_START_DEADLINE_S: Final = 20.0
_POLL_S: Final = 0.01
_ANSWER_S: Final = 2.0
_HINT: Final = "name a real Redis: STREAMPROC_REDIS__URL=redis://host:6379/0"


class EmbeddedRedis(EmbeddedProcess):
    """A Redis of our own on 127.0.0.1, in memory, for as long as the context is entered.

    It never outlives the process that started it, and on Linux not the thread that did.
    Errors: entering raises ``EmbeddedUnavailable``, or ``PortTaken`` for a port that was given.
    """

    def __init__(self, *, port: int | None = None) -> None:
        super().__init__(port)

    @property
    def url(self) -> str:
        """The address for clients, once entered."""
        return f"redis://{LOOPBACK}:{self._port}/0"

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._port = self._given_port or free_port()
        if not is_free(self._port):
            raise PortTaken(
                "the embedded Redis' port is in use",
                where=f"{LOOPBACK}:{self._port}",
                hint="end the program that listens there, or choose another port",
            )
        self._process = _spawn(self._port)
        deadline = time.monotonic() + _START_DEADLINE_S
        while not await asyncio.to_thread(_answers, self._port):
            if not self._runs() or time.monotonic() > deadline:
                await self.stop()
                raise EmbeddedUnavailable(
                    "the embedded Redis did not start", where="package fakeredis", hint=_HINT
                )
            await asyncio.sleep(_POLL_S)


def _spawn(port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "streamproc.embedded.redis", str(port)]
    return subprocess.Popen(  # noqa: S603 - our own program, no shell
        leashed(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us; the worker still needs it to stop
    )


def _answers(port: int) -> bool:
    with (
        contextlib.suppress(OSError),
        socket.create_connection((LOOPBACK, port), timeout=_ANSWER_S) as connection,
    ):
        connection.sendall(b"*1\r\n$4\r\nPING\r\n")
        return connection.recv(7) == b"+PONG\r\n"
    return False


def main(port: int) -> None:
    """Serve until the process is ended."""
    from fakeredis import TcpFakeServer

    TcpFakeServer((LOOPBACK, port), server_type="redis", server_version=(7, 0)).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
