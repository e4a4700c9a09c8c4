"""Connections to Redis for reading: one server, or whichever one Sentinel calls the master.

Its own timeouts and no retries: the mirror begins anew by itself, and answers never wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

CLIENT_NAME: Final = "streamproc-board"
CONNECTIONS_MAX: Final = 8
ANSWER_TIMEOUT_S: Final = 1.0


class MasterOfSentinels(Redis):
    """The master, whichever it is. Closing it closes the connections to the Sentinels, too."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Disconnect from everybody."""
        await super().aclose(close_connection_pool)
        manager: Any = self.connection_pool
        for sentinel in manager.sentinel_manager.sentinels:
            await sentinel.aclose()


@dataclass(frozen=True, kw_only=True, slots=True)
class RedisLink:
    """Where Redis is, and who we are there.

    Shapes: ``service`` is the master's name at the Sentinels that ``nodes`` are; empty: the first of
        ``nodes`` is the server.
    """

    nodes: tuple[tuple[str, int], ...]
    service: str = ""
    database: int = 0
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    tls_ca_file: str | None = None
    tls_cert_file: str | None = None
    tls_key_file: str | None = None
    timeout_s: float = ANSWER_TIMEOUT_S

    def connect(self) -> Redis:
        """A client that answers in bytes; it connects when it is first asked."""
        shared = self._shared()
        options = {
            **shared,
            "db": self.database,
            "username": self.username,
            "password": self.password,
            "client_name": CLIENT_NAME,
            "max_connections": CONNECTIONS_MAX,
        }
        if not self.service:
            host, port = self.nodes[0]
            return Redis(host=host, port=port, **options)
        of_sentinel = {
            **shared,
            "username": self.sentinel_username,
            "password": self.sentinel_password,
        }
        sentinel = Sentinel(list(self.nodes), sentinel_kwargs=of_sentinel)  # type: ignore[no-untyped-call]
        master: Redis = sentinel.master_for(self.service, MasterOfSentinels, **options)
        return master

    def _shared(self) -> dict[str, Any]:
        """What holds for server and Sentinels alike."""
        shared: dict[str, Any] = {
            "socket_timeout": self.timeout_s,
            "socket_connect_timeout": self.timeout_s,
            "retry": Retry(NoBackoff(), 0),
            "protocol": 2,  # 7.0 knows 3 as well, but it needs HELLO, which a reader may not be allowed
            "driver_info": None,  # CLIENT SETINFO is of 7.2
        }
        if self.tls:
            shared |= {
                "ssl": True,
                "ssl_ca_certs": self.tls_ca_file,
                "ssl_certfile": self.tls_cert_file,
                "ssl_keyfile": self.tls_key_file,
                "ssl_check_hostname": True,
            }
        return shared
