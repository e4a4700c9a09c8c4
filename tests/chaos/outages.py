"""Faults of what workers talk to: the broker and Redis crash, or stand still, and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from tests.chaos.fleet import Fleet
from tests.chaos.plan import Fault, Kind
from tests.kafka_cluster import KafkaCluster
from tests.redis_server import RedisServer
from tests.servers import KafkaServer

KINDS = frozenset((Kind.BROKER_CRASH, Kind.BROKER_FREEZE, Kind.REDIS_CRASH, Kind.REDIS_FREEZE))


class Server(Protocol):
    """What goes away and comes back."""

    def kill(self) -> None:
        """End it as a crash does."""
        ...

    def start(self) -> None:
        """Start it again with what it wrote."""
        ...

    def pause(self) -> None:
        """Stop its clock."""
        ...

    def resume(self) -> None:
        """Let it go on."""
        ...


class Outages:
    """Takes a server away and brings it back; each is away once at a time.

    Shapes: of a cluster one broker goes, and workers have no reason to end.
    """

    def __init__(
        self,
        kafka: KafkaServer | KafkaCluster,
        redis: RedisServer,
        fleet: Fleet,
        session_timeout_s: float,
    ) -> None:
        self._kafka: Server = kafka
        self._is_only_broker = isinstance(kafka, KafkaServer)
        self._redis = redis
        self._fleet = fleet
        self._session_timeout_s = session_timeout_s
        self._away: dict[Server, asyncio.Task[None]] = {}

    def begin(self, fault: Fault) -> bool:
        """Let a fault of a server begin; False if the server is away already."""
        is_broker = fault.kind in (Kind.BROKER_CRASH, Kind.BROKER_FREEZE)
        server: Server = self._kafka if is_broker else self._redis
        if server in self._away:
            return False
        if fault.kind in (Kind.BROKER_CRASH, Kind.REDIS_CRASH):
            away = self._crash(server, fault.length_s)
        elif is_broker:
            away = self._freeze(server, self._session_timeout_s + fault.length_s)
        else:
            away = self._freeze(server, fault.length_s)
        self._away[server] = asyncio.create_task(self._noted(server, away))
        return True

    async def over(self) -> None:
        """Return when all are back. Errors: ``ServerFailed`` if one does not come back."""
        await asyncio.gather(*self._away.values())

    async def _noted(self, server: Server, away: Awaitable[None]) -> None:
        loses_broker = server is self._kafka and self._is_only_broker
        if loses_broker:
            self._fleet.lose_broker()
        await away
        if loses_broker:
            self._fleet.find_broker()
        del self._away[server]

    async def _crash(self, server: Server, for_s: float) -> None:
        server.kill()
        await asyncio.sleep(for_s)
        await asyncio.to_thread(server.start)

    async def _freeze(self, server: Server, for_s: float) -> None:
        server.pause()
        await asyncio.sleep(for_s)
        server.resume()
