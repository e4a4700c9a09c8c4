"""Writes made-up rooms into a Redis as the worker's view does: the same keys, the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import json
from redis.asyncio import Redis

from streamproc.events.view_beat import Beat
from streamproc.events.view_keys import CURVE, FENCE, Keys
from tests.board.rooms import FakeRoom

PARTITIONS = 4


class View:
    """The Redis view of some rooms."""

    def __init__(self, redis: Redis, prefix: str = "sp") -> None:
        self.redis = redis
        self.keys = Keys(prefix)

    async def show(self, rooms: Sequence[FakeRoom], at_ms: int, *, poke: bool = True) -> None:
        """Write what changed in these rooms, and say so."""
        async with self.redis.pipeline(transaction=False) as pipe:
            for room in rooms:
                live, alerts = (
                    self.keys.live(room.host_id.encode()),
                    self.keys.alerts(room.host_id.encode()),
                )
                fields: dict[Any, Any] = {
                    "version": room.version,
                    "as_of_ms": at_ms,
                    "partition": partition_of(room),
                    "tally": json.encode(room.tally(at_ms)),
                }
                pipe.hset(live, mapping=fields)
                pipe.zadd(self.keys.hosts, {room.host_id: at_ms})
                minutes: dict[Any, Any] = {
                    str(at): json.encode(room.minutes[at]) for at in room.touched
                }
                if minutes:
                    curve = self.keys.curve(room.host_id.encode(), f"{CURVE}{room.session_id}")
                    pipe.hset(curve, FENCE, str(room.version), mapping=minutes)
                room.touched.clear()
                if room.alerts:
                    held: dict[Any, Any] = {
                        name: json.encode(each) for name, each in room.alerts.items()
                    }
                    pipe.hset(alerts, FENCE, str(room.version), mapping=held)
            await pipe.execute()
        if poke:
            await self.poke(room.host_id for room in rooms)

    async def poke(self, host_ids: Iterable[str]) -> None:
        """Say that these changed."""
        await self.redis.publish(self.keys.poke, json.encode(list(host_ids)))

    async def beat(self, at_ms: int, **of: Beat) -> None:
        """The heartbeats of all partitions. Shapes: ``of`` by the name of a partition, as ``p1``."""
        for partition in range(PARTITIONS):
            told = of.get(
                f"p{partition}", Beat(worker=f"w-{partition % 2}", version=1, at_ms=at_ms)
            )
            await self.redis.set(self.keys.epoch(partition), json.encode(told), ex=30)

    async def forget(self, room: FakeRoom) -> None:
        """Take a host out of the view."""
        await self.redis.delete(
            self.keys.live(room.host_id.encode()), self.keys.alerts(room.host_id.encode())
        )
        await self.redis.zrem(self.keys.hosts, room.host_id)
        await self.poke([room.host_id])


def partition_of(room: FakeRoom) -> int:
    """The partition of a room, made up."""
    return int(room.host_id.rpartition("-")[2]) % PARTITIONS
