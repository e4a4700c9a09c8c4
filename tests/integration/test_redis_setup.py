"""``streamproc redis setup`` and the users of deploy/redis, on a real redis-server that knows them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import pytest
from redis.exceptions import NoPermissionError

from streamproc.sinks.redis_view.config import RedisConfig
from streamproc.sinks.redis_view.library import library_name
from tests.command_line import streamproc
from tests.house.tree import ROOT
from tests.redis_server import RedisServer, redis_or_skip
from tests.redis_stage import Stage, alert, eventually

pytestmark = pytest.mark.integration

USERS = ("sp-writer", "sp-reader", "sp-deploy")


def password(user: str) -> str:
    return f"of {user}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One that has our users, with passwords put in as told, and an operator of the test's."""
    text = (ROOT / "deploy" / "redis" / "users.acl").read_text(encoding="utf-8")
    for user in USERS:
        digest = hashlib.sha256(password(user).encode()).hexdigest()
        text, count = re.subn(rf"^user {user} off ", f"user {user} on #{digest} ", text, flags=re.M)
        assert count == 1
    users = tmp_path_factory.mktemp("acl") / "users.acl"
    users.write_text(f"{text}user operator on nopass ~* &* +@all\n")
    yield from redis_or_skip("--aclfile", str(users), "--appendonly", "yes")


def config(server: RedisServer, user: str) -> RedisConfig:
    return RedisConfig(url=server.url, username=user, password=password(user), flush_interval_ms=20)


def environ(server: RedisServer, user: str) -> dict[str, str]:
    return {
        "STREAMPROC_REDIS__URL": server.url,
        "STREAMPROC_REDIS__USERNAME": user,
        "STREAMPROC_REDIS__PASSWORD": password(user),
    }


async def test_setup_loads_the_functions_and_says_what_is_not_as_it_should_be(
    server: RedisServer,
) -> None:
    deploy = environ(server, "sp-deploy")
    before = await streamproc("redis", "setup", "--check", variables=deploy)
    with server.client(username="operator") as operator:
        operator.config_set("maxmemory-policy", "allkeys-lru")
        wrong = await streamproc("redis", "setup", variables=deploy)
        operator.config_set("maxmemory-policy", "noeviction")
    right = await streamproc("redis", "setup", variables=deploy)

    assert (before.code, wrong.code, right.code) == (36, 36, 0), (
        before.said + wrong.said + right.said
    )
    assert "the functions are missing" in before.out
    assert "maxmemory-policy is allkeys-lru and should be noeviction" in wrong.out
    assert f"{library_name()}: was there" in right.out


async def test_who_may_not_load_functions_is_told_so(server: RedisServer) -> None:
    with server.client(username="operator") as operator:
        operator.function_flush()
    refused = await streamproc("redis", "setup", variables=environ(server, "sp-writer"))
    stranger = await streamproc("redis", "setup", variables=environ(server, "nobody"))

    assert (refused.code, stranger.code) == (36, 35), refused.said + stranger.said
    assert "sp-deploy" in refused.err
    assert password("sp-writer") not in refused.said


async def test_a_writer_waits_for_the_functions_and_then_needs_nothing_else(
    server: RedisServer,
) -> None:
    with server.client(username="operator") as operator:
        operator.function_flush()
        operator.flushall()
        async with Stage(config(server, "sp-writer")) as stage:
            stage.tell(["h1", "h2"], 1)
            stage.tell_alert(alert("h1", "a1", 1))
            await eventually(lambda: stage.view.health.reason == "library")
            done = await streamproc("redis", "setup", variables=environ(server, "sp-deploy"))
            assert done.code == 0, done.said
            await stage.settled(operator)
            stage.leave("h2")
            stage.tell_alert(alert("h1", "a1", 2, phase="resolved", at_ms=1))
            await stage.settled(operator)
            await eventually(lambda: operator.xlen("sp:{p0}:alerts") == 2)
            await eventually(lambda: operator.exists("sp:{p0}:epoch"))
            await eventually(lambda: stage.view.health.up)
            assert stage.view.health.failed_total == 0


WRITER_MAY_NOT = [
    *(("FLUSHALL",), ("KEYS", "*"), ("SET", "other", "1"), ("HSET", "other:{h1}:live", "a", "1")),
    *(("CONFIG", "GET", "*"), ("FUNCTION", "FLUSH"), ("DEL", "sp:{h1}:live"), ("INFO",)),
    *(("PUBLISH", "other", "x"), ("ACL", "LIST"), ("EVAL", "return 1", "0"), ("SHUTDOWN",)),
]
READER_MAY_NOT = [
    *(("HSET", "sp:{h1}:live", "a", "1"), ("SET", "sp:x", "1"), ("PUBLISH", "sp:poke", "x")),
    *(("FCALL", f"{library_name()}_probe", "0"), ("GET", "other"), ("ZADD", "sp:{lb}:v", "1", "a")),
    *(("XADD", "sp:{p0}:alerts", "*", "a", "b"), ("EXPIRE", "sp:{h1}:live", "1"), ("FLUSHDB",)),
]
DEPLOY_MAY_NOT = [
    ("GET", "sp:{p0}:epoch"),
    ("CONFIG", "SET", "save", ""),
    ("HGETALL", "sp:{h1}:live"),
]


@pytest.mark.parametrize(
    ("user", "words"),
    [
        *(("sp-writer", words) for words in WRITER_MAY_NOT),
        *(("sp-reader", words) for words in READER_MAY_NOT),
        *(("sp-deploy", words) for words in DEPLOY_MAY_NOT),
    ],
)
def test_a_user_may_do_nothing_else(server: RedisServer, user: str, words: tuple[str, ...]) -> None:
    with (
        server.client(username=user, password=password(user)) as client,
        pytest.raises(NoPermissionError),
    ):
        client.execute_command(*words)


def test_a_reader_reads_everything_and_hears_pokes(server: RedisServer) -> None:
    with server.client(username="sp-reader", password=password("sp-reader")) as reader:
        reader.hgetall("sp:{h1}:live")
        reader.hmget("sp:{h1}:alerts", "a")
        reader.zrevrange("sp:{lb}:likes:5m", 0, 9, withscores=True)
        reader.zrange("sp:{lb}:hosts", 0, -1)
        reader.xread({"sp:{p0}:alerts": "0"}, count=1)
        reader.get("sp:{p0}:epoch")
        with reader.pubsub() as listener:
            listener.subscribe("sp:poke")
            assert listener.get_message(timeout=5)["type"] == "subscribe"


def test_nobody_gets_in_without_a_password(server: RedisServer) -> None:
    with (
        server.client() as client,
        pytest.raises(Exception, match=r"NOAUTH|uthentication required"),
    ):
        client.ping()
