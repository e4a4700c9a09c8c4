"""A worker for tests: the engine around :class:`tests.counting.CountingProgram`, with faults on demand.

``python -m tests.engine_worker '<options as JSON>'``; it ends as the product's worker does: 0 after a
SIGTERM, an error's own code at once when the engine cannot go on.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from streamproc.agents.fold import add_agents
from streamproc.engine.config import EngineConfig
from streamproc.engine.engine import Engine
from streamproc.engine.faustapp import build_faust_app
from streamproc.engine.ports import SourcePartition
from streamproc.errors import StreamprocError
from streamproc.protocol import DeadLetter
from streamproc.sinks.kafka_outputs import KafkaOutputs
from tests.counting import CountingProgram

STATUS_INTERVAL_S = 0.05
REWRITING = {"rewrite_after_records": 200, "rewrite_after_times": 1, "rewrite_flush_bytes": 20_000}
"""Little enough for the state of a test to be written again now and then."""


class Options(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a test tells its worker.

    Shapes: ``engine`` overrides fields of ``EngineConfig``; the ``*_at_flush`` count this process's
    appends, claims not among them; ``stop_after_claims`` counts claims. ``greatest_version`` is that of
    all views that were ever shown.
    """

    app_id: str
    bootstrap: str
    inputs: list[str]
    partitions: int
    status_file: str
    engine: dict[str, Any] = {}
    kill_before_flush: int = 0
    kill_during_flush: int = 0
    kill_after_flush: int = 0
    stop_before_flush: int = 0
    stop_after_claims: int = 0
    greatest_version: int | None = None


class Status(msgspec.Struct, kw_only=True):
    """What a worker says of itself, many times a second."""

    pid: int
    events: int
    partitions: list[int]
    durable: dict[str, int]
    lag: int
    stale_records: int
    healed: int
    paused: dict[str, str]
    recoveries: int
    recovered_records: int
    flushes: int


class Told:
    """Counts recoveries."""

    def __init__(self) -> None:
        self.recoveries = 0
        self.records = 0

    def recovering(self, partitions: int) -> None:
        """Nothing to do."""

    def recovered(self, partitions: int, records: int, duration_s: float) -> None:
        self.recoveries += 1
        self.records = records

    def paused(self, partition: SourcePartition, reason: str) -> None:
        """The status tells."""


def fail(error: StreamprocError) -> NoReturn:
    """End at once: a graceful stop would wait for what nobody acknowledges."""
    sys.stderr.write(f"{type(error).__name__}: {error}\n")
    sys.stderr.flush()
    os._exit(error.exit_code)


def status_of(engine: Engine, told: Told) -> Status:
    """What the worker is doing now."""
    owned = engine.partitions
    return Status(
        pid=os.getpid(),
        events=engine.events,
        partitions=sorted(owned),
        durable={
            f"{topic}/{number}": position.next_offset
            for number, partition in owned.items()
            for topic, position in partition.durable.items()
        },
        lag=sum(engine.lag().values()),
        stale_records=engine.stale_records
        + sum(partition.ownership.stale_records for partition in owned.values()),
        healed=sum(partition.ownership.healed_keys for partition in owned.values()),
        paused={f"{at.topic}/{at.partition}": reason for at, reason in engine.paused.items()},
        recoveries=told.recoveries,
        recovered_records=told.records,
        flushes=sum(partition.flushes for partition in owned.values()),
    )


class QuietSink(KafkaOutputs):
    """Tells when no dead letter is on its way.

    A process that stops with some underway finds, when it goes on, that they could not be written in time,
    and ends for that reason before it meets who took its place.
    """

    def __init__(self, bootstrap: str) -> None:
        super().__init__(bootstrap, app_version="test", request_timeout_s=10)
        self.quiet = asyncio.Event()
        self.quiet.set()
        self._writing = 0

    async def write_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Write them."""
        self._writing += 1
        self.quiet.clear()
        try:
            await super().write_dead_letters(letters)
        finally:
            self._writing -= 1
            if not self._writing:
                self.quiet.set()


def inject(engine: Engine, sink: QuietSink, options: Options) -> None:
    """Kill or stop this very process at a chosen moment of a chosen flush."""
    append = engine.changelog.append
    flushes = claims = 0

    async def faulty(
        partition: int, records: Sequence[tuple[bytes, bytes | None]], stamp: bytes
    ) -> tuple[int, int]:
        nonlocal flushes, claims
        if len(records) == 1 and records[0][0] == b"\x00claim":
            landed = await append(partition, records, stamp)
            claims += 1
            if claims == options.stop_after_claims:
                os.kill(os.getpid(), signal.SIGSTOP)
            return landed
        flushes += 1
        number = flushes  # others are counted while this one is on its way
        if number == options.kill_before_flush:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == options.stop_before_flush:
            await sink.quiet.wait()
            os.kill(os.getpid(), signal.SIGSTOP)
        sending = asyncio.ensure_future(append(partition, records, stamp))
        if number == options.kill_during_flush:
            await _sent()
            os.kill(os.getpid(), signal.SIGKILL)
        landed = await sending
        if number == options.kill_after_flush:
            os.kill(os.getpid(), signal.SIGKILL)
        return landed

    changelog: Any = engine.changelog
    changelog.append = faulty


async def _sent() -> None:
    """Let the request reach the socket, so that the broker may or may not see it."""
    for _ in range(10):
        await asyncio.sleep(0)


async def run(options: Options) -> int:
    """Work until SIGTERM; the exit code."""
    config = EngineConfig(
        **{
            "app_id": options.app_id,
            "bootstrap_servers": options.bootstrap,
            "inputs": tuple(options.inputs),
            "partitions": options.partitions,
            "session_timeout_s": 3.0,
            "heartbeat_interval_s": 0.5,
            **REWRITING | options.engine,
        }
    )
    told = Told()
    sink = QuietSink(options.bootstrap)

    async def greatest_version() -> int | None:
        return options.greatest_version

    engine = Engine(config, CountingProgram, sink, fail, told, greatest_version=greatest_version)
    inject(engine, sink, options)
    terminated = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, terminated.set)
    with tempfile.TemporaryDirectory(prefix="streamproc-test-") as folder:
        app = build_faust_app(engine, Path(folder))
        add_agents(app, engine, options.inputs)
        await engine.start()
        await sink.start()
        app.finalize()
        await app.start()
        await _report_until(
            lambda: terminated.is_set() or app.crashed, engine, told, Path(options.status_file)
        )
        if app.crashed:
            sys.stderr.write(f"the Faust app crashed: {app.crash_reason!r}\n")
            return 1
        for stop in (app.stop, engine.stop, sink.stop):
            await _in_time(stop)
    return 0


async def _in_time(stop: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.timeout(40):
        await stop()


async def _report_until(ended: Callable[[], bool], engine: Engine, told: Told, file: Path) -> None:
    fresh = file.with_suffix(".new")
    while not ended():
        fresh.write_bytes(msgspec.json.encode(status_of(engine, told)))
        fresh.replace(file)
        await asyncio.sleep(STATUS_INTERVAL_S)


def main() -> None:
    """Run with the options in the first argument."""
    options = msgspec.json.decode(sys.argv[1].encode(), type=Options)
    started = time.monotonic()
    code = asyncio.run(run(options))
    sys.stderr.write(f"ended with {code} after {time.monotonic() - started:.1f} s\n")
    sys.stderr.flush()
    os._exit(code)  # Faust leaves threads behind that would be waited for


if __name__ == "__main__":
    main()
