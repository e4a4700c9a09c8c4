"""Reading the dead letter topics, and sending what is in them again.

A crash may write a dead letter twice, so copies are told by their origin: topic, partition, offset.

Source: streamproc/sinks/kafka_outputs.py writes them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streamproc.changelog_state import read_to_end
from streamproc.engine.changelog import changelog_cursor
from streamproc.engine.preflight import partition_counts
from streamproc.engine.rawfetch import RawRecords
from streamproc.errors import BadSetting, BrokerUnreachable, TopicMissing
from streamproc.events.registry import INPUT_TOPICS
from streamproc.protocol import Headers
from streamproc.sinks.kafka_outputs import (
    DETAIL,
    OFFSET,
    PARTITION,
    REASON,
    SUFFIX,
    TOPIC,
    VERSION,
)

OURS = "dlq."
FOREIGN = "foreign"
"""The reason of a record that no worker wrote: it has no ``dlq.*`` headers."""
SEND_MAX_BYTES = 16 << 20


class Origin(NamedTuple):
    """Where a record was that could not be used."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}-{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Origin:
        """The origin that ``topic-partition-offset`` names.

        Errors: ``BadSetting``.
        """
        try:
            topic, partition, offset = text.rsplit("-", 2)
            return cls(topic, int(partition), int(offset))
        except ValueError as error:
            raise BadSetting(
                "this names no record",
                where=text,
                hint="write TOPIC-PARTITION-OFFSET, as `streamproc dlq list` does",
            ) from error


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A dead letter as its topic holds it; ``headers`` are those that the record came with."""

    origin: Origin
    reason: str
    detail: str
    version: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Letters:
    """Every dead letter once, by topic and origin, and how many further copies there are."""

    letters: list[StoredLetter]
    copies: int

    def where(
        self, *, topic: str | None, reason: str | None, origins: Iterable[Origin] = ()
    ) -> list[StoredLetter]:
        """Those that fit; a filter that is not given lets everything through."""
        named = set(origins)
        return [
            one
            for one in self.letters
            if (topic is None or one.origin.topic == topic)
            and (reason is None or one.reason == reason)
            and (not named or one.origin in named)
        ]


async def read_dead_letters(
    bootstrap: str, topics: Sequence[str] = INPUT_TOPICS, *, timeout_s: float
) -> Letters:
    """The dead letters of these input topics, up to the end of their topics as it is now.

    Errors: ``BrokerUnreachable``; ``TopicMissing`` if there is no dead letter topic at all.
    """
    wanted = [topic + SUFFIX for topic in topics]
    counts = await partition_counts(bootstrap, wanted, timeout_s=timeout_s)
    if not counts:
        raise TopicMissing(
            f"there is no dead letter topic: {', '.join(wanted)}",
            where=bootstrap,
            hint="create them: streamproc topics apply",
        )
    found: dict[Origin, StoredLetter] = {}
    total = 0
    for topic, partitions in counts.items():
        starts = dict.fromkeys(range(partitions), -1)
        async with changelog_cursor(bootstrap, topic, starts) as cursor:
            async for number, raw, _ in read_to_end(cursor):
                total += len(raw.offsets)
                for letter in letters_of(topic, number, raw):
                    found.setdefault(letter.origin, letter)
    letters = [found[origin] for origin in sorted(found)]
    return Letters(letters, total - len(letters))


def letters_of(dlq_topic: str, partition: int, raw: RawRecords) -> Iterable[StoredLetter]:
    """The dead letters among the records of one partition of a dead letter topic; copies too."""
    for index, offset in enumerate(raw.offsets):
        headers = raw.headers.get(index, ())
        # a record may have come with dlq.* headers of its own; ours were written behind them
        said = {
            name: (value or b"").decode("utf-8", "replace")
            for name, value in headers
            if name.startswith(OURS)
        }
        whence = _origin(said)
        yield StoredLetter(
            origin=whence or Origin(dlq_topic, partition, offset),
            reason=said.get(REASON, FOREIGN) if whence else FOREIGN,
            detail=said.get(DETAIL, ""),
            version=said.get(VERSION, ""),
            key=raw.keys[index],
            value=raw.values[index],
            headers=[(name, value) for name, value in headers if not name.startswith(OURS)],
            timestamp_ms=raw.timestamps_ms[index],
        )


def _origin(said: dict[str, str]) -> Origin | None:
    try:
        return Origin(said[TOPIC], int(said[PARTITION]), int(said[OFFSET]))
    except (KeyError, ValueError):
        return None


async def send_again(bootstrap: str, letters: Sequence[StoredLetter], *, timeout_s: float) -> int:
    """Send records to the topics that they came from, byte for byte; how many are acknowledged.

    Shapes: by the partition of their key; one without a key to the partition that it came from.
    Errors: ``BrokerUnreachable``, ``TopicMissing`` for an origin that is no input of ours.
    """
    strange = sorted({one.origin.topic for one in letters} - set(INPUT_TOPICS))
    if strange:
        raise TopicMissing(
            f"these records did not come from an input topic: {', '.join(strange)}",
            where=bootstrap,
            hint=f"leave them out: --topic, or --reason other than {FOREIGN}",
        )
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        max_request_size=SEND_MAX_BYTES,
        request_timeout_ms=int(timeout_s * 1000),
    )
    sent = 0
    try:
        await producer.start()
        waiting = [await _send(producer, letter) for letter in letters]
        for each in asyncio.as_completed(waiting):
            await each
            sent += 1
    except (TimeoutError, KafkaError, OSError) as error:
        raise BrokerUnreachable(
            f"{sent} of {len(letters)} records were acknowledged, then: {error!r}",
            where=bootstrap,
            hint="run it again: what is sent twice is folded once",
        ) from error
    finally:
        await producer.stop()
    return sent


async def _send(producer: Any, letter: StoredLetter) -> asyncio.Future[Any]:  # noqa: ANN401 - aiokafka has no types
    future: asyncio.Future[Any] = await producer.send(
        letter.origin.topic,
        key=letter.key,
        value=letter.value,
        headers=list(letter.headers),
        partition=letter.origin.partition if letter.key is None else None,
    )
    return future
