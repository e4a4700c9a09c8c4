"""Whether the event loop and the fold move: looked at from the loop itself, a few times a second."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from streamproc.engine.engine import Engine
from streamproc.engine.measured import Histogram
from streamproc.engine.ports import SourcePartition
from streamproc.sinks.metrics.registry import LOOP_BOUNDS_S

INTERVAL_S: Final = 0.25
_REMEMBERED_S: Final = 60.0
_LOOK_S: Final = 1.0


class LoopLag:
    """How late the event loop wakes a sleeper, and when it last did.

    Units: ``ticked_s`` is of the monotonic clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.histogram = Histogram(LOOP_BOUNDS_S)
        self.ticked_s = clock()
        self._worst: deque[tuple[float, float]] = deque()

    def tick(self, slept_s: float) -> None:
        """The sleeper woke; it asked to sleep for so long."""
        now_s = self._clock()
        late_s = max(0.0, now_s - self.ticked_s - slept_s)
        self.ticked_s = now_s
        self.histogram.add(late_s)
        worst = self._worst
        # descending: what is smaller and older than another never is the greatest again
        while worst and worst[-1][1] <= late_s:
            worst.pop()
        worst.append((now_s, late_s))
        while worst[0][0] < now_s - _REMEMBERED_S:
            worst.popleft()

    @property
    def greatest_s(self) -> float:
        """The greatest delay of the last minute; may be asked from another thread."""
        remembered = list(self._worst)
        return remembered[0][1] if remembered else 0.0


class _Still:
    """A source that has something to fold, and where it stood when that began or last moved."""

    __slots__ = ("end", "next_offset", "since_s")

    def __init__(self, next_offset: int, end: int, since_s: float) -> None:
        self.next_offset = next_offset
        self.end = end
        self.since_s = since_s


class FoldProgress:
    """Whether what is behind moves.

    A broker that is away must not count: a source stands still only if its log was seen to grow
    meanwhile, which takes a broker that answers, and nothing waits for a write.
    """

    def __init__(self) -> None:
        self._still: dict[SourcePartition, _Still] = {}
        self.still_s = 0.0

    def look(self, engine: Engine, now_s: float) -> None:
        """Learn how long the longest has stood still."""
        before, self._still, longest_s = self._still, {}, 0.0
        writes = any(each.flush_started_s is not None for each in engine.partitions.values())
        for partition in engine.partitions.values() if not writes else ():
            for topic in engine.config.inputs:
                source = SourcePartition(topic, partition.number)
                if source in engine.paused or not partition.lag(topic):
                    continue
                at, end = partition.positions[topic].next_offset, partition.ends[topic]
                still = before.get(source)
                if still is None or still.next_offset != at:
                    still = _Still(at, end, now_s)
                elif end > still.end:
                    longest_s = max(longest_s, now_s - still.since_s)
                self._still[source] = still
        self.still_s = longest_s


async def beat(lag: LoopLag, progress: FoldProgress, engine: Callable[[], Engine | None]) -> None:
    """Tick until cancelled."""
    looked_s = 0.0
    while True:
        await asyncio.sleep(INTERVAL_S)
        lag.tick(INTERVAL_S)
        running = engine()
        if running is not None and lag.ticked_s - looked_s >= _LOOK_S:
            looked_s = lag.ticked_s
            progress.look(running, looked_s)
