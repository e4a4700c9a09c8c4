"""The smallest program that shows torn state: each event moves a host and a line by the same amount."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streamproc.engine.fence import TopicPosition
from streamproc.protocol import Batch, BatchReport, DeadLetter, Outputs, Program, Published
from tests.laws.simlog.scenario import Source, SourceRecord, with_holes

HOSTS, LINES = (b"h0", b"h1", b"h2"), (b"l0", b"l1", b"l2", b"l3", b"l4")
TOPICS = ("left", "right")
RECORDS = (2, 6, 14)
_LOG, _CLOCK = b"\x01", b"\x02tick"
_DUPLICATE, _GARBAGE = b"again", b"\xff"


def _move(record: SourceRecord) -> tuple[bytes, bytes, int] | None:
    """The host, the line and the amount of an event; ``None`` if it moves nothing."""
    value = record.value
    if value is None or value in (_DUPLICATE, _GARBAGE):
        return None
    host, line, amount = value.lstrip(b"~").split()
    return host, line, int(amount)


class TinyProgram:
    """Sums per host and line; a sum of 0 is deleted. A tick writes its time."""

    def __init__(self) -> None:
        self._state: dict[bytes, bytes] = {}
        self._dirty: set[bytes] = set()
        self._letters: list[DeadLetter] = []

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Take over a recovered state."""
        self._state = dict(records)

    def apply(self, topic: str, batch: Batch) -> BatchReport:
        """Fold a batch."""
        report = BatchReport()
        for offset, key, value in zip(batch.offsets, batch.keys, batch.values, strict=True):
            if value == _GARBAGE:
                report.rejected += 1
                self._letters.append(
                    DeadLetter(topic, batch.partition, offset, key, value, (), "garbage", "")
                )
            elif value == _DUPLICATE or value is None:
                report.duplicate += 1
            else:
                report.applied += 1
                report.late += value.startswith(b"~")
                host, line, amount = value.lstrip(b"~").split()
                self._add(_LOG + host, int(amount))
                self._add(_LOG + line, int(amount))
        report.dirty_keys = len(self._dirty)
        return report

    def _add(self, key: bytes, amount: int) -> None:
        total = int(self._state.pop(key, b"0")) + amount
        if total:
            self._state[key] = b"%d" % total
        self._dirty.add(key)

    def tick(self, now_ms: int, caught_up: bool) -> None:
        """Write the time, or delete it once everything is read."""
        if caught_up:
            self._state.pop(_CLOCK, None)
        else:
            self._state[_CLOCK] = b"%d" % now_ms
        self._dirty.add(_CLOCK)

    def take_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """Every changed key."""
        taken = [(key, self._state.get(key)) for key in sorted(self._dirty)]
        self._dirty.clear()
        return taken

    def value(self, key: bytes) -> bytes | None:
        """The current value of a key."""
        return self._state.get(key)

    def take_outputs(self) -> Outputs:
        """The dead letters."""
        taken, self._letters = self._letters, []
        return Outputs(dead_letters=taken)

    def delivered(self, published: Sequence[Published]) -> None:
        """Nothing: it publishes nothing."""


class TinyScenario:
    """Two sources of few events, and sums made by hand for every prefix."""

    def __init__(self, rng: random.Random) -> None:
        self.sources: Mapping[str, Source] = {topic: _source(rng, topic) for topic in TOPICS}
        self._sums = {topic: _sums(source) for topic, source in self.sources.items()}
        self._accounts = {topic: _accounts(source) for topic, source in self.sources.items()}

    def program(self) -> Program:
        """A fresh program."""
        return TinyProgram()

    def covers(self, key: bytes) -> bool:
        """True for a sum."""
        return key != _CLOCK

    def state_at(self, offsets: Mapping[str, int]) -> dict[bytes, bytes]:
        """What the prefixes add up to."""
        total: dict[bytes, int] = {}
        for topic, offset in offsets.items():
            for key, amount in self._sums[topic][offset].items():
                total[key] = total.get(key, 0) + amount
        return {_LOG + key: b"%d" % amount for key, amount in total.items() if amount}

    def account_at(self, topic: str, offset: int) -> TopicPosition:
        """What became of a prefix."""
        return self._accounts[topic][offset]

    def letters_at(self, topic: str, offset: int) -> set[tuple[str, int]]:
        """The garbage in a prefix."""
        return {
            (topic, record.offset)
            for record in self.sources[topic].records
            if record.offset < offset and record.value == _GARBAGE
        }


def _source(rng: random.Random, topic: str) -> Source:
    offsets = with_holes(rng, rng.choice(RECORDS))
    start = rng.randint(0, offsets[0])
    return Source(
        topic, start, tuple(SourceRecord(offset, b"h", _value(rng)) for offset in offsets)
    )


def _value(rng: random.Random) -> bytes:
    chance = rng.random()
    if chance < 0.06:
        return _GARBAGE
    if chance < 0.12:
        return _DUPLICATE
    late = b"~" if chance < 0.18 else b""
    amount = rng.choice((-1, 1, 1, 2))
    return late + b"%b %b %d" % (rng.choice(HOSTS), rng.choice(LINES), amount)


def _sums(source: Source) -> dict[int, dict[bytes, int]]:
    """Per offset, what the records before it add up to."""
    sums: dict[int, dict[bytes, int]] = {}
    total: dict[bytes, int] = {}
    records = {record.offset: record for record in source.records}
    for offset in range(source.start_offset, source.last_offset + 2):
        sums[offset] = dict(total)
        move = _move(records[offset]) if offset in records else None
        if move is not None:
            host, line, amount = move
            total[host] = total.get(host, 0) + amount
            total[line] = total.get(line, 0) + amount
    return sums


def _accounts(source: Source) -> dict[int, TopicPosition]:
    """Per offset, what became of the offsets before it."""
    accounts: dict[int, TopicPosition] = {}
    records = {record.offset: record.value for record in source.records}
    at = TopicPosition(source.start_offset, source.start_offset)
    for offset in range(source.start_offset, source.last_offset + 2):
        at.next_offset = offset
        accounts[offset] = msgspec.structs.replace(at)
        if offset not in records:
            at.absent += 1
            continue
        value = records[offset] or b""
        at.rejected += value == _GARBAGE
        at.duplicate += value == _DUPLICATE
        at.applied += value not in (_GARBAGE, _DUPLICATE)
        at.late += value.startswith(b"~")
    return accounts
