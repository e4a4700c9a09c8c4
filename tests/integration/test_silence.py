"""Silence is found on time whoever owns a room, and an outage of ours is none of theirs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, AnyEvent
from streamproc.oracle.batch import LogRecord
from streamproc.provision.admin import ensure_topics
from tests.alert_steps import steps_of, steps_told
from tests.builders import comment, created, paid, record, room_ended, room_started, viewer_key
from tests.command_line import running_worker, send
from tests.servers import Broker
from tests.worker_process import WorkerProcess

pytestmark = [pytest.mark.integration, pytest.mark.alone]

PARTITIONS = 2
SECOND_MS = 1_000
MINUTE_MS = 60_000
SILENT_MS = 30_000
"""Long enough for a worker to die and another one to take its place."""
LATEST_MS = SILENT_MS + 2_000 + 2_000
"""What is promised, and two seconds for a machine that does other things."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def logged(partition: int, events: Iterable[AnyEvent]) -> list[LogRecord]:
    """Events as a partition holds them."""
    return [
        LogRecord(topic, partition, 0, key, value, timestamp_ms)
        for topic, key, value, timestamp_ms in map(record, events)
    ]


def room_of(host: str) -> dict[str, Any]:
    return {"host_id": host, "session_id": f"s-{host}", "room_id": f"r-{host}"}


def talk(host: str, from_ms: int, to_ms: int) -> list[AnyEvent]:
    """Somebody says something in a room every two seconds."""
    return [
        comment("好看", at_ms, user_key=viewer_key(at_ms), **room_of(host))
        for at_ms in range(from_ms, to_ms, 2 * SECOND_MS)
    ]


async def owns(worker: WorkerProcess, partitions: int) -> None:
    await worker.until(
        lambda said: said["caught_up"] and len(said["partitions"]) == partitions,
        f"{partitions} partitions are its own",
    )


async def has_read(worker: WorkerProcess, said: dict[int, int]) -> None:
    """Return once a worker has read all that was said in its partitions."""
    await worker.until(
        lambda status: all(
            status["durable"].get(f"{COMMENTS_TOPIC}/{each}") == said[each]
            for each in status["partitions"]
        ),
        "all that was said is durable",
    )


async def test_a_room_that_falls_silent_is_called_dead_on_time_also_by_who_takes_it_over(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    bootstrap, app_id = kafka_broker.bootstrap, "silence-moved"
    await ensure_topics(bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=app_id)
    (tmp_path / "limits.toml").write_text(f"[stream_dead]\nsilent_ms = {SILENT_MS}\n")
    variables = {"STREAMPROC_ALERTS__LIMITS": str(tmp_path / "limits.toml")}
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    begun_ms = now_ms() - 10 * MINUTE_MS
    rooms = {"h-1": 0, "h-2": 1, "h-ended": 0}
    said = dict.fromkeys(range(PARTITIONS), 1)  # the last word of each
    for host, partition in rooms.items():
        before = talk(host, begun_ms, now_ms())
        said[partition] += len(before)
        await send(bootstrap, logged(partition, [room_started(begun_ms, **room_of(host)), *before]))

    async with (
        running_worker(bootstrap, app_id, folders[0], variables=variables) as first,
        running_worker(bootstrap, app_id, folders[1], variables=variables) as second,
    ):
        await asyncio.gather(owns(first, 1), owns(second, 1))
        last_ms = now_ms()
        await send(bootstrap, logged(0, talk("h-1", last_ms, last_ms + 1)))
        await send(bootstrap, logged(1, talk("h-2", last_ms, last_ms + 1)))
        await send(bootstrap, logged(0, [room_ended(last_ms, **room_of("h-ended"))]))
        await asyncio.gather(has_read(first, said), has_read(second, said))
        first.kill()
        await owns(second, PARTITIONS)
        assert now_ms() - last_ms < SILENT_MS, "the machine is too slow for this test"
        steps = await steps_told(
            bootstrap, lambda steps: len(steps) >= 2, "both are dead", partitions=PARTITIONS
        )
        second.terminate()
        assert await second.ended() == 0

    assert sorted((each.host_id, each.kind, each.why) for each in steps) == [
        ("h-1", "StreamDead", "entered"),
        ("h-2", "StreamDead", "entered"),
    ]
    for each in steps:
        assert SILENT_MS <= each.at_ms - last_ms <= LATEST_MS


async def test_nothing_fires_because_the_worker_was_down_for_ten_minutes(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    bootstrap, app_id = kafka_broker.bootstrap, "silence-ours"
    await ensure_topics(bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=app_id)
    down_ms = now_ms() - 10 * MINUTE_MS
    begun_ms = down_ms - 25 * MINUTE_MS
    opening = [room_started(begun_ms, **room_of("h-1"))]
    first_part = [*opening, *talk("h-1", begun_ms, down_ms), *trade(begun_ms, down_ms)]
    await send(bootstrap, logged(0, first_part))
    async with running_worker(bootstrap, app_id, tmp_path) as worker:
        orders = len(trade(begun_ms, down_ms))
        await worker.until(
            lambda said: said["durable"].get(f"{ORDERS_TOPIC}/0") == orders, "folded"
        )
        worker.kill()

    meanwhile_ms = now_ms()
    missed = [*talk("h-1", down_ms, meanwhile_ms), *trade(down_ms, meanwhile_ms)]
    await send(bootstrap, logged(0, missed))
    async with running_worker(bootstrap, app_id, tmp_path) as worker:
        await owns(worker, PARTITIONS)
        for _ in range(8):
            at_ms = now_ms()
            await send(
                bootstrap, logged(0, [*talk("h-1", at_ms, at_ms + 1), *trade(at_ms, at_ms + 1)])
            )
            await asyncio.sleep(1)
        worker.terminate()
        assert await worker.ended() == 0

    assert await steps_of(bootstrap, PARTITIONS) == []


def trade(from_ms: int, to_ms: int) -> list[AnyEvent]:
    """An order every ten seconds."""
    events: list[AnyEvent] = []
    for at_ms in range(from_ms, to_ms, 10 * SECOND_MS):
        line = {"order_id": f"o-{at_ms}", **room_of("h-1")}
        events += [created(at_ms=at_ms, **line), paid(at_ms=at_ms + 500, **line)]
    return events
