"""Composition of a board: from settings to one that runs. Decides nothing.

It stands beside ``app``, so that a worker need not know what a board is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from streamproc.board.config import BoardConfig
from streamproc.board.link import RedisLink
from streamproc.board.run import BoardRun
from streamproc.errors import BadSetting
from streamproc.settings import Settings
from streamproc.sinks.redis_view.address import parse_address
from streamproc.sinks.verdicts import KafkaVerdicts

REDIS_TIMEOUT_MIN_S: Final = 1.0
"""A board reads whole halls in one go, and nothing waits for it."""

_OF_REDIS: Final = (
    *("username", "password", "sentinel_username", "sentinel_password"),
    *("tls_ca_file", "tls_cert_file", "tls_key_file"),
)


def board_of(settings: Settings, *, now_ms: Callable[[], int]) -> BoardRun:
    """A board over the Redis that the settings name; verdicts go to their Kafka.

    Units: ``now_ms`` is the wall clock.
    Errors: ``BadSetting`` if no Redis is named or a token cannot be one, ``BoardUnguarded``.
    """
    redis, board = settings.redis.plain(), settings.board.plain()
    if redis["url"] is None:
        raise BadSetting(
            "a board reads Redis, and none is named",
            where="STREAMPROC_REDIS__URL",
            hint="name the one that the workers write to: redis://host:6379/0, or --redis",
        )
    proxies = frozenset(each for each in board.pop("trusted_proxies").split(",") if each)
    config = BoardConfig(prefix=redis["prefix"], trusted_proxies=proxies, **board)
    verdicts = KafkaVerdicts(settings.kafka.bootstrap_servers)
    return BoardRun(config, _link(redis).connect, verdicts, now_ms=now_ms)


def _link(redis: dict[str, Any]) -> RedisLink:
    address = parse_address(redis["url"])
    return RedisLink(
        nodes=address.nodes,
        service=address.service,
        database=address.database,
        tls=address.tls,
        timeout_s=max(redis["timeout_s"], REDIS_TIMEOUT_MIN_S),
        **{name: redis[name] for name in _OF_REDIS},
    )
