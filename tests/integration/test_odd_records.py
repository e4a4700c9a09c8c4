"""Record batches as other producers write them: compressed, in transactions, without key or value."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from tests.counting import event
from tests.engine_stage import HEADERS, Stage, staged
from tests.servers import Broker

pytestmark = pytest.mark.integration


@pytest.fixture
async def stage(kafka_broker: Broker, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(kafka_broker.bootstrap, tmp_path, 1) as made:
        yield made


async def _send(stage: Stage, producer: Any, *values: bytes | None) -> None:  # noqa: ANN401
    topic = stage.inputs[0]
    for number, value in enumerate(values):
        key = None if number % 2 else b"host-1"
        sent = await producer.send_and_wait(topic, value, key, partition=0, headers=HEADERS)
        stage.acked.add((topic, 0, sent.offset))
        if value is None:
            stage.garbage.add((topic, 0, sent.offset))


async def test_every_codec_and_what_has_no_key_and_no_value_is_read(stage: Stage) -> None:
    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        async with AIOKafkaProducer(
            bootstrap_servers=stage.bootstrap, compression_type=codec
        ) as producer:
            await _send(stage, producer, event(f"{codec}-1", 1), event(f"{codec}-2", 20), None)
    worker = stage.worker()
    await stage.caught_up(worker)

    await stage.check()


async def test_marks_of_transactions_are_passed_and_what_was_aborted_counts_as_written(
    stage: Stage,
) -> None:
    worker = stage.worker()
    async with AIOKafkaProducer(
        bootstrap_servers=stage.bootstrap, transactional_id=f"{stage.app_id}-producer"
    ) as producer:
        await producer.begin_transaction()
        await _send(stage, producer, event("kept", 1))
        await producer.commit_transaction()
        await producer.begin_transaction()
        await _send(stage, producer, event("aborted", 2))
        await producer.abort_transaction()
    topic = stage.inputs[0]
    await stage.reached({(topic, 0): 4}, worker)

    (view,) = await stage.views()
    assert view.fence is not None
    position = view.fence.positions[topic]
    assert (position.applied, position.absent, position.unaccounted) == (2, 2, 0)
    said = await worker.until(lambda said: said["lag"] == 0, "it has caught up")
    assert said["durable"][f"{topic}/0"] == 4
