"""A worker on three brokers, of which one is killed: it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streamproc.oracle.batch import LogRecord
from streamproc.provision.admin import ensure_topics
from tests.builders import comment, record
from tests.command_line import running_worker, send, streamproc
from tests.kafka_cluster import REPLICAS, KafkaCluster
from tests.kafka_jars import ServerMissing
from tests.servers import skip_or_fail

pytestmark = pytest.mark.integration

APP_ID = "streamproc"
PARTITIONS = 3
COMMENTS = 300


@pytest.fixture
def cluster() -> Iterator[KafkaCluster]:
    try:
        with KafkaCluster() as started:
            yield started
    except ServerMissing as missing:
        skip_or_fail(str(missing))


async def send_comments(cluster: KafkaCluster, name: str) -> int:
    records = []
    for number in range(COMMENTS):
        partition = number % PARTITIONS
        event = comment("好看", event_id=f"{name}-{number}", host_id=f"h-{partition}")
        topic, key, value, at_ms = record(event)
        records.append(LogRecord(topic, partition, 0, key, value, at_ms))
    return await send(cluster.bootstrap, records)


async def test_a_worker_goes_on_where_one_broker_of_its_cluster_is_gone(
    cluster: KafkaCluster, tmp_path: Path
) -> None:
    await ensure_topics(
        cluster.bootstrap, partitions=PARTITIONS, replication_factor=REPLICAS, app_id=APP_ID
    )
    async with running_worker(cluster.bootstrap, APP_ID, tmp_path) as worker:
        sent = await send_comments(cluster, "before")
        await worker.until(lambda said: sum(said["durable"].values()) == sent, "these are durable")
        cluster.kill()
        of_all = sent + await send_comments(cluster, "without")
        await worker.until(lambda said: sum(said["durable"].values()) == of_all, "all are durable")
        worker.terminate()
        assert await worker.ended() == 0

    verified = await streamproc("verify", "--bootstrap", cluster.bootstrap)
    assert verified.code == 0, verified.said
