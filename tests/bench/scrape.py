"""What a scrape of 2,000 rooms costs a worker that folds: ``python -m tests.bench.scrape``; ends in JSON.

All rooms have changed since the scrape before, as rooms on air do; the answer goes to another process.
Chunks of the live mix are folded by turns with and without a scrape beside them: what a scrape takes of
the fold is the difference, also of the longest wait of the event loop.
``scrape_throughput_loss_percent`` is of a scrape each 5 seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

from streamproc.cli.comment_reading import reader_of
from streamproc.engine.config import EngineConfig
from streamproc.engine.digest import StateDigest
from streamproc.engine.engine import Engine
from streamproc.engine.fence import TopicPosition
from streamproc.engine.ownership import Ownership
from streamproc.engine.partition import Partition
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.stamp import Epoch
from streamproc.errors import StreamprocError
from streamproc.events.registry import INPUT_TOPICS
from streamproc.program.live import LiveProgram
from streamproc.protocol import View
from streamproc.settings import Settings
from streamproc.sinks.kafka_outputs import KafkaOutputs
from streamproc.sinks.metrics.worker import WorkerMetrics
from tests.bench.livemix import Generator, Mix
from tests.engine_worker import Told
from tests.tallied import view

ROOMS, PARTITIONS = 2_000, 12
CHUNK, SLICE = 30_000, 400
SCRAPE_EACH_S = 5.0
CLIENT = """
import sys, urllib.request
for port in sys.stdin:
    with urllib.request.urlopen(f"http://127.0.0.1:{port.strip()}/metrics") as answer:
        print(len(answer.read()), flush=True)
