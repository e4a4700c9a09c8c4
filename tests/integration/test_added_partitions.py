"""Partitions that are added under a state: keys go to others since, so a host's records may be split."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streamproc.errors import PartitionCountWrong
from tests.engine_stage import Stage, staged
from tests.kafka_log import add_partitions
from tests.servers import Broker
from tests.worker_process import WorkerProcess

pytestmark = pytest.mark.integration

PARTITIONS = 2
ENGINE: dict[str, object] = {"metadata_age_max_s": 1.0}


@pytest.fixture
async def stage(kafka_broker: Broker, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(kafka_broker.bootstrap, tmp_path, PARTITIONS) as made:
        yield made


async def _ends(worker: WorkerProcess, told: str) -> None:
    assert await worker.ended() == PartitionCountWrong.exit_code, worker.log
    assert told in worker.log
    assert "what to do" in worker.log


async def test_all_workers_end_when_partitions_are_added_to_an_input(stage: Stage) -> None:
    workers = [stage.worker(engine=ENGINE) for _ in range(3)]
    await stage.send(300)
    await stage.caught_up(*workers)
    for worker in workers:
        await worker.until(lambda said: said["pid"] > 0, "it is up, also without a partition")
    grown = stage.inputs[1]

    await add_partitions(stage.bootstrap, [grown], PARTITIONS + 1)

    for worker in workers:
        await _ends(worker, f"it was {PARTITIONS}, now: {grown} {PARTITIONS + 1}")
    await stage.check()


async def test_partitions_that_were_added_to_all_topics_alike_are_refused(stage: Stage) -> None:
    worker = stage.worker()
    await stage.send(300)
    await stage.caught_up(worker)
    worker.terminate()
    assert await worker.ended() == 0, worker.log
    topics = [*stage.inputs, stage.changelog, *(f"{topic}.dlq" for topic in stage.inputs)]

    await add_partitions(stage.bootstrap, topics, PARTITIONS + 1)
    stage.partitions += 1

    await _ends(stage.worker(), f"made with {PARTITIONS} partitions of each topic, now there are 3")
