"""A stage for tests of the engine: topics of its own, workers, records, and what must hold at the end."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY, Fence
from streamproc.engine.stamp import EPOCH_SIZE, Epoch, stamp, stamp_of
from streamproc.protocol import Batch
from tests import engine_worker
from tests.changelog_view import ChangelogView, read_changelogs
from tests.command_line import plain_environment
from tests.counting import CAUGHT_UP, SUM, CountingProgram, event
from tests.forked import Fork
from tests.kafka_log import (
    CHANGELOG_CONFIG,
    SOURCE_CONFIG,
    Record,
    append_batch,
    committed_offsets,
    make_topics,
    producing,
    read_topic,
)
from tests.worker_process import DEADLINE_S, POLL_S, WorkerProcess

PARTITIONS = 3
"""Of the stages that the fixtures make."""
KEYS = 12
HEADERS = [("trace", b"\x00\xff"), ("trace", b"again"), ("empty", None)]


class Stage:
    """Two input topics, their dead letters, a changelog, and the workers that a test starts."""

    def __init__(self, bootstrap: str, folder: Path, partitions: int) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self.partitions = partitions
        self.app_id = f"it-{uuid.uuid4().hex[:8]}"
        self.inputs = [f"{self.app_id}.orders", f"{self.app_id}.viewers"]
        self.changelog = f"{self.app_id}-state-changelog"
        self.acked: set[tuple[str, int, int]] = set()
        self.garbage: set[tuple[str, int, int]] = set()
        self.workers: list[WorkerProcess] = []
        self._random = random.Random(7)
        self._sent = 0
        self.told = asyncio.Event()

    async def prepare(self) -> None:
        """Make the topics."""
        letters = [f"{topic}.dlq" for topic in self.inputs]
        await make_topics(self.bootstrap, [*self.inputs, *letters], self.partitions, SOURCE_CONFIG)
        await self.make_changelog()

    async def make_source(self, topic: str) -> None:
        """Make an input topic again."""
        await make_topics(self.bootstrap, [topic], self.partitions, SOURCE_CONFIG)

    async def make_changelog(self) -> None:
        """Make the changelog."""
        await make_topics(self.bootstrap, [self.changelog], self.partitions, CHANGELOG_CONFIG)

    def forget(self, topic: str) -> None:
        """Forget what was sent to a topic: it is another one now."""
        self.acked = {origin for origin in self.acked if origin[0] != topic}
        self.garbage = {origin for origin in self.garbage if origin[0] != topic}

    def worker(self, **options: int | dict[str, object]) -> WorkerProcess:
        """Start a worker; ``options`` are fields of ``tests.engine_worker.Options``."""
        name = f"worker-{len(self.workers)}"
        chosen = engine_worker.Options(
            app_id=self.app_id,
            bootstrap=self.bootstrap,
            inputs=self.inputs,
            partitions=self.partitions,
            status_file=str(self.folder / f"{name}.json"),
        )
        for field, value in options.items():
            setattr(chosen, field, value)
        log = self.folder / f"{name}.log"
        told = msgspec.json.encode(chosen).decode()
        process = Fork(engine_worker.main, [told], plain_environment(), log)
        started = WorkerProcess(process, Path(chosen.status_file), log)
        self.workers.append(started)
        return started

    def end_all(self) -> None:
        """Kill what still runs."""
        for worker in self.workers:
            if worker.exit_code is None:
                worker.kill()

    async def send(
        self,
        count: int,
        *,
        garbage: int = 0,
        topics: Sequence[str] | None = None,
        partitions: Sequence[int] | None = None,
    ) -> None:
        """Send good records and garbage, in random order, and wait until all are acknowledged."""
        kinds = [True] * count + [False] * garbage
        self._random.shuffle(kinds)
        async with producing(self.bootstrap) as producer:
            sending = []
            for good in kinds:
                topic = self._random.choice(topics or self.inputs)
                partition = self._random.choice(partitions or range(self.partitions))
                record = self._record(good)
                future = await producer.send(topic, partition=partition, **record)
                sending.append((good, future))
            for good, future in sending:
                metadata = await future
                origin = (metadata.topic, metadata.partition, metadata.offset)
                self.acked.add(origin)
                if not good:
                    self.garbage.add(origin)

    async def send_until_told(self, rate_per_s: int) -> None:
        """Send about so many records a second until ``told`` is set."""
        while not self.told.is_set():
            await self.send(rate_per_s // 10)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.told.wait(), 0.1)

    def _record(self, good: bool) -> dict[str, object]:
        self._sent += 1
        key = b"host-%d" % self._random.randrange(KEYS)
        if good:
            return {"key": key, "value": event(f"e{self._sent}", self._random.randrange(1000))}
        value = self._random.choice([b"", b"\xff\x00 raw", b"one two", b"x" * 5000])
        return {"key": key, "value": value, "headers": HEADERS}

    async def ends(self) -> dict[tuple[str, int], int]:
        """Where each source partition ends, by what the broker acknowledged."""
        ends: dict[tuple[str, int], int] = {}
        for topic, number, offset in self.acked:
            ends[topic, number] = max(ends.get((topic, number), 0), offset + 1)
        return ends

    async def caught_up(self, *workers: WorkerProcess) -> None:
        """Return once everything sent is durable, by what these workers say."""
        await self.reached(await self.ends(), *workers)

    async def reached(self, ends: Mapping[tuple[str, int], int], *workers: WorkerProcess) -> None:
        """Return once the durable state of these workers has come to these offsets."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            durable: dict[str, int] = {}
            for worker in workers:
                assert worker.exit_code is None, f"{worker.exit_code}\n{worker.log[-4000:]}"
                for source, offset in worker.status().get("durable", {}).items():
                    durable[source] = max(offset, durable.get(source, 0))
            behind = {
                (topic, number): end
                for (topic, number), end in ends.items()
                if durable.get(f"{topic}/{number}", 0) < end
            }
            if not behind:
                return
            logs = "\n".join(worker.log[-2000:] for worker in workers)
            assert time.monotonic() < deadline, f"{behind} not reached: {durable}\n{logs}"
            await asyncio.sleep(POLL_S)

    async def append_stale(self) -> None:
        """Append to every changelog partition what a writer of long ago would: flush and claim."""
        old = Epoch(0, 0, 0, 1, 1)
        for number, view in enumerate(await self.views()):
            key = next(iter(view.state))
            flush = {key: b"from the past", SUM + b"never written": b"x", FENCE_KEY: b"\xff"}
            await append_batch(self.bootstrap, self.changelog, number, flush, stamp(old, 7))
            claim = {CLAIM_KEY: b"{}"}
            await append_batch(self.bootstrap, self.changelog, number, claim, stamp(old, 0))

    async def append_claim(self, generation: int, started_us: int = 1) -> None:
        """Append a claim of that generation to every changelog partition."""
        claimed = stamp(Epoch(0, generation, 0, started_us, 1), 0)
        for number in range(self.partitions):
            claim = {CLAIM_KEY: b"{}"}
            await append_batch(self.bootstrap, self.changelog, number, claim, claimed)

    async def append_next(self, view: ChangelogView, records: Mapping[bytes, bytes | None]) -> None:
        """Append records as the next flush of whoever wrote last."""
        last = max(stamp_of(record.headers) for record in view.records)
        at = view.records[0].partition
        next_stamp = last[:EPOCH_SIZE] + (int.from_bytes(last[EPOCH_SIZE:]) + 1).to_bytes(8)
        await append_batch(self.bootstrap, self.changelog, at, records, next_stamp)

    async def until(self, holds: Callable[[list[ChangelogView]], bool]) -> None:
        """Return once the changelog is as asked for."""
        deadline = time.monotonic() + DEADLINE_S
        while not holds(views := await self.views()):
            assert time.monotonic() < deadline, [
                (view.fence, view.stale_writes, view.unhealed) for view in views
            ]
            await asyncio.sleep(POLL_S)

    async def healed(self) -> None:
        """Return once every stale record in the changelog was written over."""
        await self.until(lambda views: not any(view.unhealed for view in views))

    async def committed(self) -> dict[tuple[str, int], int | None]:
        """What the group has committed of the inputs."""
        return await committed_offsets(self.bootstrap, self.app_id, self.inputs, self.partitions)

    async def views(self) -> list[ChangelogView]:
        """Each changelog partition, as any reader sees it."""
        return await read_changelogs(self.bootstrap, self.changelog, self.partitions)

    async def expected(self, number: int) -> dict[bytes, bytes]:
        """The state that an uninterrupted fold over the log has."""
        program = CountingProgram()
        for topic in self.inputs:
            records = await read_topic(self.bootstrap, topic, [number])
            program.apply(topic, batch_of(topic, number, records))
        return program.state

    async def check(self) -> list[ChangelogView]:
        """Demand that state, fences, accounting, commits and dead letters are what the log says."""
        ends = await self.ends()
        views = await self.views()
        committed = await self.committed()
        for number, view in enumerate(views):
            assert view.problems == []
            held = {key: value for key, value in view.state.items() if key != CAUGHT_UP}
            assert held == await self.expected(number)
            for topic in self.inputs:
                end = ends.get((topic, number), 0)
                self._check_fence(view.fence, topic, number, end, committed[topic, number])
        await self.check_dead_letters()
        return views

    def _check_fence(
        self, fence: Fence | None, topic: str, number: int, end: int, committed: int | None
    ) -> None:
        if fence is None:
            assert end == 0
            return
        position = fence.positions[topic]
        assert position.next_offset == end
        assert position.unaccounted == 0
        assert position.rejected == sum((of, at) == (topic, number) for of, at, _ in self.garbage)
        assert position.applied == end - position.rejected
        assert (committed or 0) <= position.next_offset

    async def dead_letters(self) -> list[Record]:
        """Everything in the dead letter topics."""
        return [
            letter
            for topic in self.inputs
            for letter in await read_topic(self.bootstrap, f"{topic}.dlq", range(self.partitions))
        ]

    async def check_dead_letters(self) -> None:
        """Demand that the dead letters, by origin, are the garbage, with bytes, key and headers."""
        sources = {
            (record.topic, record.partition, record.offset): record
            for topic in self.inputs
            for record in await read_topic(self.bootstrap, topic, range(self.partitions))
        }
        origins = set()
        for letter in await self.dead_letters():
            origin = origin_of(letter)
            origins.add(origin)
            source = sources[origin]
            own = tuple((n, v) for n, v in letter.headers if not n.startswith("dlq."))
            assert (letter.key, letter.value, own) == (source.key, source.value, source.headers)
        assert origins == self.garbage


@asynccontextmanager
async def staged(bootstrap: str, folder: Path, partitions: int) -> AsyncIterator[Stage]:
    """A stage with its topics, whose workers do not outlive it."""
    made = Stage(bootstrap, folder, partitions)
    await made.prepare()
    try:
        yield made
    finally:
        made.end_all()


def origin_of(letter: Record) -> tuple[str, int, int]:
    """Which source record a dead letter is of."""
    told = {name: value or b"" for name, value in letter.headers}
    return (
        told["dlq.origin.topic"].decode(),
        int(told["dlq.origin.partition"]),
        int(told["dlq.origin.offset"]),
    )


def batch_of(topic: str, number: int, records: Iterable[Record]) -> Batch:
    """All records of a partition as one batch."""
    held = list(records)
    return Batch(
        topic=topic,
        partition=number,
        offsets=[record.offset for record in held],
        keys=[record.key for record in held],
        values=[record.value for record in held],
        timestamps_ms=[record.timestamp_ms for record in held],
        next_offset=held[-1].offset + 1 if held else 0,
    )
