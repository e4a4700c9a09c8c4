"""Fetched records as parallel lists, straight from aiokafka's fetch buffers.

aiokafka makes an object of twelve fields per record; a fold needs four. This walks the same buffers,
moves the same positions and obeys the same checks, a whole partition at a time. It touches private
parts of aiokafka 0.14: ``versions`` refuses any other.

Source: docs/adr/0001-one-faust-event-is-one-fetched-batch.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException

from streamproc.engine.stamp import ZERO, stamp_of
from streamproc.protocol import Headers

LOG_APPEND_TIME = 1
"""The timestamp type of a batch whose records all bear the broker's time, ``max_timestamp``."""

DRAIN_RECORDS = 20_000
"""Where one call stops unpacking: unpacked, records take several times the memory of the buffers."""


@dataclass(slots=True)
class RawRecords:
    """Consecutive records of one partition, as they were fetched.

    Shapes: parallel lists in offset order; ``begin_offset`` is where the fetch position stood before
    them and ``next_offset`` where it stands behind them: the log holds nothing else in between.
    """

    begin_offset: int
    next_offset: int = 0
    offsets: list[int] = field(default_factory=list)
    keys: list[bytes | None] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    timestamps_ms: list[int] = field(default_factory=list)
    headers: dict[int, Headers] = field(default_factory=dict)

    def stamps(self) -> list[bytes]:
        """The stamp of each record; ``ZERO`` where it has none."""
        found = [ZERO] * len(self.offsets)
        for index, headers in self.headers.items():
            found[index] = stamp_of(headers)
        return found


async def fetch_raw(
    consumer: Any,
    active: Collection[Any] | None,
    timeout_s: float,
    wanted: Callable[[], bool] = lambda: True,
) -> dict[Any, RawRecords]:
    """What is fetched and not yet read, of the partitions in ``active`` (``None``: of all).

    Returns at once if there is anything, else waits up to ``timeout_s``. What arrives while it is not
    ``wanted`` any more stays unread.
    Errors: what the fetch ended with (an offset out of range, an authorisation); a wrong checksum.
    """
    fetcher = consumer._fetcher
    if consumer._closed or fetcher._closed:
        raise ConsumerStoppedError
    subscriptions = fetcher._subscriptions
    with subscriptions.fetch_context():
        if subscriptions.reassignment_in_progress:
            await subscriptions.wait_for_assignment()
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            if not wanted():
                return {}
            drained = _drain(fetcher, active)
            left = deadline - asyncio.get_running_loop().time()
            if drained or left <= 0 or fetcher._closed:
                return drained
            waiter = fetcher._create_fetch_waiter()
            done, _ = await asyncio.wait([waiter], timeout=left)
            if not done:
                waiter.cancel()
                return {}
            waiter.result()


def _drain(fetcher: Any, active: Collection[Any] | None) -> dict[Any, RawRecords]:
    drained: dict[Any, RawRecords] = {}
    count = 0
    buffers: dict[TopicPartition, Any] = fetcher._records
    for partition, buffer in list(buffers.items()):
        if active is not None and partition not in active:
            if not fetcher._subscriptions.is_assigned(partition):
                del buffers[partition]
            continue
        failed = type(buffer) is not FetchResult
        if failed and drained:
            break  # hand over what is good first; the error comes with the next call
        records = _take(fetcher, partition, buffer)
        if records is not None:
            drained[partition] = records
            count += len(records.offsets)
        if count >= DRAIN_RECORDS:
            break  # a partition read now is fetched anew behind the others, so none starves
    return drained


def _take(fetcher: Any, partition: TopicPartition, result: Any) -> RawRecords | None:
    """What one buffer holds; an emptied or failed buffer is given back, so that it is fetched anew.

    Trap: a new assignment may empty all buffers while one is read. What was read then belongs to no
    assignment: the coming seek reads it again.
    """
    failed = type(result) is not FetchResult
    records = None
    if not failed:
        records = _records_of(result, lambda: fetcher._records.get(partition) is result)
    if fetcher._records.get(partition) is not result:
        return None
    if failed or not result.has_more():
        del fetcher._records[partition]
        fetcher._notify(fetcher._wait_consume_future)
    if failed:
        result.check_raise()
    return records


def _records_of(result: Any, is_held: Callable[[], bool] = lambda: True) -> RawRecords | None:
    if not result.check_assignment(result._topic_partition) or not result.has_more():
        return None
    unread = result._partition_records
    raw = RawRecords(begin_offset=unread.next_fetch_offset)
    position = raw.begin_offset
    batches = unread._records
    while batches.has_next():
        batch = batches.next_batch()
        if unread._check_crcs and not batch.validate_crc():
            msg = f"wrong checksum in {result._topic_partition} at {batch.base_offset}"
            raise CorruptRecordException(msg)
        if not batch.is_control_batch:
            _append(raw, batch, position)
        position = max(position, batch.next_offset)
    if not is_held():
        return None  # nobody gets these, so the position must not move beyond them
    raw.next_offset = unread.next_fetch_offset = position
    result._update_position()
    result._partition_records = None
    # aiokafka's iterator holds its owner: the collector would have to free every fetched buffer
    unread._records_iterator = None
    return raw


def _append(raw: RawRecords, batch: Any, position: int) -> None:
    offsets, headers, timestamps_ms = raw.offsets, raw.headers, raw.timestamps_ms
    add_offset, add_key, add_value = offsets.append, raw.keys.append, raw.values.append
    # the broker's time of an append is the batch's: a number per record would only cost memory
    stamped_alike = batch.timestamp_type == LOG_APPEND_TIME
    for record in batch:
        offset = record.offset
        if offset < position:
            continue
        if record.headers:
            headers[len(offsets)] = record.headers
        add_offset(offset)
        add_key(record.key)
        add_value(record.value)
        if not stamped_alike:
            timestamps_ms.append(record.timestamp)
    if stamped_alike:
        timestamps_ms.extend(repeat(batch.max_timestamp, len(offsets) - len(timestamps_ms)))


def chunks(raw: RawRecords, records_max: int) -> Iterable[RawRecords]:
    """The records in pieces of bounded size, so that no fold blocks the loop for long."""
    count = len(raw.offsets)
    if count <= records_max:
        yield raw
        return
    begin = raw.begin_offset
    for first in range(0, count, records_max):
        end = first + records_max
        next_offset = raw.offsets[end] if end < count else raw.next_offset
        yield RawRecords(
            begin_offset=begin,
            next_offset=next_offset,
            offsets=raw.offsets[first:end],
            keys=raw.keys[first:end],
            values=raw.values[first:end],
            timestamps_ms=raw.timestamps_ms[first:end],
            headers={i - first: h for i, h in raw.headers.items() if first <= i < end},
        )
        begin = next_offset
