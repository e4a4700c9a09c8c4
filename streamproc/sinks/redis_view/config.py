"""What the Redis view must be told. The names are those of the settings."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisConfig:
    """Where Redis is, and how it is written to.

    Shapes: ``url`` is ``redis://``, ``rediss://`` (TLS), ``redis+sentinel://`` or ``rediss+sentinel://``.
    """

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    tls_ca_file: str | None = None
    tls_cert_file: str | None = None
    tls_key_file: str | None = None
    prefix: str = "sp"
    leaderboard_hosts_max: int = 500
    ttl_s: int = 86_400
    alert_keep_s: int = 3600
    alert_stream_max: int = 1_000
    flush_interval_ms: int = 50
    timeout_s: float = 0.5
    refresh_interval_s: float = 60.0
    buffer_hosts_max: int = 20_000
    buffer_bytes: int = 64 << 20
