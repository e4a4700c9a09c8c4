"""What Alertmanager posts to a webhook, version 4.

Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from msgspec import Struct, json

Status = Literal["firing", "resolved"]
SEVERITIES: Final = ("page", "ticket", "info")
"""Most urgent first. What has none of these counts as a ticket."""


class Alert(Struct, frozen=True, rename="camel", kw_only=True):
    """One alert of a group.

    Shapes: ``fingerprint`` is Alertmanager's hash of the labels. ``ends_at`` means nothing while it fires.
    """

    status: Status
    labels: dict[str, str]
    starts_at: datetime
    fingerprint: str
    annotations: dict[str, str] = {}
    ends_at: datetime | None = None

    @property
    def severity(self) -> str:
        """page, ticket or info."""
        told = self.labels.get("severity", "")
        return told if told in SEVERITIES else "ticket"


class Notification(Struct, frozen=True, rename="camel", kw_only=True):
    """The alerts of one group, and how many more there are that were left out."""

    version: Literal["4"]
    group_key: str
    status: Status
    alerts: list[Alert]
    truncated_alerts: int = 0


_decode: Final = json.Decoder(Notification).decode


def decode_notification(body: bytes) -> Notification:
    """A notification. Errors: ``msgspec.DecodeError``, ``msgspec.ValidationError`` if it is none."""
    return _decode(body)
