"""The engine on real brokers: whatever happens to workers, the state is what the log adds up to."""

from __future__ import annotations

import asyncio
import signal

import pytest

from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY
from streamproc.engine.showing import OFFSET_BITS
from streamproc.engine.stamp import Epoch, stamp_of
from streamproc.errors import (
    Fenced,
)
from tests.counting import CAUGHT_UP
from tests.engine_stage import PARTITIONS, Stage
from tests.kafka_log import record_batches
from tests.servers import KafkaServer

pytestmark = pytest.mark.integration


async def test_the_state_is_what_two_topics_add_up_to(stage: Stage) -> None:
    await stage.send(3000, garbage=20)
    worker = stage.worker()
    await stage.send(2000)
    await stage.caught_up(worker)

    await stage.check()


async def test_a_restart_in_order_replays_nothing(stage: Stage) -> None:
    await stage.send(1500, garbage=5)
    first = stage.worker()
    await stage.caught_up(first)
    first.terminate()
    assert await first.ended() == 0, first.log
    for (topic, number), offset in (await stage.committed()).items():
        assert offset == (await stage.ends()).get((topic, number)), "committed is what is durable"

    await stage.send(700)
    second = stage.worker()
    await stage.caught_up(second)

    assert second.status()["events"] == 700
    await stage.check()
    assert len(await stage.dead_letters()) == 5, "in order, each is written once"


async def test_a_kill_during_a_flush_changes_no_total(stage: Stage) -> None:
    await _killed_and_inherited(stage, kill_during_flush=4)


@pytest.mark.parametrize("moment", ["kill_before_flush", "kill_after_flush"])
async def test_a_kill_beside_a_flush_changes_no_total(stage_on_kafka: Stage, moment: str) -> None:
    await _killed_and_inherited(stage_on_kafka, **{moment: 4})


async def _killed_and_inherited(stage: Stage, **moment: int) -> None:
    doomed = stage.worker(**moment)
    while doomed.exit_code is None:
        await stage.send(200, garbage=2)
    assert doomed.exit_code == -signal.SIGKILL, doomed.log

    heir = stage.worker()
    await stage.send(300)
    await stage.caught_up(heir)

    await stage.check()


async def test_workers_join_and_leave_and_every_record_counts_once(stage: Stage) -> None:
    first = stage.worker()
    await stage.send(1000, garbage=3)
    await first.until(lambda said: said["events"] > 0, "the first one works")
    second = stage.worker()
    loading = asyncio.create_task(stage.send_until_told(rate_per_s=1000))
    await second.until(lambda said: len(said["partitions"]) > 0, "the second one has its share")
    await stage.send(500)
    first.terminate()
    assert await first.ended() == 0, first.log
    await second.until(lambda said: len(said["partitions"]) == PARTITIONS, "all is the second's")
    stage.told.set()
    await loading
    await stage.caught_up(second)

    await stage.check()


async def test_a_flood_of_garbage_pauses_its_partition_and_loses_nothing(stage: Stage) -> None:
    flooded, calm = stage.inputs
    await stage.send(0, garbage=700, topics=[flooded], partitions=[1])
    await stage.send(400, topics=[flooded], partitions=[1])
    worker = stage.worker(engine={"batch_records_max": 100})
    said = await worker.until(lambda said: said["paused"], "it pauses")
    assert list(said["paused"]) == [f"{flooded}/1"]
    await stage.send(500, topics=[calm])
    others = {at: end for at, end in (await stage.ends()).items() if at != (flooded, 1)}
    await stage.reached(others, worker)
    said = worker.status()
    assert 500 <= said["durable"][f"{flooded}/1"] < 700
    worker.terminate()
    assert await worker.ended() == 0, worker.log

    patient = stage.worker(engine={"dead_letters_in_a_row_max": 10_000})
    await stage.caught_up(patient)

    await stage.check()


async def test_a_flush_is_one_record_batch_with_its_fence_last(
    kafka_server: KafkaServer, stage_on_kafka: Stage
) -> None:
    stage = stage_on_kafka
    worker = stage.worker()
    while worker.status().get("flushes", 0) < 10 * PARTITIONS:
        await stage.send(100)
    await stage.caught_up(worker)

    for number in range(PARTITIONS):
        folder = kafka_server.directory / "data" / f"{stage.changelog}-{number}"
        seen: set[bytes] = set()
        for batch in record_batches(folder):
            stamps = {stamp_of(record.headers) for record in batch}
            assert len(stamps) == 1, "all of a batch is of one flush"
            assert not stamps & seen, "all of a flush is in one batch"
            seen |= stamps
            keys = [record.key for record in batch]
            assert keys == [CLAIM_KEY] or (keys[-1] == FENCE_KEY and FENCE_KEY not in keys[:-1])
        assert len(seen) > 3
    await stage.check()


