"""The Redis view: a viewer for the engine, and the thread behind it.

Source: docs/redis.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from streamproc.engine.engine import Engine
from streamproc.events.outputs import ALERTS_TOPIC
from streamproc.protocol import Published, View
from streamproc.sinks.redis_view.address import pool_of
from streamproc.sinks.redis_view.alerts_held import AlertsHeld, step_of
from streamproc.sinks.redis_view.config import RedisConfig
from streamproc.sinks.redis_view.dirty import Dirty
from streamproc.sinks.redis_view.health import Health
from streamproc.sinks.redis_view.link import Link
from streamproc.sinks.redis_view.writer import Owned, Writer

_STOP_S: Final = 3.0


class RedisView:
    """Shows tallies, curves and alerts in Redis, as well as Redis allows.

    Shapes: ``worker`` names us in the epochs; ``show_again`` is called in the worker's loop when Redis lost
        what it had, or could not be told for so long that not everything was kept.
    Errors: ``BadSetting`` if the address cannot be read; nothing later: ``health`` says how it goes.
    """

    name = "redis"

    def __init__(self, config: RedisConfig, worker: str, show_again: Callable[[], None]) -> None:
        self.health = Health()
        self._worker = worker
        self._show_again = show_again
        self._config = config
        self._dirty = Dirty(config.buffer_hosts_max, config.buffer_bytes)
        self._alerts = AlertsHeld(config.alert_keep_s * 1000)
        self._owned = Owned()
        self._places: dict[int, tuple[int, int]] = {}
        self._link = Link(pool_of(config, f"streamproc-{worker}"))
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def attach(self, engine: Engine) -> None:
        """From now on tell how far this engine has read."""
        self._owned.engine = engine

    def start(self) -> None:
        """Begin to write; call it in the worker's loop."""
        loop = asyncio.get_running_loop()

        def tell_again() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is left to tell
                loop.call_soon_threadsafe(self._show_again)

        writer = Writer(
            self._config,
            self._worker,
            self._link,
            self._dirty,
            self._alerts,
            self._owned,
            self.health,
            tell_again,
        )
        self._thread = threading.Thread(
            target=writer.run, args=(self._stopping,), name="redis-view", daemon=True
        )
        self._thread.start()

    async def stop(self) -> None:
        """Write what waits, if Redis lets us do so at once, and end."""
        self._stopping.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, _STOP_S)

    def show(self, partition: int, version: int, views: Sequence[View]) -> None:
        """Have these written."""
        self._owned.versions[partition] = version
        self._dirty.put(partition, version, views, time.monotonic())

    def told(self, partition: int, version: int, records: Sequence[Published]) -> None:
        """Have the steps of alerts among these written."""
        self._take(partition, version, records, is_new=True)

    def told_again(self, partition: int, version: int, records: Sequence[Published]) -> None:
        """Have these written where they are missing; in the streams they are already."""
        self._take(partition, version, records, is_new=False)

    def _take(
        self, partition: int, version: int, records: Sequence[Published], *, is_new: bool
    ) -> None:
        self._owned.versions[partition] = version
        now_s = time.monotonic()
        steps = []
        for record in records:
            if record.topic != ALERTS_TOPIC or record.value is None:
                continue
            place = self._place(partition, version) if is_new else b""
            step = step_of(record.value, partition, version, place, now_s)
            if step is not None:
                self._alerts.note(step)
                steps.append(step)
        self._dirty.put_steps(steps)

    def owned(self, partitions: frozenset[int]) -> None:
        """Say that these are ours, and forget what waits of others."""
        self._owned.partitions = partitions
        self._owned.versions = {
            each: version for each, version in self._owned.versions.items() if each in partitions
        }
        self._dirty.keep(partitions)
        self._alerts.keep(partitions)

    def _place(self, partition: int, version: int) -> bytes:
        """Where a step goes in its partition's stream: after all before it."""
        last, count = self._places.get(partition, (0, 0))
        count = count + 1 if last == version else 1
        self._places[partition] = (version, count)
        return b"%d-%d" % (version, count)

    # -- how it goes, as the metrics ask for it ----------------------------------------------------

    @property
    def up(self) -> bool:
        """The last write went through."""
        return self.health.up

    @property
    def writes(self) -> int:
        """Exchanges so far."""
        return self.health.writes_total

    @property
    def write_s(self) -> float:
        """Their time in all."""
        return self.health.write_seconds_total

    @property
    def refused(self) -> int:
        """Writes that met something newer."""
        return self.health.refused_total

    @property
    def dirty_keys(self) -> int:
        """How many hosts and steps of alerts wait."""
        return len(self._dirty)

    @property
    def dropped(self) -> int:
        """What there was no room for."""
        return self._dirty.dropped

    @property
    def oldest_dirty_age_s(self) -> float:
        """How long the one that waits longest does; 0 if none waits."""
        since_s = self._dirty.oldest_s()
        return 0.0 if since_s is None else time.monotonic() - since_s
