"""Groups of settings of what stands around the engine: views, metrics, robots, the board."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

PORT: Final = (
    r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
)
LABEL: Final = r"[A-Za-z0-9_-]{1,63}"
HOST: Final = rf"({LABEL}(\.{LABEL})*\.?|\[[0-9A-Fa-f:.]+\])"
ROBOT_URL: Final = re.compile(
    rf"https://[A-Za-z0-9.-]+(:{PORT})?/\S*|http://(localhost|127\.0\.0\.1)(:{PORT})?/\S*"
)
PROXY_URL: Final = re.compile(rf"https?://([^@/\s]*@)?{HOST}(:{PORT})?/?")

ROOM_WINDOW = r"(1m|5m|10m|60m|session)"
REDIS_NODE: Final = rf"{HOST}(:{PORT})?"
REDIS_URL = rf"^rediss?(\+sentinel)?://{REDIS_NODE}(,{REDIS_NODE})*([/?#][^@\s]*)?$"


def _matching(
    value: SecretStr | None, pattern: re.Pattern[str], otherwise: str
) -> SecretStr | None:
    if value is not None and not pattern.fullmatch(value.get_secret_value()):
        raise ValueError(otherwise)
    return value


class Group(BaseModel):
    """Settings of one concern; a name that is none is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def plain(self) -> dict[str, Any]:
        """All of it, secrets as they are."""
        return {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in self
        }


class Robots(Group):
    """Chat robots, for `streamproc robots`. Addresses, secrets and the token are never shown or logged."""

    wecom_url: SecretStr | None = None
    """The webhook address of a WeCom group robot: https, as all three."""
    dingtalk_url: SecretStr | None = None
    """The webhook address of a DingTalk custom robot."""
    dingtalk_secret: SecretStr | None = Field(None, min_length=1, max_length=500)
    """What that robot's messages are signed with, where it asks for signatures."""
    feishu_url: SecretStr | None = None
    """The webhook address of a Feishu custom robot."""
    feishu_secret: SecretStr | None = Field(None, min_length=1, max_length=500)
    """What that robot's messages are signed with, where it asks for signatures."""
    language: Literal["zh", "en"] = "zh"
    """The language of the messages."""
    utc_offset_min: int = Field(480, ge=-720, le=840)
    """Where the readers' clocks are: minutes before UTC are negative; 480 is China."""
    host: str = Field("127.0.0.1", min_length=1, max_length=253)
    """The address to listen on; any other than loopback needs a token."""
    port: int = Field(9096, ge=1, le=65_535)
    """The port to listen on."""
    token: SecretStr | None = Field(None, min_length=16, max_length=500)
    """What Alertmanager must send as its bearer token."""
    timeout_s: float = Field(5.0, ge=0.1, le=60)
    """How long one request to a platform may take."""
    attempts_max: int = Field(3, ge=1, le=10)
    """How often a message is tried before Alertmanager is asked to send it again."""
    backoff_s: float = Field(1.0, ge=0, le=60)
    """The wait before the second attempt; it doubles with each."""
    per_minute_max: int = Field(20, ge=1, le=1000)
    """The most messages of one robot in a minute; the last quarter is kept for pages."""
    remember_s: float = Field(300.0, ge=0, le=86_400)
    """For so long the same alert in the same state is told once; keep it below `repeat_interval`."""
    proxy: SecretStr | None = Field(None, min_length=1, max_length=2000)
    """The HTTP proxy to reach the platforms by: `http://host:port`."""

    @field_validator("wecom_url", "dingtalk_url", "feishu_url")
    @classmethod
    def _is_an_address(cls, value: SecretStr | None) -> SecretStr | None:
        what = "must begin with https:// (http:// only on this machine) and have a path"
        return _matching(value, ROBOT_URL, what)

    @field_validator("proxy")
    @classmethod
    def _is_a_proxy(cls, value: SecretStr | None) -> SecretStr | None:
        return _matching(value, PROXY_URL, "must be http:// or https://, a host, and its port")


class Metrics(Group):
    """Where a worker serves `/metrics`, `/livez` and `/readyz`, and which rooms it tells Prometheus of."""

    host: str = Field("127.0.0.1", min_length=1, max_length=255)
    """The address to listen at; `0.0.0.0` is seen from everywhere, and the pages ask for no password."""
    port: int = Field(9464, ge=0, le=65_535)
    """The port; workers of one machine need different ones. 0: none of it is served."""
    rooms_top_max: int = Field(500, ge=0, le=100_000)
    """Only so many rooms are told of, those with the greatest GMV. 0: all, up to `rooms_max`."""
    rooms_max: int = Field(2_000, ge=0, le=100_000)
    """Never more rooms than this; what is left out is counted."""
    room_windows: str = Field("1m,10m,session", pattern=rf"^{ROOM_WINDOW}(,{ROOM_WINDOW})*$")
    """The spans that rooms are told of: of `1m`, `5m`, `10m`, `60m` and `session`, with commas between."""
    room_kept_s: float = Field(3_600.0, ge=0, le=31_536_000)
    """A room that is not on air is told of for so long after it was heard last."""
    ready_behind_max_s: float = Field(60.0, ge=1, le=86_400)
    """A worker that is further behind than this is not ready."""
    tls_cert_file: str | None = Field(None, min_length=1, max_length=4096)
    """A PEM file with the certificate to serve with; without one it is plain HTTP."""
    tls_key_file: str | None = Field(None, min_length=1, max_length=4096)
    """A PEM file with its key."""
    tls_client_ca_file: str | None = Field(None, min_length=1, max_length=4096)
    """A PEM file: only clients with a certificate that it signed are answered."""

    @model_validator(mode="after")
    def _certificates_fit(self) -> Self:
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            msg = "tls_cert_file and tls_key_file go together"
            raise ValueError(msg)
        if self.tls_client_ca_file is not None and self.tls_cert_file is None:
            msg = "tls_client_ca_file needs tls_cert_file and tls_key_file"
            raise ValueError(msg)
        return self


