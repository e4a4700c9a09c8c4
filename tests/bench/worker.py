"""A worker under measurement: the product's own run, with a JSON report at the end.

Latency is from the broker's append of a record to the flush that holds it being acknowledged.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from functools import partial
from typing import Any, NoReturn

from streamproc.app import WorkerRun
from streamproc.cli.alert_limits import judge_of, limits_of
from streamproc.cli.comment_reading import reader_of
from streamproc.engine.engine import Engine
from streamproc.engine.partition import Flush, Partition
from streamproc.engine.ports import SourcePartition
from streamproc.engine.rawfetch import RawRecords
from streamproc.errors import StreamprocError
from streamproc.memory import hold_many
from streamproc.program.live import LiveProgram
from streamproc.settings import Settings

POLL_S = 0.05
DEADLINE_S = 900.0
WARM_UP_S = 5.0


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which that share of the sorted values lies; ``None`` without any."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Recovered:
    """Remembers how recovery went."""

    def __init__(self) -> None:
        self.records = 0
        self.duration_s = 0.0
        self.done = asyncio.Event()

    def recovering(self, partitions: int) -> None:
        """Recovery begins."""

    def recovered(self, partitions: int, records: int, duration_s: float) -> None:
        """Recovery is done."""
        self.records, self.duration_s = records, duration_s
        self.done.set()

    def paused(self, partition: SourcePartition, reason: str) -> None:
        """Nothing in the live mix may be rejected."""
        print(f"paused: {partition}: {reason}", file=sys.stderr)  # noqa: T201
        os._exit(1)


class Latencies:
    """Times from append to durable state, by watching what is folded and what lands.

    Shapes: without those of the first seconds of records: rooms come in from cold memory then.
    """

    def __init__(self, engine: Engine) -> None:
        self.values_ms: list[float] = []
        self._begins_ms = time.time_ns() / 1e6 + WARM_UP_S * 1_000
        self._waiting: dict[SourcePartition, deque[tuple[int, int]]] = defaultdict(deque)
        apply, landed = engine.apply, Partition.landed

        def watch_apply(topic: str, number: int, raw: RawRecords) -> None:
            apply(topic, number, raw)
            waiting = self._waiting[SourcePartition(topic, number)]
            waiting.extend(zip(raw.offsets, raw.timestamps_ms, strict=True))

        def watch_landed(partition: Partition, flush: Flush, base: int, size: int) -> None:
            landed(partition, flush, base, size)
            now_ms = time.time_ns() / 1e6
            for topic, position in flush.positions.items():
                waiting = self._waiting[SourcePartition(topic, partition.number)]
                while waiting and waiting[0][0] < position.next_offset:
                    _, appended_ms = waiting.popleft()
                    if appended_ms >= self._begins_ms:
                        self.values_ms.append(now_ms - appended_ms)

        engine.apply = watch_apply  # type: ignore[method-assign]
        Partition.landed = watch_landed  # type: ignore[assignment,method-assign]


def fail(error: StreamprocError) -> NoReturn:
    """End at once, as the product does."""
    print(error, file=sys.stderr)  # noqa: T201
    os._exit(error.exit_code)


async def _until(holds: Any, what: str) -> None:  # noqa: ANN401
    deadline_s = time.monotonic() + DEADLINE_S
    while not holds():  # polled from outside: the worker stays as it is
        if time.monotonic() > deadline_s:
            raise TimeoutError(what)
        await asyncio.sleep(POLL_S)


async def measure(arguments: argparse.Namespace) -> dict[str, float | None]:
    """Run a worker until it has read everything, then as long as asked; what was measured."""
    recovered = Recovered()
    settings = Settings(
        kafka={"bootstrap_servers": arguments.bootstrap, "app_id": arguments.app_id}
    )
    reader = judge = None
    if not arguments.tallies_only:
        reader, judge = reader_of(settings), judge_of(limits_of(settings))
    program = partial(LiveProgram, reader, judge, shown=arguments.shown)
    hold_many({})  # as every command does
    run = WorkerRun(
        settings, program=program, progress=recovered, failure=fail, told=lambda _: None
    )
    await run.start()
    await recovered.done.wait()
    engine = run.engine
    wall_s, cpu_s, events = time.monotonic(), time.process_time(), engine.events
    if arguments.events:
        await _until(lambda: engine.events >= arguments.events and run.caught_up(), "catching up")
    done_s, done_cpu_s = time.monotonic(), time.process_time()
    changelog_bytes = sum(owned.changelog_bytes for owned in engine.partitions.values())
    flushes = sum(owned.flushes for owned in engine.partitions.values())
    await asyncio.sleep(arguments.settle_s)
    settled_cpu_s = time.process_time()
    await asyncio.sleep(arguments.stay_s)
    stay_cpu_s = time.process_time() - settled_cpu_s
    latencies = Latencies(engine) if arguments.latency else None
    if arguments.until_eof:
        print("ready", flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.read)
        await _until(run.caught_up, "catching up")
    report = {
        "events": engine.events - events,
        "wall_s": done_s - wall_s,
        "cpu_s": done_cpu_s - cpu_s,
        "changelog_mib": changelog_bytes / 2**20,
        "flushes": flushes,
        "recovery_records": recovered.records,
        "recovery_s": recovered.duration_s,
        "stay_cpu_percent": 100 * stay_cpu_s / arguments.stay_s if arguments.stay_s else None,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "p50_ms": percentile(latencies.values_ms, 0.50) if latencies else None,
        "p99_ms": percentile(latencies.values_ms, 0.99) if latencies else None,
        "latencies": len(latencies.values_ms) if latencies else None,
    }
    await run.stop()
    return report


def main() -> int:
    """Measure one worker; the report is one line of JSON on standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--app-id", required=True)
    parser.add_argument("--events", type=int, default=0, help="read so many before the clock stops")
    parser.add_argument("--settle-s", type=float, default=0.0, help="wait so long afterwards")
    parser.add_argument("--stay-s", type=float, default=0.0, help="then stay, under measurement")
    parser.add_argument("--until-eof", action="store_true", help="stay until standard input ends")
    parser.add_argument("--latency", action="store_true")
    parser.add_argument(
        "--tallies-only",
        action="store_true",
        help="comments are counted and not read, nobody judges",
    )
    parser.add_argument("--shown", action="store_true", help="with views, as a worker makes them")
    print(json.dumps(asyncio.run(measure(parser.parse_args()))))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
