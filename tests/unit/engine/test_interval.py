from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from streamproc.engine.config import EngineConfig
from streamproc.engine.engine import KEYS_PER_FLUSH_MS, Engine
from streamproc.errors import StreamprocError

INTERVAL_MS, LONGEST_MS = 20, 120


def refuse(error: StreamprocError) -> NoReturn:
    raise AssertionError(error)


def engine(interval_ms: int = INTERVAL_MS, longest_ms: int = LONGEST_MS) -> Any:  # noqa: ANN401
    config = EngineConfig(
        app_id="unit",
        bootstrap_servers="nowhere:1",
        inputs=("orders",),
        partitions=1,
        flush_interval_ms=interval_ms,
        flush_interval_max_ms=longest_ms,
    )
    nothing: Any = None
    made: Any = Engine(config, nothing, nothing, refuse, nothing)
    made.partitions = {0: SimpleNamespace(dirty_keys=0)}
    return made


async def waited_ms(
    running: Any,  # noqa: ANN401
    dirty_keys: int,
    *,
    asked: bool = False,
) -> float:
    """How long a flush waits when so many keys change after the wait began."""
    began_s = time.monotonic()
    waiting = asyncio.create_task(running._flush_due())
    await asyncio.sleep(0)
    running.partitions[0].dirty_keys = dirty_keys
    if asked:
        running._flush_now.set()
    await waiting
    return (time.monotonic() - began_s) * 1000


@pytest.mark.parametrize(
    ("dirty_keys", "least_ms"),
    [
        (0, INTERVAL_MS),
        (40 * KEYS_PER_FLUSH_MS, INTERVAL_MS + 40),
        (10_000 * KEYS_PER_FLUSH_MS, LONGEST_MS),
    ],
)
def test_keys_that_change_during_the_wait_stretch_it(dirty_keys: int, least_ms: int) -> None:
    # a millisecond for the clock's grain
    assert asyncio.run(waited_ms(engine(), dirty_keys)) > least_ms - 1


def test_a_flush_that_is_asked_for_does_not_wait() -> None:
    running = engine(60_000, 60_000)
    assert asyncio.run(waited_ms(running, 10_000, asked=True)) < 30_000
