"""What a worker must refuse, on real brokers: with the right error, and nothing acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import FENCE_KEY, VERSION
from streamproc.errors import (
    BrokerUnreachable,
    ChangelogLost,
    DeadLettersUnwritable,
    DigestMismatch,
    FenceOutsideLog,
    FlushTooLarge,
    NewerState,
    StreamprocError,
)
from tests.changelog_view import ChangelogView
from tests.counting import FUTURE
from tests.engine_stage import PARTITIONS, Stage, staged
from tests.kafka_log import (
    CHANGELOG_CONFIG,
    cut_log,
    delete_records,
    delete_topics,
    make_topics,
)
from tests.servers import Broker, KafkaServer
from tests.worker_process import DEADLINE_S, POLL_S, WorkerProcess

pytestmark = pytest.mark.integration

STEADY: dict[str, object] = {"session_timeout_s": 30.0, "heartbeat_interval_s": 3.0}
"""A worker that outlives what happens to its broker."""


async def _worked_and_stopped(stage: Stage) -> None:
    worker = stage.worker()
    await stage.send(900, garbage=3)
    await stage.caught_up(worker)
    worker.terminate()
    assert await worker.ended() == 0, worker.log


async def _refused(stage: Stage, error: type[StreamprocError]) -> WorkerProcess:
    before = await stage.committed()
    worker = stage.worker()
    assert await worker.ended() == error.exit_code, worker.log
    assert error.__name__ in worker.log
    assert "what to do" in worker.log
    for source, offset in (await stage.committed()).items():
        assert offset in (None, before[source]), "nothing is acknowledged"
    return worker


async def test_a_lost_changelog_is_refused(stage: Stage) -> None:
    await _worked_and_stopped(stage)
    await delete_topics(stage.bootstrap, [stage.changelog])
    await stage.make_changelog()

    await _refused(stage, ChangelogLost)


async def test_a_changelog_lost_with_all_that_was_counted_is_refused(stage_on_kafka: Stage) -> None:
    stage = stage_on_kafka
    await _worked_and_stopped(stage)
    for (topic, number), end in (await stage.ends()).items():
        await delete_records(stage.bootstrap, topic, number, end)
    await delete_topics(stage.bootstrap, [stage.changelog])
    await stage.make_changelog()

    await _refused(stage, ChangelogLost)


async def test_nothing_is_committed_of_an_idle_log_before_the_changelog_says_where_it_begins(
    stage_on_kafka: Stage,
) -> None:
    stage = stage_on_kafka
    await stage.send(60)
    ends = await stage.ends()
    for (topic, number), end in ends.items():
        await delete_records(stage.bootstrap, topic, number, end)
    worker = stage.worker()
    await stage.caught_up(worker)
    async with asyncio.timeout(DEADLINE_S):
        while set((await stage.committed()).values()) == {None}:  # noqa: ASYNC110 - a broker tells nobody
            await asyncio.sleep(POLL_S)
    worker.kill()

    for view in await stage.views():
        assert view.fence is not None
    heir = stage.worker()
    await stage.send(60)
    await stage.caught_up(heir)


async def test_a_topic_made_anew_is_refused_until_the_loss_is_accepted(stage: Stage) -> None:
    await _worked_and_stopped(stage)
    topic = stage.inputs[0]
    passed = await stage.ends()
    await delete_topics(stage.bootstrap, [topic])
    await stage.make_source(topic)
    await _refused(stage, FenceOutsideLog)

    worker = stage.worker(engine={"accept_loss": True})
    stage.forget(topic)
    await stage.send(90, topics=[topic])
    await stage.caught_up(worker)

    for view in await stage.views():
        assert view.fence is not None
        number = view.records[0].partition
        position = view.fence.positions[topic]
        assert position.unaccounted == 0
        now = (await stage.ends())[topic, number]
        assert position.applied + position.rejected == passed[topic, number] + now


async def test_records_deleted_unread_are_refused_until_the_loss_is_accepted(
    stage_on_kafka: Stage,
) -> None:
    stage = stage_on_kafka
    await _worked_and_stopped(stage)
    await stage.send(600)
    topic = stage.inputs[0]
    end = (await stage.ends())[topic, 0]
    await delete_records(stage.bootstrap, topic, 0, end - 10)
    await _refused(stage, FenceOutsideLog)

    worker = stage.worker(engine={"accept_loss": True})
    await stage.caught_up(worker)

    fence = (await stage.views())[0].fence
    assert fence is not None
    assert fence.positions[topic].absent > 0
    assert fence.positions[topic].unaccounted == 0


async def test_retention_that_overtakes_a_running_worker_ends_it(stage_on_kafka: Stage) -> None:
    stage = stage_on_kafka
    worker = stage.worker(engine=STEADY)
    await stage.send(600)
    await stage.caught_up(worker)
    topic = stage.inputs[0]
    worker.pause()
    for _ in range(3):  # one answer of the broker may be on its way to the worker
        await stage.send(300, topics=[topic], partitions=[0])
    await delete_records(stage.bootstrap, topic, 0, (await stage.ends())[topic, 0] - 10)
    worker.resume()

    await _ends_outside_log(worker, f"{topic}, partition 0, offset ")


async def _ends_outside_log(worker: WorkerProcess, where: str) -> None:
    assert await worker.ended() == FenceOutsideLog.exit_code, worker.log
    assert f"where: {where}" in worker.log
    assert "--accept-loss" in worker.log


async def test_a_source_or_a_changelog_that_loses_its_end_under_a_running_worker_ends_it(
    kafka_server: KafkaServer, kafka_broker: Broker, tmp_path: Path
) -> None:
    folders = [tmp_path / "source", tmp_path / "changelog"]
    for folder in folders:
        folder.mkdir()
    bootstrap = kafka_broker.bootstrap
    async with staged(bootstrap, folders[0], 1) as one, staged(bootstrap, folders[1], 1) as other:
        workers = [stage.worker(engine=STEADY) for stage in (one, other)]
        for _ in range(4):
            for stage, worker in zip((one, other), workers, strict=True):
                await stage.send(60)
                await stage.caught_up(worker)
        topic = one.inputs[0]
        end = (await one.ends())[topic, 0]
        _lose_ends(kafka_server, {f"{topic}-0": 2, f"{other.changelog}-0": 3})
        await other.send(1)

        await _ends_outside_log(workers[0], f"{topic}, partition 0, offset {end}")
        await _ends_where_it_stood(other, workers[1])


async def _ends_where_it_stood(stage: Stage, worker: WorkerProcess) -> None:
    """What was sent last landed in a changelog that was cut: nobody may take it for acknowledged."""
    assert await worker.ended() == ChangelogLost.exit_code, worker.log
    assert f"where: {stage.changelog}, partition 0" in worker.log
    committed = sum(offset or 0 for offset in (await stage.committed()).values())
    assert committed < sum((await stage.ends()).values())


def _lose_ends(kafka: KafkaServer, kept_batches: dict[str, int]) -> None:
    """The broker's machine loses power, and of these partitions all but their first record batches."""
    kafka.kill()
    try:
        for partition, batches in kept_batches.items():
            cut_log(kafka.directory / "data" / partition, batches)
    finally:
        kafka.start()


