"""A recorded event, and where in Kafka it would have been."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
from aiokafka.partitioner import DefaultPartitioner

_PARTITIONER: Final = DefaultPartitioner()


class Recorded(NamedTuple):
    """One record, as a log would hold it.

    Units: ``timestamp_ms`` is the record's own timestamp, or one that no event is ahead of where no log
        gave any; ``at_ms`` is the event's time.
    """

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    at_ms: int


class Partitions:
    """Where a producer puts a key, so that a replay accounts for it where a worker does."""

    def __init__(self, partitions: int) -> None:
        self._all: Final = list(range(partitions))
        self._known: dict[bytes, int] = {}

    def of(self, key: bytes) -> int:
        """The partition of a key, by Kafka's default partitioner."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = int(_PARTITIONER(key, self._all, self._all))
        return found


class _Timed(msgspec.Struct):
    occurred_at_ms: int


_TIMED: Final = msgspec.json.Decoder(_Timed)


def event_time_ms(value: bytes | None) -> int | None:
    """When the event of a record happened; None if the record does not tell."""
    if value is None:
        return None
    try:
        return _TIMED.decode(value).occurred_at_ms
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def by_event_time(records: Iterable[Recorded]) -> Sequence[Recorded]:
    """Records of many partitions as they happened, those of one partition as they stand.

    Shapes: a record that is older than one before it in its partition follows that one.
    """
    latest: dict[tuple[str, int], int] = {}
    timed = []
    for each in records:
        place = each.topic, each.partition
        latest[place] = max(each.at_ms, latest.get(place, each.at_ms))
        timed.append((latest[place], each))
    timed.sort(key=lambda pair: pair[0])
    return [each for _, each in timed]
