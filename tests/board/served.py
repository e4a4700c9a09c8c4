"""A board over made-up rooms, without a socket: requests go straight to its front."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import httpx
from fakeredis import FakeAsyncRedis, FakeServer
from redis.asyncio import Redis

from streamproc.board.config import BoardConfig
from streamproc.board.ports import VerdictPublisher
from streamproc.board.run import BoardRun
from streamproc.events.rooms import AlertJudged
from tests.board.rooms import FakeRoom, rooms_made
from tests.board.view import View

NOW_MS = 1_795_836_000_000
DEADLINE_S = 10.0


@dataclass
class Kept:
    """A publisher that keeps what it is given."""

    verdicts: list[AlertJudged] = field(default_factory=list)

    async def publish(self, verdict: AlertJudged) -> None:
        """Keep it."""
        self.verdicts.append(verdict)

    async def stop(self) -> None:
        """Nothing is held."""


@dataclass
class Served:
    """A board, the view it reads, its rooms, and somebody who asks."""

    run: BoardRun
    view: View
    rooms: list[FakeRoom]
    client: httpx.AsyncClient
    published: Kept

    async def shown(self, *rooms: FakeRoom, at_ms: int = NOW_MS) -> None:
        """Show rooms, and wait until the board has them."""
        await self.view.show(rooms, at_ms)
        await until(lambda: all(self.knows(room) for room in rooms))

    def knows(self, room: FakeRoom) -> bool:
        """Whether the board has the latest of a room."""
        held = self.run.hall.rooms.get(room.host_id)
        return (
            held is not None
            and held.tally.version == room.version
            and {name: each.alert.seq for name, each in held.alerts.items()}
            == {name: each.seq for name, each in room.alerts.items()}
        )


@contextlib.asynccontextmanager
async def served(
    config: BoardConfig | None = None,
    *,
    hosts: int = 6,
    url: str | None = None,
    publisher: VerdictPublisher | None = None,
    now_ms: Callable[[], int] = lambda: NOW_MS,
) -> AsyncIterator[Served]:
    """A board over so many rooms. Shapes: ``url`` None: over a Redis of this process."""
    server = FakeServer()

    def connect() -> Redis:
        return Redis.from_url(url) if url is not None else FakeAsyncRedis(server=server)

    redis = connect()
    view, rooms, published = View(redis), rooms_made(hosts, NOW_MS), Kept()
    await view.show(rooms, NOW_MS, poke=False)
    await view.beat(NOW_MS)
    run = BoardRun(
        config or BoardConfig(requests_per_s=1e6, sweep_interval_s=0.2, push_interval_ms=20),
        connect,
        publisher or published,
        now_ms=now_ms,
    )
    transport = httpx.ASGITransport(app=run.front())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8090") as client:
        try:
            await until(lambda: run.mirror.filled)
            yield Served(run, view, rooms, client, published)
        finally:
            await run.stop()
            await redis.aclose()


async def until(condition: Callable[[], object], deadline_s: float = DEADLINE_S) -> None:
    """Return when a condition holds. Errors: ``AssertionError`` if it does not in time."""
    end_s = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end_s, "this did not come true in time"
        await asyncio.sleep(0.01)
