"""A worker process that runs the engine itself: its recovery, flushes, gaps and looks as they are.

Every answer that the engine waits for (an append, a read, an end, a committed offset, whether the group
accepts a commit) is worked out at one moment of the schedule and told at a later one, so that whatever can
happen in between does. Faust, aiokafka and the engine's timers are not here: the schedule is the timer.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import deque
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from operator import attrgetter
from typing import Any, NoReturn, TypeVar

from streamproc.engine.beginning import LogBounds
from streamproc.engine.changelog import Changelog
from streamproc.engine.config import EngineConfig
from streamproc.engine.engine import Engine
from streamproc.engine.nogroup import NoGroup
from streamproc.engine.ownership import Writer
from streamproc.engine.partition import Partition
from streamproc.engine.ports import SourcePartition
from streamproc.engine.rawfetch import RawRecords
from streamproc.errors import ChangelogLost, DigestMismatch, Fenced, StreamprocError
from streamproc.protocol import DeadLetter, Published
from tests.laws.simlog.surroundings import Append, Surroundings, Wrong
from tests.laws.simlog.worker import Acknowledged, Joined

T = TypeVar("T")
TURNS = 10
"""Turns of the loop after each event: more than any chain of tasks takes without an answer."""


class Question:
    """Something the engine waits for: worked out at one moment, told at a later one."""

    def __init__(self, work_out: Callable[[], Any], answer: asyncio.Future[Any]) -> None:
        self.work_out: Callable[[], Any] | None = work_out
        self.answer = answer
        self.worked_out: Any = None


class SimulatedCursor:
    """Reads the simulated changelog as the engine's cursor reads the real one."""

    def __init__(self, worker: EngineWorker, first_offset: int) -> None:
        self._worker = worker
        self._next_offset = max(first_offset, 0)

    async def read(self, partitions: Iterable[int]) -> dict[int, RawRecords]:
        """What comes next; empty at the end."""
        return await self._worker.ask(self._fetch)

    async def seek(self, positions: Mapping[int, int]) -> None:
        """Go on elsewhere."""
        self._next_offset = max(positions[0], 0)

    async def end_offsets(self) -> dict[int, int]:
        """Where the log ends."""
        return await self._worker.ask(lambda: {0: self._worker.around.log.end_offset})

    def _fetch(self) -> dict[int, RawRecords]:
        log, first = self._worker.around.log, self._next_offset
        if first >= log.end_offset:
            return {}
        most = self._worker.around.pick((None, 2, 4))
        self._next_offset = log.read(first, log.end_offset, most).next_offset
        low = bisect_left(log.records, first, key=attrgetter("offset"))
        high = bisect_left(log.records, self._next_offset, key=attrgetter("offset"))
        records = log.records[low:high]
        raw = RawRecords(
            begin_offset=first,
            next_offset=self._next_offset,
            offsets=[record.offset for record in records],
            keys=[record.key for record in records],
            values=[record.value for record in records],
            timestamps_ms=[record.at_ms for record in records],
            headers={i: record.headers for i, record in enumerate(records) if record.headers},
        )
        return {0: raw}


class SimulatedChangelog(Changelog):
    """The engine's changelog on the simulated log: ranges and ends are read by its own code."""

    def __init__(self, worker: EngineWorker, config: EngineConfig) -> None:
        super().__init__(config)
        self._worker = worker

    async def append(
        self, partition: int, records: Sequence[tuple[bytes, bytes | None]], stamp: bytes
    ) -> tuple[int, int]:
        """Send the records on their way, and wait until one copy of them landed."""
        landed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._worker.around.send(self._worker.name, list(records), stamp, landed)
        return await landed, len(records)

    @asynccontextmanager
    async def reading(self, positions: Mapping[int, int]) -> AsyncIterator[Any]:
        """A cursor."""
        yield SimulatedCursor(self._worker, positions[0])


class EngineOwner:
    """What the world asks of an owner, answered by the engine's partition."""

    def __init__(self, worker: EngineWorker, partition: Partition) -> None:
        self._worker = worker
        self._partition = partition

    @property
    def at_rest(self) -> bool:
        """True if memory, log and what was read of the log are the same, with nothing under way."""
        looked = self._partition.ownership.applied_offset + 1 >= self._worker.around.log.end_offset
        return looked and not self._partition.needs_flush and not self._partition.writing.locked()

    def waits_for(self, flight: Append) -> bool:
        """True if this append is one that the worker waits for."""
        waiting = isinstance(flight.job, asyncio.Future) and not flight.job.done()
        return waiting and flight.sender == self._worker.name and not flight.stray

    def settle(self) -> None:
        """Go on with what is under way, or begin what must not wait."""
        self._worker.settle(self._partition)


