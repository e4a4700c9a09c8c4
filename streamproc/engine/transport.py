"""Faust's consumer, taught to hand over whole fetched batches and to commit what is durable.

Faust keeps the group, the assignor, the agents and their streams. Replaced are the steps that cost a
task per record, or that were seen to skip or repeat offsets: draining, seeking, committing.

Source: docs/adr/0001-one-faust-event-is-one-fetched-batch.md, 0005, 0011.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable, Mapping
from typing import Any, ClassVar

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streamproc.engine.beginning import outside_log
from streamproc.engine.clients import disconnected
from streamproc.engine.engine import Engine
from streamproc.engine.ports import SourcePartition
from streamproc.engine.rawfetch import RawRecords, chunks, fetch_raw

log = structlog.get_logger(__name__)

SCHEME = "streamproc"
HOLD_POLL_S = 0.01
GATHER_S = 0.015
"""A small catch is followed by the next one no sooner: a batch costs about as much as a hundred records."""
GATHERED_RECORDS = 1_000
"""From so many records on a catch is not small."""


class BatchThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # Faust has no types we can check
    """The consumer's thread; runs aiokafka in a loop of its own, so heartbeats never wait for a fold."""

    consumer: BatchConsumer

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        config = self.consumer.engine.config
        # Faust hard-codes 1500 ms; the embedded broker answers a long poll late, so it needs less
        consumer._fetch_max_wait_ms = config.fetch_wait_max_ms
        # aiokafka asks again only when all of an answer is read: what fits one drain is folded while
        # the next one comes, and 50 MiB, its default, would be copied in memory that is never warm
        consumer._fetch_max_bytes = config.fetch_bytes
        return consumer

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109  # Faust's signature
        max_records: int | None = None,
    ) -> dict[Any, RawRecords]:
        return await fetch_raw(consumer, active_partitions, timeout or 0.0, self.consumer.may_read)

    async def on_thread_stop(self) -> None:
        """Leave the group and disconnect.

        Trap: of a cancellation that is none Faust's thread would die, and a stop wait for it for ever.
        """
        await disconnected(super().on_thread_stop(), self._consumer)

    def close(self) -> None:
        """Nothing: ``on_thread_stop`` disconnects, in the loop that the client runs in.

        Trap: where a rebalance meets a stop, Faust closes the client from the app's loop. What the thread
        waits for then never comes, and the process does not end.
        """

    def assignment(self) -> set[TP]:
        """What the group gave us; nothing before the client is made, which may take long."""
        found: set[TP] = set() if self._consumer is None else super().assignment()
        return found

    def partition_counts(self, topics: Iterable[str]) -> dict[str, int]:
        """How many partitions topics have, as the client last heard; without those it knows nothing of."""
        if self._consumer is None:
            return {}
        # this is another thread, and what the client hears replaces all of it at once: so one look
        known = self._consumer._client.cluster._partitions
        return {topic: len(known[topic]) for topic in topics if topic in known}

    def group_failure(self) -> Exception | None:
        """What the client's work for the group ended with, or waits for somebody to hear.

        Trap: Faust never asks, and until somebody does the client joins no group again.
        """
        coordinator = None if self._consumer is None else self._consumer._coordinator
        if coordinator is None:  # it has not started yet
            return None
        task, pending = coordinator._coordination_task, coordinator._pending_exception
        ended = task.exception() if task.done() and not task.cancelled() else None
        return pending or ended

    async def begin_at(self, offsets: Mapping[TP, int], unread: Iterable[TP]) -> None:
        """Read on at these offsets, and fetch nothing of ``unread``: the engine reads changelogs itself.

        Trap: in the thread that fetches. From another one, what a fetch of the offset before ended with
        could come in between, and would stand for the new offset.
        """
        await self.call_thread(self._begin_at, dict(offsets), list(unread))

    async def _begin_at(self, offsets: dict[TP, int], unread: list[TP]) -> None:
        consumer = self._ensure_consumer()
        where = [TopicPartition(*at) for at in unread]
        consumer.pause(*[at for at in where if at in consumer.assignment()])
        for at, offset in offsets.items():
            consumer.seek(TopicPartition(*at), offset)

    async def fetch_committed(self, partitions: list[TP]) -> dict[TP, int | None]:
        """The committed offsets, asked for now."""
        found: dict[TP, int | None] = await self.call_thread(self._fetch_committed, partitions)
        return found

    async def _fetch_committed(self, partitions: list[TP]) -> dict[TP, int | None]:
        coordinator = self._ensure_consumer()._coordinator
        where = [TopicPartition(*at) for at in partitions]
        answer = await coordinator.fetch_committed_offsets(where)
        return {
            at: answer[key].offset if key in answer and answer[key].offset >= 0 else None
            for at, key in zip(partitions, where, strict=True)
        }


