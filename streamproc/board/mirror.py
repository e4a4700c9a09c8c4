"""The mirror: keeps the hall like the Redis view, by pokes and by sweeps, whatever Redis does.

Redis may be down, silent, loading, empty or slow: then the hall stays as it was, and its age is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from typing import Any, Final

from msgspec import MsgspecError, json
from redis.asyncio import Redis
from redis.exceptions import RedisError
from structlog import get_logger

from streamproc.board.hall import Hall
from streamproc.board.reading import ViewReader
from streamproc.events.view_beat import Beat
from streamproc.events.view_keys import Keys

ANSWER_TIMEOUT_S: Final = 2.0
HOSTS_AT_ONCE: Final = 50
BACKOFF_MAX_S: Final = 2.0
BACKOFF_MIN_S: Final = 0.1
SETTLE_S: Final = 0.05
"""Pokes of so long a time are read together."""
WHOLE_EVERY_SWEEPS: Final = 10
PING_S: Final = 5.0
POKE_WAIT_S: Final = 1.0

_FAULTS: Final = (RedisError, OSError, TimeoutError)
_hosts_of: Final = json.Decoder(list[str]).decode
_log = get_logger(__name__)

Connect = Callable[[], Redis]
"""Makes a client that answers in bytes, with timeouts of its own and without retries."""


class Mirror:
    """Fills a hall from Redis until it is stopped. Made in the event loop that it runs in."""

    def __init__(
        self, connect: Connect, hall: Hall, keys: Keys, *, sweep_interval_s: float = 3.0
    ) -> None:
        self.hall = hall
        self.connected = False
        self.filled = False
        self.heard_s: float | None = None
        self.index_is_empty = False
        self.beats: dict[int, Beat | None] = {}
        self._connect = connect
        self._keys = keys
        self._sweep_interval_s = sweep_interval_s
        self._poked: set[str] = set()
        self._wake = asyncio.Event()
        self._sweeps = 0
        self._told = False
        self._ending = False
        self._reader: ViewReader | None = None

    @property
    def age_s(self) -> float | None:
        """How long ago Redis answered last; None: it never did."""
        return None if self.heard_s is None else time.monotonic() - self.heard_s

    async def run(self) -> None:
        """Mirror until :meth:`end`, or cancelled."""
        backoff_s = BACKOFF_MIN_S
        while not self._ending:
            began_s = time.monotonic()
            try:
                await self._follow()
            except* _FAULTS as group:
                if self.connected or not self._told:
                    self._told = True
                    _log.warning("redis is away", error=repr(group.exceptions[0]))
            except* Exception as group:  # noqa: BLE001 - whatever fails, the board goes on with what it knows
                _log.exception("the mirror failed", error=repr(group.exceptions[0]))
            self.connected = False
            if time.monotonic() - began_s > BACKOFF_MAX_S:
                backoff_s = BACKOFF_MIN_S
            await asyncio.sleep(backoff_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads boards out
            backoff_s = min(2 * backoff_s, BACKOFF_MAX_S)

    def end(self) -> None:
        """Mirror no more. Cancelling alone may not do.

        ``asyncio.wait_for`` of Python 3.11, as libraries use it, loses a cancelling when what it waits for
        is there at the same moment; and a group of tasks of which one fails then tells of that alone.
        """
        self._ending = True

    async def curve(self, host_id: str, session_id: str) -> list[bytes]:
        """Every minute of a broadcast. Errors: ``redis.RedisError``, ``OSError``, ``TimeoutError``."""
        if self._reader is None or not self.connected:
            raise ConnectionError("redis is away")
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            return await self._reader.curve(host_id, session_id)

    async def _follow(self) -> None:
        """Read until a connection fails."""
        redis = self._connect()
        pubsub = redis.pubsub()
        try:
            async with asyncio.timeout(2 * ANSWER_TIMEOUT_S):
                await pubsub.subscribe(self._keys.poke)
            self._reader = ViewReader(redis, self._keys)
            self._sweeps = 0
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(pubsub))
                tasks.create_task(self._read(self._reader))
        finally:
            self._reader = None
            with contextlib.suppress(*_FAULTS):
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]
            with contextlib.suppress(*_FAULTS):
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    await redis.aclose()

    async def _listen(self, pubsub: Any) -> None:  # noqa: ANN401 - redis has no types for it
        """Note who was poked; a channel that does not even answer a ping is given up."""
        heard_s = pinged_s = time.monotonic()
        while not self._ending:
            message = await pubsub.get_message(timeout=POKE_WAIT_S)
            now_s = time.monotonic()
            if message is not None:
                heard_s = now_s
                if message["type"] == "message":
                    self._poke(message["data"])
            elif now_s - heard_s > 2 * PING_S:
                raise ConnectionError("no answer to a ping of the channel of pokes")
            if now_s - pinged_s > PING_S:
                await pubsub.ping()
                pinged_s = now_s

    def _poke(self, data: bytes) -> None:
        try:
            self._poked.update(_hosts_of(data))
        except MsgspecError:
            self.hall.unreadable += 1
            return
        self._wake.set()

    async def _read(self, reader: ViewReader) -> None:
        """Read who was poked; all there is every few seconds."""
        due_s = 0.0
        while not self._ending:
            if time.monotonic() >= due_s:
                await self._sweep(reader)
                due_s = time.monotonic() + self._sweep_interval_s
            with contextlib.suppress(TimeoutError):
                left_s = max(0.0, due_s - time.monotonic())
                async with asyncio.timeout(min(left_s, POKE_WAIT_S)):
                    await self._wake.wait()
                    await asyncio.sleep(SETTLE_S)
            self._wake.clear()
            poked, self._poked = self._poked, set()
            if poked:
                await self._take(reader, sorted(poked), whole=False)

    async def _sweep(self, reader: ViewReader) -> None:
        """Read whoever is new or newer than we know, or gone; now and then everybody."""
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            index = await reader.index()
        self._heard()
        self.index_is_empty = not index
        rooms = self.hall.rooms
        whole = self._sweeps % WHOLE_EVERY_SWEEPS == 0
        self._sweeps += 1
        wanted = {
            host_id
            for host_id, as_of_ms in index.items()
            if whole or host_id not in rooms or as_of_ms > rooms[host_id].tally.as_of_ms
        }
        wanted.update(host_id for host_id in rooms if host_id not in index)
        new = {host_id for host_id in wanted if host_id not in rooms}
        await self._take(reader, sorted(wanted - new), whole=whole)
        await self._take(reader, sorted(new), whole=True)
        partitions = {room.partition for room in rooms.values() if room.partition is not None}
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            self.beats = await reader.beats(partitions)
        self.filled = True

    async def _take(self, reader: ViewReader, host_ids: list[str], *, whole: bool) -> None:
        """Read these hosts, some at a time, so that nobody waits long for their turn of the loop."""
        for at in range(0, len(host_ids), HOSTS_AT_ONCE):
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                readings = await reader.rooms(host_ids[at : at + HOSTS_AT_ONCE], whole=whole)
            self._heard()
            now_s = time.monotonic()
            for reading in readings:
                self.hall.take(reading, now_s)
            self.hall.settle()

    def _heard(self) -> None:
        """Redis has answered."""
        self.connected = True
        self.heard_s = time.monotonic()
