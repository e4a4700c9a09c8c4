"""The changelog topic: append a flush as one record batch, read a partition as parallel lists.

Source: docs/adr/0003-one-flush-is-one-record-batch.md; aiokafka ``create_batch`` / ``send_batch``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import MessageSizeTooLargeError, OffsetOutOfRangeError

from streamproc.engine.beginning import LogBounds
from streamproc.engine.clients import connected, disconnected
from streamproc.engine.config import EngineConfig
from streamproc.engine.failures import KAFKA_FAILURES
from streamproc.engine.ports import SourcePartition
from streamproc.engine.rawfetch import RawRecords, fetch_raw
from streamproc.engine.stamp import HEADER
from streamproc.errors import BrokerUnreachable, FlushFailed, FlushTooLarge

POLL_S = 0.5
PATIENCE_S = 60.0
"""For so long whoever reads a log waits for what it holds. Workers wait on: a watchdog looks after them."""


class Changelog:
    """One worker's access to the changelog topic."""

    def __init__(self, config: EngineConfig) -> None:
        self.topic = config.changelog
        self._config = config
        self._producer: Any = None

    async def start(self) -> None:
        """Connect the writer."""
        self._producer = await connected(
            AIOKafkaProducer(
                bootstrap_servers=self._config.bootstrap_servers,
                acks="all",
                max_batch_size=self._config.flush_hard_bytes,
                max_request_size=2 * self._config.flush_hard_bytes,
                request_timeout_ms=int(self._config.request_timeout_s * 1000),
            )
        )

    async def stop(self) -> None:
        """Disconnect the writer."""
        if self._producer is not None:
            await self._producer.stop()

    async def append(
        self, partition: int, records: Sequence[tuple[bytes, bytes | None]], stamp: bytes
    ) -> tuple[int, int]:
        """Append records as ONE record batch: its first offset, and its size in bytes.

        Errors: ``FlushTooLarge`` if they do not fit one; ``FlushFailed`` if they were not acknowledged
        (they may be in the log all the same, or come later: the stamp tells).
        """
        where = f"{self.topic}, partition {partition}"
        batch = self._producer.create_batch()
        headers = [(HEADER, stamp)]
        for key, value in records:
            if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
                raise _too_large(len(records), self._config.flush_hard_bytes, where)
        batch.close()
        try:
            # aiokafka goes on without end while a broker is away; whoever waits twice that long stops
            async with asyncio.timeout(2 * self._config.request_timeout_s):
                sent = await self._producer.send_batch(batch, self.topic, partition=partition)
                metadata = await sent
        except MessageSizeTooLargeError as error:
            raise _too_large(len(records), batch.size(), where) from error
        except KAFKA_FAILURES as error:
            raise FlushFailed(
                f"a flush of {len(records)} records was not acknowledged: {error!r}",
                where=where,
                hint="look at the broker: is it up, is its disk full, are enough replicas in sync? Or did"
                " this machine stand still? Nothing was acknowledged; a restart goes on from the last"
                " durable flush",
            ) from error
        return int(metadata.offset), int(batch.size())

    @asynccontextmanager
    async def reading(self, positions: Mapping[int, int]) -> AsyncIterator[ChangelogCursor]:
        """A cursor over some partitions, from the given offsets (-1: the log's start)."""
        async with changelog_cursor(
            self._config.bootstrap_servers, self.topic, positions, patience_s=None
        ) as cursor:
            yield cursor

    async def read_range(self, partition: int, first: int, end: int) -> RawRecords:
        """The records from ``first`` to before ``end`` that the log holds."""
        async with self.reading({partition: first}) as cursor:
            return await _read_range(cursor, partition, first, end)

    async def end_offset(self, partition: int) -> int:
        """Where the partition's log ends now."""
        async with self.reading({partition: -1}) as cursor:
            return (await cursor.end_offsets())[partition]


