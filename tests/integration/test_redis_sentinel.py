"""A master and a replica under Sentinel: the master is killed, and the view goes on at the other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from redis.exceptions import RedisError

from streamproc.embedded.ports import LOOPBACK
from streamproc.sinks.redis_view.config import RedisConfig
from tests.redis_server import Client, RedisServer, redis_or_skip
from tests.redis_stage import Stage, eventually

pytestmark = pytest.mark.integration

HOSTS = [f"h{number}" for number in range(50)]
FAILOVER_S = 40.0
HEAL_S = 10.0


@pytest.fixture
def master() -> Iterator[RedisServer]:
    yield from redis_or_skip()


def watching(master: RedisServer) -> RedisServer:
    """A Sentinel that gives a master up after a second."""
    return RedisServer(
        sentinel=f"sentinel monitor shop {LOOPBACK} {master.port} 1\n"
        "sentinel down-after-milliseconds shop 1000\n"
        "sentinel failover-timeout shop 5000\n"
    )


async def test_after_a_failover_to_a_replica_that_was_behind_the_view_is_whole(
    master: RedisServer,
) -> None:
    with (
        RedisServer("--replicaof", f"{LOOPBACK} {master.port}") as replica,
        watching(master) as sentinel,
        replica.client() as behind,
        sentinel.client() as ask,
        master.client() as ahead,
    ):
        await eventually(lambda: ask.sentinel_slaves("shop"), FAILOVER_S)
        url = f"redis+sentinel://{LOOPBACK}:{sentinel.port}/shop/0"
        async with Stage(RedisConfig(url=url, flush_interval_ms=20)) as stage:
            stage.tell(HOSTS, 1)
            await stage.settled(behind)
            replica.pause()
            ahead.client_kill_filter(_type="replica")
            stage.tell(HOSTS[:20], 2)  # what the replica never hears of
            await stage.settled(ahead)
            master.kill()
            replica.resume()
            await eventually(lambda: leads(behind), FAILOVER_S)

            await stage.settled(behind, HEAL_S)
            assert stage.agains >= 1


def leads(client: Client) -> bool:
    """Whether it is a master; a server that becomes one closes its connections."""
    with contextlib.suppress(RedisError):
        return bool(client.role()[0] == "master")
    return False
