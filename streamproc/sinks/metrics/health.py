"""Whether a worker lives, and whether it is ready: what orchestrators ask.

A reason is one word of a short list and holds nothing of the data.

Source: docs/metrics.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from streamproc.engine.engine import Engine
from streamproc.engine.partition import Partition
from streamproc.engine.ports import SourcePartition
from streamproc.sinks.metrics.pulse import FoldProgress, LoopLag

TICK_MAX_S: Final = 10.0
STILL_MAX_S: Final = 60.0


class Reason(StrEnum):
    """Why a worker does not live or is not ready."""

    LOOP_STALLED = "loop_stalled"
    """The event loop did not tick for 10 s."""
    NO_PROGRESS = "no_progress"
    """Records come and none was folded for a minute."""
    NOT_ASSIGNED = "not_assigned"
    """The group has not said which partitions are ours."""
    RECOVERING = "recovering"
    """Partitions are ours that are not taken over yet."""
    BEHIND = "behind"
    """A partition is further behind than the setting allows."""


class Health:
    """Answers for one worker. Asked from another thread.

    Units: ``behind_max_s`` by the broker's time of the newest folded record.
    """

    def __init__(
        self,
        engine: Callable[[], Engine | None],
        lag: LoopLag,
        progress: FoldProgress,
        behind_max_s: float,
    ) -> None:
        self._engine = engine
        self._lag = lag
        self._progress = progress
        self._behind_max_s = behind_max_s

    def not_live(self) -> Reason | None:
        """Why it should be started again; None: it lives.

        However long a recovery takes, and whatever Kafka and Redis do, it lives as long as it would go on.
        """
        if time.monotonic() - self._lag.ticked_s > TICK_MAX_S:
            return Reason.LOOP_STALLED
        if self._progress.still_s > STILL_MAX_S:
            return Reason.NO_PROGRESS
        return None

    def not_ready(self) -> Reason | None:
        """Why its answers are not those of now; None: it is ready."""
        if (reason := self.not_live()) is not None:
            return reason
        engine = self._engine()
        if engine is None or engine.is_deciding:
            return Reason.NOT_ASSIGNED
        owned = engine.partitions.copy()
        if engine.assigned - owned.keys():
            return Reason.RECOVERING
        now_ms = time.time_ns() // 1_000_000
        if any(self._is_behind(engine, each, now_ms) for each in owned.values()):
            return Reason.BEHIND
        return None

    def _is_behind(self, engine: Engine, partition: Partition, now_ms: int) -> bool:
        if partition.follows:
            return False  # the newest record may be old where little comes
        for topic in engine.config.inputs:
            if SourcePartition(topic, partition.number) in engine.paused:
                continue
            newest_ms = partition.newest_ms.get(topic, 0)
            if partition.lag(topic) and now_ms - newest_ms > self._behind_max_s * 1000:
                return True
        return False
