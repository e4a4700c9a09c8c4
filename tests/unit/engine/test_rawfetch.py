from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

from streamproc.engine.rawfetch import RawRecords, _drain, _records_of, fetch_raw

AT = TopicPartition("orders", 3)
Row = tuple[bytes | None, bytes | None, int, list[tuple[str, bytes | None]]]


class Position:
    """aiokafka's state of one partition, as far as a fetch asks."""

    paused = False

    def __init__(self, position: int) -> None:
        self.position = position

    def consumed_to(self, position: int) -> None:
        self.position = position


class Assignment:
    active = True

    def __init__(self, position: int) -> None:
        self.held = Position(position)

    def state_value(self, partition: TopicPartition) -> Position:
        return self.held


def batch(
    base_offset: int, rows: Sequence[Row], holes: Sequence[int] = (), appended_ms: int | None = None
) -> bytes:
    """A record batch as a broker keeps it; ``holes`` are places that compaction took.

    ``appended_ms`` is the broker's time, on a topic that keeps that instead of the records' own.
    """
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for place, (key, value, at_ms, headers) in enumerate(rows):
        if place not in holes:
            builder.append(place, at_ms, key, value, headers)
    built = bytearray(builder.build())
    built[:8] = base_offset.to_bytes(8, "big")
    if appended_ms is not None:
        built[22] |= 0x08
        built[35:43] = appended_ms.to_bytes(8, "big")
        built[17:21] = calc_crc32c(built[21:]).to_bytes(4, "big")
    return bytes(built)


def fetched(position: int, *batches: bytes) -> Any:  # noqa: ANN401
    unread = PartitionRecords(
        AT, MemoryRecords(b"".join(batches)), [], position, None, None, True, 0
    )
    return FetchResult(AT, assignment=Assignment(position), partition_records=unread, backoff=0)


def rows(count: int, *, headers: bool = False) -> list[Row]:
    return [
        (
            b"k%d" % place if place % 5 else None,
            b"v%d" % place if place % 7 else None,
            1_000 + place,
            [("trace", b"%d" % place)] if headers and place % 3 == 0 else [],
        )
        for place in range(count)
    ]


@pytest.mark.parametrize("skipped", [0, 1, 12])
def test_records_come_as_parallel_lists_from_the_position_on(skipped: int) -> None:
    first, second = rows(10, headers=True), rows(4)
    result = fetched(100 + skipped, batch(100, first), batch(110, second, holes=(1,)))

    raw = _records_of(result)

    assert raw is not None
    expected = [(100 + at, row) for at, row in enumerate(first)]
    expected += [(110 + at, row) for at, row in enumerate(second) if at != 1]
    expected = [each for each in expected if each[0] >= 100 + skipped]
    assert raw == RawRecords(
        begin_offset=100 + skipped,
        next_offset=114,
        offsets=[offset for offset, _ in expected],
        keys=[row[0] for _, row in expected],
        values=[row[1] for _, row in expected],
        timestamps_ms=[row[2] for _, row in expected],
        headers={at: row[3] for at, (_, row) in enumerate(expected) if row[3]},
    )
    assert result._assignment.held.position == 114
    assert not result.has_more()


@pytest.mark.parametrize("skipped", [0, 2])
def test_records_that_the_broker_stamped_all_bear_its_time(skipped: int) -> None:
    own, stamped = batch(0, rows(3)), batch(3, rows(4), holes=(2,), appended_ms=77_000)

    raw = _records_of(fetched(skipped, own, stamped, batch(7, rows(1))))

    assert raw is not None
    assert raw.offsets == [0, 1, 2, 3, 4, 6, 7][skipped:]
    assert raw.timestamps_ms == [1_000, 1_001, 1_002, *[77_000] * 3, 1_000][skipped:]


def test_a_fetched_buffer_is_free_at_once_without_the_collector() -> None:
    result = fetched(0, batch(0, rows(3)))
    unread = weakref.ref(result._partition_records)
    gc.disable()
    try:
        assert _records_of(result) is not None
        assert unread() is None
    finally:
        gc.enable()


class Fetcher:
    """aiokafka's fetcher, as far as draining its buffers asks."""

    def __init__(self, buffer: Any) -> None:  # noqa: ANN401
        self._records = {AT: buffer}
        self._wait_consume_future = None
        self.notified = 0

    def _notify(self, _future: None) -> None:
        self.notified += 1


def test_a_buffer_is_read_once_and_given_back() -> None:
    fetcher = Fetcher(fetched(0, batch(0, rows(3))))

    drained = _drain(fetcher, None)

    assert drained[AT].offsets == [0, 1, 2]
    assert (fetcher._records, fetcher.notified) == ({}, 1)
    assert _drain(fetcher, None) == {}


def test_what_a_new_assignment_took_away_while_it_was_read_is_not_handed_over() -> None:
    buffer = fetched(0, batch(0, rows(3)))
    fetcher = Fetcher(buffer)
    position = buffer._assignment.held
    position.consumed_to = lambda _offset: fetcher._records.clear()

    assert _drain(fetcher, None) == {}
    assert fetcher.notified == 0


class Subscriptions:
    reassignment_in_progress = False

    def fetch_context(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def is_assigned(self, partition: TopicPartition) -> bool:
        return True


class Waiting(Fetcher):
    """A fetcher to which records come while somebody waits for them."""

    _closed = False
    _subscriptions = Subscriptions()

    def __init__(self, comes: Any) -> None:  # noqa: ANN401
        super().__init__(comes)
        self._comes, self._records = self._records, {}
        self.waiter: asyncio.Future[None] | None = None

    def _create_fetch_waiter(self) -> asyncio.Future[None]:
        self.waiter = asyncio.get_running_loop().create_future()
        return self.waiter

    def arrive(self) -> None:
        assert self.waiter is not None
        self._records = self._comes
        self.waiter.set_result(None)


class Consumer:
    _closed = False

    def __init__(self, fetcher: Waiting) -> None:
        self._fetcher = fetcher


@pytest.mark.parametrize("still", [True, False])
async def test_what_arrives_when_it_is_not_wanted_any_more_stays_unread(still: bool) -> None:
    buffer = fetched(5, batch(5, rows(3)))
    fetcher, wanted = Waiting(buffer), [True]
    reading = asyncio.create_task(fetch_raw(Consumer(fetcher), None, 60.0, lambda: wanted[0]))
    await asyncio.sleep(0)
    wanted[0] = still
    fetcher.arrive()

    found = await reading

    assert list(found) == ([AT] if still else [])
    assert buffer._assignment.held.position == (8 if still else 5)


def test_the_position_stays_where_a_buffer_was_taken_away_while_it_was_read() -> None:
    buffer = fetched(5, batch(5, rows(3)))

    assert _records_of(buffer, lambda: False) is None
    assert buffer._assignment.held.position == 5
