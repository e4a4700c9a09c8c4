"""From a configuration to connections: one server, or whichever one Sentinel calls the master."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from redis import ConnectionPool, Redis, SSLConnection
from redis.backoff import ExponentialWithJitterBackoff
from redis.connection import Connection
from redis.retry import Retry
from redis.sentinel import Sentinel

from streamproc.errors import BadSetting
from streamproc.sinks.redis_view.config import RedisConfig

_PORT, _SENTINEL_PORT = 6379, 26_379
_BACKOFF_MAX_S: Final = 0.2
_HEALTH_CHECK_S: Final = 15
_SCHEMES: Final = ("redis", "rediss", "redis+sentinel", "rediss+sentinel")


class Address(NamedTuple):
    """Where Redis is.

    Shapes: ``service`` is the master's name at the Sentinels that ``nodes`` are; empty: ``nodes`` is the
        server.
    """

    nodes: tuple[tuple[str, int], ...]
    service: str
    database: int
    tls: bool


def parse_address(url: str) -> Address:
    """What a URL says: ``redis[s]://host:port/0`` or ``redis[s]+sentinel://host:port,host:port/service/0``.

    Errors: ``BadSetting``.
    """
    try:
        return _parse(url)
    except ValueError as error:
        raise BadSetting(
            f"the address of Redis cannot be read: {error}",
            where="STREAMPROC_REDIS__URL",
            hint="redis://host:6379/0, rediss:// for TLS, or redis+sentinel://host:26379,host:26379/service/0;"
            " user and password have settings of their own",
        ) from error


def _parse(url: str) -> Address:
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        msg = f"it must begin with one of {', '.join(f'{each}://' for each in _SCHEMES)}"
        raise ValueError(msg)
    if "@" in parts.netloc:
        msg = "it must not hold user or password"
        raise ValueError(msg)
    sentinel = parts.scheme.endswith("+sentinel")
    path = [unquote(each) for each in parts.path.split("/")[1:]]
    service = (path.pop(0) if path else "") if sentinel else ""
    if sentinel and not service:
        msg = "the name of the service is missing"
        raise ValueError(msg)
    default = _SENTINEL_PORT if sentinel else _PORT
    nodes = tuple(_node(each, default) for each in parts.netloc.split(","))
    if len(nodes) > 1 and not sentinel:
        msg = "several hosts need redis+sentinel://"
        raise ValueError(msg)
    database = int(path[0]) if path and path[0] else 0
    return Address(nodes, service, database, parts.scheme.startswith("rediss"))


def _node(text: str, default: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        msg = "a host is missing"
        raise ValueError(msg)
    return parts.hostname, default if parts.port is None else parts.port


def pool_of(config: RedisConfig, client_name: str) -> ConnectionPool:
    """Connections with short timeouts. Errors: ``BadSetting``."""
    address = parse_address(config.url)
    retry = Retry(ExponentialWithJitterBackoff(cap=_BACKOFF_MAX_S), 1)
    timeouts = {
        "socket_timeout": config.timeout_s,
        "socket_connect_timeout": config.timeout_s,
    }
    tls = _tls(config) if address.tls else {}
    options: dict[str, Any] = {
        **timeouts,
        **tls,
        "retry": retry,
        "health_check_interval": _HEALTH_CHECK_S,
        "client_name": client_name,
        "db": address.database,
        "username": config.username,
        "password": config.password,
        "protocol": 2,  # 7.0 knows 3 as well; but it needs HELLO, and what it adds is not used here
        "driver_info": None,  # CLIENT SETINFO is of 7.2
        "max_connections": 2,
    }
    if not address.service:
        host, port = address.nodes[0]
        kind = SSLConnection if address.tls else Connection
        return ConnectionPool(connection_class=kind, host=host, port=port, **options)
    of_sentinel: dict[str, Any] = {
        **timeouts,
        **tls,
        "ssl": address.tls,
        "username": config.sentinel_username,
        "password": config.sentinel_password,
        "protocol": 2,
        "driver_info": None,
        "retry": retry,
    }
    sentinel: Any = Sentinel(list(address.nodes), sentinel_kwargs=of_sentinel)  # type: ignore[no-untyped-call] # redis-py has no types here
    if address.tls:
        options["ssl"] = True
    master: Redis = sentinel.master_for(address.service, **options)
    return master.connection_pool


def _tls(config: RedisConfig) -> dict[str, Any]:
    return {
        "ssl_ca_certs": config.tls_ca_file,
        "ssl_certfile": config.tls_cert_file,
        "ssl_keyfile": config.tls_key_file,
        "ssl_check_hostname": True,
    }
