"""A redis-server of our own for the board's tests: a process that ends with us and leaves nothing."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator

import pytest

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import LOOPBACK, free_port

START_DEADLINE_S = 10.0


class RedisProcess:
    """A redis-server that can be killed, started again empty, and silenced."""

    def __init__(self, folder: str) -> None:
        self.port = free_port()
        self.url = f"redis://{LOOPBACK}:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with nothing in it, and wait until it answers."""
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("there is no redis-server")
        options = ("--port", str(self.port), "--bind", LOOPBACK, "--dir", self._folder)
        command = leashed([program, *options, "--save", "", "--appendonly", "no"])
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _wait(self.port)

    def signal(self, number: int) -> None:
        """Send it a signal; SIGSTOP lets it take connections and say nothing."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)


@contextlib.contextmanager
def redis_server() -> Iterator[RedisProcess]:
    """A redis-server that is started; it ends with the context."""
    with tempfile.TemporaryDirectory(prefix="streamproc-redis-") as folder:
        server = RedisProcess(folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@contextlib.contextmanager
def redis_process() -> Iterator[str]:
    """The URL of a fresh redis-server."""
    with redis_server() as server:
        yield server.url


def _wait(port: int) -> None:
    deadline_s = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline_s:
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), 0.2) as made:
            made.sendall(b"PING\r\n")
            if made.recv(16).startswith(b"+PONG"):
                return
        time.sleep(0.02)
    msg = f"no redis-server on port {port} in {START_DEADLINE_S:.0f} s"
    raise TimeoutError(msg)
