"""What is folded in a schedule, and what the truth is: sources, a program, the state of any prefix."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from streamproc.engine.fence import TopicPosition
from streamproc.engine.rawfetch import RawRecords
from streamproc.protocol import Program


@dataclass(frozen=True)
class SourceRecord:
    """A record of a source partition."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int = 0


@dataclass(frozen=True)
class Source:
    """One partition of a source topic, with holes where the log holds no record."""

    topic: str
    start_offset: int
    records: tuple[SourceRecord, ...]

    @property
    def last_offset(self) -> int:
        """The offset of the last record."""
        return self.records[-1].offset

    def fetched(self, offset: int, most: int, *, jump: bool) -> RawRecords | None:
        """At most so many records from an offset on; ``None`` at the end.

        Shapes: with ``jump`` they reach to the next record, over a hole behind them.
        """
        left = [record for record in self.records if record.offset >= offset]
        if not left:
            return None
        taken = left[:most]
        next_offset = left[most].offset if jump and len(left) > most else taken[-1].offset + 1
        return RawRecords(
            begin_offset=offset,
            next_offset=next_offset,
            offsets=[record.offset for record in taken],
            keys=[record.key for record in taken],
            values=[record.value for record in taken],
            timestamps_ms=[record.timestamp_ms for record in taken],
        )


class Scenario(Protocol):
    """Sources, the program that folds them, and what must come of it."""

    sources: Mapping[str, Source]

    def program(self) -> Program:
        """A fresh program."""
        ...

    def covers(self, key: bytes) -> bool:
        """True for a record that the truth speaks of; not for what the clock wrote."""
        ...

    def state_at(self, offsets: Mapping[str, int]) -> dict[bytes, bytes]:
        """The records of an uninterrupted fold up to these offsets."""
        ...

    def account_at(self, topic: str, offset: int) -> TopicPosition:
        """What must have become of the offsets of a topic before this one."""
        ...

    def letters_at(self, topic: str, offset: int) -> set[tuple[str, int]]:
        """The dead letters that a fence at this offset stands behind."""
        ...


def with_holes(rng: random.Random, count: int) -> list[int]:
    """Ascending offsets of so many records; the log does not begin at 0 and has holes."""
    offset = rng.randrange(4)
    offsets = []
    for _ in range(count):
        offset += 1 if rng.random() < 0.85 else rng.randint(2, 4)
        offsets.append(offset)
    return offsets
