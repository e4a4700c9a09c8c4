"""Groups of settings of the processes beside the worker; the worker's own are in ``settings``."""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

ROBOT_URL: Final = re.compile(
    r"https://[A-Za-z0-9.-]+(:\d{1,5})?/\S*|http://(localhost|127\.0\.0\.1)(:\d{1,5})?/\S*"
)


class Group(BaseModel):
    """Settings of one concern; a name that is none is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


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
    """The HTTP proxy to reach the platforms by."""

    @field_validator("wecom_url", "dingtalk_url", "feishu_url")
    @classmethod
    def _is_an_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not ROBOT_URL.fullmatch(value.get_secret_value()):
            msg = "must begin with https:// (http:// only on this machine) and have a path"
            raise ValueError(msg)
        return value