async def test_a_zombie_s_flush_is_ignored_and_healed_and_the_zombie_ends(stage: Stage) -> None:
    zombie = stage.worker(stop_before_flush=6)
    while not zombie.is_stopped():
        await stage.send(300, garbage=1)
    heir = stage.worker()
    await stage.send(300)
    await stage.caught_up(heir)
    zombie.resume()
    assert await zombie.ended() == Fenced.exit_code, zombie.log
    await stage.until(lambda views: any(view.stale_writes for view in views))
    await stage.send(600)
    await stage.caught_up(heir)
    await stage.healed()

    await stage.check()


async def test_stale_records_below_a_working_owner_are_ignored_and_written_again(
    stage: Stage,
) -> None:
    worker = stage.worker()
    await stage.send(600)
    await stage.caught_up(worker)
    await stage.append_stale()
    await stage.send(300)
    await stage.caught_up(worker)
    await stage.healed()

    views = await stage.check()
    assert [view.stale_writes for view in views] == [3] * PARTITIONS
    assert worker.status()["stale_records"] == 4 * PARTITIONS


async def test_an_idle_owner_finds_stale_records_and_heals(stage: Stage) -> None:
    worker = stage.worker(engine={"look_interval_s": 0.5})
    await stage.send(600)
    await stage.caught_up(worker)
    await stage.append_stale()

    await worker.until(lambda said: said["healed"] >= 4 * PARTITIONS, "it heals while idle")
    await stage.healed()
    await stage.check()


async def test_recovery_heals_what_was_written_while_nobody_ran(stage: Stage) -> None:
    worker = stage.worker()
    await stage.send(600)
    await stage.caught_up(worker)
    worker.kill()
    await stage.append_stale()
    stage.worker()

    await stage.healed()
    await stage.check()


@pytest.mark.parametrize("idle", [True, False], ids=["while idle", "while flushing"])
async def test_an_owner_that_is_outranked_ends_and_acknowledges_nothing(
    stage: Stage, idle: bool
) -> None:
    worker = stage.worker(engine={"look_interval_s": 0.5 if idle else 600.0})
    await stage.send(300)
    await stage.caught_up(worker)
    await stage.append_claim(generation=1_000_000)
    if not idle:
        await stage.send(300)

    assert await worker.ended() == Fenced.exit_code, worker.log
    committed = await stage.committed()
    for view in await stage.views():
        assert view.fence is not None
        for topic, position in view.fence.positions.items():
            number = view.records[0].partition
            assert (committed[topic, number] or 0) <= position.next_offset


async def test_a_member_in_good_standing_outranks_a_group_that_was_deleted(stage: Stage) -> None:
    first = stage.worker()
    await stage.send(300)
    await stage.caught_up(first)
    first.terminate()
    assert await first.ended() == 0, first.log
    await stage.append_claim(generation=1_000_000)

    second = stage.worker()
    await stage.send(300)
    await stage.caught_up(second)

    views = await stage.check()
    top = Epoch.decode(max(stamp_of(record.headers) for record in views[0].records))
    assert top.incarnation == 1


async def test_a_state_that_begins_anew_shows_greater_versions_than_any_before(
    stage: Stage,
) -> None:
    shown = (6 << OFFSET_BITS) + 1_000_000
    for _ in range(2):
        worker = stage.worker(greatest_version=shown)
        await stage.send(300)
        await stage.caught_up(worker)
        worker.terminate()
        assert await worker.ended() == 0, worker.log
        for view in await stage.check():
            top = Epoch.decode(max(stamp_of(record.headers) for record in view.records))
            assert top.incarnation == 7


async def test_a_static_member_that_restarts_takes_the_next_attempt(stage_on_kafka: Stage) -> None:
    stage = stage_on_kafka
    first = stage.worker(engine={"group_instance_id": "one", "session_timeout_s": 20.0})
    await stage.send(300)
    await stage.caught_up(first)
    first.kill()
    await stage.append_claim(generation=1, started_us=1 << 62)  # the former self had a wrong clock
    second = stage.worker(engine={"group_instance_id": "one", "session_timeout_s": 20.0})
    await stage.send(300)
    await stage.caught_up(second)

    views = await stage.check()
    epochs = [Epoch.decode(stamp_of(record.headers)) for record in views[0].records]
    assert {epoch.generation for epoch in epochs} == {1}, "the group never noticed"
    assert (epochs[0].attempt, epochs[-1].attempt) == (0, 1)


async def test_a_quiet_partition_is_known_to_be_caught_up(stage: Stage) -> None:
    _quiet, busy = stage.inputs
    await stage.send(300, topics=[busy], partitions=[0])
    worker = stage.worker()
    await stage.caught_up(worker)

    await stage.until(lambda views: all(CAUGHT_UP in view.state for view in views))
