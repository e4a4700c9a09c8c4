"""The live-sales program under the simulation: a few real events, and what an uninterrupted fold makes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from streamproc.engine.fence import TopicPosition
from streamproc.events.registry import ORDERS_TOPIC, VIEWERS_TOPIC, AnyEvent
from streamproc.program.live import LiveProgram
from streamproc.protocol import Batch, Program
from tests.builders import (
    T0,
    cancelled,
    created,
    joined,
    liked,
    order_failed,
    paid,
    record,
    viewers_counted,
)
from tests.laws.simlog.scenario import Source, SourceRecord, with_holes

RECORDS = 10
_GARBAGE = (b"{", b'{"type":"order.melted"}', b"\xff", None)


class LiveScenario:
    """Orders and viewers of two hosts, with duplicates, disorder and garbage.

    The truth is folded one record at a time and each topic by itself: neither how the log is cut nor how
    topics interleave may show in the state.
    """

    def __init__(self, rng: random.Random) -> None:
        self.sources: Mapping[str, Source] = {
            ORDERS_TOPIC: _source(rng, ORDERS_TOPIC, _order),
            VIEWERS_TOPIC: _source(rng, VIEWERS_TOPIC, _viewer),
        }
        self._prefixes = {topic: _Prefixes(source) for topic, source in self.sources.items()}

    def program(self) -> Program:
        """A fresh program."""
        return LiveProgram()

    def covers(self, key: bytes) -> bool:
        """True: so far no record depends on the clock."""
        return bool(key)

    def state_at(self, offsets: Mapping[str, int]) -> dict[bytes, bytes]:
        """The records of uninterrupted folds up to these offsets."""
        records: dict[bytes, bytes] = {}
        for topic, offset in offsets.items():
            records |= self._prefixes[topic].states[offset]
        return records

    def account_at(self, topic: str, offset: int) -> TopicPosition:
        """What became of a prefix."""
        return self._prefixes[topic].accounts[offset]

    def letters_at(self, topic: str, offset: int) -> set[tuple[str, int]]:
        """The dead letters of a prefix."""
        return {(topic, letter) for letter in self._prefixes[topic].letters if letter < offset}


class _Prefixes:
    """What one topic comes to, up to each of its offsets."""

    def __init__(self, source: Source) -> None:
        self.states: dict[int, dict[bytes, bytes]] = {}
        self.accounts: dict[int, TopicPosition] = {}
        self.letters: set[int] = set()
        self._records: dict[bytes, bytes] = {}
        self._program = LiveProgram()
        records = {record.offset: record for record in source.records}
        at = TopicPosition(source.start_offset, source.start_offset)
        for offset in range(source.start_offset, source.last_offset + 2):
            at.next_offset = offset
            self.states[offset] = dict(self._records)
            self.accounts[offset] = msgspec.structs.replace(at)
            if offset in records:
                self._fold(source.topic, records[offset], at)
            else:
                at.absent += 1

    def _fold(self, topic: str, record: SourceRecord, at: TopicPosition) -> None:
        batch = Batch(
            topic,
            0,
            [record.offset],
            [record.key],
            [record.value],
            [record.timestamp_ms],
            record.offset + 1,
        )
        at.advance(self._program.apply(topic, batch), 1, record.offset + 1)
        for key, value in self._program.take_dirty():
            if value is None:
                self._records.pop(key, None)
            else:
                self._records[key] = value
        self.letters |= {letter.offset for letter in self._program.take_outputs().dead_letters}


def _source(rng: random.Random, topic: str, event: Callable[[random.Random], AnyEvent]) -> Source:
    offsets = with_holes(rng, RECORDS)
    records: list[SourceRecord] = []
    for offset in offsets:
        chance = rng.random()
        if chance < 0.1:
            records.append(SourceRecord(offset, b"h-1", rng.choice(_GARBAGE), T0))
        elif chance < 0.25 and records:
            records.append(replace(rng.choice(records), offset=offset))
        else:
            _, key, value, at_ms = record(event(rng))
            records.append(SourceRecord(offset, key, value, at_ms))
    return Source(topic, rng.randint(0, offsets[0]), tuple(records))


def _envelope(rng: random.Random) -> dict[str, Any]:
    return {
        "at_ms": T0 + rng.randrange(1_200_000),
        "event_id": f"e-{rng.randrange(1 << 32)}",
        "host_id": rng.choice(("h-1", "h-2")),
        "session_id": rng.choice(("s-1", "s-2")),
    }


def _order(rng: random.Random) -> AnyEvent:
    order_id = rng.choice(("o-1", "o-2", "o-3"))
    makers: tuple[Callable[..., AnyEvent], ...] = (
        lambda **fields: paid(rng.randint(1, 9_999), order_id=order_id, **fields),
        lambda **fields: created(rng.randint(1, 9_999), order_id=order_id, **fields),
        lambda **fields: cancelled(order_id=order_id, **fields),
        order_failed,
    )
    return rng.choice(makers)(**_envelope(rng))


def _viewer(rng: random.Random) -> AnyEvent:
    makers: tuple[Callable[..., AnyEvent], ...] = (
        lambda **fields: joined(rng.randint(1, 5), **fields),
        lambda **fields: liked(rng.randint(1, 9), **fields),
        lambda **fields: viewers_counted(rng.randint(1, 99), **fields),
    )
    return rng.choice(makers)(**_envelope(rng))
