"""The stream of events: one encoding of each update, shared by all who follow the same rooms.

A follower holds no queue, only the revision that it knows. It gets the chunks since then, which are kept
for a few steps; whoever is further behind gets one that holds all it missed, each thing once. Whoever does
not read at all is cut off, and resumes by the id of the last event.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs

from structlog import get_logger
from xxhash import xxh3_64_hexdigest

from streamproc.board.access import Principal
from streamproc.board.asgi import Headers, Receive, Scope, Send
from streamproc.board.frames import Subscription, changes, event, marked
from streamproc.board.guards import SECURITY_HEADERS
from streamproc.board.hall import Hall
from streamproc.board.health import StreamCounts
from streamproc.board.problems import Refused

BEAT_S: Final = 10.0
RETRY_MS: Final = 1000
STEPS_KEPT: Final = 16
CHUNKS_MAX: Final = 2048
SUBSCRIPTION_MAX: Final = 64
START: Final[Headers] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    *SECURITY_HEADERS,
]
_log = get_logger(__name__)

Abort = Callable[[Any], None]
"""Cuts the connection of an ASGI scope."""


class Follower:
    """One who follows. Shapes: ``sending_s`` is when the write began that still goes on."""

    __slots__ = ("client", "revision", "sending_s", "subscription")

    def __init__(self, client: Any, subscription: Subscription, revision: int) -> None:  # noqa: ANN401 - an address
        self.client = client
        self.subscription = subscription
        self.revision = revision
        self.sending_s: float | None = None


class Stream:
    """Tells followers what changes. Shapes: ``health`` makes the data of a health event."""

    def __init__(
        self,
        hall: Hall,
        counts: StreamCounts,
        *,
        epoch: str,
        version: str,
        health: Callable[[], bytes],
        abort: Abort,
        streams_max: int,
        slow_after_s: float,
        push_interval_ms: int,
    ) -> None:
        self._hall = hall
        self._counts = counts
        self._epoch = epoch
        self._version = version
        self._health = health
        self._abort = abort
        self._streams_max = streams_max
        self._slow_after_s = slow_after_s
        self._interval_s = push_interval_ms / 1000
        self._revision = 0
        self._next = asyncio.Event()
        self._steps: deque[int] = deque([0], maxlen=STEPS_KEPT)
        self._chunks: dict[tuple[Subscription, int, int], bytes] = {}
        self._followers: set[Follower] = set()
        self._ticks = 0
        self._tick = b""
        self._closed = False

    async def run(self) -> None:
        """Publish what changed, several times a second, until cancelled."""
        beat_s, told = time.monotonic(), b""
        while True:
            await asyncio.sleep(self._interval_s)
            now_s = time.monotonic()
            health = self._health()
            status = health[:24]  # the first field: a change of it is told at once
            beating = now_s - beat_s >= BEAT_S or status != told
            if beating:
                beat_s, told = now_s, status
                self._tick = b": beat\n\n" + event(b"health", health)
                self._ticks += 1
            if beating or self._hall.revision > self._revision:
                self._publish()
            self._cut_off(now_s)

    def _publish(self) -> None:
        if self._hall.revision > self._revision:
            self._revision = self._hall.revision
            self._steps.append(self._revision)
            oldest = self._steps[0]
            for key in [each for each in self._chunks if each[1] < oldest]:
                del self._chunks[key]
        woken, self._next = self._next, asyncio.Event()
        woken.set()

    def _cut_off(self, now_s: float) -> None:
        for follower in list(self._followers):
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
        if len(self._followers) >= self._streams_max or self._closed:
            raise Refused(503, "too many follow this board already", retry_after_s=5)
        subscription = _subscription(scope, principal)
        since = self._since(
            dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1"), subscription
        )
        follower = Follower(scope.get("client"), subscription, since)
        leaving = asyncio.create_task(_left(receive))
        self._followers.add(follower)
        self._counts.open = len(self._followers)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": START})
            await self._begin(follower, send)
            await self._follow(follower, send, leaving)
        finally:
            leaving.cancel()
            self._followers.discard(follower)
            self._counts.open = len(self._followers)

    async def _begin(self, follower: Follower, send: Send) -> None:
        """Say hello, then all that is not known yet."""
        now = self._hall.revision
        hello = b'{"version":"%b","epoch":"%b","reset":%b,"as_of_ms":%d,"push_interval_ms":%d}' % (
            self._version.encode(),
            self._epoch.encode(),
            b"false" if follower.revision else b"true",
            self._hall.as_of_ms,
            round(self._interval_s * 1000),
        )
        chunk = b"retry: %d\n" % RETRY_MS + event(b"hello", hello)
        chunk += event(b"health", self._health())
        changed = self._chunk(follower.subscription, follower.revision, now)
        follower.revision = now
        if not changed:
            chunk = marked(chunk, self._id(now, follower.subscription))
        await self._write(follower, send, chunk + changed)

    async def _follow(self, follower: Follower, send: Send, leaving: asyncio.Task[None]) -> None:
        ticks = self._ticks
        while not leaving.done():
            following = self._next
            if follower.revision >= self._revision and ticks == self._ticks:
                await following.wait()
                if leaving.done():
                    return
            if self._closed:
                await send({"type": "http.response.body", "body": b": bye\n\n", "more_body": False})
                return
            chunk = self._since_then(follower)
            follower.revision = max(follower.revision, self._revision)
            if ticks != self._ticks:
                ticks = self._ticks
                chunk = self._tick + chunk
            if chunk:
                await self._write(follower, send, chunk)

    async def _write(self, follower: Follower, send: Send, chunk: bytes) -> None:
        follower.sending_s = time.monotonic()
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        follower.sending_s = None

    def _since_then(self, follower: Follower) -> bytes:
        """All that a follower does not know yet: step by step as far as that is kept, else at once."""
        subscription, at = follower.subscription, follower.revision
        parts = []
        for step in self._steps:
            if step > at:
                held = self._chunks.get((subscription, at, step))
                if held is None:
                    break
                parts.append(held)
                at = step
        if at < self._revision:
            parts.append(self._chunk(subscription, at, self._revision))
        return b"".join(parts)

    def _chunk(self, subscription: Subscription, since: int, now: int) -> bytes:
        """What changed since a revision, made once for all who ask for the same."""
        key = (subscription, since, now)
        held = self._chunks.get(key)
        if held is None:
            held = changes(self._hall, subscription, since)
            if held:
                held = marked(held, self._id(now, subscription))
            if len(self._chunks) < CHUNKS_MAX:
                self._chunks[key] = held
        return held

    def _id(self, revision: int, subscription: Subscription) -> str:
        return f"{self._epoch}.{_named(subscription)}-{revision}"

    def _since(self, last_id: str, subscription: Subscription) -> int:
        """The revision that an id stands for; 0: begin anew."""
        told, _, revision = last_id.rpartition("-")
        if told != f"{self._epoch}.{_named(subscription)}" or not revision.isdecimal():
            return 0
        since = int(revision[:18])
        return since if self._hall.gone_since <= since <= self._hall.revision else 0


def _named(subscription: Subscription) -> str:
    """A short name of what is followed: an id of one does not resume another."""
    return (
        "all"
        if subscription is None
        else xxh3_64_hexdigest("\n".join(sorted(subscription)).encode())[:8]
    )


def _subscription(scope: Scope, principal: Principal) -> Subscription:
    """What is followed. Errors: ``Refused`` if it may not be, or is too much."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    given = ",".join(query.get("hosts", ["*"]))
    if given == "*":
        return None if principal.host_id is None else frozenset({principal.host_id})
    hosts = frozenset(each for each in given.split(",") if each)
    if not hosts or len(hosts) > SUBSCRIPTION_MAX:
        raise Refused(400, f"name 1 to {SUBSCRIPTION_MAX} hosts with commas between, or *")
    if not all(map(principal.may_see, hosts)):
        raise Refused(403, f"this token opens only the room of {principal.host_id}")
    return hosts


async def _left(receive: Receive) -> None:
    """Return when the follower has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