class BatchConsumer(driver.Consumer):  # type: ignore[misc]  # Faust has no types we can check
    """Faust's consumer with our drain, seek and commit; also the engine's view of the group."""

    engine: ClassVar[Engine]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.engine.group = self
        self.committed_offsets: dict[TP, int] = {}
        self._reading_generation = -1
        self._sought_generation = -1

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    # -- the engine's questions ----------------------------------------------------------------------

    async def committed(
        self, partitions: Iterable[SourcePartition]
    ) -> Mapping[SourcePartition, int | None]:
        """The committed offsets, asked for now."""
        where = {TP(*at): at for at in partitions}
        found = await self._thread.fetch_committed(list(where))
        self.committed_offsets.update(
            {at: value for at, value in found.items() if value is not None}
        )
        return {where[at]: value for at, value in found.items()}

    async def accepts(self, partition: int, generation: int) -> bool:
        """True if the coordinator takes a commit (of the changelog, which nobody reads) from us."""
        if self.app.consumer_generation_id != generation:
            return False
        accepted = bool(await self._commit({TP(self.engine.config.changelog, partition): 0}))
        return accepted and self.app.consumer_generation_id == generation

    def last_committed(self) -> Mapping[SourcePartition, int]:
        """What we know to be committed, without asking."""
        # a copy: metrics ask from another thread
        committed = self.committed_offsets.copy()
        return {SourcePartition(*at): offset for at, offset in committed.items()}

    def source_ends(self, partitions: Container[int]) -> Mapping[SourcePartition, int]:
        """Where the sources of these partitions end, as the last fetches said."""
        changelog = self.engine.config.changelog
        ends = {
            SourcePartition(*tp): self.highwater(tp)
            for tp in self.assignment()
            if tp.partition in partitions and tp.topic != changelog
        }
        return {source: end for source, end in ends.items() if end is not None}

    def partition_counts(self, topics: Iterable[str]) -> Mapping[str, int]:
        """How many partitions topics have, as the client last heard; without those it knows nothing of."""
        counts: dict[str, int] = self._thread.partition_counts(topics)
        return counts

    def failure(self) -> Exception | None:
        """Why the coordinator lets us be no member; ``None`` as long as it does."""
        error: Exception | None = self._thread.group_failure()
        return error

    async def pause(self, partition: SourcePartition) -> None:
        """Read no more of a source partition until the next assignment."""
        self.pause_partitions({TP(*partition)})

    # -- Faust's hooks -------------------------------------------------------------------------------

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Nothing for Faust to recover: the engine reads changelogs itself (ADR 0007)."""
        return dict.fromkeys(partitions, 0)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Flush and commit while the generation still stands, then let go of everything."""
        await super().on_partitions_revoked(revoked)
        self._sought_generation = -1
        self.engine.on_revoked()

    async def perform_seek(self) -> None:
        """Go to the fence in the state, not to the committed offset (ADR 0005)."""
        generation, changelog = self.app.consumer_generation_id, self.engine.config.changelog
        assigned = self.assignment()
        unread = {tp for tp in assigned if tp.topic == changelog}
        begins = {tp: self.engine.begin_offset(SourcePartition(*tp)) for tp in assigned - unread}
        known = {tp: offset for tp, offset in begins.items() if offset is not None}
        await self._thread.begin_at(known, unread)
        # Faust comes here after a recovery that was overtaken, too: then nothing may be read yet
        self._sought_generation = generation if len(known) == len(begins) else -1

    async def wait_empty(self) -> None:
        """Make everything folded durable and commit it: what a stop or a rebalance waits for."""
        await self.engine.drain()
        await self.commit()

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit the durable fences; what Faust takes for acknowledged decides nothing (ADR 0011)."""
        durable = self.engine.durable_offsets(self.app.consumer_generation_id)
        held = self.committed_offsets
        moved = {TP(*at): offset for at, offset in durable.items() if held.get(TP(*at)) != offset}
        if not moved:
            return False
        if not await self._commit(moved):
            self.engine.measured.commit_failures += 1
            return False
        self.engine.measured.commits += 1
        held.update(moved)
        return True

    async def verify_all_partitions_active(self) -> None:
        """Nothing: Faust's livelock detector counts records, our watchdog looks at progress."""

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                generation = self._reading_generation = self.app.consumer_generation_id
                try:
                    records, active = await self._wait_next_records(1.0)
                except OffsetOutOfRangeError as error:
                    self._refuse_lost(error.args[0])
                    continue
                # what may not be read yet is not waited for: without a pause this would spin
                await asyncio.sleep(0 if records else HOLD_POLL_S)
                if records and self.flow_active and not self.should_stop:
                    began_s = self.loop.time()
                    await self._deliver(records, active, generation)
                    if sum(len(raw.offsets) for raw in records.values()) < GATHERED_RECORDS:
                        await asyncio.sleep(began_s + GATHER_S - self.loop.time())
        except (*self.consumer_stopped_errors, asyncio.CancelledError):
            if not self.app.should_stop:
                raise

    def may_read(self) -> bool:
        """Whether what is read now will be folded; asked in the thread that reads, just before.

        Trap: a read may wait for records while a rebalance comes and goes. What it reads after the seek
        belongs to nobody, and nothing would read it again. And before the seek, what is fetched is of the
        committed offset, or an error: there is none yet, or the log does not hold it any more.
        """
        reading = self._reading_generation
        same: bool = reading == self.app.consumer_generation_id == self._sought_generation
        return bool(self.flow_active) and same

    def _refuse_lost(self, offsets: Mapping[Any, int]) -> None:
        """End if one of these, which the log does not hold, is what we are to read next (ADR 0005)."""
        for at, offset in offsets.items():
            if self.engine.begin_offset(SourcePartition(*at)) is not None:
                where = f"{at.topic}, partition {at.partition}, offset {offset}"
                self.engine.fail(outside_log(offset, where=where))

    async def _deliver(
        self, records: Mapping[TP, RawRecords], active: set[TP] | None, generation: int
    ) -> None:
        for tp, raw in records.items():
            if active is not None and tp not in active and tp not in self._buffered_partitions:
                continue
            for chunk in chunks(raw, self.engine.config.batch_records_max):
                await self._hold(generation)
                await self.engine.room(tp.partition)
                if not self.flow_active or self.app.consumer_generation_id != generation:
                    return  # the coming seek reads it again
                if SourcePartition(*tp) in self.engine.paused:
                    break  # the next assignment's seek reads it again
                await self.wait_first(
                    self.callback(_message(tp, chunk, generation)), self.suspend_flow.wait()
                )

    async def _hold(self, generation: int) -> None:
        """Wait out a rebalance: when it ends, Faust empties the queues that it would be put into."""
        while (  # noqa: ASYNC110  # Faust offers a flag and no event
            self.app.rebalancing
            and self.flow_active
            and self.app.consumer_generation_id == generation
            and not self._stopped.is_set()
        ):
            await asyncio.sleep(HOLD_POLL_S)


class BatchTransport(driver.Transport):  # type: ignore[misc]  # Faust has no types we can check
    """The ``streamproc://`` transport: aiokafka with :class:`BatchConsumer`."""

    Consumer: ClassVar[type[BatchConsumer]] = BatchConsumer


def install(engine: Engine) -> None:
    """Let ``streamproc://`` broker addresses use the transport, with this engine.

    Faust finds a transport by the address's scheme, so one process runs one engine.
    """
    BatchConsumer.engine = engine
    TRANSPORTS.aliases[SCHEME] = f"{__name__}:BatchTransport"


def _message(tp: TP, raw: RawRecords, generation: int) -> Any:
    return ConsumerMessage(
        tp.topic, tp.partition, raw.next_offset - 1, 0.0, 0, (), None, raw, None, 0, 0, tp,
        generation_id=generation,
    )  # fmt: skip
