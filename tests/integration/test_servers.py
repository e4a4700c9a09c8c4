from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import MessageSizeTooLargeError

from streamproc.embedded.ports import broker_count
from streamproc.provision.admin import ensure_topics
from tests.kafka_jars import LIBS_VARIABLE
from tests.servers import Broker, KafkaServer, ServerFailed, kafka_or_skip

pytestmark = pytest.mark.integration

ORDERS = TopicPartition("live.orders.v1", 0)
CHANGELOG = TopicPartition("streamproc-state-changelog", 0)
MIB = 1024 * 1024


async def _records(bootstrap: str, partition: TopicPartition, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    async with consumer, asyncio.timeout(60):
        consumer.assign([partition])
        return [(await consumer.getone()).value for _ in range(count)]


async def test_a_killed_kafka_keeps_its_address_and_what_it_acknowledged(
    kafka_server: KafkaServer, kafka_broker: Broker
) -> None:
    await ensure_topics(kafka_broker.bootstrap, partitions=1, replication_factor=1)
    async with AIOKafkaProducer(bootstrap_servers=kafka_broker.bootstrap) as producer:
        await producer.send_and_wait(ORDERS.topic, b"paid", partition=0)

    kafka_server.kill()
    assert broker_count(kafka_server.port) == 0
    kafka_server.start()

    assert kafka_server.bootstrap == kafka_broker.bootstrap
    assert await _records(kafka_broker.bootstrap, ORDERS, 1) == [b"paid"]


def test_a_paused_kafka_answers_nothing_until_it_is_resumed(kafka_server: KafkaServer) -> None:
    kafka_server.pause()
    assert broker_count(kafka_server.port) == 0

    kafka_server.resume()

    deadline = time.monotonic() + 30
    while not broker_count(kafka_server.port):
        assert time.monotonic() < deadline


def test_a_given_port_that_is_in_use_is_refused(kafka_server: KafkaServer) -> None:
    second = KafkaServer(port=kafka_server.port)

    with pytest.raises(ServerFailed, match=kafka_server.bootstrap):
        second.start()

    second.close()
    assert broker_count(kafka_server.port) == 1


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)]
)
def test_without_kafka_a_test_is_skipped_but_fails_on_ci(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv(LIBS_VARIABLE, str(tmp_path))

    with pytest.raises(outcome, match=LIBS_VARIABLE):
        next(kafka_or_skip())


async def test_the_changelog_takes_one_flush_of_nearly_8_mib_whole(broker: Broker) -> None:
    await ensure_topics(broker.bootstrap, partitions=1, replication_factor=1)

    await _send_batch(broker.bootstrap, records=2_000, bytes_each=4_000)

    assert len(await _records(broker.bootstrap, CHANGELOG, 2_000)) == 2_000


async def test_real_kafka_refuses_a_flush_above_the_topics_limit(kafka_broker: Broker) -> None:
    await ensure_topics(kafka_broker.bootstrap, partitions=1, replication_factor=1)

    with pytest.raises(MessageSizeTooLargeError):
        await _send_batch(kafka_broker.bootstrap, records=2_200, bytes_each=4_000)


async def _send_batch(bootstrap: str, *, records: int, bytes_each: int) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", max_request_size=12 * MIB, max_batch_size=12 * MIB
    )
    async with producer:
        batch = producer.create_batch()
        for number in range(records):
            taken = batch.append(
                key=b"%d" % number, value=bytes(bytes_each), timestamp=None, headers=[]
            )
            assert taken is not None
        await (await producer.send_batch(batch, CHANGELOG.topic, partition=CHANGELOG.partition))
