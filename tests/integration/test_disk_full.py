"""A broker whose disk is full: the worker says so, ends, and nothing is acknowledged or lost."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streamproc.engine.preflight import partition_counts
from streamproc.errors import BrokerUnreachable, FlushFailed
from streamproc.provision.admin import ensure_topics
from tests.command_line import running_worker, send
from tests.kafka_jars import ServerMissing
from tests.kafka_log import committed_offsets
from tests.log_records import COMMENTS, LogBuilder
from tests.servers import KafkaServer, skip_or_fail

pytestmark = pytest.mark.integration

APP_ID = "disk-full"
BEFORE, UNFLUSHED = 50, 3_000
WRITE_LIMIT_S = "4"
DEADLINE_S = 60.0


@pytest.fixture
async def small_kafka() -> AsyncIterator[KafkaServer]:
    """A Kafka that the test may ruin."""
    try:
        with KafkaServer() as kafka:
            yield kafka
    except ServerMissing as missing:
        skip_or_fail(str(missing))


def forbid_growth(kafka: KafkaServer) -> None:
    """Let no file of the broker grow: each write fails as it does on a full disk."""
    resource.prlimit(kafka.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))


async def until_broker_answers(kafka: KafkaServer) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                await partition_counts(kafka.bootstrap, [COMMENTS], timeout_s=2)
            except BrokerUnreachable:
                continue
            return


async def test_a_full_disk_ends_the_worker_and_costs_nothing(
    small_kafka: KafkaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap = small_kafka.bootstrap
    await ensure_topics(bootstrap, partitions=1, replication_factor=1, app_id=APP_ID)
    builder = LogBuilder()
    for _ in range(BEFORE + UNFLUSHED):
        builder.comment()
    await send(bootstrap, builder.records[:BEFORE])
    monkeypatch.setenv("STREAMPROC_KAFKA__REQUEST_TIMEOUT_S", WRITE_LIMIT_S)

    async with running_worker(bootstrap, APP_ID, tmp_path) as worker:
        await worker.until(
            lambda said: said["durable"].get(f"{COMMENTS}/0") == BEFORE,
            "the first comments durable",
        )
        worker.pause()
        await send(bootstrap, builder.records[BEFORE:])
        forbid_growth(small_kafka)
        worker.resume()
        assert await worker.ended() == FlushFailed.exit_code, worker.log
        for word in ("what to do:", "disk full", "(FlushFailed,"):
            assert word in worker.log

    small_kafka.kill()
    small_kafka.start()
    await until_broker_answers(small_kafka)
    committed = await committed_offsets(bootstrap, APP_ID, [COMMENTS], 1)
    assert (committed[COMMENTS, 0] or 0) <= BEFORE  # commits follow the state by up to a second
    async with running_worker(bootstrap, APP_ID, tmp_path) as worker:
        await worker.until(
            lambda said: said["durable"].get(f"{COMMENTS}/0") == BEFORE + UNFLUSHED, "all durable"
        )
        worker.terminate()
        assert await worker.ended() == 0, worker.log