async def test_a_source_that_is_made_anew_under_a_running_worker_ends_it(
    stage_on_kafka: Stage,
) -> None:
    stage, topic = stage_on_kafka, stage_on_kafka.inputs[0]
    worker = stage.worker(engine=STEADY)
    await stage.send(600)
    await stage.caught_up(worker)
    await delete_topics(stage.bootstrap, [topic])
    await stage.make_source(topic)
    await stage.send(10, topics=[topic])

    await _ends_outside_log(worker, f"{topic}, partition ")


async def test_a_changelog_that_is_made_anew_under_a_running_worker_ends_it(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    async with staged(kafka_broker.bootstrap, tmp_path, 1) as stage:
        worker = stage.worker(engine=STEADY)
        await stage.send(60)
        await stage.caught_up(worker)
        await delete_topics(stage.bootstrap, [stage.changelog])
        await stage.make_changelog()
        await stage.send(10)

        await _ends_where_it_stood(stage, worker)


async def test_of_a_source_that_lost_its_end_nothing_counts_twice_when_the_loss_is_accepted(
    kafka_server: KafkaServer, kafka_broker: Broker, tmp_path: Path
) -> None:
    async with staged(kafka_broker.bootstrap, tmp_path, 1) as stage:
        worker = stage.worker()
        topic = stage.inputs[0]
        for _ in range(4):
            await stage.send(60, topics=[topic])
            await stage.caught_up(worker)
        worker.terminate()
        assert await worker.ended() == 0, worker.log
        _lose_ends(kafka_server, {f"{topic}-0": 2})
        stage.forget(topic)
        await stage.send(10, topics=[topic])
        await _refused(stage, FenceOutsideLog)

        heir = stage.worker(engine={"accept_loss": True})
        await stage.until(lambda views: _applied(views, topic) >= 250)
        await stage.send(10, topics=[topic])
        await stage.until(lambda views: _applied(views, topic) >= 260)

        assert _applied(await stage.views(), topic) == 260
        assert "a loss of a source was accepted" in heir.log


def _applied(views: Sequence[ChangelogView], topic: str) -> int:
    return sum(view.fence.positions[topic].applied for view in views if view.fence is not None)


async def test_a_broker_that_goes_away_under_a_recovery_ends_the_worker(
    kafka_server: KafkaServer, stage_on_kafka: Stage
) -> None:
    stage = stage_on_kafka
    await stage.send(300)
    worker = stage.worker(stop_after_claims=PARTITIONS)
    while not worker.is_stopped():  # noqa: ASYNC110 - a process tells nobody that it was stopped
        await asyncio.sleep(POLL_S)
    kafka_server.kill()
    try:
        worker.resume()
        assert await worker.ended() == BrokerUnreachable.exit_code, worker.log
    finally:
        kafka_server.start()


async def test_a_newer_fence_is_refused(stage_on_kafka: Stage) -> None:
    stage = stage_on_kafka
    await _worked_and_stopped(stage)
    view = (await stage.views())[1]
    assert view.fence is not None
    newer = msgspec.structs.replace(view.fence, version=VERSION + 1)
    await stage.append_next(view, {FENCE_KEY: newer.encode()})

    await _refused(stage, NewerState)


async def test_a_state_that_only_a_newer_program_knows_is_refused(stage_on_kafka: Stage) -> None:
    stage = stage_on_kafka
    await _worked_and_stopped(stage)
    view = (await stage.views())[1]
    assert view.fence is not None
    record = (FUTURE + b"who knows", b"!")
    digest = StateDigest([*view.state.items(), record])
    fence = msgspec.structs.replace(view.fence, digest=digest.value)
    await stage.append_next(view, {record[0]: record[1], FENCE_KEY: fence.encode()})

    await _refused(stage, NewerState)


async def test_a_state_that_is_not_what_was_written_is_refused(stage_on_kafka: Stage) -> None:
    stage = stage_on_kafka
    await _worked_and_stopped(stage)
    view = (await stage.views())[2]
    await stage.append_next(view, {next(iter(view.state)): b"a resurrected value"})

    await _refused(stage, DigestMismatch)


async def test_a_flush_that_fits_no_record_batch_ends_the_worker(stage_on_kafka: Stage) -> None:
    stage = stage_on_kafka
    await stage.send(3000)
    worker = stage.worker(engine={"flush_hard_bytes": 20_000, "flush_soft_bytes": 1 << 30})

    assert await worker.ended() == FlushTooLarge.exit_code, worker.log
    heir = stage.worker()
    await stage.caught_up(heir)
    await stage.check()


async def test_a_flush_that_the_changelog_does_not_take_ends_the_worker(
    stage_on_kafka: Stage,
) -> None:
    stage = stage_on_kafka
    await delete_topics(stage.bootstrap, [stage.changelog])
    small = CHANGELOG_CONFIG | {"max.message.bytes": "20000"}
    await make_topics(stage.bootstrap, [stage.changelog], PARTITIONS, small)
    await stage.send(3000)

    worker = stage.worker()
    assert await worker.ended() == FlushTooLarge.exit_code, worker.log
    assert "Raise max.message.bytes of the changelog" in worker.log
    assert {*(await stage.committed()).values()} <= {None, 0}, "nothing is acknowledged"


async def test_a_dead_letter_that_cannot_be_written_ends_the_worker(stage_on_kafka: Stage) -> None:
    stage = stage_on_kafka
    await delete_topics(stage.bootstrap, [f"{topic}.dlq" for topic in stage.inputs])
    await stage.send(20, garbage=5)

    worker = stage.worker()
    assert await worker.ended() == DeadLettersUnwritable.exit_code, worker.log
    committed = await stage.committed()
    views = await stage.views()
    for topic, number, offset in stage.garbage:
        assert (committed[topic, number] or 0) <= offset
        fence = views[number].fence
        assert fence is None or fence.positions[topic].next_offset <= offset
