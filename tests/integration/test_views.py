"""Six views of one run say the same: state, log, tallies topic, Redis, the board's API and gauges."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from streamproc.embedded.ports import LOOPBACK, free_port
from streamproc.provision.admin import ensure_topics
from tests.command_line import started, streamproc
from tests.read_views import settled, tallies_of_redis, tallies_of_topic
from tests.redis_server import RedisServer, redis_or_skip
from tests.servers import Broker
from tests.waiting import until

pytestmark = pytest.mark.integration

PARTITIONS = 4
BROADCAST = ("contest", "--seconds", "40", "--speed", "0", "--audience-scale", "0.3")

Figures = dict[str, dict[str, Any]]
"""By host, those of its broadcast."""


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    yield from redis_or_skip()


@pytest.fixture
async def places(
    kafka_broker: Broker, redis: RedisServer, tmp_path: Path
) -> AsyncIterator[dict[str, str]]:
    """A worker and a board over a broadcast that was sent whole; where they are."""
    bootstrap = kafka_broker.bootstrap
    await ensure_topics(bootstrap, partitions=PARTITIONS, replication_factor=1)
    board, metrics = free_port(), free_port()
    variables = {
        "STREAMPROC_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "STREAMPROC_REDIS__URL": redis.url,
        "STREAMPROC_METRICS__PORT": str(metrics),
        "STREAMPROC_METRICS__ROOMS_TOP_MAX": "0",
    }
    sent = await streamproc(
        "simulate", *BROADCAST, "--ledger", str(tmp_path / "ledger.jsonl"), variables=variables
    )
    assert sent.code == 0, sent.err
    async with AsyncExitStack() as running:
        for command in (("worker", "--no-table"), ("board", "--port", str(board))):
            await running.enter_async_context(started(*command, variables=variables))
        yield {
            "bootstrap": bootstrap,
            "board": f"http://{LOOPBACK}:{board}/api/v1",
            "metrics": f"http://{LOOPBACK}:{metrics}",
            "redis": redis.url,
            "ledger": str(tmp_path / "ledger.jsonl"),
        }


def of_tally(tally: Any) -> dict[str, Any]:  # noqa: ANN401 - a tally as JSON
    found: dict[str, Any] = tally["sessions"][0]["figures"]
    return found


async def of_topic(bootstrap: str) -> Figures:
    """What a reader of the topic knows."""
    known = await tallies_of_topic(bootstrap, range(PARTITIONS))
    return {host: of_tally(msgspec.to_builtins(each)) for host, each in known.items()}


def of_redis(url: str) -> Figures:
    with Redis.from_url(url) as client:
        held = tallies_of_redis(client)
    return {host.decode(): of_tally(msgspec.json.decode(each)) for host, each in held.items()}


def of_api(board: str) -> Figures:
    with httpx.Client(base_url=board) as client:
        cards = client.get("/hosts", params={"limit": 200}).json()["items"]
        return {
            card["host_id"]: of_tally(client.get(f"/hosts/{card['host_id']}").json()["tally"])
            for card in cards
        }


def gauges(metrics: str) -> dict[str, int]:
    """Paid money in yuan by host, as Prometheus is told."""
    text = httpx.get(f"{metrics}/metrics").text
    return {
        sample.labels["host"]: int(sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "streamproc_room_gmv_minor_units"
        and (sample.labels["window"], sample.labels["currency"]) == ("session", "CNY")
    }


def standing(figures: Figures) -> Figures:
    """Those that stand still."""
    return {host: settled(of) for host, of in sorted(figures.items())}


async def test_every_view_says_what_the_log_says(places: dict[str, str]) -> None:
    bootstrap = places["bootstrap"]
    variables = {"STREAMPROC_KAFKA__BOOTSTRAP_SERVERS": bootstrap}
    replayed = await streamproc("replay", "--from-kafka", "--json", variables=variables)
    assert replayed.code == 0, replayed.err
    hosts = msgspec.json.decode(replayed.out)["hosts"]
    of_log = standing(
        {host: next(iter(of.values()))["figures"] for host, of in hosts.items() if of}
    )
    assert sum(of["orders_sku"] or 0 for of in of_log.values()) > 0

    def board_shows_all() -> bool:
        try:
            return standing(of_api(places["board"])) == of_log
        except httpx.HTTPError:
            return False

    await until(board_shows_all, "the board shows what the log holds")
    # each view has a pace of its own: the topic is written once a second
    await until(
        lambda: standing(asyncio.run(of_topic(bootstrap))) == of_log,
        "the topic holds what the log holds",
    )
    assert standing(of_redis(places["redis"])) == of_log
    paid = {host: of["pay_gmv_minor"] or {} for host, of in of_log.items()}

    def gauges_tell_all() -> bool:
        told = gauges(places["metrics"])
        return told == {host: each["CNY"] for host, each in paid.items() if "CNY" in each} | {
            host: 0 for host in told if not paid[host]
        }

    await until(gauges_tell_all, "the gauges tell what the log holds")
    verified = await streamproc("verify", "--ledger", places["ledger"], variables=variables)
    assert verified.code == 0, verified.said
    ready = await asyncio.to_thread(httpx.get, f"{places['metrics']}/readyz")
    assert ready.status_code == httpx.codes.OK
