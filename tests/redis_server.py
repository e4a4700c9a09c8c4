"""A real redis-server for tests: a process of our own on a free port, which can be killed and paused."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import LOOPBACK, free_port, is_free
from tests.certificates import Certificates
from tests.kafka_jars import ServerMissing
from tests.server_process import ServerFailed, ServerProcess
from tests.servers import skip_or_fail

Client = Any
"""A client of redis-py that decodes; its own types leave open what an answer is."""

_PROGRAM = "redis-server"
_START_DEADLINE_S = 15.0
_POLL_S = 0.01
_ATTEMPTS = 4


class RedisServer(ServerProcess):
    """One redis-server on 127.0.0.1. It keeps its port and folder over ``kill`` and ``start``.

    Shapes: ``options`` are those of its command line. ``sentinel`` is the configuration of one: then it is
        a Sentinel. With ``tls`` it speaks nothing else, and to those alone whom the authority knows.
        On Linux it dies with the process that started it.
    Errors: ``start`` raises ``ServerMissing`` or ``ServerFailed``.
    """

    name = "Redis"
    stop_deadline_s = 10.0

    def __init__(
        self, *options: str, sentinel: str | None = None, tls: Certificates | None = None
    ) -> None:
        super().__init__()
        self.options: Sequence[str] = options
        self.port = 0
        self._sentinel = sentinel
        self._tls = tls

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"{'redis' if self._tls is None else 'rediss'}://{LOOPBACK}:{self.port}/0"

    def start(self, *, wait: bool = True) -> None:
        """Start it with what is in its folder; ``wait`` until it answers, if only that it is loading."""
        program = shutil.which(_PROGRAM)
        if program is None:
            raise ServerMissing(f"{_PROGRAM} is not installed")
        for _ in range(_ATTEMPTS):
            self.port = self.port or free_port()
            if is_free(self.port):
                break
            time.sleep(_POLL_S)
        self._spawn(program)
        if wait:
            self._await_answer()

    def _spawn(self, program: str) -> None:
        command = [program]
        if self._sentinel is not None:
            config = self.directory / "sentinel.conf"
            config.write_text(self._sentinel)
            command += [str(config), "--sentinel"]
        port = ["--port", str(self.port)]
        if self._tls is not None:
            port = ["--port", "0", "--tls-port", str(self.port), *self._tls.server_options()]
        command += [*port, "--bind", LOOPBACK, "--dir", str(self.directory)]
        if self._sentinel is None:
            command += ["--save", "", *self.options]
        with (self.directory / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                leashed(command) if sys.platform == "linux" else command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                start_new_session=True,
            )

    def client(self, **options: object) -> Client:
        """A client of its own for a test."""
        kind: dict[str, Any] = {
            "decode_responses": True,
            "socket_timeout": 5,
            "protocol": 2,
            "retry": Retry(NoBackoff(), 0),  # by default a loading server is waited for
        } | options
        if self._tls is not None:
            kind |= self._tls.client_options()
        return Redis(host=LOOPBACK, port=self.port, **kind)

    def _await_answer(self) -> None:
        deadline = time.monotonic() + _START_DEADLINE_S
        while True:
            self.check_alive()
            with contextlib.suppress(ResponseError), self.client() as client:
                try:
                    client.ping()
                except ResponseError:
                    return  # it answers: with an error, as it wants to know who we are
                except RedisError as error:
                    if "loading" in str(error).lower() or "uthentication" in str(error):
                        return
                else:
                    return
            if time.monotonic() > deadline:
                msg = f"redis-server did not answer:\n{self.log_tail()}"
                raise ServerFailed(msg)
            time.sleep(_POLL_S)

    def log_tail(self) -> str:
        """What it said."""
        path = self.directory / "redis.log"
        return path.read_text(errors="replace") if path.exists() else "(no log)"


def redis_or_skip(*options: str) -> Iterator[RedisServer]:
    """A started server, for the body of a pytest fixture: ``yield from redis_or_skip()``.

    Errors: skips the test where there is no redis-server, and fails it there if ``CI`` is set.
    """
    server = RedisServer(*options)
    try:
        server.start()
        yield server
    except ServerMissing as missing:
        skip_or_fail(str(missing))
    finally:
        server.close()


@contextlib.contextmanager
def silent_port(port: int = 0) -> Iterator[int]:
    """A port that accepts and never answers."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port or free_port()))
        listener.listen(64)
        yield listener.getsockname()[1]
