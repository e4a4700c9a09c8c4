"""Faults of what workers talk to: the broker and Redis crash, or stand still, and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from tests.chaos.fleet import Fleet
from tests.chaos.plan import Fault, Kind
from tests.redis_server import RedisServer
from tests.server_process import ServerProcess
from tests.servers import KafkaServer

KINDS = frozenset((Kind.BROKER_CRASH, Kind.BROKER_FREEZE, Kind.REDIS_CRASH, Kind.REDIS_FREEZE))


class Outages:
    """Takes a server away and brings it back; each is away once at a time."""

    def __init__(
        self, kafka: KafkaServer, redis: RedisServer, fleet: Fleet, session_timeout_s: float
    ) -> None:
        self._kafka = kafka
        self._redis = redis
        self._fleet = fleet
        self._session_timeout_s = session_timeout_s
        self._away: dict[ServerProcess, asyncio.Task[None]] = {}

    def begin(self, fault: Fault) -> bool:
        """Let a fault of a server begin; False if the server is away already."""
        is_broker = fault.kind in (Kind.BROKER_CRASH, Kind.BROKER_FREEZE)
        server: ServerProcess = self._kafka if is_broker else self._redis
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

    async def _noted(self, server: ServerProcess, away: Awaitable[None]) -> None:
        if server is self._kafka:
            self._fleet.lose_broker()
        await away
        if server is self._kafka:
            self._fleet.find_broker()
        del self._away[server]

    async def _crash(self, server: ServerProcess, for_s: float) -> None:
        server.kill()
        await asyncio.sleep(for_s)
        await asyncio.to_thread(server.start)

    async def _freeze(self, server: ServerProcess, for_s: float) -> None:
        server.pause()
        await asyncio.sleep(for_s)
        server.resume()
