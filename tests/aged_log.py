"""A log that is older than the test: its records keep the times that they are sent with."""

from __future__ import annotations

from collections.abc import Iterable

from streamproc.events.registry import INPUT_TOPICS
from streamproc.oracle.batch import LogRecord
from streamproc.provision.admin import ensure_topics
from tests.kafka_log import make_topics, producing


async def aged_topics(bootstrap: str, app_id: str, partitions: int) -> None:
    """All topics, of which the inputs take any time and lose nothing by themselves."""
    times = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
    await make_topics(bootstrap, INPUT_TOPICS, partitions, times)
    await ensure_topics(bootstrap, partitions=partitions, replication_factor=1, app_id=app_id)


async def send_as_of(bootstrap: str, records: Iterable[LogRecord], at_ms: int) -> None:
    """Send records one by one, as if it were that time."""
    async with producing(bootstrap) as producer:
        for each in records:
            await producer.send_and_wait(
                each.topic, each.value, each.key, each.partition, timestamp_ms=at_ms
            )
