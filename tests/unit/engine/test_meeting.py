"""What others wrote: met before a flush is believed and when idle; and when no broker answers."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from structlog.testing import capture_logs

from streamproc.embedded.ports import free_port
from streamproc.engine.changelog import Changelog, changelog_cursor, log_bounds
from streamproc.engine.config import EngineConfig
from streamproc.engine.digest import StateDigest
from streamproc.engine.meeting import believe, look
from streamproc.engine.ownership import Ownership
from streamproc.engine.partition import Partition
from streamproc.engine.ports import SourcePartition
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.stamp import HEADER, Epoch, stamp
from streamproc.errors import ChangelogLost, Fenced, FlushFailed
from streamproc.protocol import Published, View
from tests.counting import CountingProgram

EPOCH = Epoch(0, 5, 0, 100, 1)
APPLIED = 10
HOST = b"\x01h-1"


class Seen(CountingProgram):
    """A program of which something is to be seen; counts how often all of it is to be told again."""

    def __init__(self) -> None:
        super().__init__()
        self.told_again = 0

    def take_views(self, most: int) -> list[View]:
        return []

    def show_again(self) -> None:
        self.told_again += 1

    def take_told_again(self) -> list[Published]:
        return []


class Written(Changelog):
    """A changelog in which somebody of a generation wrote, behind what we know."""

    def __init__(self, generation: int | None) -> None:
        super().__init__(config())
        self._generation = generation

    async def end_offset(self, partition: int) -> int:
        return APPLIED + 4

    async def read_range(self, partition: int, first: int, end: int) -> RawRecords:
        if self._generation is None:  # all of it was compacted away
            return RawRecords(first, end)
        written: Any = [(HEADER, stamp(EPOCH._replace(generation=self._generation), 3))]
        return RawRecords(first, end, [first], [HOST], [b"9"], [0], {0: written})


def config() -> EngineConfig:
    return EngineConfig(
        app_id="unit",
        bootstrap_servers=f"127.0.0.1:{free_port()}",
        inputs=("orders",),
        partitions=1,
    )


def owned() -> Partition:
    return Partition(3, Seen(), Ownership(EPOCH, APPLIED, set()), StateDigest(), {})


def told_again(partition: Partition) -> int:
    assert isinstance(partition.program, Seen)
    return partition.program.told_again


# While no broker answers.


async def test_a_look_while_no_broker_answers_is_said_and_made_again_later() -> None:
    partition = owned()

    with capture_logs() as said:
        await look(Changelog(config()), partition)

    assert [each["log_level"] for each in said] == ["warning"]
    assert said[0]["where"] == "unit-state-changelog, partition 3"
    assert partition.ownership.applied_offset == APPLIED


async def test_a_flush_is_not_believed_while_no_broker_tells_what_stands_before_it() -> None:
    with pytest.raises(FlushFailed) as failed:
        await believe(Changelog(config()), owned(), APPLIED + 4)

    assert failed.value.where == "unit-state-changelog, partition 3"
    assert "restart" in failed.value.hint


async def test_a_reader_that_could_not_connect_leaves_nothing_open() -> None:
    left: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: left.append(context["message"]))
    servers = config().bootstrap_servers

    with pytest.raises(KafkaConnectionError):
        async with changelog_cursor(servers, "orders", {0: 0}):
            pass
    with pytest.raises(KafkaConnectionError):
        await log_bounds(servers, [SourcePartition("orders", 0)])
    gc.collect()

    assert left == []


# Once it is read.


async def test_a_flush_right_behind_the_last_one_is_believed_at_once() -> None:
    await believe(Changelog(config()), owned(), APPLIED + 1)


async def test_a_flush_that_landed_where_the_state_already_was_is_a_lost_changelog() -> None:
    with pytest.raises(ChangelogLost) as lost:
        await believe(Changelog(config()), owned(), APPLIED)

    assert lost.value.where == "unit-state-changelog, partition 3"


@pytest.mark.parametrize("idle", [True, False], ids=["while idle", "before a flush"])
async def test_what_a_zombie_wrote_is_healed_and_all_that_is_seen_is_told_again(
    idle: bool,
) -> None:
    partition, changelog = owned(), Written(EPOCH.generation - 1)

    await (look(changelog, partition) if idle else believe(changelog, partition, APPLIED + 4))

    assert partition.ownership.heal == {HOST}
    assert told_again(partition) == 1


async def test_offsets_that_compaction_took_are_no_reason_to_tell_anything_again() -> None:
    partition = owned()

    await believe(Written(None), partition, APPLIED + 4)

    assert told_again(partition) == 0


async def test_who_outranks_us_ends_a_look_as_well() -> None:
    with pytest.raises(Fenced):
        await look(Written(EPOCH.generation + 1), owned())
