"""Workers that the group does not have as members, or has under one name: each says so and ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streamproc.errors import BadSetting, Fenced
from tests.engine_stage import Stage, staged
from tests.servers import Broker
from tests.worker_process import POLL_S, WorkerProcess

pytestmark = pytest.mark.integration

NAMED: dict[str, object] = {"group_instance_id": "one"}
TURNS = 4
DEADLINE_S = 120.0


@pytest.fixture
async def stage(kafka_broker: Broker, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(kafka_broker.bootstrap, tmp_path, 3) as made:
        yield made


async def test_of_workers_with_one_name_who_ends_names_the_cause_and_every_record_counts_once(
    stage: Stage,
) -> None:
    running = [stage.worker(engine=NAMED)]
    await stage.send(300)
    await stage.caught_up(running[0])
    loading = asyncio.create_task(stage.send_until_told(rate_per_s=300))
    for _ in range(TURNS):
        running.append(stage.worker(engine=NAMED))
        ended = await _one_ends(running)
        assert ended.exit_code == Fenced.exit_code, ended.log
        assert "share one STREAMPROC_KAFKA__GROUP_INSTANCE_ID, 'one'" in ended.log
        running.remove(ended)
    stage.told.set()
    await loading
    # Who was left may end, too: the one that ended may have taken its name on the way.
    for worker in running:
        if worker.exit_code is None:
            worker.kill()
    await stage.caught_up(stage.worker(engine=NAMED))

    await stage.check()


async def _one_ends(running: list[WorkerProcess]) -> WorkerProcess:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DEADLINE_S):
            while all(worker.exit_code is None for worker in running):  # noqa: ASYNC110 - processes tell nobody
                await asyncio.sleep(POLL_S)
    for worker in running:
        if worker.exit_code is not None:
            return worker
    pytest.fail("\n".join(worker.log[-3000:] for worker in running))


async def test_a_session_timeout_that_the_broker_does_not_take_is_a_wrong_setting(
    stage: Stage,
) -> None:
    worker = stage.worker(engine={"session_timeout_s": 0.5, "heartbeat_interval_s": 0.1})

    assert await worker.ended() == BadSetting.exit_code, worker.log
    assert "where: STREAMPROC_KAFKA__SESSION_TIMEOUT_S" in worker.log