@asynccontextmanager
async def changelog_cursor(
    bootstrap_servers: str,
    topic: str,
    positions: Mapping[int, int],
    *,
    patience_s: float | None = PATIENCE_S,
) -> AsyncIterator[ChangelogCursor]:
    """A cursor over partitions of a topic, for the engine and for any other reader.

    Shapes: nothing that is told for as long as ``patience_s`` is an error; None: whoever reads waits.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=4 << 20,
        fetch_max_wait_ms=50,
    )
    try:
        await consumer.start()
        cursor = ChangelogCursor(consumer, topic, patience_s)
        await cursor.assign(positions)
        yield cursor
    finally:
        await disconnected(consumer.stop(), consumer)


async def read_range(
    bootstrap_servers: str, topic: str, partition: int, first: int, end: int
) -> RawRecords:
    """The records of a partition from ``first`` to before ``end`` that its log holds."""
    async with changelog_cursor(bootstrap_servers, topic, {partition: first}) as cursor:
        return await _read_range(cursor, partition, first, end)


async def _read_range(cursor: ChangelogCursor, partition: int, first: int, end: int) -> RawRecords:
    found = RawRecords(begin_offset=first, next_offset=first)
    while found.next_offset < end:
        for records in (await cursor.read({partition})).values():
            _extend(found, records, end)
    return found


class ChangelogCursor:
    """Reads some partitions of one topic, without a group."""

    def __init__(self, consumer: Any, topic: str, patience_s: float | None = None) -> None:
        self._consumer = consumer
        self._topic = topic
        self._patience_s = patience_s
        self._silent_s = 0.0
        self._partitions: list[int] = []

    async def assign(self, positions: Mapping[int, int]) -> None:
        """Read these partitions from these offsets (-1: the log's start)."""
        self._partitions = list(positions)
        self._consumer.assign([TopicPartition(self._topic, number) for number in positions])
        await self.seek(positions)

    async def seek(self, positions: Mapping[int, int]) -> None:
        """Go on in these of the partitions at these offsets (-1: the log's start)."""
        where = {number: TopicPartition(self._topic, number) for number in positions}
        firsts = await self._consumer.beginning_offsets(list(where.values()))
        for number, offset in positions.items():
            self._consumer.seek(where[number], max(offset, firsts[where[number]]))

    async def read(self, partitions: Iterable[int]) -> dict[int, RawRecords]:
        """What comes next of these partitions, of which something is to come; waits a moment, may be empty.

        Errors: ``BrokerUnreachable`` if nothing came for too long.
        """
        wanted = {TopicPartition(self._topic, number) for number in partitions}
        began_s = time.monotonic()
        found = await fetch_raw(self._consumer, wanted, POLL_S)
        self._silent_s = 0.0 if found else self._silent_s + time.monotonic() - began_s
        if self._patience_s is not None and self._silent_s > self._patience_s:
            raise BrokerUnreachable(
                f"nothing came from the broker for {self._silent_s:.0f} s, though there is more to read",
                where=self._topic,
                hint="look at the broker: is it up, does every partition have a leader? Then run it again",
            )
        return {at.partition: records for at, records in found.items()}

    async def bounds(self) -> dict[int, tuple[int, int]]:
        """The first offset and the end of each partition's log, asked for now."""
        where = [TopicPartition(self._topic, number) for number in self._partitions]
        firsts = await self._consumer.beginning_offsets(where)
        ends = await self.end_offsets()
        return {at.partition: (firsts[at], ends[at.partition]) for at in where}

    async def end_offsets(self) -> dict[int, int]:
        """Where each partition's log ends, asked for now.

        The embedded broker answers with the offset behind the last batch's FIRST record; what its
        fetches report is right, so the greater of both counts.
        """
        where = [TopicPartition(self._topic, number) for number in self._partitions]
        ends = await self._consumer.end_offsets(where)
        return {at.partition: max(ends[at], self._consumer.highwater(at) or 0) for at in where}


async def log_bounds(
    bootstrap_servers: str, sources: Iterable[SourcePartition]
) -> dict[SourcePartition, LogBounds]:
    """What each source partition holds, asked for now; see :func:`holds` for the embedded broker."""
    where = {source: TopicPartition(*source) for source in sources}
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=None)
    try:
        await consumer.start()
        # unassigned, aiokafka waits half a second for metadata that it did not ask for
        consumer.assign(list(where.values()))
        firsts = await consumer.beginning_offsets(list(where.values()))
        ends = await consumer.end_offsets(list(where.values()))
    finally:
        await disconnected(consumer.stop(), consumer)
    return {source: LogBounds(firsts[at], ends[at]) for source, at in where.items()}


async def offset_behind(
    bootstrap_servers: str, source: SourcePartition, time_ms: int
) -> int | None:
    """The first record of a source that the broker took later than that; ``None`` if there is none."""
    at = TopicPartition(*source)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=None)
    try:
        await consumer.start()
        consumer.assign([at])
        found = (await consumer.offsets_for_times({at: time_ms + 1}))[at]
    finally:
        await disconnected(consumer.stop(), consumer)
    return None if found is None else int(found.offset)


async def holds(bootstrap_servers: str, source: SourcePartition, offset: int) -> bool:
    """True if a record at that offset can be read: the embedded broker reports ends that are too low."""
    positions = {source.partition: offset}
    async with changelog_cursor(bootstrap_servers, source.topic, positions) as cursor:
        try:
            found = await cursor.read(positions)
        except OffsetOutOfRangeError:
            return False
    return source.partition in found and found[source.partition].next_offset > offset


def _extend(found: RawRecords, records: RawRecords, end: int) -> None:
    for index, offset in enumerate(records.offsets):
        if offset >= end:
            break
        if index in records.headers:
            found.headers[len(found.offsets)] = records.headers[index]
        found.offsets.append(offset)
        found.keys.append(records.keys[index])
        found.values.append(records.values[index])
        found.timestamps_ms.append(records.timestamps_ms[index])
    found.next_offset = min(records.next_offset, end)


def _too_large(records: int, limit_bytes: int, where: str) -> FlushTooLarge:
    return FlushTooLarge(
        f"a flush of {records} records does not fit one record batch ({limit_bytes} bytes)",
        where=where,
        hint="it is never split. Raise max.message.bytes of the changelog and"
        " STREAMPROC_ENGINE__FLUSH_HARD_BYTES together, or spread the hosts over more partitions",
    )
