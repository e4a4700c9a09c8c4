"""A board that runs: mirror, stream and HTTP server in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import secrets
import socket
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from msgspec import json

from streamproc import __version__
from streamproc.board.access import Access
from streamproc.board.application import application
from streamproc.board.config import BoardConfig, refuse_unguarded
from streamproc.board.connections import Connections
from streamproc.board.desk import Desk
from streamproc.board.documents import Document
from streamproc.board.front import Front
from streamproc.board.hall import Hall
from streamproc.board.health import StreamCounts, health_of
from streamproc.board.limiter import Limiter
from streamproc.board.mirror import Connect, Mirror
from streamproc.board.pages import Pages
from streamproc.board.ports import VerdictPublisher
from streamproc.board.stream import Stream
from streamproc.errors import PortTaken
from streamproc.events.view_keys import Keys

BACKLOG: Final = 2048
SEND_BUFFER_BYTES: Final = 256 << 10
"""Of each connection: what the kernel may hold for somebody who does not read."""

KEEP_ALIVE_S: Final = 75
SHUTDOWN_S: Final = 3
START_S: Final = 10.0


class BoardRun:
    """One board, in this process and event loop.

    Shapes: ``url`` is there once :meth:`start` has returned.
    Units: ``now_ms`` is the wall clock.
    """

    url: str

    def __init__(
        self,
        config: BoardConfig,
        connect: Connect,
        publisher: VerdictPublisher | None,
        *,
        now_ms: Callable[[], int],
        pages: Pages | None = None,
    ) -> None:
        refuse_unguarded(config)
        self.config = config
        self._access = Access(config, now_ms)
        self.hall = Hall()
        self._connect = connect
        self._publisher = publisher
        self._now_ms = now_ms
        self._pages = pages or Pages()
        self._tasks: list[asyncio.Task[None]] = []
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._stream: Stream | None = None

    async def start(self) -> None:
        """Listen, and begin to mirror. Errors: ``PortTaken``."""
        config = self.config
        listening = _socket(config.host, config.port)
        connections = Connections()
        front = self.front(connections.abort)
        self._server = _Server(
            uvicorn.Config(
                front,
                http=connections.protocol(),
                ws="none",
                lifespan="off",
                loop="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=SHUTDOWN_S,
            )
        )
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        async with asyncio.timeout(START_S):
            await self._server.listening.wait()
        port = listening.getsockname()[1]
        shown = f"[{config.host}]" if ":" in config.host else config.host
        self.url = f"http://{shown}:{port}"

    def front(self, abort: Callable[[Any], None] = lambda _: None) -> Front:
        """The ASGI application, with mirror and stream begun beside it."""
        config, hall = self.config, self.hall
        mirror = Mirror(
            self._connect, hall, Keys(config.prefix), sweep_interval_s=config.sweep_interval_s
        )
        self.mirror = mirror
        counts = StreamCounts()
        desk = Desk(
            hall=hall,
            mirror=mirror,
            access=self._access,
            streams=counts,
            publisher=self._publisher,
            now_ms=self._now_ms,
        )
        inner = application()
        self._stream = Stream(
            hall,
            counts,
            epoch=secrets.token_hex(4),
            version=__version__,
            health=lambda: json.encode(health_of(mirror, counts, self._now_ms)),
            abort=abort,
            streams_max=config.streams_max,
            slow_after_s=config.slow_after_s,
            push_interval_ms=config.push_interval_ms,
        )
        self._tasks += [asyncio.create_task(mirror.run()), asyncio.create_task(self._stream.run())]
        return Front(
            inner,  # type: ignore[arg-type]
            self._stream,
            desk,
            limiter=Limiter(config.requests_per_s),
            pages=self._pages,
            document=Document(inner),
            trusted_proxies=config.trusted_proxies,
        )

    async def stop(self) -> None:
        """Let all followers go, stop listening and mirroring."""
        if self._stream is not None:
            self._stream.close()
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        if self._publisher is not None:
            await self._publisher.stop()
        if self._tasks:
            self.mirror.end()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()

    async def wait(self) -> None:
        """Return when the server has ended. Errors: what made it fail."""
        if self._serving is not None:
            await asyncio.shield(self._serving)


class _Server(uvicorn.Server):
    """A server beside others in one event loop: signals are not its own."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:  # noqa: ANN401 - as uvicorn has it
        """Leave signals to whoever runs us."""
        yield


def _socket(host: str, port: int) -> socket.socket:
    """A socket that listens. Errors: ``PortTaken``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    try:
        made.bind((host.strip("[]"), port))
        made.listen(BACKLOG)  # two may bind the same port, as long as neither listens
    except OSError as error:
        made.close()
        taken = (
            "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
        )
        raise PortTaken(
            f"port {port} {taken}",
            where=f"{host}:{port}",
            hint="name another: --port, or STREAMPROC_BOARD__PORT",
        ) from error
    return made
