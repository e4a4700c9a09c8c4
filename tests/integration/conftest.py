from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from streamproc.embedded.broker import EmbeddedBroker
from streamproc.errors import EmbeddedUnavailable
from streamproc.provision.actual import read_actual
from tests.engine_stage import PARTITIONS, Stage, staged
from tests.servers import Broker, KafkaServer, kafka_or_skip, skip_or_fail

WIPE_DEADLINE_S = 30.0


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[KafkaServer]:
    """The one real Kafka of a test run; whoever stops, kills or pauses it starts it again."""
    yield from kafka_or_skip()


@pytest.fixture
async def kafka_broker(kafka_server: KafkaServer) -> Broker:
    """The real Kafka without any topic. Groups stay: a test takes an application id of its own."""
    await _wipe(kafka_server.bootstrap)
    return Broker(kafka_server.bootstrap, "kafka")


@pytest.fixture
async def embedded_broker() -> AsyncIterator[Broker]:
    """An embedded broker of the test's own."""
    try:
        broker = EmbeddedBroker()
        await broker.start()
    except EmbeddedUnavailable as missing:
        skip_or_fail(str(missing))
    yield Broker(broker.bootstrap, "embedded")
    await broker.stop()


@pytest.fixture(params=["kafka", "embedded"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """A broker without topics: the test runs on the real one and on the embedded one."""
    found: Broker = request.getfixturevalue(f"{request.param}_broker")
    return found


@pytest.fixture
async def stage(broker: Broker, tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage on each broker."""
    async with staged(broker.bootstrap, tmp_path, PARTITIONS) as made:
        yield made


@pytest.fixture
async def stage_on_kafka(kafka_broker: Broker, tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage on the real Kafka alone."""
    async with staged(kafka_broker.bootstrap, tmp_path, PARTITIONS) as made:
        yield made


async def _wipe(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        async with asyncio.timeout(WIPE_DEADLINE_S):
            while names := list((await read_actual(bootstrap)).topics):
                await admin.delete_topics(names)
    finally:
        await admin.close()
