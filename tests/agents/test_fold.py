"""The agents alone, without a broker: what Faust brings them reaches the programs, in its order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from streamproc.agents.fold import add_agents
from streamproc.engine.config import EngineConfig
from streamproc.engine.digest import StateDigest
from streamproc.engine.engine import Engine
from streamproc.engine.faustapp import build_faust_app
from streamproc.engine.fence import TopicPosition
from streamproc.engine.ownership import Ownership
from streamproc.engine.partition import Partition
from streamproc.engine.ports import SourcePartition
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.stamp import Epoch
from streamproc.errors import AccountingBroken, StreamprocError
from streamproc.protocol import Batch, BatchReport, DeadLetter, Published
from tests.counting import CountingProgram, event

ORDERS, VIEWERS = "orders", "viewers"


class Seeing(CountingProgram):
    """Remembers what it was given, batch by batch."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[int]]] = []

    def apply(self, topic: str, batch: Batch) -> BatchReport:
        self.seen.append((topic, list(batch.offsets)))
        return super().apply(topic, batch)


class Failing(CountingProgram):
    """Has a defect."""

    def apply(self, topic: str, batch: Batch) -> BatchReport:
        msg = "a defect of the program"
        raise ZeroDivisionError(msg)


class Forgetful(CountingProgram):
    """Accounts for one record too few."""

    def apply(self, topic: str, batch: Batch) -> BatchReport:
        report = super().apply(topic, batch)
        report.applied -= 1
        return report


class Nowhere:
    """A sink that nothing may reach, and a progress that nobody watches."""

    async def write_dead_letters(self, letters: list[DeadLetter]) -> None:
        raise AssertionError(letters)

    async def publish(self, records: list[Published]) -> None:
        raise AssertionError(records)

    def recovering(self, partitions: int) -> None: ...
    def recovered(self, partitions: int, records: int, duration_s: float) -> None: ...
    def paused(self, partition: SourcePartition, reason: str) -> None: ...


def ended(error: StreamprocError) -> NoReturn:
    """Stands for the end of the process."""
    raise error


def engine_of(*programs: CountingProgram) -> Engine:
    """An engine that owns one partition for each program, with nothing read yet."""
    config = EngineConfig(
        app_id="agents",
        bootstrap_servers="127.0.0.1:1",
        inputs=(ORDERS, VIEWERS),
        partitions=8,
    )
    nowhere: Any = Nowhere()
    engine = Engine(config, CountingProgram, nowhere, ended, nowhere)
    owned = [
        Partition(
            number,
            program,
            Ownership(Epoch(0, 1, 0, 1, number), 0, set()),
            StateDigest(),
            {topic: TopicPosition(0, 0) for topic in config.inputs},
        )
        for number, program in enumerate(programs)
    ]
    engine._install(owned, 0)
    return engine


@asynccontextmanager
async def agents_of(engine: Engine, folder: Path) -> AsyncIterator[tuple[Any, Any]]:
    """The agents of both topics, running in Faust's test context."""
    app: Any = build_faust_app(engine, folder)
    orders, viewers = add_agents(app, engine, (ORDERS, VIEWERS))
    app.finalize()
    async with orders.test_context() as first, viewers.test_context() as second:
        yield first, second


def records(first: int, count: int) -> RawRecords:
    """So many good records from an offset on."""
    offsets = list(range(first, first + count))
    return RawRecords(
        begin_offset=first,
        next_offset=first + count,
        offsets=offsets,
        keys=[b"host"] * count,
        values=[event(f"e{offset}", 1) for offset in offsets],
        timestamps_ms=[0] * count,
    )


async def settled(holds: Callable[[], bool]) -> None:
    """Let the agents run until it holds."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - Faust offers nothing to wait for
            await asyncio.sleep(0)


async def until_it_crashes(engine: Engine, folder: Path, *batches: RawRecords) -> None:
    """Bring batches to an agent that must end with an error, which leaves from here."""
    async with agents_of(engine, folder) as (orders, _):
        for batch in batches:
            await orders.put(batch, partition=0)
        await settled(lambda: orders.crashed)


async def test_batches_are_folded_in_the_order_they_came(tmp_path: Path) -> None:
    even, odd = Seeing(), Seeing()
    async with agents_of(engine_of(even, odd), tmp_path) as (orders, _):
        for step in range(20):
            await orders.put(records(step // 2 * 3, 3), partition=step % 2, wait=False)
        await orders.put(records(30, 1), partition=0)
        await settled(lambda: len(even.seen) == 11 and len(odd.seen) == 10)

    assert [offset for _, offsets in even.seen for offset in offsets] == list(range(31))
    assert [offset for _, offsets in odd.seen for offset in offsets] == list(range(30))


async def test_each_agent_folds_its_own_topic(tmp_path: Path) -> None:
    program = Seeing()
    async with agents_of(engine_of(program), tmp_path) as (orders, viewers):
        await orders.put(records(0, 2), partition=0)
        await viewers.put(records(0, 3), partition=0)
        await settled(lambda: len(program.seen) == 2)

    assert sorted(program.seen) == [(ORDERS, [0, 1]), (VIEWERS, [0, 1, 2])]


async def test_a_batch_of_a_partition_that_is_not_ours_is_dropped(tmp_path: Path) -> None:
    program = Seeing()
    engine = engine_of(program)
    async with agents_of(engine, tmp_path) as (orders, _):
        await orders.put(records(0, 4), partition=5)
        await orders.put(records(0, 2), partition=0)
        await settled(lambda: bool(program.seen))

    assert program.seen == [(ORDERS, [0, 1])]
    assert engine.events == 2


async def test_what_comes_again_is_folded_once(tmp_path: Path) -> None:
    program = Seeing()
    async with agents_of(engine_of(program), tmp_path) as (orders, _):
        for first, count in ((0, 4), (0, 4), (2, 4)):
            await orders.put(records(first, count), partition=0)
        await settled(lambda: len(program.seen) == 2)

    assert program.seen == [(ORDERS, [0, 1, 2, 3]), (ORDERS, [4, 5])]


async def test_after_a_revocation_nothing_is_folded(tmp_path: Path) -> None:
    program = Seeing()
    engine = engine_of(program)
    async with agents_of(engine, tmp_path) as (orders, _):
        engine.on_revoked()
        await orders.put(records(0, 2), partition=0)

    assert program.seen == []


@pytest.mark.parametrize(
    ("program", "error"),
    [(Failing(), StreamprocError), (Forgetful(), AccountingBroken)],
    ids=["a defect", "a record unaccounted for"],
)
async def test_a_fold_that_fails_ends_its_agent(
    program: CountingProgram, error: type[StreamprocError], tmp_path: Path
) -> None:
    engine = engine_of(program)
    with pytest.raises(error):
        await until_it_crashes(engine, tmp_path, records(0, 2))

    assert engine.durable_offsets(1) == {
        SourcePartition(topic, 0): 0 for topic in engine.config.inputs
    }


async def test_offsets_jumped_over_end_the_agent_and_fold_nothing(tmp_path: Path) -> None:
    program = Seeing()
    with pytest.raises(AccountingBroken, match="2 to 2 were jumped over"):
        await until_it_crashes(engine_of(program), tmp_path, records(0, 2), records(3, 2))

    assert program.seen == [(ORDERS, [0, 1])]
