"""Redis goes wrong in every way that is known, for real: the view heals, and nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from redis.exceptions import RedisError

from streamproc.sinks.redis_view.config import RedisConfig
from tests.redis_server import RedisServer, redis_or_skip, silent_port
from tests.redis_stage import Stage, eventually

pytestmark = [pytest.mark.integration, pytest.mark.alone]

HOSTS = [f"h{number}" for number in range(300)]
FAULT_S = 1.5
HEAL_S = 10.0
STALL_MORE_S = 0.050
ATTEMPTS = (
    4  # whoever shares the machine holds the loop up now and then; a fault would do so each time
)
TICK_S = 0.005

BUSY = """#!lua name=busy
redis.register_function('spin', function(keys, args)
  local first = redis.call('TIME')
  repeat
    local now = redis.call('TIME')
  until now[1] - first[1] >= tonumber(args[1])
end)
"""


@pytest.fixture(scope="module")
def kept() -> Iterator[RedisServer]:
    """A server that the whole module shares; it keeps an append-only file."""
    yield from redis_or_skip(
        *("--appendonly", "yes", "--appendfsync", "always", "--busy-reply-threshold", "200"),
        *("--enable-protected-configs", "yes"),
    )


@pytest.fixture
def server(kept: RedisServer) -> RedisServer:
    with kept.client() as client:
        client.flushall()
    return kept


class Watch:
    """The longest time that the loop was held up, and whether a reader saw a version go back."""

    def __init__(self, server: RedisServer) -> None:
        self.stall_s = 0.0
        self.went_back = 0
        self.was_down = False
        self._server = server
        self._seen: dict[str, tuple[int, int]] = {}

    async def stalls(self) -> None:
        while True:
            began_s = time.perf_counter()
            await asyncio.sleep(TICK_S)
            self.stall_s = max(self.stall_s, time.perf_counter() - began_s - TICK_S)

    async def reads(self) -> None:
        while True:
            with contextlib.suppress(RedisError):
                await asyncio.to_thread(self._read)
            await asyncio.sleep(0.05)

    def _read(self) -> None:
        with self._server.client(socket_timeout=0.2) as client:
            for host in HOSTS[:20]:
                version, as_of_ms = client.hmget(f"sp:{{{host}}}:live", "version", "as_of_ms")
                if version is not None:
                    seen = int(version), int(as_of_ms)
                    self.went_back += seen < self._seen.get(host, (0, 0))
                    self._seen[host] = seen


@asynccontextmanager
async def traffic(stage: Stage) -> AsyncIterator[None]:
    """Tell of a third of the hosts, ten times a second."""
    number = stage.version

    async def tell() -> None:
        nonlocal number
        while True:
            number += 1
            stage.tell(HOSTS[number % 3 :: 3], number)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()


Fault = Callable[[RedisServer], AbstractAsyncContextManager[object]]


async def restarted(server: RedisServer) -> None:
    """Start it, in this thread, as it ends with the one that started it; return once it has loaded."""
    server.start()
    with server.client() as client:
        await eventually(lambda: not client.info("persistence")["loading"])


@asynccontextmanager
async def killed(server: RedisServer) -> AsyncIterator[None]:
    server.kill()
    yield
    await restarted(server)


@asynccontextmanager
async def emptied(server: RedisServer) -> AsyncIterator[None]:
    server.kill()
    for file in (server.directory / "appendonlydir").iterdir():
        file.unlink()
    yield
    await restarted(server)


@asynccontextmanager
async def paused(server: RedisServer) -> AsyncIterator[None]:
    server.pause()
    yield
    server.resume()


@asynccontextmanager
async def mute(server: RedisServer) -> AsyncIterator[None]:
    server.kill()
    with silent_port(server.port):
        yield
    await restarted(server)


@asynccontextmanager
async def loading(server: RedisServer) -> AsyncIterator[None]:
    server.kill()
    slow = ("--key-load-delay", "500", "--loading-process-events-interval-bytes", "1024")
    before, server.options = server.options, (*server.options, *slow)
    server.start()
    try:
        with server.client() as client, pytest.raises(RedisError, match=r"(?i)loading"):
            client.get("x")
        yield
    finally:
        server.options = before
        with server.client() as client:
            client.config_set("key-load-delay", 0)
            await eventually(lambda: not client.info("persistence")["loading"])


@asynccontextmanager
async def configured(server: RedisServer, **options: object) -> AsyncIterator[None]:
    with server.client() as client:
        before = {name: client.config_get(name)[name] for name in options}
        for name, value in options.items():
            client.config_set(name, value)
        try:
            yield
        finally:
            for name, value in before.items():
                client.config_set(name, value)


def full(server: RedisServer) -> AbstractAsyncContextManager[None]:
    return configured(server, maxmemory=1)


@asynccontextmanager
async def misconfigured(server: RedisServer) -> AsyncIterator[None]:
    """The last save to disk failed, and the server refuses to write until one succeeds."""
    blocked = server.directory / "blocked.rdb"
    blocked.mkdir()
    (blocked / "x").touch()
    with server.client() as client:
        async with configured(server, dbfilename="blocked.rdb", save="3600 1"):
            with contextlib.suppress(RedisError):
                client.bgsave()
            await eventually(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")
            with pytest.raises(RedisError, match="MISCONF"):
                client.set("x", 1)
            yield
        client.bgsave()
        await eventually(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "ok")


@asynccontextmanager
async def busy(server: RedisServer) -> AsyncIterator[None]:
    def spin() -> None:
        with server.client(socket_timeout=30) as client:
            client.function_load(BUSY, replace=True)
            client.fcall("spin", 0, 3)

    spinning = asyncio.create_task(asyncio.to_thread(spin))
    yield
    await spinning


@asynccontextmanager
async def read_only(server: RedisServer) -> AsyncIterator[None]:
    with server.client() as client:
        client.replicaof("127.0.0.1", 1)  # out of reach: it keeps what it has, and takes no writes
        with pytest.raises(RedisError, match="replica"):
            client.set("x", 1)
        yield
        client.replicaof("NO", "ONE")


@asynccontextmanager
async def forbidden(server: RedisServer) -> AsyncIterator[None]:
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "default", "-hset")
        try:
            yield
        finally:
            client.execute_command("ACL", "SETUSER", "default", "+@all")


FAULTS: dict[str, Fault] = {
    "down": killed,
    "emptied": emptied,
    "black hole, stopped": paused,
    "black hole, mute": mute,
    "loading": loading,
    "misconf": misconfigured,
    "oom": full,
    "busy": busy,
    "readonly": read_only,
    "noperm": forbidden,
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_holds_nobody_up_and_the_view_is_right_soon_after_it(
    name: str, server: RedisServer
) -> None:
    config = RedisConfig(url=server.url, flush_interval_ms=50)
    async with Stage(config) as stage:
        stage.tell(HOSTS, 1)
        with server.client() as client:
            await stage.settled(client)
        more_s = await stall_of(FAULTS[name], stage, server)
        for _ in range(ATTEMPTS - 1):
            if more_s > STALL_MORE_S:
                more_s = await stall_of(FAULTS[name], stage, server)

        assert more_s <= STALL_MORE_S
        await eventually(lambda: stage.view.health.up)
        assert stage.agains >= (name == "emptied")
        assert stage.view.health.failed_total == 0


async def stall_of(fault: Fault, stage: Stage, server: RedisServer) -> float:
    """How much longer the loop was held up at most with a fault than without it."""
    async with traffic(stage), watched(server) as well:
        await asyncio.sleep(FAULT_S)
    faults = stage.view.health.faults_total
    async with traffic(stage), fault(server), watched(server) as ill:
        await asyncio.sleep(FAULT_S)
        await eventually(lambda: stage.view.health.faults_total > faults)
        assert not stage.view.health.up
    with server.client() as client:
        await stage.settled(client, HEAL_S)
    assert (well.went_back, ill.went_back) == (0, 0)
    return ill.stall_s - well.stall_s


@asynccontextmanager
async def watched(server: RedisServer) -> AsyncIterator[Watch]:
    watch = Watch(server)
    tasks = [asyncio.create_task(each()) for each in (watch.stalls, watch.reads)]
    try:
        yield watch
    finally:
        for task in tasks:
            task.cancel()
