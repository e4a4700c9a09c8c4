"""What the Redis view writes, on a real redis-server and on the embedded one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest
from msgspec import json
from redis import Redis

from streamproc.embedded.redis import EmbeddedRedis
from streamproc.engine.digest import StateDigest
from streamproc.engine.engine import Engine
from streamproc.engine.fence import TopicPosition
from streamproc.engine.ownership import Ownership
from streamproc.engine.partition import Partition
from streamproc.engine.ports import SourcePartition
from streamproc.engine.stamp import Epoch
from streamproc.events.view_beat import Beat, SourceRead
from streamproc.sinks.redis_view.config import RedisConfig
from tests.counting import CountingProgram
from tests.redis_server import Client, redis_or_skip
from tests.redis_stage import Stage, alert, eventually

pytestmark = pytest.mark.integration

HOSTS = [f"h{number}" for number in range(40)]
ORDERS, VIEWERS = "live.orders.v1", "live.viewers.v1"


class Reading:
    """An engine by what a heartbeat tells of it: one partition, so far from the ends of its sources."""

    def __init__(self, lags: dict[str, int]) -> None:
        positions = {topic: TopicPosition(0, 0) for topic in lags}
        owned = Ownership(Epoch(0, 1, 0, 0, 0), 0, set())
        self.partition = Partition(
            0, CountingProgram(), owned, StateDigest(), positions, dict(lags)
        )
        self.partitions = {0: self.partition}
        self.paused: dict[SourcePartition, str] = {}
        self.config = SimpleNamespace(inputs=tuple(lags))


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    for server in redis_or_skip("--appendonly", "yes"):
        yield server.url


@pytest.fixture(scope="module")
def embedded() -> Iterator[str]:
    server = EmbeddedRedis()
    asyncio.run(server.start())
    yield server.url
    asyncio.run(server.stop())


@pytest.fixture(params=["real", "embedded"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Redis.from_url(url, decode_responses=True, protocol=2) as client:
        client.flushall()
        yield client


def config(url: str, **options: object) -> RedisConfig:
    return RedisConfig(url=url, flush_interval_ms=20, **options)  # type: ignore[arg-type] # by name


async def test_what_is_told_is_there_and_what_is_told_later_replaces_it(
    url: str, client: Client
) -> None:
    async with Stage(config(url)) as stage:
        for number in range(1, 6):
            stage.tell(HOSTS, number)
            await asyncio.sleep(0.01)
        await stage.settled(client)

        assert 0 < client.ttl("sp:{h1}:live") <= 86_400
        assert client.hget("sp:{h1}:curve:s1", "_v") == str(stage.version)
        assert client.hgetall("sp:{lb}:v") == dict.fromkeys(HOSTS, str(stage.version))
        await eventually(lambda: stage.view.health.up)
        assert stage.view.health.failed_total == 0


async def test_an_older_worker_changes_nothing(url: str, client: Client) -> None:
    async with Stage(config(url), worker="new") as new:
        new.version = 1 << 44
        new.tell(HOSTS, 9)
        new.tell_alert(alert("h1", "a1", 2, phase="resolved"))
        await new.settled(client)
        before = client.hgetall("sp:{h1}:alerts")
        async with Stage(config(url), worker="old") as old:
            old.tell(HOSTS, 5)
            old.tell_alert(alert("h1", "a1", 1))
            old.tell_alert(alert("h1", "a2", 1))
            await eventually(lambda: old.view.health.refused_total >= len(HOSTS) + 3)
            await eventually(lambda: not old.view.dirty_keys)

        assert new.missing(client) == ""
        assert client.hgetall("sp:{h1}:alerts") == before
        assert client.zcard("sp:{lb}:alerts") <= 1  # another slot has its own fence, by seq
        assert json.decode(client.get("sp:{p0}:epoch"))["worker"] == "new"


async def test_a_heartbeat_says_how_far_each_source_is_read(url: str, client: Client) -> None:
    def told() -> Beat:
        return json.decode(client.get("sp:{p0}:epoch") or b"{}", type=Beat)

    async with Stage(config(url)) as stage:
        await eventually(lambda: told().worker == "w1")
        assert (told().follows, told().sources) == (True, {})
        engine = Reading(lags={ORDERS: 2500, VIEWERS: 0})
        engine.partition.newest_ms[VIEWERS] = 9_000
        engine.paused[SourcePartition(ORDERS, 0)] = "too many"
        stage.view.attach(cast(Engine, engine))

        await eventually(lambda: not told().follows, why=told)
        assert told().sources == {
            ORDERS: SourceRead(lag=2500, paused=True),
            VIEWERS: SourceRead(folded_ms=9_000),
        }
        engine.partition.ends[ORDERS] = 0
        engine.paused.clear()
        engine.partition.look_behind(0)
        await eventually(lambda: told().follows, why=told)


async def test_a_host_that_is_gone_leaves_every_list(url: str, client: Client) -> None:
    async with Stage(config(url)) as stage:
        stage.tell(HOSTS, 3)
        await stage.settled(client)
        stage.leave("h1")
        await eventually(lambda: client.hget("sp:{h1}:live", "tally") is None)
        await stage.settled(client)

        assert client.zscore("sp:{lb}:hosts", "h1") is None
        assert 0 < client.ttl("sp:{h1}:live") <= 3600


async def test_a_leaderboard_holds_the_best_only(url: str, client: Client) -> None:
    async with Stage(config(url, leaderboard_hosts_max=5)) as stage:
        for number, host in enumerate(HOSTS):
            stage.tell([host], number)
        await eventually(lambda: client.zcard("sp:{lb}:hosts") == len(HOSTS))
        await eventually(lambda: not stage.view.dirty_keys)
        best = HOSTS[-1:-6:-1]

        await eventually(lambda: client.zrevrange("sp:{lb}:likes:60m", 0, -1) == best)
        assert client.zscore("sp:{lb}:pay_gmv_minor:1m", "h39") == 3900


async def test_the_newest_step_of_an_alert_is_shown_and_all_steps_are_in_the_stream(
    url: str, client: Client
) -> None:
    async with Stage(config(url)) as stage:
        stage.tell(["h1"], 1)
        stage.tell_alert(alert("h1", "a1", 1), alert("h1", "a1", 2), alert("h1", "a2", 1))
        await eventually(lambda: client.xlen("sp:{p0}:alerts") == 3)
        await eventually(lambda: 0 < client.ttl("sp:{p0}:alerts") <= 86_400)
        shown = {
            name: json.decode(each)
            for name, each in client.hgetall("sp:{h1}:alerts").items()
            if name != "_v"
        }

        assert {name: each["seq"] for name, each in shown.items()} == {"a1": 2, "a2": 1}
        assert client.zrange("sp:{lb}:alerts", 0, -1) == ["h1\x1fa1", "h1\x1fa2"]
        stage.tell_alert(alert("h1", "a1", 3, phase="resolved"))
        await eventually(lambda: client.zrange("sp:{lb}:alerts", 0, -1) == ["h1\x1fa2"])
        assert json.decode(client.hget("sp:{h1}:alerts", "a1"))["phase"] == "resolved"


async def test_an_alert_that_was_resolved_long_ago_is_shown_no_more(
    url: str, client: Client
) -> None:
    old_ms = time.time_ns() // 1_000_000 - 3_700_000
    async with Stage(config(url)) as stage:
        stage.tell_alert(alert("h1", "a1", 1, phase="resolved", at_ms=old_ms))
        stage.tell_alert(alert("h1", "a2", 1))

        await eventually(lambda: set(client.hgetall("sp:{h1}:alerts")) == {"a2", "_v"})


async def test_whoever_listens_is_poked(url: str, client: Client) -> None:
    with client.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("sp:poke")
        async with Stage(config(url)) as stage:
            stage.tell(HOSTS, 1)
            heard: set[str] = set()

            def hears() -> bool:
                message = listener.get_message(timeout=0.1)
                heard.update(json.decode(message["data"]) if message else ())
                return heard == set(HOSTS)

            await eventually(hears)


async def test_what_another_took_for_something_else_spoils_nothing_else(
    url: str, client: Client
) -> None:
    client.set("sp:{h1}:live", "not ours")
    async with Stage(config(url, refresh_interval_s=1)) as stage:
        stage.tell(HOSTS, 1)
        await eventually(lambda: stage.view.health.failed_total >= 1)
        client.delete("sp:{h1}:live")
        stage.tell(["h1"], 2)

        await stage.settled(client)


async def test_everything_is_told_again_once_it_is_gone_without_a_word(
    url: str, client: Client
) -> None:
    async with Stage(config(url)) as stage:
        stage.tell(HOSTS, 1)
        stage.tell_alert(alert("h1", "a1", 1))
        await stage.settled(client)
        await eventually(lambda: client.exists("sp:{p0}:epoch"))
        client.flushdb()

        await stage.settled(client)
        await eventually(lambda: client.zcard("sp:{lb}:alerts") == 1)
        assert stage.agains >= 1
        assert json.decode(client.hget("sp:{h1}:alerts", "a1"))["seq"] == 1


@pytest.mark.parametrize("lost", ["sp:{h1}:alerts", "sp:{lb}:alerts", "sp:{h1}:curve:s1"])
async def test_a_piece_that_is_gone_is_told_again_though_tallies_are_there(
    url: str, client: Client, lost: str
) -> None:
    async with Stage(config(url, refresh_interval_s=0.3)) as stage:
        stage.tell(HOSTS, 1)
        stage.tell_alert(alert("h1", "a1", 1), alert("h1", "a1", 2), alert("h2", "a2", 1))
        await stage.settled(client)
        await eventually(lambda: client.zcard("sp:{lb}:alerts") == 2)
        before = client.hget("sp:{h1}:alerts", "a1")
        client.delete(lost)

        await eventually(lambda: stage.agains)
        await eventually(lambda: client.zcard("sp:{lb}:alerts") == 2)
        await eventually(lambda: client.hget("sp:{h1}:alerts", "a1") == before)
        await stage.settled(client)  # curves too


async def test_nothing_is_told_again_while_nothing_is_lost(url: str, client: Client) -> None:
    async with Stage(config(url, refresh_interval_s=0.05, alert_keep_s=1)) as stage:
        stage.tell(HOSTS, 1)
        old_ms = time.time_ns() // 1_000_000 - 900
        over = alert("h1", "a1", 2, phase="resolved", at_ms=old_ms)
        stage.tell_alert(alert("h1", "a1", 1), over, alert("h2", "a2", 1), alert("h3", "a3", 3))
        await stage.settled(client)
        stage.tell_alert(alert("h3", "a3", 2))
        stage.tell(["h1"], 2)
        stage.leave("h9")
        await eventually(lambda: set(client.hgetall("sp:{h1}:alerts")) <= {"_v"})
        looks = stage.view.writes + 20

        await eventually(lambda: stage.view.writes >= looks)
        assert stage.agains == 0


async def test_what_there_is_no_room_for_is_told_again_afterwards(url: str, client: Client) -> None:
    hosts = [f"h{number}" for number in range(200)]
    stage = Stage(config(url, buffer_hosts_max=130))
    stage.tell(hosts, 1)

    assert stage.view.dropped == 70
    async with stage:
        await stage.settled(client)
        assert stage.agains >= 1
