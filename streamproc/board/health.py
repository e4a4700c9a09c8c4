"""How fresh everything is, in one answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from streamproc import __version__
from streamproc.board.answers import Health, PartitionBeat
from streamproc.board.mirror import Mirror

OWNER_AGE_MAX_S: Final = 30.0
REDIS_AGE_MAX_S: Final = 10.0


class StreamCounts:
    """How many follow the stream of events, and how many were dropped because they did not read."""

    def __init__(self) -> None:
        self.open = 0
        self.dropped = 0


def health_of(mirror: Mirror, streams: StreamCounts, now_ms: Callable[[], int]) -> Health:
    """The health of a board. Shapes: down: nothing was ever read; degraded: something is old."""
    now = now_ms()
    partitions = [
        PartitionBeat(
            partition=partition,
            worker=None if beat is None else beat.worker,
            age_s=None if beat is None else max(0.0, round((now - beat.at_ms) / 1000, 1)),
        )
        for partition, beat in sorted(mirror.beats.items())
    ]
    age_s = mirror.age_s
    hall = mirror.hall
    reachable = mirror.connected and age_s is not None and age_s < REDIS_AGE_MAX_S
    owned = all(each.age_s is not None and each.age_s < OWNER_AGE_MAX_S for each in partitions)
    emptied = mirror.index_is_empty and bool(hall.rooms)
    status = "ok" if reachable and owned and not emptied else "degraded"
    return Health(
        status=status if mirror.filled else "down",
        redis=reachable,
        redis_age_s=None if age_s is None else round(age_s, 1),
        as_of_ms=hall.as_of_ms,
        now_ms=now,
        hosts=len(hall.rooms),
        open_alerts=sum(1 for _ in hall.open_alerts()),
        partitions=partitions,
        unreadable=hall.unreadable,
        streams=streams.open,
        streams_dropped=streams.dropped,
        version=__version__,
    )