"""


class Work(NamedTuple):
    """A batch to fold."""

    topic: str
    partition: int
    raw: RawRecords


class Passed(NamedTuple):
    """One chunk. Units: ``stall_s`` is the longest that the event loop was away."""

    wall_s: float
    cpu_s: float
    stall_s: float


def fail(error: StreamprocError) -> NoReturn:
    """Nothing may fail here."""
    raise error


def engine_of(metrics: WorkerMetrics, sink: KafkaOutputs) -> Engine:
    """An engine that owns every partition, as after a recovery."""
    config = EngineConfig(
        app_id="scraped",
        bootstrap_servers="127.0.0.1:1",
        inputs=INPUT_TOPICS,
        partitions=PARTITIONS,
    )
    reader = reader_of(Settings())
    engine = Engine(config, LiveProgram, sink, fail, Told(), viewers=[metrics.viewer])
    engine.on_assigned(1, range(PARTITIONS))
    owned = [
        Partition(
            number,
            LiveProgram(reader),
            Ownership(Epoch(0, 1, 0, 1, 1), 0, set()),
            StateDigest(),
            {topic: TopicPosition(0, 0) for topic in INPUT_TOPICS},
        )
        for number in range(PARTITIONS)
    ]
    engine._install(owned, 0)
    return engine


def chunks(count: int) -> Iterator[list[Work]]:
    """The live mix in chunks of batches, as a worker fetches them."""
    next_offset: defaultdict[tuple[str, int], int] = defaultdict(int)
    generator = Generator(Mix(count * CHUNK, hosts=ROOMS, partitions=PARTITIONS))
    open_batches: dict[tuple[str, int], RawRecords] = {}
    done: list[Work] = []
    for number, record in enumerate(generator.events(), 1):
        at = (record.topic, record.partition)
        offset = next_offset[at]
        next_offset[at] = offset + 1
        raw = open_batches.setdefault(at, RawRecords(begin_offset=offset))
        raw.offsets.append(offset)
        raw.keys.append(record.key)
        raw.values.append(record.value)
        raw.timestamps_ms.append(record.timestamp_ms)
        raw.next_offset = offset + 1
        if len(raw.offsets) == SLICE:
            done.append(Work(*at, open_batches.pop(at)))
        if number % CHUNK == 0:
            yield done + [Work(*at, raw) for at, raw in open_batches.items()]
            done, open_batches = [], {}


async def folded(engine: Engine, work: Sequence[Work]) -> Passed:
    """Fold a chunk."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    last_s, stall_s = began_s, 0.0
    for topic, number, raw in work:
        engine.apply(topic, number, raw)
        await asyncio.sleep(0)
        now_s = time.perf_counter()
        stall_s = max(stall_s, now_s - last_s)
        last_s = now_s
    wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    for partition in engine.partitions.values():
        flush = partition.take_flush("bench")
        partition.landed(flush, partition.ownership.applied_offset + 1, 1)
        engine.measured.visible(flush.folded, time.time_ns() // 1_000_000)
    return Passed(wall_s, cpu_s, stall_s)


class Prometheus:
    """Whoever scrapes, in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self._port = port

    async def scrape(self) -> int:
        """Scrape once; how many bytes came."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"%d\n" % self._port)
        return int(await self._process.stdout.readline())


def changed(turn: int) -> list[list[View]]:
    """A new view of every room, by partition."""
    views: list[list[View]] = [[] for _ in range(PARTITIONS)]
    for number in range(ROOMS):
        views[number % PARTITIONS].append(view(f"host-{number:06d}", number + turn * 7))
    return views


async def idle_cost(metrics: WorkerMetrics, prometheus: Prometheus, rounds: int) -> dict[str, Any]:
    """What a scrape costs while nothing is folded."""
    all_new: list[float] = []
    unchanged: list[float] = []
    walls: list[float] = []
    for turn in range(rounds):
        for number, views in enumerate(changed(turn)):
            metrics.viewer.show(number, turn, views)
        for spent in (all_new, unchanged):
            began_cpu_s, began_s = time.process_time(), time.perf_counter()
            await prometheus.scrape()
            spent.append(time.process_time() - began_cpu_s)
            walls.append(time.perf_counter() - began_s)
    text = metrics.exposition()
    return {
        "scrape_2000_cpu_ms": round(statistics.median(all_new) * 1000, 1),
        "scrape_2000_unchanged_cpu_ms": round(statistics.median(unchanged) * 1000, 1),
        "scrape_wall_ms": round(max(walls) * 1000, 1),
        "series": sum(not line.startswith(b"#") for line in text.splitlines()),
        "bytes": len(text),
    }


async def beside_the_fold(
    engine: Engine, metrics: WorkerMetrics, prometheus: Prometheus, pairs: int
) -> dict[str, Any]:
    """What a scrape takes of the fold."""
    alone: list[Passed] = []
    scraped: list[Passed] = []
    everything = list(chunks(2 * pairs + 2))
    gc.collect()
    gc.freeze()
    for turn, work in enumerate(everything):
        for number, views in enumerate(changed(turn)):
            metrics.viewer.show(number, turn, views)
        if turn % 2:
            asking = asyncio.create_task(prometheus.scrape())
            await asyncio.sleep(0.001)
            scraped.append(await folded(engine, work))
            await asking
        else:
            alone.append(await folded(engine, work))
            await prometheus.scrape()
    del alone[0], scraped[0]
    # pairs stand next to each other: what else the machine does passes over both
    pairs_of = list(zip(alone, scraped, strict=True))
    lost_s = statistics.median(b.wall_s - a.wall_s for a, b in pairs_of)
    lost_cpu_s = statistics.median(b.cpu_s - a.cpu_s for a, b in pairs_of)
    return {
        # of CPU time: on a worker's one core the fold waits for no more than that
        "scrape_throughput_loss_percent": round(max(0.0, lost_cpu_s) / SCRAPE_EACH_S * 100, 2),
        "fold_lost_wall_ms": round(lost_s * 1000, 1),
        "fold_lost_cpu_ms": round(lost_cpu_s * 1000, 1),
        "events_per_cpu_s": round(CHUNK / statistics.median(each.cpu_s for each in alone)),
        "loop_stall_ms": round(statistics.median(each.stall_s for each in scraped) * 1000, 1),
        "loop_stall_without_ms": round(statistics.median(each.stall_s for each in alone) * 1000, 1),
    }


async def measure(rounds: int, pairs: int) -> dict[str, Any]:
    """All figures."""
    sink = KafkaOutputs("127.0.0.1:1", app_version="bench", request_timeout_s=10)
    settings = Settings().metrics.model_copy(update={"port": 0, "rooms_top_max": 0})
    metrics = WorkerMetrics(settings, config_hash="bench", rejected=lambda: sink.rejected)
    engine = engine_of(metrics, sink)
    metrics.attach(engine)
    await metrics.start()
    metrics.viewer.owned(frozenset(range(PARTITIONS)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    prometheus = Prometheus(process, metrics.port)
    try:
        await prometheus.scrape()
        return {
            **await idle_cost(metrics, prometheus, rounds),
            **await beside_the_fold(engine, metrics, prometheus, pairs),
        }
    finally:
        process.kill()
        await process.wait()
        await metrics.stop()


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scrape", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the short form")
    quick = parser.parse_args(arguments).quick
    figures = asyncio.run(measure(*((3, 2) if quick else (9, 12))))
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
