"""What people wrote and who they are leaves by no log line, metric, alert, view or answer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from streamproc.embedded.ports import LOOPBACK, free_port
from streamproc.events.host_tally import TALLIES_TOPIC
from streamproc.events.outputs import ALERTS_TOPIC, decode_alert
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC
from streamproc.provision.admin import ensure_topics
from tests.alert_steps import steps_told
from tests.canaries import KEPT_WORD, USER, WORD, leaks, planted, unusable
from tests.command_line import STREAMPROC, plain_environment, send
from tests.kafka_log import read_topic
from tests.redis_server import RedisServer, redis_or_skip
from tests.servers import Broker
from tests.waiting import until
from tests.worker_process import WorkerProcess, spawned

pytestmark = pytest.mark.integration

QUICK = """
[negative_burst]
for_ms = 1000
enter_share = 0.1
clear_share = 0.05
[order_failure_spike]
for_ms = 1000
[refund_spike]
for_ms = 1000
"""
QUOTED = {"NegativeBurst", "Stockout"}
FIRED = QUOTED | {"OrderFailureSpike", "RefundSpike"}
PATHS = (
    "/health",
    "/hosts",
    "/hosts/h-1",
    "/hosts/h-1/curve",
    "/leaderboard",
    "/rollups/village",
    "/alerts?state=all",
    "/definitions",
)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    yield from redis_or_skip()


@dataclass(frozen=True)
class Places:
    """Where a run is watched. Shapes: ``logs`` are the files that worker and board write to."""

    bootstrap: str
    board: str
    metrics: str
    redis: RedisServer
    worker: WorkerProcess
    logs: dict[str, Path]


@pytest.fixture
async def places(kafka_broker: Broker, redis: RedisServer, tmp_path: Path) -> AsyncIterator[Places]:
    """A worker and a board that tell all there is to tell, over what was planted."""
    bootstrap = kafka_broker.bootstrap
    await ensure_topics(bootstrap, partitions=1, replication_factor=1)
    await send(bootstrap, planted(time.time_ns() // 1_000_000))
    (tmp_path / "limits.toml").write_text(QUICK)
    board, metrics = free_port(), free_port()
    variables = plain_environment() | {
        "STREAMPROC_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "STREAMPROC_REDIS__URL": redis.url,
        "STREAMPROC_METRICS__PORT": str(metrics),
        "STREAMPROC_LOG__LEVEL": "debug",
        "PYTHONUNBUFFERED": "1",
        "STREAMPROC_ALERTS__LIMITS": str(tmp_path / "limits.toml"),
    }
    commands = {
        "worker": ("worker", "--no-table", "--status-file", str(tmp_path / "worker.json")),
        "board": ("board", "--port", str(board)),
    }
    formats = {"worker": "json", "board": "console"}
    logs = {name: tmp_path / f"{name}.log" for name in commands}
    running = {
        name: WorkerProcess(
            spawned(
                [*STREAMPROC, *command],
                logs[name],
                variables | {"STREAMPROC_LOG__FORMAT": formats[name]},
            ),
            tmp_path / f"{name}.json",
            logs[name],
        )
        for name, command in commands.items()
    }
    yield Places(
        bootstrap,
        f"http://{LOOPBACK}:{board}",
        f"http://{LOOPBACK}:{metrics}",
        redis,
        running["worker"],
        {name: each.log_file for name, each in running.items()},
    )
    for each in running.values():
        if each.exit_code is None:
            each.kill()


def answers(board: str) -> dict[str, str]:
    """What the board says, each answer with its headers; empty while it does not know the alerts yet."""
    with httpx.Client(base_url=f"{board}/api/v1") as client:
        try:
            alerts = client.get("/alerts").json()["items"]
        except httpx.HTTPError:
            return {}
        if not {each["kind"] for each in alerts} >= FIRED:
            return {}
        told = {path: client.get(path) for path in PATHS}
        for each in alerts:
            told[each["alert_id"]] = client.get(f"/alerts/{each['alert_id']}")
        judged = f"/alerts/{alerts[0]['alert_id']}/verdict"
        told["verdict"] = client.post(judged, json={"verdict": "real", "by": f"{USER} {WORD}"})
        # who is told of a mistake of theirs reads what they wrote; the board's log must not tell it
        client.get(f"/hosts/{USER}", params={"q": WORD})
        client.post(judged, json={"verdict": f"{USER} {WORD}"})
        client.post(judged, content=f"{USER} {WORD}".encode())
        return {path: f"{answer.headers} {answer.text}" for path, answer in told.items()}


def streamed(board: str) -> str:
    """The first words of the event stream."""
    said = ""
    with (
        contextlib.suppress(httpx.ReadTimeout),
        httpx.stream("GET", f"{board}/api/v1/stream?hosts=h-1", timeout=3) as stream,
    ):
        for piece in stream.iter_text():
            said += piece
    assert "event: tally" in said
    assert "event: alert" in said
    return said


def view_of(redis: RedisServer) -> dict[str, str]:
    """Every value of the view, by key."""
    client: Any = Redis.from_url(redis.url, decode_responses=True)
    read = {
        "hash": lambda key: client.hgetall(key),
        "zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        "stream": lambda key: client.xrange(key),
        "string": lambda key: client.get(key),
        "set": lambda key: client.smembers(key),
        "list": lambda key: client.lrange(key, 0, -1),
    }
    return {key: f"{key} {read[client.type(key)](key)}" for key in client.scan_iter()}


async def test_nobody_is_seen_in_what_leaves(places: Places) -> None:
    def still_runs() -> None:
        assert places.worker.exit_code is None, places.worker.log[-4_000:]

    shows = partial(until, still=still_runs)
    await steps_told(
        places.bootstrap,
        lambda steps: {each.kind for each in steps} >= FIRED,
        "alerts with evidence",
    )
    told = await shows(lambda: answers(places.board), "the board shows them")
    told |= {"stream": await asyncio.to_thread(streamed, places.board)}
    # whoever fails tells most
    places.redis.kill()
    await shows(lambda: "edis" in places.logs["worker"].read_text(), "Redis is missed")
    await asyncio.sleep(2)
    places.redis.start()
    await shows(lambda: "sp:{h-1}:alerts" in view_of(places.redis), "the view is back")
    metrics = await asyncio.to_thread(httpx.get, f"{places.metrics}/metrics")
    steps = await read_topic(places.bootstrap, ALERTS_TOPIC, [0])
    tallies = await read_topic(places.bootstrap, TALLIES_TOPIC, [0])
    letters = [
        letter
        for topic in (COMMENTS_TOPIC, ORDERS_TOPIC)
        for letter in await read_topic(places.bootstrap, f"{topic}.dlq", [0])
    ]
    places.worker.terminate()
    assert await places.worker.ended() == 0

    seen = {
        **{f"answer {path}": text for path, text in told.items()},
        **{f"Redis {key}": text for key, text in view_of(places.redis).items()},
        **{f"log of {name}": each.read_text() for name, each in places.logs.items()},
        "metrics": metrics.text,
        "alerts": "".join(f"{each.key!r} {each.value!r} {each.headers}" for each in steps),
        "tallies": "".join(f"{each.key!r} {each.value!r} {each.headers}" for each in tallies),
        "dead letters' headers": " ".join(f"{each.headers}" for each in letters),
    }
    assert {place: found for place, text in seen.items() if (found := leaks(text))} == {}
    assert len(letters) == len(unusable(0))
    decoded = [decode_alert(each.value or b"") for each in steps]
    quoted = {
        step.kind for step in decoded for each in step.evidence.comments if KEPT_WORD in each.text
    }
    assert quoted >= QUOTED
    assert "***" in seen["alerts"]
    assert '"level": "debug"' in seen["log of worker"]
    assert "streamproc_" in metrics.text
