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


@contextlib.contextmanager
def redis_process(port: int | None = None) -> Iterator[str]:
    """The URL of a fresh redis-server."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server")
    at = port or free_port()
    with tempfile.TemporaryDirectory(prefix="streamproc-redis-") as folder:
        process = subprocess.Popen(
            leashed(
                [
                    *(program, "--port", str(at), "--bind", LOOPBACK, "--dir", folder),
                    *("--save", "", "--appendonly", "no"),
                ]
            ),
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait(at)
            yield f"redis://{LOOPBACK}:{at}/0"
        finally:
            process.terminate()
            process.wait(10)


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
