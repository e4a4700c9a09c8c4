"""Sends records to Kafka, many at once, and tells the outcome of every one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.partitioner import murmur2

from streamproc.engine.clients import connected
from streamproc.errors import BadSetting, BrokerUnreachable, TopicMissing
from streamproc.simulate.ledger import Acked, NotAcked, Outcome

_NAME_A_BROKER: Final = (
    "start it, or name another: --bootstrap or STREAMPROC_KAFKA__BOOTSTRAP_SERVERS"
)
_POSITIVE: Final = 0x7FFFFFFF
_TOPIC_WAIT_S: Final = 5.0
"""A topic just made is known to every broker after that; one that is missing never answers."""
_BATCH_BYTES: Final = 1 << 19
_REQUEST_BYTES: Final = 1 << 20
_NOT_WRITTEN: Final = (
    InvalidTopicError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)


class Outgoing(NamedTuple):
    """A record to send; ``partition`` only where the key does not tell it."""

    seq: int
    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None


class _Pile:
    """Records of one partition that go in one batch."""

    def __init__(self, batch: Any) -> None:  # noqa: ANN401 - aiokafka has no types
        self.batch = batch
        self.seqs: list[int] = []

    def add(self, record: Outgoing) -> bool:
        """Whether the record fitted in."""
        added = self.batch.append(timestamp=None, key=record.key, value=record.value)
        if added is not None:
            self.seqs.append(record.seq)
        return added is not None


class Sender:
    """A producer for as long as the context is entered; leaving it waits for every outcome.

    Shapes: records of a partition are written in the order given. ``idempotent``, where the broker
    knows how, so that a retry writes nothing twice. ``on_outcome`` is called for each batch.
    Errors: entering raises ``BrokerUnreachable`` or ``BadSetting``; :meth:`send` and
    :meth:`require` raise ``TopicMissing``. What the broker refuses is an outcome, not an error.
    """

    def __init__(
        self,
        bootstrap: str,
        on_outcome: Callable[[Outcome], None],
        *,
        idempotent: bool = True,
        max_in_flight: int = 20_000,
        request_timeout_s: float = 30.0,
    ) -> None:
        self._bootstrap = bootstrap
        self._on_outcome = on_outcome
        self._idempotent = idempotent
        self._max_in_flight = max_in_flight
        self._request_timeout_ms = int(request_timeout_s * 1000)
        self._producer: Any = None
        self._partitions: dict[str, list[int]] = {}
        self._places: dict[tuple[str, bytes], int] = {}
        self._in_flight = 0
        self._moved = asyncio.Event()

    async def __aenter__(self) -> Self:
        attempts = (True, False) if self._idempotent else (False,)
        for idempotent in attempts:
            try:
                self._producer = await self._started(idempotent=idempotent)
            except ValueError as error:
                raise BadSetting(
                    f"this is no broker address: {error}",
                    where=self._bootstrap,
                    hint="write host:port, several with commas between",
                ) from error
            except (KafkaError, OSError, TimeoutError) as error:
                if idempotent:  # the embedded broker knows no producer ids
                    continue
                raise BrokerUnreachable(
                    "no Kafka broker answers", where=self._bootstrap, hint=_NAME_A_BROKER
                ) from error
            break
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._producer.stop()
        await asyncio.sleep(0)  # the last outcomes are told by callbacks

    async def require(self, topics: Iterable[str]) -> None:
        """Return if the topics exist."""
        for topic in topics:
            await self._partitions_of(topic)

    async def send(self, records: Iterable[Outgoing]) -> None:
        """Hand records over; returns when few enough are under way."""
        piles: dict[tuple[str, int], _Pile] = {}
        for record in records:
            place = (record.topic, await self._partition(record))
            pile = piles.get(place)
            if pile is None:
                pile = piles[place] = _Pile(self._producer.create_batch())
            if not pile.add(record):
                await self._submit(place, pile)
                pile = piles[place] = _Pile(self._producer.create_batch())
                if not pile.add(record):
                    self._refuse(place, record)
        for place, pile in piles.items():
            await self._submit(place, pile)
        while self._in_flight > self._max_in_flight:
            self._moved.clear()
            await self._moved.wait()

    async def _started(self, *, idempotent: bool) -> Any:  # noqa: ANN401 - aiokafka has no types
        return await connected(
            AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=idempotent,
                max_batch_size=_BATCH_BYTES,
                max_request_size=_REQUEST_BYTES,
                request_timeout_ms=self._request_timeout_ms,
            )
        )

    async def _partition(self, record: Outgoing) -> int:
        if record.partition is not None:
            return record.partition
        key = record.key or b""
        place = self._places.get((record.topic, key))
        if place is None:
            partitions = await self._partitions_of(record.topic)
            place = partitions[(murmur2(key) & _POSITIVE) % len(partitions)]
            self._places[record.topic, key] = place
        return place

    async def _partitions_of(self, topic: str) -> list[int]:
        known = self._partitions.get(topic)
        if known is None:
            try:
                async with asyncio.timeout(_TOPIC_WAIT_S):
                    known = sorted(await self._producer.partitions_for(topic))
            except (KafkaError, TimeoutError) as error:
                raise TopicMissing(
                    "the topic does not exist, or may not be seen",
                    where=f"{topic} on {self._bootstrap}",
                    hint="streamproc topics apply",
                ) from error
            self._partitions[topic] = known
        return known

    async def _submit(self, place: tuple[str, int], pile: _Pile) -> None:
        if not pile.seqs:
            return
        topic, partition = place
        pile.batch.close()
        self._in_flight += len(pile.seqs)
        try:
            future = await self._producer.send_batch(pile.batch, topic, partition=partition)
        except (KafkaError, TimeoutError, OSError) as error:
            self._settle(place, pile.seqs, None, error)
            return
        future.add_done_callback(lambda done: self._done(place, pile.seqs, done))

    def _done(self, place: tuple[str, int], seqs: list[int], done: asyncio.Future[Any]) -> None:
        if done.cancelled():
            self._settle(place, seqs, None, asyncio.CancelledError())
            return
        error = done.exception()
        base_offset = None if error else done.result().offset
        self._settle(place, seqs, base_offset, error)

    def _settle(
        self,
        place: tuple[str, int],
        seqs: list[int],
        base_offset: int | None,
        error: BaseException | None,
    ) -> None:
        topic, partition = place
        self._in_flight -= len(seqs)
        self._moved.set()
        if base_offset is not None and base_offset >= 0:
            outcome: Outcome = Acked(
                seqs=seqs, topic=topic, partition=partition, base_offset=base_offset
            )
        else:
            outcome = NotAcked(
                seqs=seqs,
                topic=topic,
                partition=partition,
                error=repr(error),
                certain=isinstance(error, _NOT_WRITTEN),
            )
        self._on_outcome(outcome)

    def _refuse(self, place: tuple[str, int], record: Outgoing) -> None:
        """A record that fits no batch is not sent at all."""
        self._in_flight += 1
        self._settle(place, [record.seq], None, MessageSizeTooLargeError())
