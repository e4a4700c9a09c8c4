"""Reading our output topics from Kafka: every partition from its start, by nobody's group.

Source: docs/consumers.md.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streamproc.client.alerts import AlertReader
from streamproc.client.tallies import HostChange, TallyReader
from streamproc.engine.clients import disconnected
from streamproc.errors import TopicMissing
from streamproc.events.host_tally import TALLIES_TOPIC
from streamproc.events.outputs import ALERTS_TOPIC, AlertTransition


async def tallies(
    bootstrap_servers: str, reader: TallyReader | None = None
) -> AsyncGenerator[HostChange, None]:
    """What is to be seen of hosts, and then each change, without end.

    Shapes: ``reader`` folds them, and holds all at any time. Who stops early closes the iterator.
    Errors: ``TopicMissing``; those of aiokafka.
    """
    held = TallyReader() if reader is None else reader
    async with _reading(bootstrap_servers, TALLIES_TOPIC) as consumer:
        async for record in consumer:
            change = held.take(record.key, record.value, record.headers)
            if change is not None:
                yield change


async def alerts(
    bootstrap_servers: str, reader: AlertReader | None = None, *, since_ms: int = 0
) -> AsyncGenerator[AlertTransition, None]:
    """Each new step of an alert that was published at a time or later, without end.

    Shapes: as :func:`tallies`. Units: ``since_ms`` is the broker's time; 0: all that the topic holds.
    Errors: ``TopicMissing``; those of aiokafka.
    """
    held = AlertReader() if reader is None else reader
    async with _reading(bootstrap_servers, ALERTS_TOPIC, since_ms) as consumer:
        async for record in consumer:
            step = held.take(record.value)
            if step is not None:
                yield step


@asynccontextmanager
async def _reading(bootstrap_servers: str, topic: str, since_ms: int = 0) -> AsyncIterator[Any]:
    """A consumer of all partitions of a topic from a time on."""
    partitions = [
        TopicPartition(topic, number) for number in await _numbers(bootstrap_servers, topic)
    ]
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(partitions)
        if since_ms:
            found = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
            ends = await consumer.end_offsets(partitions)
            for at in partitions:
                consumer.seek(at, ends[at] if found[at] is None else found[at].offset)
        else:
            await consumer.seek_to_beginning(*partitions)
        yield consumer
    finally:
        await disconnected(consumer.stop(), consumer)


async def _numbers(bootstrap_servers: str, topic: str) -> list[int]:
    """The partitions of a topic. Errors: ``TopicMissing``."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        (found,) = await admin.describe_topics([topic])
    finally:
        await admin.close()
    numbers = sorted(each["partition"] for each in found["partitions"])
    if not numbers:
        raise TopicMissing(
            f"there is no topic {topic}",
            where=bootstrap_servers,
            hint="streamproc topics apply makes it; may this user read it?",
        )
    return numbers
