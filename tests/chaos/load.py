"""Load without a pause, and a ledger of what the broker acknowledged.

A simulated contest as fast as asked, and beside it rooms that run out of stock, at the pace of the clock:
so that alerts are raised while workers are killed.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from aiokafka.errors import KafkaError

from streamproc.simulate.book import LineBook
from streamproc.simulate.emission import GARBAGE, Emission
from streamproc.simulate.generator import Broadcast
from streamproc.simulate.options import Options
from streamproc.simulate.scenario import load_scenario
from streamproc.simulate.truth import add_figures
from tests.kafka_log import producing

TICK_S = 0.05
OUTAGE_AT_MOST_MS = 300_000
HOUR_MS = 3_600_000
TROUBLED = "stockout_feed"
SOON_BEFORE_S = 290
"""Where that broadcast is entered: just before its rooms run out of what they show."""

Origin = tuple[str, int, int]
"""Topic, partition, offset."""


class Sent(NamedTuple):
    """What was sent, and what is true of it."""

    key: bytes | None
    value: bytes | None
    label: str

    @property
    def is_garbage(self) -> bool:
        return self.label.startswith(GARBAGE)


class Paced:
    """A stream that is sent as time passes."""

    def __init__(self, emissions: Iterator[Emission]) -> None:
        self._emissions = emissions
        self._next = next(emissions, None)

    def due(self, now_ms: int) -> Iterator[Emission]:
        """What is to be sent by now and was not taken yet."""
        while self._next is not None and self._next.at_ms <= now_ms:
            yield self._next
            self._next = next(self._emissions, None)


class Load:
    """Sends until told to stop.

    Shapes: ``acked`` by origin; ``unknown`` counts sends whose outcome the producer does not know.
    """

    def __init__(self, bootstrap: str, *, seed: int, rate_per_s: int) -> None:
        self.acked: dict[Origin, Sent] = {}
        self._sums: dict[tuple[str, str], dict[str, object]] = {}
        self._book = LineBook()
        self.labels: Counter[str] = Counter()
        self.unknown = 0
        self.start_ms = _now_ms() - HOUR_MS
        self._bootstrap = bootstrap
        self._per_tick = max(1, int(rate_per_s * TICK_S))
        self._seed = seed
        self._told = asyncio.Event()

    def figures(self) -> dict[tuple[str, str], dict[str, object]]:
        """The figures of everything that was acknowledged, by host and session."""
        told = dict(self._book.figures())
        return {at: self._sums.get(at, {}) | told.get(at, {}) for at in {*self._sums, *told}}

    def ends(self) -> dict[str, int]:
        """Where each source partition must end, as ``topic/partition``."""
        ends: dict[str, int] = {}
        for topic, partition, offset in self.acked:
            source = f"{topic}/{partition}"
            ends[source] = max(ends.get(source, 0), offset + 1)
        return ends

    def stop(self) -> None:
        """Send no more; :meth:`run` returns once everything is acknowledged."""
        self._told.set()

    async def run(self) -> None:
        """Send until told to stop, and wait for the broker's word on each record."""
        contest = self._emissions("contest", self.start_ms)
        troubled = Paced(self._emissions(TROUBLED, _now_ms(), from_s=SOON_BEFORE_S))
        waiting: set[asyncio.Task[None]] = set()
        # the broker comes and goes, and what it took is told of once
        once = {"enable_idempotence": True, "request_timeout_ms": OUTAGE_AT_MOST_MS}
        async with producing(self._bootstrap, **once) as producer:
            while not self._told.is_set():
                for emission in (*self._next(contest), *troubled.due(_now_ms())):
                    partition = emission.partition
                    sending = await producer.send(
                        emission.topic, emission.value, emission.key, partition=partition
                    )
                    task = asyncio.ensure_future(self._note(emission, sending))
                    waiting.add(task)
                    task.add_done_callback(waiting.discard)
                await asyncio.wait([asyncio.ensure_future(self._told.wait())], timeout=TICK_S)
            await asyncio.gather(*waiting)

    def _emissions(
        self, scenario: str, start_ms: int, from_s: int | None = None
    ) -> Iterator[Emission]:
        options = Options(
            start_ms=start_ms,
            from_s=from_s,
            seed=self._seed,
            duplicates=0.05,
            disorder=0.05,
            lateness=0.02,
            garbage=0.01,
        )
        return Broadcast(load_scenario(scenario), options).emissions()

    def _next(self, emissions: Iterator[Emission]) -> list[Emission]:
        found = [emission for _, emission in zip(range(self._per_tick), emissions, strict=False)]
        assert found, "the broadcast ended before the faults did; lower the rate"
        return found

    async def _note(self, emission: Emission, sending: asyncio.Future[tuple[object, ...]]) -> None:
        try:
            topic, partition, _, offset = (await sending)[:4]
        except KafkaError:
            self.unknown += 1
            return
        assert isinstance(topic, str)
        assert isinstance(partition, int)
        assert isinstance(offset, int)
        sent = Sent(emission.key, emission.value, emission.label)
        self.acked[topic, partition, offset] = sent
        self.labels[emission.label.partition(":")[0]] += 1
        if emission.adds is not None:
            session = (emission.host_id, emission.session_id)
            add_figures(self._sums.setdefault(session, {}), emission.adds)
        if emission.fact is not None:
            self._book.add((emission.host_id, emission.session_id), emission.fact)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
