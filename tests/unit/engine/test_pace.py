from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from streamproc.engine.config import EngineConfig
from streamproc.engine.pace import IDLE_S, KEYS_PER_FLUSH_MS, Pace

INTERVAL_MS, LONGEST_MS = 20, 120
FAR_MS = 60_000
SOON_S = 30.0


class Stage:
    """A pace over one partition."""

    def __init__(self, interval_ms: int = INTERVAL_MS, longest_ms: int = LONGEST_MS) -> None:
        config = EngineConfig(
            app_id="unit",
            bootstrap_servers="nowhere:1",
            inputs=("orders",),
            partitions=1,
            flush_interval_ms=interval_ms,
            flush_interval_max_ms=longest_ms,
        )
        self.partition: Any = SimpleNamespace(dirty_keys=0, needs_flush=True)
        self.pace = Pace(config, lambda: [self.partition])

    async def due_ms(self) -> float:
        """How long a flush waits."""
        began_s = time.monotonic()
        await asyncio.wait_for(self.pace.due(), SOON_S)
        return (time.monotonic() - began_s) * 1000


@pytest.mark.parametrize(
    ("dirty_keys", "least_ms"),
    [
        (0, INTERVAL_MS),
        (40 * KEYS_PER_FLUSH_MS, INTERVAL_MS + 40),
        (10_000 * KEYS_PER_FLUSH_MS, LONGEST_MS),
    ],
)
async def test_keys_that_change_during_the_wait_stretch_it(dirty_keys: int, least_ms: int) -> None:
    stage = Stage()
    waiting = asyncio.create_task(stage.due_ms())
    await asyncio.sleep(0)
    stage.partition.dirty_keys = dirty_keys
    # a millisecond for the clock's grain
    assert await waiting > least_ms - 1


async def test_a_flush_that_is_asked_for_does_not_wait() -> None:
    stage = Stage(FAR_MS, FAR_MS)
    waiting = asyncio.create_task(stage.due_ms())
    await asyncio.sleep(0)
    stage.pace.hurry()
    assert await waiting < FAR_MS


async def test_it_is_asked_for_once() -> None:
    stage = Stage()
    stage.pace.hurry()
    await stage.due_ms()
    assert await stage.due_ms() > INTERVAL_MS - 1


async def test_nothing_is_due_while_there_is_nothing_to_flush() -> None:
    stage = Stage()
    stage.partition.needs_flush = False
    waiting = asyncio.create_task(stage.pace.due())
    done, _ = await asyncio.wait({waiting}, timeout=IDLE_S * 1.5)
    assert not done
    stage.partition.needs_flush = True
    stage.pace.moved()
    await asyncio.wait_for(waiting, SOON_S)


async def test_what_nobody_told_of_is_found_soon() -> None:
    stage = Stage()
    stage.partition.needs_flush = False
    waiting = asyncio.create_task(stage.pace.due())
    await asyncio.sleep(2 * INTERVAL_MS / 1000)
    stage.partition.needs_flush = True
    await asyncio.wait_for(waiting, SOON_S)


async def test_what_moves_after_the_interval_is_due_at_once() -> None:
    stage = Stage(FAR_MS, FAR_MS)
    stage.partition.needs_flush = False
    waiting = asyncio.create_task(stage.due_ms())
    await asyncio.sleep(0)
    stage.pace.hurry()
    await asyncio.sleep(0.05)
    assert not waiting.done()
    stage.partition.needs_flush = True
    stage.pace.moved()
    assert await waiting < FAR_MS
