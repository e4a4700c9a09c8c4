"""A board over lively made-up rooms, to work on the page: ``python -m tests.board.filled --port 8090``.

It starts a redis-server of its own, or fills the one that ``--redis`` names (``--no-board``: and nothing
else). Every second nearly all rooms move; now and then one gets an alert; a verdict shows at once.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence

from redis.asyncio import Redis

from streamproc.board.config import BoardConfig
from streamproc.board.ports import VerdictPublisher
from streamproc.board.run import BoardRun
from streamproc.events.rooms import AlertJudged
from tests.board.rooms import FakeRoom, rooms_made
from tests.board.view import View
from tests.redis_server import RedisServer

ALERTS_MAX = 9
ALERT_LASTS_MS = 120_000


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


class Floor:
    """Rooms that live in real time, and take verdicts."""

    def __init__(self, view: View, rooms: Sequence[FakeRoom], seed: int = 1) -> None:
        self._view = view
        self._rooms = rooms
        self._chance = random.Random(seed)

    async def publish(self, verdict: AlertJudged) -> None:
        """Take a verdict as the worker would."""
        sys.stderr.write(f"verdict: {verdict.verdict} of {verdict.alert_id}\n")
        room = next(each for each in self._rooms if each.host_id == verdict.host_id)
        room.judged(verdict.alert_id, now_ms(), verdict.verdict.value, verdict.until_ms)
        await self._view.show([room], now_ms())

    async def stop(self) -> None:
        """Nothing is held."""

    async def live(self, share: float = 0.95) -> None:
        """Live on, second by second, until cancelled."""
        await self._view.show(self._rooms, now_ms())
        while True:
            began_s = time.monotonic()
            moved = [room for room in self._rooms if self._chance.random() < share]
            for room in moved:
                room.live(now_ms(), 1)
            self._alerts(moved)
            slices = [moved[at::5] for at in range(5)]
            for number, part in enumerate(slices, 1):
                if part:
                    await self._view.show(part, now_ms())
                await asyncio.sleep(max(0.0, began_s + number / 5 - time.monotonic()))
            await self._view.beat(now_ms())

    def _alerts(self, rooms: Sequence[FakeRoom]) -> None:
        opened = [
            (room, alert)
            for room in self._rooms
            for alert in room.alerts.values()
            if alert.phase != "resolved"
        ]
        for room, alert in opened:
            if now_ms() - alert.opened_ms > ALERT_LASTS_MS * self._chance.uniform(0.6, 3):
                room.over(alert.alert_id, now_ms())
        if rooms and len(opened) < ALERTS_MAX and self._chance.random() < 0.25:
            self._chance.choice(list(rooms)).trouble(now_ms())


@contextlib.asynccontextmanager
async def floor(url: str, hosts: int, share: float = 0.95) -> AsyncIterator[Floor]:
    """A floor that lives in the Redis at a URL."""
    redis = Redis.from_url(url)
    made = Floor(View(redis), rooms_made(hosts, now_ms()))
    living = asyncio.create_task(made.live(share))
    try:
        yield made
    finally:
        living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living
        await redis.aclose()


async def _fill(url: str, hosts: int) -> None:
    async with floor(url, hosts):
        sys.stderr.write(f"filling {url} with {hosts} rooms; Ctrl-C ends it\n")
        await asyncio.Event().wait()


async def _serve(url: str, config: BoardConfig, publisher: VerdictPublisher | None) -> None:
    run = BoardRun(config, lambda: Redis.from_url(url), publisher, now_ms=now_ms)
    await run.start()
    sys.stderr.write(f"board: {run.url}  redis: {url}  Ctrl-C ends it\n")
    try:
        await run.wait()
    finally:
        await run.stop()


async def _both(url: str, hosts: int, config: BoardConfig) -> None:
    async with floor(url, hosts) as made:
        await _serve(url, config, made)


def main() -> None:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--hosts", type=int, default=36)
    parser.add_argument("--redis", help="fill this one, redis://..., instead of an own one")
    parser.add_argument("--no-board", action="store_true", help="only fill Redis")
    parser.add_argument("--no-fill", action="store_true", help="only serve what Redis holds")
    parser.add_argument("--token", help="ask for this token")
    parser.add_argument("--rate", type=float, default=100.0, help="requests a second at most")
    given = parser.parse_args()
    config = BoardConfig(port=given.port, operate_token=given.token, requests_per_s=given.rate)
    with contextlib.ExitStack() as stack:
        url = given.redis or stack.enter_context(RedisServer()).url
        running = (
            _fill(url, given.hosts)
            if given.no_board
            else _serve(url, config, None)
            if given.no_fill
            else _both(url, given.hosts, config)
        )
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(running)


if __name__ == "__main__":
    main()
