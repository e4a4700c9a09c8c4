"""Compaction as it comes to a log that is days old, within the time of a test."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streamproc.provision.actual import connected, read
from tests.kafka_log import Record


async def compact_early(bootstrap: str, topic: str, lag_ms: int) -> None:
    """Let a broker compact a topic as soon as its records are that old.

    Shapes: what else is set on the topic stays. Whoever reads a whole log must be done within the lag, or
        a deletion that is to come may be gone by then: a day, where it matters.
    """
    async with connected(bootstrap) as admin:
        wanted = {
            **(await read(admin)).topics[topic].overrides,
            "min.compaction.lag.ms": str(lag_ms),
            "min.cleanable.dirty.ratio": "0.01",
            "segment.ms": str(max(1_000, lag_ms // 4)),  # only closed segments are compacted
            "delete.retention.ms": str(lag_ms),
        }
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, wanted)])


def uncompacted_from(records: Sequence[Record]) -> int:
    """The offset from which a log holds everything; 0: compaction took nothing of it."""
    whole = 0
    for record in reversed(records):
        if whole and record.offset != whole - 1:
            return whole
        whole = record.offset
    return whole
