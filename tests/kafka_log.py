"""Topics as a plain Kafka client sees them: made, written to, read to their end.

Nothing of the engine's own I/O is used here: what the tests compare with must not share its defects.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.record.memory_records import MemoryRecords

from streamproc.engine.stamp import HEADER
from streamproc.provision.actual import POLL_S, VISIBLE_DEADLINE_S, topics_by_name

CHANGELOG_CONFIG = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(8 << 20),
    "min.compaction.lag.ms": "86400000",
}
SOURCE_CONFIG = {"message.timestamp.type": "LogAppendTime"}
READ_DEADLINE_S = 60.0
BATCH_HEAD_BYTES = 12
"""A record batch begins with its first offset, 8 bytes, and the number of bytes that follow, 4."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic, as a client reads it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: tuple[tuple[str, bytes | None], ...]


async def make_topics(
    bootstrap: str, names: Collection[str], partitions: int, config: Mapping[str, str]
) -> None:
    """Make topics that do not exist yet, and wait until whoever asks is told of them."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = [NewTopic(n, partitions, 1, topic_configs=dict(config)) for n in names]
        await admin.create_topics(wanted)
        async with asyncio.timeout(VISIBLE_DEADLINE_S):
            while not all(map((await topics_by_name(admin)).get, names)):  # noqa: ASYNC110
                await asyncio.sleep(POLL_S)
    finally:
        await admin.close()


async def add_partitions(bootstrap: str, names: Iterable[str], total: int) -> None:
    """Let topics have so many partitions, more than before."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_partitions({name: NewPartitions(total) for name in names})
    finally:
        await admin.close()


async def delete_topics(bootstrap: str, names: Sequence[str]) -> None:
    """Delete topics, whatever they hold."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics(list(names))
    finally:
        await admin.close()


async def delete_records(bootstrap: str, topic: str, partition: int, before_offset: int) -> None:
    """Delete what stands before an offset, as retention does."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        at = TopicPartition(topic, partition)
        await admin.delete_records({at: RecordsToDelete(before_offset=before_offset)})
    finally:
        await admin.close()


@asynccontextmanager
async def producing(bootstrap: str, **options: object) -> AsyncIterator[Any]:
    """A producer that acknowledges what all replicas hold; ``options`` are further ones of the client."""
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", linger_ms=2, **options
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def read_topic(bootstrap: str, topic: str, partitions: Iterable[int]) -> list[Record]:
    """Every record of some partitions, from the log's start to its end now."""
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=100
    )
    await consumer.start()
    try:
        where = [TopicPartition(topic, number) for number in partitions]
        consumer.assign(where)
        await consumer.seek_to_beginning(*where)
        async with asyncio.timeout(READ_DEADLINE_S):
            return await _read_to_end(consumer, where)
    finally:
        await consumer.stop()


async def _read_to_end(consumer: AIOKafkaConsumer, where: Sequence[TopicPartition]) -> list[Record]:
    found: list[Record] = []
    ends = await consumer.end_offsets(where)
    # the embedded broker's ends fall short of the last batch; what its fetches say is right
    while any([await consumer.position(at) < _end(consumer, at, ends) for at in where]):
        for batch in (await consumer.getmany(timeout_ms=200)).values():
            found += [
                Record(
                    r.topic, r.partition, r.offset, r.key, r.value, r.timestamp, tuple(r.headers)
                )
                for r in batch
            ]
    return sorted(found, key=lambda record: (record.partition, record.offset))


def _end(consumer: AIOKafkaConsumer, at: TopicPartition, ends: Mapping[TopicPartition, int]) -> int:
    return max(ends[at], consumer.highwater(at) or 0)


async def append_batch(
    bootstrap: str,
    topic: str,
    partition: int,
    records: Mapping[bytes, bytes | None],
    stamp: bytes,
) -> None:
    """Append records to a changelog as one stamped record batch, as a worker would."""
    async with producing(bootstrap) as producer:
        batch = producer.create_batch()
        for key, value in records.items():
            headers = [(HEADER, stamp)]
            assert batch.append(timestamp=None, key=key, value=value, headers=headers), "it is full"
        batch.close()
        await (await producer.send_batch(batch, topic, partition=partition))


async def committed_offsets(
    bootstrap: str, group: str, topics: Iterable[str], partitions: int
) -> dict[tuple[str, int], int | None]:
    """What a group has committed."""
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        return {
            (topic, number): await consumer.committed(TopicPartition(topic, number))
            for topic in topics
            for number in range(partitions)
        }
    finally:
        await consumer.stop()


def record_batches(segment_folder: Path) -> list[list[Any]]:
    """The record batches of one partition as the broker holds them on its disk, in order."""
    batches = []
    for segment in sorted(segment_folder.glob("*.log")):
        stored: Any = MemoryRecords(segment.read_bytes())
        while stored.has_next():
            batches.append(list(stored.next_batch()))
    return batches


def cut_log(segment_folder: Path, batches: int) -> None:
    """Leave a partition only so many record batches, as a loss of power does; its broker must be down."""
    segments = sorted(segment_folder.glob("*.log"))
    assert len(segments) == 1, segments
    stored = segments[0].read_bytes()
    end = 0
    for _ in range(batches):
        end += BATCH_HEAD_BYTES + int.from_bytes(stored[end + 8 : end + BATCH_HEAD_BYTES])
    assert end < len(stored), "there is something to lose"
    segments[0].write_bytes(stored[:end])
    for index in segment_folder.glob("*.*index"):
        index.unlink()  # they tell of what is gone; the broker makes them anew
