"""Log records for tests, written by hand: event objects in, records with offsets out."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from streamproc.oracle.batch import LogRecord

T0 = 1_750_000_000_000
WRITTEN_MS = T0 + 86_400_000
"""Late enough that nothing is ahead of its record."""
"""A moment in June 2025, at the start of a pane."""

ORDERS = "live.orders.v1"
COMMENTS = "live.comments.v1"
VIEWERS = "live.viewers.v1"
ROOMS = "live.rooms.v1"
HOSTS = "live.hosts.v1"
_ENTITY = {"order": ORDERS, "orders": ORDERS, "comment": COMMENTS, "cart": VIEWERS, "host": HOSTS}
_VIEWERS = ("viewer", "viewers", "product.exposed", "product.clicked")


def topic_of(event_type: str) -> str:
    """The topic of an event, told apart from the registry so that a test can catch it."""
    if event_type in _VIEWERS or event_type.split(".")[0] in _VIEWERS:
        return VIEWERS
    return _ENTITY.get(event_type.split(".")[0], ROOMS)


class LogBuilder:
    """A log under construction; every method appends one record to partition 0."""

    def __init__(self, host: str = "h-1", session: str = "s-1") -> None:
        self.host = host
        self.session = session
        self.records: list[LogRecord] = []
        self._offsets: dict[tuple[str, int], int] = defaultdict(int)
        self._ids = 0

    def raw(
        self, topic: str, key: bytes | None, value: bytes | None, partition: int = 0
    ) -> LogBuilder:
        """Append bytes as they are."""
        offset = self._offsets[topic, partition]
        self._offsets[topic, partition] += 1
        self.records.append(LogRecord(topic, partition, offset, key, value, WRITTEN_MS))
        return self

    def event(self, event_type: str, at_ms: int = T0, **fields: Any) -> LogBuilder:  # noqa: ANN401
        """Append an event of the builder's host and session; any field can be given."""
        self._ids += 1
        body: dict[str, Any] = {
            "type": event_type,
            "event_id": f"e-{self._ids}",
            "occurred_at_ms": at_ms,
            "host_id": self.host,
            "room_id": "r-1",
            "session_id": self.session,
            "source": "simulator",
            **fields,
        }
        return self.raw(topic_of(event_type), body["host_id"].encode(), msgspec.json.encode(body))

    def paid(self, paid_minor: int = 1_999, at_ms: int = T0, **fields: Any) -> LogBuilder:  # noqa: ANN401
        """Append a paid order line: order ``o-1``, line ``1``, one piece, unless told otherwise."""
        line: dict[str, Any] = {
            "order_id": "o-1",
            "line_id": "1",
            "product_id": "p-1",
            "quantity": 1,
            "currency": "CNY",
            "payable_minor": paid_minor,
            "paid_minor": paid_minor,
        }
        return self.event("order.paid", at_ms, **{**line, **fields})

    def comment(self, at_ms: int = T0, **fields: Any) -> LogBuilder:  # noqa: ANN401
        """Append a viewer's comment."""
        return self.event("comment.posted", at_ms, **{"role": "viewer", "text": "没货了", **fields})

    def profile(self, name: str, at_ms: int = T0, valid_from_ms: int = T0) -> LogBuilder:
        """Append a profile of the host."""
        places = {"village": "v", "town": "t", "district": "d"}
        return self.event("host.profiled", at_ms, name=name, valid_from_ms=valid_from_ms, **places)
