"""Taking turns: partitions tick one after the other, and after a small catch the next one waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from types import SimpleNamespace
from typing import Any, Final, NoReturn

import pytest

from streamproc.engine import transport
from streamproc.engine.config import EngineConfig
from streamproc.engine.engine import TICK_TURNS, Engine
from streamproc.errors import StreamprocError

INTERVAL_S: Final = 0.08
SOON_S: Final = 30.0
PARTITIONS: Final = 2 * TICK_TURNS + 1


def refuse(error: StreamprocError) -> NoReturn:
    raise AssertionError(error)


class Stage:
    """An engine whose partitions note when they tick, and what else ran in between."""

    def __init__(self) -> None:
        config = EngineConfig(
            app_id="unit",
            bootstrap_servers="nowhere:1",
            inputs=("orders",),
            partitions=PARTITIONS,
            tick_interval_s=INTERVAL_S,
        )
        nothing: Any = None
        self.engine: Any = Engine(config, nothing, nothing, refuse, nothing)
        self.engine.partitions = {number: self.partition(number) for number in range(PARTITIONS)}
        self.ticked: list[int] = []
        self.others = 0
        self.between: list[int] = []
        self.wanted = 0
        self.done = asyncio.Event()

    def partition(self, number: int) -> Any:  # noqa: ANN401 - of its many parts a tick needs these
        return SimpleNamespace(
            number=number,
            discarded=False,
            needs_flush=True,
            ends={},
            look_behind=lambda _: True,
            tick=lambda *_: self.tick(number),
        )

    def tick(self, number: int) -> None:
        self.ticked.append(number)
        self.between.append(self.others)
        if len(self.ticked) >= self.wanted:
            self.done.set()

    async def other(self) -> None:
        """Whatever else wants to run."""
        while True:
            self.others += 1
            await asyncio.sleep(0)

    async def run(self, ticks: int) -> None:
        """Run until there were so many ticks."""
        self.wanted = ticks
        tasks = [asyncio.create_task(work()) for work in (self.engine._tick_loop, self.other)]
        async with asyncio.timeout(SOON_S):
            await self.done.wait()
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_each_partition_ticks_once_an_interval() -> None:
    stage = Stage()

    await stage.run(3 * PARTITIONS)

    assert set(Counter(stage.ticked[: 3 * PARTITIONS]).values()) == {3}


async def test_something_else_may_run_between_two_ticks() -> None:
    stage = Stage()

    await stage.run(PARTITIONS)

    assert len(set(stage.between)) == len(stage.between)


async def test_a_partition_that_was_taken_away_meanwhile_does_not_tick() -> None:
    stage = Stage()
    first, second = [stage.engine.partitions[number] for number in (0, TICK_TURNS)]
    first.tick = lambda *_: setattr(second, "discarded", True)

    await stage.run(PARTITIONS)

    assert TICK_TURNS not in stage.ticked


class Catches:
    """A consumer that finds so many records at once, again and again; when each catch was asked for."""

    def __init__(self, records: int, catches: int) -> None:
        self.asked_s: list[float] = []
        self.loop = asyncio.get_running_loop()
        self.app = SimpleNamespace(consumer_generation_id=1, should_stop=True)
        self.consumer_stopped_errors = ()
        self.flow_active, self.should_stop = True, False
        self._stopped = asyncio.Event()
        self._records, self._catches = records, catches

    async def _wait_next_records(self, _timeout_s: float) -> tuple[dict[str, Any], None]:
        self.asked_s.append(self.loop.time())
        if len(self.asked_s) == self._catches:
            self._stopped.set()
        return {"orders": SimpleNamespace(offsets=range(self._records))}, None

    async def _deliver(self, *_: object) -> None:
        """Nothing is made of them."""

    async def took_s(self) -> float:
        """From the first catch to the last."""
        consumer: Any = self
        fetcher = SimpleNamespace(_stopped=self._stopped)
        await transport.BatchConsumer._drain_messages(consumer, fetcher)
        return self.asked_s[-1] - self.asked_s[0]


async def test_small_catches_are_gathered_and_large_ones_follow_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "GATHER_S", 0.05)

    small_s = await Catches(transport.GATHERED_RECORDS - 1, 4).took_s()
    large_s = await Catches(transport.GATHERED_RECORDS, 4).took_s()

    assert small_s >= 3 * 0.05 - 0.01  # the clock's grain
    assert large_s < small_s
