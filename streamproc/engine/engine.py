"""The engine of one worker: owned partitions, group commit, and what is acknowledged.

Faust says which partitions are ours and brings the batches; everything that must be exact is here.

Source: docs/architecture.md; docs/adr 0001 to 0012.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from typing import Any, NoReturn

import structlog

from streamproc.engine.changelog import Changelog
from streamproc.engine.config import EngineConfig
from streamproc.engine.failures import failure_of, recovery_failure_of
from streamproc.engine.limiter import DeadLetterLimiter
from streamproc.engine.measured import Measured
from streamproc.engine.meeting import believe, look
from streamproc.engine.membership import check_group, failure_of_member, name_taken
from streamproc.engine.nogroup import NoGroup
from streamproc.engine.ownership import Writer
from streamproc.engine.pace import Pace
from streamproc.engine.partition import Partition
from streamproc.engine.ports import (
    Failure,
    GreatestVersion,
    Group,
    OutputSink,
    Progress,
    SourcePartition,
    Viewer,
    nothing_shown,
)
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.recovery import Recovery
from streamproc.engine.showing import Showing, show_again
from streamproc.errors import Superseded
from streamproc.protocol import Program

log = structlog.get_logger(__name__)

TICK_TURNS = 4
"""Turns of an interval, in each of which a part of the partitions ticks."""


class Engine:
    """Runs a program per owned partition, exactly.

    ``group`` is set by the transport before the first assignment. ``assigned`` are the partitions that it
    gave us last, ``is_deciding``: it is about to say which are ours now.
    """

    def __init__(
        self,
        config: EngineConfig,
        program: Callable[[], Program],
        sink: OutputSink,
        failure: Failure,
        progress: Progress,
        viewers: Sequence[Viewer] = (),
        greatest_version: GreatestVersion = nothing_shown,
    ) -> None:
        self.config = config
        self.group: Group = NoGroup()
        self.changelog = Changelog(config)
        self.partitions: dict[int, Partition] = {}
        self.paused: dict[SourcePartition, str] = {}
        self.recovery: Recovery | None = None
        self.recovery_started_s: float | None = None
        self.events = 0
        self.recovered_records = 0
        self.stale_records = 0
        self.measured = Measured()
        self.showing = Showing(viewers, config.views_share_max)
        self.assigned: frozenset[int] = frozenset()
        self.is_deciding = True
        self._program = program
        self._sink = sink
        self._failure = failure
        self._progress = progress
        self._greatest_version = greatest_version
        self._writer = Writer(started_us=time.time_ns() // 1000)
        self._written_by = f"streamproc pid-started {self._writer.started_us}"
        self._limiters: dict[SourcePartition, DeadLetterLimiter] = {}
        self._generation = -1
        self._assignment = 0
        self._pace = Pace(config, lambda: self.partitions.values())
        self._room = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    async def start(self) -> None:
        """Connect, and begin to flush, look and tick."""
        await self.changelog.start()
        for work in (self._flush_loop, self._look_loop, self._tick_loop):
            self._spawn(self._guard(work()))

    async def stop(self) -> None:
        """Stop the loops and disconnect; what is not flushed is read again by the next owner."""
        self._closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.changelog.stop()

    # -- assignment --------------------------------------------------------------------------------

    def on_revoked(self) -> None:
        """A rebalance began: nothing is folded or acknowledged until the next recovery is done."""
        self._assignment += 1
        left, self.partitions = self.partitions, {}
        self.is_deciding = True
        for partition in left.values():
            partition.discarded = True
            self.stale_records += partition.ownership.stale_records
            self.measured.leave(partition)
        self.paused = {}
        self.showing.owned(())
        self._room.set()

    def on_assigned(self, generation: int, partitions: Iterable[int]) -> None:
        """An assignment and its generation, captured in the rebalance callback, never read later."""
        self.on_revoked()
        if generation == self._generation and self.config.group_instance_id is not None:
            self.fail(name_taken(self.config))
        self._generation = generation
        self.assigned = frozenset(partitions)
        self.is_deciding = False
        self.measured.rebalances += 1

    async def recover(self, numbers: Iterable[int]) -> None:
        """Take the assigned partitions over; returns when they are installed or overtaken.

        Faust may still come with the partitions of the assignment before: those are not taken under
        this one's generation, and a call without any of ours overtakes nothing.
        """
        partitions = sorted(self.assigned.intersection(numbers))
        if not partitions:
            return
        self._assignment += 1
        assignment, generation = self._assignment, self._generation
        recovery = Recovery(
            self.config,
            self.changelog,
            self.group,
            self._writer,
            self._program,
            lambda: self._assignment == assignment,
            self._greatest_version,
        )
        self.recovery, self.recovery_started_s = recovery, time.monotonic()
        self._progress.recovering(len(partitions))
        try:
            recovered = await recovery.take_over(partitions, generation)
            if self._assignment == assignment:
                self._install(recovered, recovery.records)
        except Superseded:
            log.info("recovery overtaken by a newer assignment", generation=generation)
        except Exception as error:  # noqa: BLE001  # Faust asks for no result: what left here would be lost
            if self._assignment == assignment and not self._closing:
                self.fail(recovery_failure_of(error, where=f"partitions {partitions}"))
            log.info("recovery overtaken, its failure does not count", error=str(error))
        finally:
            if self.recovery is recovery:
                self.recovery = None

    def _install(self, recovered: list[Partition], records: int) -> None:
        duration_s = time.monotonic() - (self.recovery_started_s or time.monotonic())
        self.recovered_records += records
        self.measured.recovery.add(duration_s)
        self.partitions = {partition.number: partition for partition in recovered}
        self._limiters = {
            SourcePartition(topic, number): DeadLetterLimiter.of(self.config)
            for topic in self.config.inputs
            for number in self.partitions
        }
        self.showing.owned(self.partitions)
        self._progress.recovered(len(recovered), records, duration_s)

    def show_again(self) -> None:
        """Have everything that is to be seen told again: whoever shows it lost some."""
        show_again(self.partitions.values())

    # -- the hot path ------------------------------------------------------------------------------

    def apply(self, topic: str, number: int, raw: RawRecords) -> None:
        """Fold fetched records; those of a partition that is not ours any more are dropped."""
        partition = self.partitions.get(number)
        if partition is None:
            return
        self.measured.fetched(topic, raw, partition.positions[topic].next_offset)
        try:
            applied = partition.apply(topic, raw)
        except Exception as error:  # noqa: BLE001  # a defect of a program may raise anything
            # the state may hold half a batch: from here on nothing of it may be flushed
            partition.discarded = True
            self.fail(error)
        if applied is None:
            return
        self._pace.moved()
        report, rejected = applied
        self.events += report.applied + report.duplicate + report.rejected
        source = SourcePartition(topic, number)
        reason = self._limiters[source].passed(len(raw.offsets), rejected)
        if reason is not None and source not in self.paused:
            self._pause(source, reason)
        if partition.pending_bytes > self.config.flush_soft_bytes // 2:
            self._pace.hurry()

    def _pause(self, source: SourcePartition, reason: str) -> None:
        self.paused[source] = reason
        self._progress.paused(source, reason)
        self._spawn(self._guard(self.group.pause(source)))

    async def room(self, number: int) -> None:
        """Return when a partition may take another batch: its next flush is not too large yet."""
        while (
            partition := self.partitions.get(number)
        ) is not None and partition.pending_bytes > self.config.flush_soft_bytes:
            self._pace.hurry()
            self._room.clear()
            await self._room.wait()

    def begin_offset(self, source: SourcePartition) -> int | None:
        """Where reading a source goes on; ``None`` if it is not ours."""
        partition = self.partitions.get(source.partition)
        if partition is None or source.topic not in partition.positions:
            return None
        return partition.positions[source.topic].next_offset

    # -- flushing ----------------------------------------------------------------------------------

    def durable_offsets(self, generation: int) -> dict[SourcePartition, int]:
        """What may be committed: the durable fence, under the epoch of this very generation."""
        return {
            SourcePartition(topic, number): position.next_offset
            for number, partition in self.partitions.items()
            if partition.is_fenced and partition.ownership.epoch.generation == generation
            for topic, position in partition.durable.items()
            if topic in self.config.inputs
        }

    def commit_progress(self) -> tuple[int, int]:
        """The sum of durable offsets that were ever moved, and how much of it is committed."""
        durable = self.durable_offsets(self._generation)
        if not durable:
            return 0, 0
        known = self.group.last_committed()
        committed = sum(min(known.get(source, 0), offset) for source, offset in durable.items())
        return sum(durable.values()), committed

    async def drain(self) -> None:
        """Flush everything that memory holds, and wait until it is durable."""
        owned = list(self.partitions.values())
        await asyncio.gather(*(self._guard(self._flush(partition)) for partition in owned))

    async def _flush_loop(self) -> None:
        while True:
            await self._pace.due()
            for partition in self.partitions.values():
                if partition.needs_flush and not partition.writing.locked():
                    self._spawn(self._guard(self._flush(partition)))
            await asyncio.sleep(0)

    async def _flush(self, partition: Partition) -> None:
        async with partition.writing:
            if partition.discarded or not partition.needs_flush:
                return
            partition.flush_started_s = time.monotonic()
            flush = partition.take_flush(self._written_by)
            views = self.showing.taken(partition)
            self._room.set()
            if flush.outputs.dead_letters:
                await self._sink.write_dead_letters(flush.outputs.dead_letters)
            if partition.discarded:
                return
            base_offset, size_bytes = await self.changelog.append(
                partition.number, flush.records, flush.stamp
            )
            await believe(self.changelog, partition, base_offset)
            if partition.discarded:
                return
            self.measured.landed(partition, size_bytes)
            partition.landed(flush, base_offset, size_bytes)
            if flush.outputs.published:
                await self._sink.publish(flush.outputs.published)
                if not partition.discarded:
                    partition.program.delivered(flush.outputs.published)
                    self.showing.told(partition, flush.outputs.published)
            self.showing.show(partition, views)
            self.measured.visible(flush.folded, time.time_ns() // 1_000_000)

    # -- looking after an idle partition, and the clock ---------------------------------------------

    async def _look_loop(self) -> None:
        while True:
            await asyncio.sleep(self.config.look_interval_s)
            for partition in list(self.partitions.values()):
                await self._look(partition)

    async def _look(self, partition: Partition) -> None:
        async with partition.writing:
            if not partition.discarded:
                await look(self.changelog, partition)

    async def _tick_loop(self) -> None:
        """Tick each partition once an interval, not all at once: records must not wait for all of them."""
        for turn in itertools.cycle(range(TICK_TURNS)):
            await asyncio.sleep(self.config.tick_interval_s / TICK_TURNS)
            now_ms = time.time_ns() // 1_000_000
            check_group(self.group, self.config)
            partitions = list(self.partitions.values())[turn::TICK_TURNS]
            self._note_ends(partitions)
            for partition in partitions:
                if partition.discarded:
                    continue
                partition.tick(now_ms, partition.look_behind(self.config.batch_records_max))
                self.showing.show_idle(partition)
                if partition.needs_flush:
                    self._pace.moved()
                await asyncio.sleep(0)

    def _note_ends(self, partitions: Collection[Partition]) -> None:
        numbers = {partition.number for partition in partitions}
        for source, end in self.group.source_ends(numbers).items():
            ends = self.partitions[source.partition].ends
            ends[source.topic] = max(end, ends[source.topic])

    def caught_up(self) -> bool:
        """True if partitions are owned and each is read to its inputs' ends and durable."""
        self._note_ends(self.partitions.values())
        return bool(self.partitions) and all(
            self._caught_up(partition)
            and not partition.needs_flush
            and not partition.writing.locked()
            for partition in self.partitions.values()
        )

    def _caught_up(self, partition: Partition) -> bool:
        return not any(partition.lag(topic) for topic in self.config.inputs)

    def lag(self) -> Mapping[SourcePartition, int]:
        """Records in the log that are not folded yet, per source partition of ours."""
        self._note_ends(self.partitions.values())
        return {
            SourcePartition(topic, number): partition.lag(topic)
            for number, partition in self.partitions.items()
            for topic in self.config.inputs
        }

    # -- tasks -------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task of the engine: if it fails, the process ends."""
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the process ends
            if not self._closing:
                self.fail(error)

    def fail(self, error: Exception) -> NoReturn:
        """End the process, whatever went wrong: going on would hide it."""
        self._failure(failure_of_member(failure_of(error), self.config))
