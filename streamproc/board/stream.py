"""The stream of events: who follows, who is told what when, and who is cut off.

A follower holds no queue, only the revision that it knows. It gets the chunks since then, which are kept
for a few steps; whoever is further behind gets one that holds all it missed, each thing once. Whoever does
not read at all is cut off, and resumes by the id of the last event.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from structlog import get_logger

from streamproc.board.access import Principal
from streamproc.board.answering import takes_gzip
from streamproc.board.asgi import Headers, Receive, Scope, Send
from streamproc.board.chunks import GZIP_HEADER, Chunk, Chunks
from streamproc.board.frames import event, marked
from streamproc.board.guards import SECURITY_HEADERS
from streamproc.board.hall import Hall
from streamproc.board.health import StreamCounts
from streamproc.board.problems import Refused
from streamproc.board.subscriptions import Subscription, event_id, revision_of, subscription_of

BEAT_S: Final = 10.0
RETRY_MS: Final = 1000
STATUS_LENGTH: Final = 24
"""So long is the first field of a health answer: when it changes, that is told at once."""

_START: Final[Headers] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"vary", b"accept-encoding"),
    (b"x-accel-buffering", b"no"),  # nginx would wait for more
    *SECURITY_HEADERS,
]
_PACKED: Final = (b"content-encoding", b"gzip")
_log = get_logger(__name__)


class Follower:
    """One who follows. Shapes: ``sending_s`` is when the write began that still goes on."""

    __slots__ = ("_send", "client", "packed", "revision", "sending_s", "subscription")

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - an address, as ASGI has it
        subscription: Subscription,
        revision: int,
        send: Send,
        *,
        packed: bool,
    ) -> None:
        self.client = client
        self.subscription = subscription
        self.revision = revision
        self.packed = packed
        self.sending_s: float | None = None
        self._send = send

    async def open(self) -> None:
        """Begin the answer."""
        headers = [*_START, _PACKED] if self.packed else _START
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        if self.packed:
            await self.write(GZIP_HEADER)

    async def tell(self, chunks: list[Chunk]) -> None:
        """Send chunks, as one write."""
        data = b"".join([chunk.of(packed=self.packed) for chunk in chunks])
        if data:
            await self.write(data)

    async def write(self, data: bytes) -> None:
        """Send bytes; this takes as long as they are not read."""
        self.sending_s = time.monotonic()
        await self._send({"type": "http.response.body", "body": data, "more_body": True})
        self.sending_s = None

    async def close(self) -> None:
        """End the answer in order."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


class Stream:
    """Tells followers what changes. Shapes: ``health`` makes the data of a health event.

    ``abort`` cuts off the connection of a client.
    """

    def __init__(
        self,
        hall: Hall,
        counts: StreamCounts,
        *,
        epoch: str,
        version: str,
        health: Callable[[], bytes],
        abort: Callable[[Any], None],
        streams_max: int,
        slow_after_s: float,
        push_interval_ms: int,
    ) -> None:
        self._hall = hall
        self._counts = counts
        self._chunks = Chunks(hall, epoch)
        self._version = version
        self._health = health
        self._abort = abort
        self._streams_max = streams_max
        self._slow_after_s = slow_after_s
        self._interval_ms = push_interval_ms
        self._next = asyncio.Event()
        self._followers: set[Follower] = set()
        self._beats = 0
        self._beat = Chunk(b"")
        self._closed = False

    async def run(self) -> None:
        """Tell what changed, several times a second, until cancelled."""
        beat_s, told = time.monotonic(), b""
        while True:
            await asyncio.sleep(self._interval_ms / 1000)
            now_s = time.monotonic()
            health = self._health()
            status = health[:STATUS_LENGTH]
            beating = now_s - beat_s >= BEAT_S or status != told
            if beating:
                beat_s, told = now_s, status
                self._beat = Chunk(b": beat\n\n" + event(b"health", health))
                self._beats += 1
            if self._chunks.step() or beating:
                woken, self._next = self._next, asyncio.Event()
                woken.set()
            self._cut_off(now_s)

    def _cut_off(self, now_s: float) -> None:
        for follower in self._followers:
            if follower.sending_s is not None and now_s - follower.sending_s > self._slow_after_s:
                self._counts.dropped += 1
                _log.info("a follower does not read: cut off", client=follower.client)
                follower.sending_s = None
                self._abort(follower.client)

    def close(self) -> None:
        """Let all followers go; their browsers come again by themselves."""
        self._closed = True
        self._next.set()

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, principal: Principal
    ) -> None:
        """Serve one follower until it leaves. Errors: ``Refused`` before anything is sent."""
        headers = dict(scope["headers"])
        subscription = subscription_of(scope, principal)
        if len(self._followers) >= self._streams_max or self._closed:
            raise Refused(503, "too many follow this board already", retry_after_s=5)
        follower = Follower(
            scope.get("client"),
            subscription,
            self._known(headers.get(b"last-event-id", b"").decode("latin-1"), subscription),
            send,
            packed=takes_gzip(headers.get(b"accept-encoding", b"")),
        )
        leaving = asyncio.create_task(_left(receive))
        self._followers.add(follower)
        self._counts.open = len(self._followers)
        try:
            await follower.open()
            await self._begin(follower)
            await self._follow(follower, leaving)
        finally:
            leaving.cancel()
            self._followers.discard(follower)
            self._counts.open = len(self._followers)

    def _known(self, last_id: str, subscription: Subscription) -> int:
        """The revision that a follower knows already; 0: nothing that we could go on from."""
        revision = revision_of(last_id, self._chunks.epoch, subscription)
        known = revision is not None and self._hall.gone_since <= revision <= self._hall.revision
        return revision if known and revision is not None else 0

    async def _begin(self, follower: Follower) -> None:
        """Say hello, then all that is not known yet."""
        now = self._hall.revision
        hello = b'{"version":"%b","epoch":"%b","reset":%b,"as_of_ms":%d,"push_interval_ms":%d}' % (
            self._version.encode(),
            self._chunks.epoch.encode(),
            b"false" if follower.revision else b"true",
            self._hall.as_of_ms,
            self._interval_ms,
        )
        head = b"retry: %d\n" % RETRY_MS + event(b"hello", hello)
        head += event(b"health", self._health())
        changed = self._chunks.between(follower.subscription, follower.revision, now)
        follower.revision = now
        if not changed.raw:
            head = marked(head, event_id(self._chunks.epoch, follower.subscription, now))
        await follower.tell([Chunk(head), changed])

    async def _follow(self, follower: Follower, leaving: asyncio.Task[None]) -> None:
        beats = self._beats
        while not leaving.done():
            following = self._next
            if follower.revision >= self._chunks.revision and beats == self._beats:
                await following.wait()
            if self._closed:
                await follower.close()
                return
            chunks = self._chunks.since(follower.subscription, follower.revision)
            follower.revision = max(follower.revision, self._chunks.revision)
            if beats != self._beats:
                beats = self._beats
                chunks.insert(0, self._beat)
            await follower.tell(chunks)


async def _left(receive: Receive) -> None:
    """Return when the follower has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
