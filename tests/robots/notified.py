"""Notifications as Alertmanager posts them."""

from __future__ import annotations

import json
from typing import Any

from streamproc.robots.notification import Notification, decode_notification

NEVER = "0001-01-01T00:00:00Z"


def alert(
    name: str = "StreamprocPartitionStalled",
    labels: dict[str, str] | None = None,
    **over: object,
) -> dict[str, Any]:
    """One alert, as JSON."""
    every = {"alertname": name, "severity": "page", "partition": "3"} | (labels or {})
    return {
        "status": "firing",
        "labels": every,
        "annotations": {
            "summary": "Partition 3 stands still",
            "summary_zh": "分区 3 停滞",
            "description": "Nothing of it became durable for 2 minutes.",
            "runbook_url": "https://example.org/runbooks/StreamprocPartitionStalled.md",
            "dashboard_url": "https://example.org/d/streamproc-pipeline",
        },
        "startsAt": "2026-11-28T02:00:00.123Z",
        "endsAt": NEVER,
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "a1b2c3d4e5f60718",
    } | over


def body(*alerts: dict[str, Any], **over: object) -> bytes:
    """What is posted."""
    firing = any(each["status"] == "firing" for each in alerts)
    told = {
        "version": "4",
        "groupKey": '{}/{severity="page"}:{alertname="StreamprocPartitionStalled"}',
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": "robots",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts),
    }
    return json.dumps(told | over).encode()


def notification(*alerts: dict[str, Any], **over: object) -> Notification:
    """The same, read."""
    return decode_notification(body(*alerts or [alert()], **over))
