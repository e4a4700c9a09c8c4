"""What a board says of how old everything is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import json

from streamproc.events.view_beat import Beat, SourceRead
from tests.board.served import NOW_MS, Served, served, until
from tests.board.view import partition_of


@pytest.fixture
async def board() -> AsyncIterator[Served]:
    async with served() as made:
        yield made


async def got(board: Served, path: str) -> Any:  # noqa: ANN401 - JSON
    return (await board.client.get(f"/api/v1{path}")).json()


async def test_health_tells_how_old_everything_is(board: Served) -> None:
    health = await got(board, "/health")

    assert (health["status"], health["hosts"], health["redis"]) == ("ok", 6, True)
    assert {each["worker"] for each in health["partitions"]} == {"w-0", "w-1"}
    assert (await board.client.get("/readyz")).status_code == 200


async def test_a_partition_without_an_owner_makes_it_degraded(board: Served) -> None:
    await board.view.redis.delete(board.view.keys.epoch(1))

    await until(lambda: board.run.mirror.beats.get(1) is None)
    assert (await got(board, "/health"))["status"] == "degraded"
    silent = [each for each in (await got(board, "/health"))["partitions"] if not each["worker"]]
    assert [each["partition"] for each in silent] == [1]


async def test_a_partition_that_is_behind_or_not_counted_in_part_makes_it_degraded(
    board: Served,
) -> None:
    orders, viewers, rooms = "live.orders.v1", "live.viewers.v1", "live.rooms.v1"
    hour_ms, minutes_ms = NOW_MS - 3_600_000, NOW_MS - 300_000
    behind = {
        orders: SourceRead(lag=9000, folded_ms=minutes_ms),
        viewers: SourceRead(lag=0, folded_ms=hour_ms),
        rooms: SourceRead(lag=1, folded_ms=hour_ms),
    }
    paused = {
        orders: SourceRead(lag=9000, paused=True, folded_ms=minutes_ms),
        viewers: SourceRead(lag=3, folded_ms=NOW_MS),
    }
    told: dict[str, Any] = {"worker": "w", "version": 1, "at_ms": NOW_MS}

    async def becomes(status: str, **beats: Beat) -> list[tuple[Any, ...]]:
        await board.view.beat(NOW_MS, **beats)
        wanted = {int(name[1:]): beat for name, beat in beats.items()}
        await until(lambda: board.run.mirror.beats.items() >= wanted.items())
        health = await got(board, "/health")
        assert health["status"] == status
        return [(each["behind_s"], each["paused"]) for each in health["partitions"]]

    late = Beat(**told, follows=False, sources=behind)
    assert (await becomes("degraded", p1=late))[:2] == [(None, {}), (300.0, {})]
    stopped = Beat(**told, follows=False, sources=paused)
    assert (await becomes("degraded", p1=stopped))[1] == (0.0, {orders: 300.0})
    follows = Beat(**told, follows=True, sources=behind)
    assert (await becomes("ok", p1=follows))[1] == (None, {})
    begun = Beat(**told, follows=False, sources={orders: SourceRead(lag=5)})
    assert (await becomes("ok", p1=begun))[1] == (None, {})
    cards = (await got(board, "/hosts"))["items"]
    assert {each["host_id"]: each["partition"] for each in cards} == {
        room.host_id: partition_of(room) for room in board.rooms
    }


async def test_a_beat_of_an_earlier_version_is_taken_for_one_that_follows(board: Served) -> None:
    told = json.encode({"worker": "old", "version": 1, "at_ms": NOW_MS})
    await board.view.redis.set(board.view.keys.epoch(1), told)

    await until(lambda: board.run.mirror.beats[1] == Beat(worker="old", version=1, at_ms=NOW_MS))
    assert (await got(board, "/health"))["status"] == "ok"
