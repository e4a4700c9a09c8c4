"""How fresh everything is, in one answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from streamproc import __version__
from streamproc.board.answers import Health, PartitionBeat
from streamproc.board.mirror import Mirror
from streamproc.events.view_beat import Beat

OWNER_AGE_MAX_S: Final = 30.0
BEHIND_MAX_S: Final = 10.0
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
        _partition(partition, beat, now) for partition, beat in sorted(mirror.beats.items())
    ]
    age_s = mirror.age_s
    hall = mirror.hall
    reachable = mirror.connected and age_s is not None and age_s < REDIS_AGE_MAX_S
    counted = all(_is_counted(each) for each in partitions)
    emptied = mirror.index_is_empty and bool(hall.rooms)
    status = "ok" if reachable and counted and not emptied else "degraded"
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


def _is_counted(partition: PartitionBeat) -> bool:
    """Whether somebody owns it and has counted what came."""
    owned = partition.age_s is not None and partition.age_s < OWNER_AGE_MAX_S
    return owned and (partition.behind_s or 0.0) < BEHIND_MAX_S and not partition.paused


def _partition(partition: int, beat: Beat | None, now_ms: int) -> PartitionBeat:
    if beat is None:
        return PartitionBeat(partition=partition, worker=None, age_s=None, behind_s=None, paused={})
    sources = beat.sources.items()
    return PartitionBeat(
        partition=partition,
        worker=beat.worker,
        age_s=_age_s(beat.at_ms, now_ms),
        behind_s=_behind_s(beat, now_ms),
        paused={topic: _age_s(each.folded_ms, now_ms) for topic, each in sources if each.paused},
    )


def _behind_s(beat: Beat, now_ms: int) -> float | None:
    """How old what was counted last is, of the source that is furthest behind.

    Of a source in which little comes the newest record is old, though all but one is counted; so the most
    records tell which source it is, and a partition that follows is never behind.
    """
    waiting = [each for each in beat.sources.values() if each.lag and not each.paused]
    if beat.follows or not waiting:
        return None
    return _age_s(max(waiting, key=lambda each: each.lag).folded_ms, now_ms)


def _age_s(at_ms: int | None, now_ms: int) -> float | None:
    return None if at_ms is None else max(0.0, round((now_ms - at_ms) / 1000, 1))
