"""A simulated changelog partition: appended in batches, read by offset, compacted behind a lag."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from streamproc.engine.stamp import HEADER, stamp_of

Items = list[tuple[bytes, bytes | None]]


class Stored(NamedTuple):
    """A record as the log holds it."""

    offset: int
    at_ms: int
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Run(NamedTuple):
    """Consecutive records as a reader takes them in, and where the log goes on behind them."""

    keys: list[bytes]
    values: list[bytes | None]
    stamps: list[bytes]
    next_offset: int


class SimulatedLog:
    """One changelog partition."""

    def __init__(self) -> None:
        self.records: list[Stored] = []
        self.end_offset = 0

    def append(self, items: Sequence[tuple[bytes, bytes | None]], stamp: bytes, now_ms: int) -> int:
        """The offset of the first of these records; an empty stamp means a record without one."""
        base = self.end_offset
        headers = ((HEADER, stamp),) if stamp else ()
        self.records += [
            Stored(base + index, now_ms, key, value, headers)
            for index, (key, value) in enumerate(items)
        ]
        self.end_offset = base + len(items)
        return base

    def read(self, first: int, end: int, most: int | None = None) -> Run:
        """The records from ``first`` to before ``end``, at most so many."""
        low = bisect_left(self.records, first, key=attrgetter("offset"))
        high = bisect_left(self.records, end, key=attrgetter("offset"))
        next_offset = max(first, end)
        if most is not None and high - low > most:
            high = low + most
            next_offset = self.records[high - 1].offset + 1
        records = self.records[low:high]
        return Run(
            [record.key for record in records],
            [record.value for record in records],
            [stamp_of(record.headers) for record in records],
            next_offset,
        )

    def compact(self, cut_ms: int, tombstones_ms: int) -> None:
        """Keep the last record of each key among those not younger than ``cut_ms``.

        Units: tombstones as old as ``tombstones_ms`` go as well.
        """
        count = bisect_left(self.records, cut_ms + 1, key=attrgetter("at_ms"))
        last = {record.key: record.offset for record in self.records[:count]}
        self.records[:count] = [
            record
            for record in self.records[:count]
            if last[record.key] == record.offset
            and not (record.value is None and record.at_ms <= tombstones_ms)
        ]
