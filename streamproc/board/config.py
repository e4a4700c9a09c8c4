"""What a board must be told, and what it refuses to run with."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

from streamproc.errors import BoardUnguarded

LOCAL_NAMES: Final = frozenset({"localhost", "localhost.localdomain"})


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardConfig:
    """How a board listens, whom it lets in, how often it tells.

    Shapes: a token is the secret itself or ``sha256:<hex of it>``; None: there is none of that kind.
        ``port`` 0: any that is free. ``trusted_proxies`` are addresses whose ``X-Forwarded-For`` counts.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    read_token: str | None = None
    operate_token: str | None = None
    room_secret: str | None = None
    prefix: str = "sp"
    push_interval_ms: int = 100
    sweep_interval_s: float = 3.0
    requests_per_s: float = 100.0
    streams_max: int = 1000
    slow_after_s: float = 20.0
    trusted_proxies: frozenset[str] = frozenset()

    @property
    def guarded(self) -> bool:
        """Whether anybody must show a token."""
        return any((self.read_token, self.operate_token, self.room_secret))

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether an address is of this machine alone; a name that is not known to be is not."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in LOCAL_NAMES


def refuse_unguarded(config: BoardConfig) -> None:
    """Refuse to be reached by others without a token. Errors: ``BoardUnguarded``."""
    if config.guarded or config.loopback:
        return
    raise BoardUnguarded(
        f"the board would be open to everybody who reaches {config.host}",
        where=f"{config.host}:{config.port}",
        hint="set STREAMPROC_BOARD__READ_TOKEN and STREAMPROC_BOARD__OPERATE_TOKEN (files in the"
        " secrets folder), or listen on 127.0.0.1",
    )
