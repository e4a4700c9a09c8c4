"""What event time decides: how late is late, and how long an event id is remembered."""

from __future__ import annotations

from typing import Final

from streamproc.events.registry import INPUT_TOPICS, ORDERS_TOPIC

PANE_MS: Final = 10_000
"""Length of a pane, the smallest span that figures are kept for."""

PANES_PER_MINUTE: Final = 6

MINUTE_MS: Final = PANE_MS * PANES_PER_MINUTE

BUCKET_MS: Final = 30_000
"""Event ids are remembered by spans of this length."""

REMEMBERED_MS: Final = 120_000
"""How far the watermark passes the end of a bucket before its event ids are forgotten."""

ALLOWANCE_MS: Final[dict[str, int]] = {
    topic: 900_000 if topic == ORDERS_TOPIC else 120_000 for topic in INPUT_TOPICS
}
"""Topic -> how far an event may lie behind the watermark of its host without being late."""

NO_WATERMARK_MS: Final = 0
"""Watermark of a host that said nothing yet; every real event time is greater."""