class Redis(Group):
    """The view in Redis. Without a `url` there is none."""

    url: str | None = Field(None, pattern=REDIS_URL)
    """`redis://host:6379/0`; `rediss://` with TLS; `redis+sentinel://host:26379,host:26379/service/0`."""
    username: str | None = Field(None, min_length=1, max_length=200)
    """The user that writes; deploy/redis/users.acl has one."""
    password: SecretStr | None = None
    """Its password; better a file in the secrets folder than a variable."""
    sentinel_username: str | None = Field(None, min_length=1, max_length=200)
    """The user at the Sentinels."""
    sentinel_password: SecretStr | None = None
    """Its password."""
    tls_ca_file: str | None = Field(None, min_length=1, max_length=4096)
    """Who may have signed the server's certificate; without it, whom the system trusts."""
    tls_cert_file: str | None = Field(None, min_length=1, max_length=4096)
    """Our certificate, where the server asks for one."""
    tls_key_file: str | None = Field(None, min_length=1, max_length=4096)
    """Its key."""
    prefix: str = Field("sp", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    """What every key begins with."""
    leaderboard_hosts_max: int = Field(500, ge=1, le=100_000)
    """How many hosts a leaderboard holds."""
    ttl_s: int = Field(86_400, ge=60, le=31_536_000)
    """How long a host, or the stream of a partition, is kept that nobody tells of any more."""
    alert_keep_s: int = Field(3600, ge=1, le=86_400)
    """How long a resolved alert is shown."""
    alert_stream_max: int = Field(1_000, ge=1, le=10_000_000)
    """About how many steps of alerts a partition's stream holds, of some 2 KB each."""
    flush_interval_ms: int = Field(50, ge=10, le=10_000)
    """How often what changed is written."""
    timeout_s: float = Field(0.5, ge=0.05, le=60)
    """How long Redis may take for an answer."""
    refresh_interval_s: float = Field(60.0, ge=1, le=86_400)
    """How often what Redis holds is compared with what it acknowledged; what it lost is told again."""
    buffer_hosts_max: int = Field(20_000, ge=1, le=10_000_000)
    """How many changed hosts wait while Redis is away; of what is beyond, all is told again afterwards."""
    buffer_bytes: int = Field(64 << 20, ge=1 << 20, le=4 << 30)
    """How many bytes of them."""


class Board(Group):
    """The board: `streamproc board`, and what `demo` opens. It reads the Redis of the group `redis`."""

    host: str = Field("127.0.0.1", min_length=1, max_length=253)
    """The address to listen on; any other than loopback needs a token."""
    port: int = Field(8080, ge=0, le=65_535)
    """The port to listen on; 0: any that is free."""
    read_token: SecretStr | None = Field(None, min_length=16, max_length=500)
    """Opens all rooms, to look at. Itself, or `sha256:` and its digest in hex; so is the next one."""
    operate_token: SecretStr | None = Field(None, min_length=16, max_length=500)
    """Opens all rooms, and verdicts on their alerts."""
    room_secret: SecretStr | None = Field(None, min_length=16, max_length=500)
    """What tokens of single rooms are made from: `streamproc board --room-token HOST`."""
    push_interval_ms: int = Field(100, ge=20, le=10_000)
    """How often changes go to browsers."""
    sweep_interval_s: float = Field(3.0, ge=0.1, le=600)
    """How often Redis is looked through for what no poke told of."""
    requests_per_s: float = Field(100.0, ge=1, le=1_000_000)
    """How many requests one address may make in a second; twice that at once."""
    streams_max: int = Field(1000, ge=1, le=100_000)
    """How many browsers may follow at the same time."""
    slow_after_s: float = Field(20.0, ge=1, le=600)
    """A browser that reads nothing for so long is cut off; it comes again by itself."""
    trusted_proxies: str = Field("", pattern=r"^([0-9A-Fa-f.:]+(,[0-9A-Fa-f.:]+)*)?$")
    """Addresses of proxies, with commas between, whose `X-Forwarded-For` and `-Proto` are believed."""
