"""The mirror over a real redis-server, whatever that does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from streamproc.board.config import BoardConfig
from streamproc.board.hall import Hall
from streamproc.board.link import RedisLink
from streamproc.board.run import BoardRun
from streamproc.embedded.ports import LOOPBACK
from tests.board.rooms import rooms_made
from tests.board.served import NOW_MS, served, until
from tests.redis_server import RedisServer, redis_or_skip

CONFIG = BoardConfig(requests_per_s=1e6, sweep_interval_s=0.5, push_interval_ms=20)
SLOW_SWEEPS = BoardConfig(requests_per_s=1e6, sweep_interval_s=60, push_interval_ms=20)


@pytest.fixture(scope="module")
def started() -> Iterator[RedisServer]:
    yield from redis_or_skip()


@pytest.fixture
async def redis(started: RedisServer) -> AsyncIterator[RedisServer]:
    yield started
    started.kill()
    started.start()


async def test_a_poke_brings_a_change_at_once(redis: RedisServer) -> None:
    async with served(SLOW_SWEEPS, url=redis.url) as board:
        board.rooms[0].live(NOW_MS, 1)
        began_s = time.monotonic()

        await board.shown(board.rooms[0])

        assert time.monotonic() - began_s < SLOW_SWEEPS.sweep_interval_s / 10


async def test_a_sweep_finds_what_no_poke_told_of(redis: RedisServer) -> None:
    async with served(CONFIG, url=redis.url) as board:
        board.rooms[0].live(NOW_MS, 1)
        (another,) = rooms_made(7, NOW_MS)[6:]
        await board.view.show([board.rooms[0]], NOW_MS + 1, poke=False)
        await board.view.show([another], NOW_MS, poke=False)

        await until(lambda: board.knows(board.rooms[0]) and board.knows(another))

        assert len(board.run.hall.rooms[another.host_id].minutes) == 30


async def test_of_a_view_as_it_is_written_everything_can_be_read(redis: RedisServer) -> None:
    async with served(CONFIG, url=redis.url) as board:
        room = board.rooms[0]
        room.trouble(NOW_MS)

        await board.shown(room)

        assert (await board.client.get("/api/v1/health")).json()["unreadable"] == 0


async def test_a_host_that_leaves_is_gone_after_a_while(redis: RedisServer) -> None:
    async with served(CONFIG, url=redis.url) as board:
        board.run.hall._gone_after_s = 0.7
        await board.view.forget(board.rooms[0])

        await until(lambda: board.rooms[0].host_id not in board.run.hall.rooms)

        assert len(board.run.hall.rooms) == 5


async def test_while_redis_is_down_the_board_answers_what_it_knows_and_says_so(
    redis: RedisServer,
) -> None:
    async with served(CONFIG, url=redis.url) as board:
        redis.kill()
        await until(lambda: not board.run.mirror.connected)

        health = (await board.client.get("/api/v1/health")).json()
        hosts = (await board.client.get("/api/v1/hosts")).json()
        curve = await board.client.get(f"/api/v1/hosts/{board.rooms[0].host_id}/curve")

        assert (health["status"], health["redis"]) == ("degraded", False)
        assert health["redis_age_s"] >= 0
        assert len(hosts["items"]) == 6
        assert (curve.status_code, "retry-after" in curve.headers) == (503, True)

        redis.start()
        await board.view.redis.connection_pool.disconnect()
        for room in board.rooms:
            room.live(NOW_MS, 1)
        await board.shown(*board.rooms)
        await board.view.beat(NOW_MS)
        await until(lambda: all(board.run.mirror.beats.values()))

        assert (await board.client.get("/api/v1/health")).json()["status"] == "ok"


async def test_a_redis_that_says_nothing_is_given_up_and_found_again(redis: RedisServer) -> None:
    async with served(CONFIG, url=redis.url) as board:
        longest_s = 0.0
        redis.pause()
        try:
            while board.run.mirror.connected:
                began_s = time.monotonic()
                await board.client.get("/api/v1/hosts")
                await asyncio.sleep(0)
                longest_s = max(longest_s, time.monotonic() - began_s)
        finally:
            redis.resume()
        board.rooms[0].live(NOW_MS, 1)
        await board.shown(board.rooms[0])

        assert longest_s < 1, "an answer waited for Redis"


async def test_a_redis_that_comes_back_empty_takes_nothing_away(redis: RedisServer) -> None:
    async with served(CONFIG, url=redis.url) as board:
        versions = {room.host_id: room.version for room in board.rooms}
        redis.kill()
        redis.start()
        await board.view.redis.connection_pool.disconnect()
        await until(lambda: board.run.mirror.index_is_empty)

        health = (await board.client.get("/api/v1/health")).json()
        cards = (await board.client.get("/api/v1/hosts")).json()["items"]

        assert health["status"] == "degraded"
        assert {card["host_id"]: card["version"] for card in cards} == versions
        await board.view.show(board.rooms, NOW_MS)
        await until(lambda: not board.run.mirror.index_is_empty)
        assert all(map(board.knows, board.rooms))


async def test_garbage_in_redis_spoils_only_the_room_that_it_is_in(redis: RedisServer) -> None:
    async with served(CONFIG, url=redis.url) as board:
        first, second = board.rooms[:2]
        live = board.view.keys.live(first.host_id.encode())
        await board.view.redis.hset(live, mapping={"version": "9" * 15, "tally": b"\xff{"})
        await board.view.redis.set(
            board.view.keys.alerts(board.rooms[2].host_id.encode()), b"no hash"
        )
        await board.view.redis.publish(board.view.keys.poke, b"no JSON")
        second.live(NOW_MS, 1)

        await board.shown(second)

        assert board.run.hall.unreadable > 0
        assert board.run.hall.rooms[first.host_id].tally.version == first.version


async def test_a_link_connects_with_short_timeouts_and_gives_up_on_nobody(
    redis: RedisServer,
) -> None:
    link = RedisLink(nodes=((LOOPBACK, redis.port),), timeout_s=0.3, password="none")  # noqa: S106
    made = link.connect()

    assert "none" not in repr(link)
    with pytest.raises(Exception, match=r"(?i)auth|password"):
        await made.ping()
    await made.aclose()


async def test_a_board_starts_before_redis_does(redis: RedisServer) -> None:
    redis.kill()
    run = BoardRun(
        CONFIG, RedisLink(nodes=((LOOPBACK, redis.port),)).connect, None, now_ms=lambda: NOW_MS
    )
    run.front()
    try:
        await asyncio.sleep(0.2)
        assert isinstance(run.hall, Hall)
        assert not run.mirror.filled
        redis.start()
        await until(lambda: run.mirror.filled)
    finally:
        await run.stop()
