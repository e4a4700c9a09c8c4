"""Topics as a plain Kafka client sees them: made, written to, read to their end.

Nothing of the engine's own I/O is used here: what the tests compare with must not share its defects.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.record.memory_records import MemoryRecords

from streamproc.engine.fence import CLAIM_KEY, Fence, decode_fence
from streamproc.engine.reader import ChangelogReader
from streamproc.engine.stamp import EPOCH_SIZE, HEADER, stamp_of
from streamproc.errors import StreamprocError

CHANGELOG_CONFIG = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(8 << 20),
    "min.compaction.lag.ms": "86400000",
}
SOURCE_CONFIG = {"message.timestamp.type": "LogAppendTime"}
READ_DEADLINE_S = 60.0


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
    bootstrap: str, names: Iterable[str], partitions: int, config: Mapping[str, str]
) -> None:
    """Make topics that do not exist yet."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = [NewTopic(n, partitions, 1, topic_configs=dict(config)) for n in names]
        await admin.create_topics(wanted)
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
async def producing(bootstrap: str) -> AsyncIterator[Any]:
    """A producer that acknowledges what all replicas hold."""
    producer: Any = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=2)
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
            batch.append(timestamp=None, key=key, value=value, headers=[(HEADER, stamp)])
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


@dataclass(slots=True)
class ChangelogView:
    """One changelog partition by the readers' rule, with what was ignored.

    Shapes: ``state`` is the program's; ``stale_writes`` counts ignored records that were no claims;
    ``problems`` is empty if the engine's reader sees the same, and the digest in the fence fits.
    """

    state: dict[bytes, bytes]
    fence: Fence | None
    stale_writes: int
    stale_claims: int
    epochs: int
    unhealed: set[bytes]
    records: list[Record]
    problems: list[str] = field(default_factory=list)


async def read_changelog(bootstrap: str, topic: str, partition: int) -> ChangelogView:
    """A changelog partition, read record by record as any downstream reader may.

    The rule is written again here, from the design and not from the engine's reader, and both must
    agree: of each key the last record counts whose stamp is not below the highest seen before it.
    """
    view = view_of(await read_topic(bootstrap, topic, [partition]))
    view.problems += _told_by_the_reader(view, where=f"{topic}, partition {partition}")
    return view


def _told_by_the_reader(view: ChangelogView, *, where: str) -> list[str]:
    """What the engine's own reader sees otherwise, or refuses."""
    reader = ChangelogReader()
    records = view.records
    reader.absorb(
        [record.key or CLAIM_KEY for record in records],
        [record.value for record in records],
        [stamp_of(record.headers) for record in records],
        records[-1].offset + 1 if records else 0,
    )
    problems = []
    if dict(reader.program_records()) != view.state or reader.fence(where=where) != view.fence:
        problems.append(f"{where}: the engine's reader sees another state")
    try:
        reader.verified_digest(view.fence, where=where)
    except StreamprocError as error:
        problems.append(str(error))
    return problems


def view_of(records: Sequence[Record]) -> ChangelogView:
    """What the records of one changelog partition add up to."""
    state: dict[bytes, bytes] = {}
    top = b""
    stale_writes = stale_claims = 0
    unhealed: set[bytes] = set()
    for record in records:
        stamp, key = stamp_of(record.headers), record.key or b""
        if stamp < top:
            stale_claims += key == CLAIM_KEY
            stale_writes += key != CLAIM_KEY
            unhealed.add(key)
            continue
        top = stamp
        unhealed.discard(key)
        if record.value is None:
            state.pop(key, None)
        else:
            state[key] = record.value
    fence = state.pop(b"\x00fence", None)
    state.pop(CLAIM_KEY, None)
    decoded = None if fence is None else decode_fence(fence, where="")
    epochs = {stamp_of(record.headers)[:EPOCH_SIZE] for record in records}
    return ChangelogView(
        state, decoded, stale_writes, stale_claims, len(epochs), unhealed, list(records)
    )


def record_batches(segment_folder: Path) -> list[list[Any]]:
    """The record batches of one partition as the broker holds them on its disk, in order."""
    batches = []
    for segment in sorted(segment_folder.glob("*.log")):
        stored: Any = MemoryRecords(segment.read_bytes())
        while stored.has_next():
            batches.append(list(stored.next_batch()))
    return batches