class CountedProgress:
    """Counts recoveries."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def recovering(self, partitions: int) -> None:
        """Nobody watches."""

    def recovered(self, partitions: int, records: int, duration_s: float) -> None:
        """Count it."""
        self._around.counts["recovered"] += 1

    def paused(self, partition: SourcePartition, reason: str) -> None:
        """Nobody watches."""


class EngineWorker(NoGroup):
    """One process with the real engine, which is also the group that this one asks.

    Shapes: of the group it hears by messages of the schedule, whether it may commit, and what is committed.
    """

    def __init__(self, name: str, around: Surroundings, started_us: int) -> None:
        self.name = name
        self.around = around
        self.paused = False
        self.inbox: deque[Joined | Acknowledged] = deque()
        self.generation = -1
        config = EngineConfig(
            app_id="sim",
            bootstrap_servers="",
            inputs=tuple(around.scenario.sources),
            partitions=1,
            # so that a schedule sees the state written again several times, in several flushes
            rewrite_after_records=4,
            rewrite_after_times=1,
            rewrite_flush_bytes=16,
        )
        self._engine = Engine(
            config, around.scenario.program, self, self._fail, CountedProgress(around)
        )
        self._engine.changelog = SimulatedChangelog(self, config)
        self._engine._writer = Writer(started_us)
        self._engine.group = self
        self._to_recover = False
        self._questions: list[Question] = []
        self._failed: BaseException | None = None

    # What the engine is given: group, sink, progress, failure.

    async def ask(self, work_out: Callable[[], T]) -> T:
        """The answer to a question, at a time that the schedule chooses."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._questions.append(Question(work_out, answer))
        return await answer

    async def committed(
        self, partitions: Iterable[SourcePartition]
    ) -> Mapping[SourcePartition, int | None]:
        """The committed offsets."""
        asked, held = list(partitions), self.around.group
        return await self.ask(lambda: {at: held.committed.get(at.topic) for at in asked})

    async def accepts(self, partition: int, generation: int) -> bool:
        """As on Kafka: the generation is compared first, the commit carries the one of its own time."""
        if self.generation != generation:
            return False
        return await self.ask(lambda: self.around.group.accepts(self.name, self.generation))

    async def write_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Durable once the answer is there."""
        places = {(letter.topic, letter.offset) for letter in letters}
        await self.ask(lambda: self.around.letters.update(places))

    async def publish(self, records: Sequence[Published]) -> None:
        """Nothing is checked of what leaves after a flush."""

    def _fail(self, error: StreamprocError) -> NoReturn:
        self._failed = self._failed or error
        raise asyncio.CancelledError

    # What the world asks of a worker.

    @property
    def owner(self) -> EngineOwner | None:
        """What it owns."""
        partition = self._engine.partitions.get(0)
        return None if partition is None else EngineOwner(self, partition)

    def step(self) -> None:
        """Do one of the things that could be done now.

        Errors: ``Fenced`` if the process must exit.
        """
        able: list[Callable[[], None]] = [self._receive] * 2 if self.inbox else []
        able += [self._recover] * 2 if self._to_recover else []
        able += [self._tell] * 4 if self._questions else []
        partition = self._engine.partitions.get(0)
        if partition is not None:
            able += [lambda: self._fold(partition), lambda: self._tick(partition), self._commit]
            able += [lambda: self._keep(partition)] * 2
        if able:
            self.around.pick(able)()
            self._turn()

    def receive(self) -> None:
        """Take in what was told first."""
        self._receive()
        self._turn()

    def settle(self, partition: Partition) -> None:
        """Go on with what is under way, or begin what must not wait."""
        if self._questions:
            self._tell()
        else:
            self._keep(partition)
        self._turn()

    def _receive(self) -> None:
        message = self.inbox.popleft()
        if isinstance(message, Joined):
            self.generation = message.generation
            self._engine.on_assigned(message.generation, [0] if message.assigned else [])
            # Faust may come with the recovery of the assignment before this one
            self._to_recover = message.assigned or self._to_recover
        elif isinstance(message.flight.job, asyncio.Future) and not message.flight.job.done():
            message.flight.job.set_result(message.base_offset)

    def _recover(self) -> None:
        self._to_recover = False
        self._spawn(self._engine.recover([0]))

    def _tell(self) -> None:
        """Work a question's answer out, tell it, or both."""
        question = self.around.pick(self._questions)
        if question.work_out is not None:
            question.worked_out, question.work_out = question.work_out(), None
        if self.around.chance(0.6):
            self._questions.remove(question)
            if not question.answer.done():
                question.answer.set_result(question.worked_out)

    def _fold(self, partition: Partition) -> None:
        around = self.around
        topic = around.pick(list(partition.positions))
        offset = partition.positions[topic].next_offset
        source = around.scenario.sources[topic]
        raw = source.fetched(offset, around.rng.randint(1, 3), jump=around.chance(0.5))
        if raw is not None:
            self._engine.apply(topic, 0, raw)

    def _tick(self, partition: Partition) -> None:
        if self.around.chance(0.05):
            partition.tick(self.around.now_ms, self.around.chance(0.5))

    def _keep(self, partition: Partition) -> None:
        """Flush what is to be flushed, or look at the log's end."""
        if partition.writing.locked():
            return
        work = self._engine._flush if partition.needs_flush else self._engine._look
        self._spawn(self._engine._guard(work(partition)))

    def _commit(self) -> None:
        group = self.around.group
        durable = self._engine.durable_offsets(self.generation)
        offsets = {at.topic: offset for at, offset in durable.items()}
        if offsets and offsets != group.committed and group.accepts(self.name, self.generation):
            group.commit(offsets)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.around.loop.create_task(work)
        self.around.tasks.append(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._failed = self._failed or task.exception()

    def _turn(self) -> None:
        """Let the engine's tasks run until they wait for answers; say so if the process ended."""
        for _ in range(TURNS):
            self.around.turn()
        failed, self._failed = self._failed, None
        if isinstance(failed, Fenced):
            raise failed
        if isinstance(failed, DigestMismatch | ChangelogLost):
            raise self.around.distrust("recovery refuses the changelog", failed)
        if failed is not None:
            raise Wrong("the engine failed", repr(failed))


async def simulated_bounds(
    around: Surroundings, sources: Iterable[SourcePartition]
) -> dict[SourcePartition, LogBounds]:
    """What each source partition holds."""
    held = around.scenario.sources
    return {
        at: LogBounds(held[at.topic].start_offset, held[at.topic].last_offset + 1) for at in sources
    }
