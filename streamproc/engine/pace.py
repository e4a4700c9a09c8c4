"""When to flush: at most once an interval, and only when there is something to flush.

Source: docs/adr/0003-one-flush-is-one-record-batch.md.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from typing import Final

from streamproc.engine.config import EngineConfig
from streamproc.engine.partition import Partition

KEYS_PER_FLUSH_MS: Final = 16
"""Dirty keys that stretch the flush interval by one millisecond: flushing stays near a tenth of a core."""
IDLE_S: Final = 0.5
"""So long nobody looks whether there is something to flush, unless told that there may be."""


class Pace:
    """When the next flush is due.

    Shapes: ``owned`` gives the partitions that are ours at the moment.
    """

    def __init__(self, config: EngineConfig, owned: Callable[[], Collection[Partition]]) -> None:
        self._config = config
        self._owned = owned
        self._moved = asyncio.Event()
        self._hurries = asyncio.Event()

    def moved(self) -> None:
        """There may be something to flush."""
        self._moved.set()

    def hurry(self) -> None:
        """There is so much to flush that it must not wait for the interval."""
        self._hurries.set()
        self._moved.set()

    async def due(self) -> None:
        """Return when there is something to flush and the interval is over, or a flush is asked for.

        Shapes: the interval begins now, and grows while keys change.
        """
        began_s = time.monotonic()
        while (left_s := began_s + self._interval_s() - time.monotonic()) > 0:
            if await set_within(self._hurries, left_s):
                break
        self._hurries.clear()
        while not any(partition.needs_flush for partition in self._owned()):
            self._moved.clear()
            await set_within(self._moved, IDLE_S)

    def _interval_s(self) -> float:
        dirty_keys = sum(partition.dirty_keys for partition in self._owned())
        stretched_ms = self._config.flush_interval_ms + dirty_keys // KEYS_PER_FLUSH_MS
        return min(stretched_ms, self._config.flush_interval_max_ms) / 1000


async def set_within(event: asyncio.Event, timeout_s: float) -> bool:
    """Wait for an event, at most so long; whether it is set."""
    try:
        await asyncio.wait_for(event.wait(), timeout_s)
    except TimeoutError:
        return False
    return True
