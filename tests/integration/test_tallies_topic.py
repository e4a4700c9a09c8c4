"""Tallies on a real Kafka: the newest of each host, at most one a second, and a host that is gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import pytest

from streamproc.errors import FlushFailed, StreamprocError
from streamproc.events.host_tally import TALLIES_TOPIC, HostTally, decode_tally
from streamproc.events.outputs import encoded
from streamproc.protocol import View
from streamproc.provision.admin import ensure_topics
from streamproc.sinks.tallies_topic import TalliesTopic
from streamproc.sinks.tallies_version import greatest_version
from tests.kafka_log import Record, read_topic
from tests.servers import Broker, KafkaServer

pytestmark = pytest.mark.integration

AT_MS = 1_795_262_400_000
DEADLINE_S = 30.0
TIMEOUT_S = 2.0
TURNS = 20


class Ended(Exception):
    """Stands for the end of the process."""


def never(error: StreamprocError) -> NoReturn:
    raise AssertionError(str(error))


def view(host_id: str, second: int) -> View:
    tally = HostTally(version=0, host_id=host_id, as_of_ms=AT_MS + second * 1_000, sessions=[])
    return View(host_id.encode(), b"{" + encoded(tally).partition(b",")[2])


async def until(holds: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline_s, f"not in time: {what}"
        await asyncio.sleep(0.05)


async def written(broker: Broker) -> list[Record]:
    return await read_topic(broker.bootstrap, TALLIES_TOPIC, [0])


async def test_the_newest_of_each_host_is_written_with_its_version_and_a_host_that_is_gone_is_told(
    kafka_broker: Broker,
) -> None:
    await ensure_topics(kafka_broker.bootstrap, partitions=1, replication_factor=1, app_id="seen")
    topic = TalliesTopic(kafka_broker.bootstrap, request_timeout_s=10, failure=never)
    await topic.start()
    topic.owned(frozenset({0}))
    began_s = time.monotonic()
    for second in range(40):
        topic.show(0, 100 + second, [view("h-1", second), view("h-2", second)])
        await asyncio.sleep(0.05)
    took_s = time.monotonic() - began_s
    topic.show(0, 200, [View(b"h-2", None)])
    await topic.stop()

    records = await written(kafka_broker)
    assert topic.sent == len(records)
    of_first = [each for each in records if each.key == b"h-1"]
    versions = [decode_tally(each.value or b"").version for each in of_first]
    assert versions == sorted(set(versions))
    assert 2 <= len(versions) <= took_s + 2
    assert versions[-1] == 139
    headers = dict(of_first[-1].headers)
    assert headers["ce_id"] == b"h-1:139:%d" % (AT_MS + 39_000)
    assert headers["ce_type"] == b"live.host.tally"
    gone = next(each for each in reversed(records) if each.key == b"h-2")
    assert gone.value is None
    assert await greatest_version(kafka_broker.bootstrap, timeout_s=10) == 200
    assert (dict(gone.headers)["ce_id"] or b"").startswith(b"h-2:200:")


async def test_of_a_topic_that_tells_nothing_there_is_no_greatest_version(
    kafka_broker: Broker,
) -> None:
    assert await greatest_version(kafka_broker.bootstrap, timeout_s=10) is None
    await ensure_topics(kafka_broker.bootstrap, partitions=2, replication_factor=1, app_id="seen")
    assert await greatest_version(kafka_broker.bootstrap, timeout_s=10) is None


async def test_what_is_on_its_way_as_it_stops_arrives_once_and_is_counted(
    kafka_broker: Broker,
) -> None:
    await ensure_topics(kafka_broker.bootstrap, partitions=1, replication_factor=1, app_id="seen")
    before = len(await written(kafka_broker))
    sent = 0
    for turn in range(TURNS):
        topic = TalliesTopic(kafka_broker.bootstrap, request_timeout_s=10, failure=never)
        topic.owned(frozenset({0}))
        topic.show(0, 300 + turn, [view("h-3", turn)])
        await topic.start()
        await asyncio.sleep(turn / 1_000)  # somewhere on the way of a write
        await topic.stop()
        sent += topic.sent

    assert sent == TURNS
    assert len(await written(kafka_broker)) - before == TURNS


async def test_a_broker_that_takes_nothing_for_too_long_ends_the_worker(
    kafka_server: KafkaServer, kafka_broker: Broker
) -> None:
    await ensure_topics(kafka_broker.bootstrap, partitions=1, replication_factor=1, app_id="seen")
    failed: list[StreamprocError] = []

    def fail(error: StreamprocError) -> NoReturn:
        failed.append(error)
        raise Ended

    topic = TalliesTopic(kafka_broker.bootstrap, request_timeout_s=TIMEOUT_S, failure=fail)
    await topic.start()
    topic.owned(frozenset({0}))
    kafka_server.stop()
    try:
        began_s = time.monotonic()
        topic.show(0, 1, [view("h-1", 1)])
        await until(lambda: bool(failed), "it fails")
        assert isinstance(failed[0], FlushFailed)
        assert time.monotonic() - began_s >= TIMEOUT_S
    finally:
        kafka_server.start()
        with suppress(Ended):
            await topic.stop()
