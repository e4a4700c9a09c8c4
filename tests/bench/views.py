"""What views cost and how fast they are, on real servers: ``make bench-views``. The last line is JSON.

An event is sent, a worker folds it beside 2,000 events a second, Redis takes the view, the board tells
it to a follower of the stream: that is the way which is timed. The rest is measured by the benches of its
own part. Reports and asserts nothing: machines differ. ``--quick`` is the short form.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Final

import httpx
from aiokafka import AIOKafkaProducer

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import LOOPBACK, free_port
from streamproc.events.codec import encode
from streamproc.events.registry import ORDERS_TOPIC
from streamproc.provision.admin import ensure_topics
from tests.bench.__main__ import show
from tests.bench.livemix import Generator, Mix
from tests.builders import paid, room_started
from tests.kafka_jars import LASTING
from tests.redis_server import RedisServer
from tests.servers import KafkaServer

RATE_PER_S: Final = 2_000
HOSTS: Final = 36
PARTITIONS: Final = 12
PROBE: Final = "h-probe"
PROBE_EACH_S: Final = 0.173
"""Not a divisor of a second: probes meet each moment of the second that a host is told once in."""
START_DEADLINE_S: Final = 60.0
SETTLE_S: Final = 5.0
PERCENT_99: Final = 98


@contextlib.contextmanager
def _running(*arguments: str, **variables: str) -> Iterator[None]:
    """A command of ours as a process, until the context is left."""
    command = leashed([sys.executable, "-m", "streamproc", *arguments])
    environment = {**os.environ, **variables}  # noqa: TID251 - what we start reads it
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(START_DEADLINE_S)


async def _load(producer: AIOKafkaProducer, seconds: float) -> None:
    """The live mix at its rate, for so long."""
    mix = Mix(
        events=int(RATE_PER_S * seconds),
        hosts=HOSTS,
        partitions=PARTITIONS,
        seed=7,
        start_ms=time.time_ns() // 1_000_000,
        rate_per_s=RATE_PER_S,
    )
    begin_s = time.monotonic()
    for sent, record in enumerate(Generator(mix).events()):
        due_s = begin_s + sent / RATE_PER_S
        if due_s > time.monotonic():
            await asyncio.sleep(due_s - time.monotonic())
        await producer.send(record.topic, record.value, key=record.key, partition=record.partition)


async def _probe(producer: AIOKafkaProducer, sent_s: list[float], until_s: float) -> None:
    """Orders of one host, paid one after the other; when each was sent."""
    names: dict[str, Any] = {"host_id": PROBE, "session_id": "s-probe", "room_id": "r-probe"}
    now_ms = time.time_ns() // 1_000_000
    started = room_started(now_ms, **names)
    await producer.send_and_wait("live.rooms.v1", encode(started), key=PROBE.encode())
    while time.monotonic() < until_s:
        order = f"o-{len(sent_s)}"
        event = paid(100, time.time_ns() // 1_000_000, order_id=order, line_id="1", **names)
        sent_s.append(time.monotonic())
        await producer.send(ORDERS_TOPIC, encode(event), key=PROBE.encode())
        await asyncio.sleep(PROBE_EACH_S)


async def _lines(client: httpx.AsyncClient, url: str) -> AsyncIterator[str]:
    async with client.stream("GET", url, timeout=None) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            yield line


async def _follow(url: str, seen_s: dict[int, float]) -> None:
    """Note when the board first told each count of the probe's orders."""
    async with httpx.AsyncClient() as client:
        async for line in _lines(client, f"{url}/api/v1/stream?hosts={PROBE}"):
            if not line.startswith("data:") or '"sessions"' not in line:
                continue
            for session in json.loads(line.removeprefix("data:"))["sessions"]:
                count = session["figures"]["orders_sku"] or 0
                now_s = time.monotonic()
                for number in range(max(seen_s, default=0) + 1, count + 1):
                    seen_s[number] = now_s


async def _until_ready(url: str) -> None:
    deadline_s = time.monotonic() + START_DEADLINE_S
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline_s:
            with contextlib.suppress(httpx.HTTPError):
                answer = await client.get(f"{url}/api/v1/health")
                if answer.json()["hosts"]:
                    return
            await asyncio.sleep(0.2)
    raise TimeoutError("no worker showed the board any host")


async def _measured(bootstrap: str, url: str, seconds: float) -> dict[str, float]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
    await producer.start()
    sent_s: list[float] = []
    seen_s: dict[int, float] = {}
    loading = asyncio.create_task(_load(producer, seconds + START_DEADLINE_S + 2 * SETTLE_S))
    await _until_ready(url)
    following = asyncio.create_task(_follow(url, seen_s))
    await asyncio.sleep(SETTLE_S)
    await _probe(producer, sent_s, time.monotonic() + seconds)
    await asyncio.sleep(SETTLE_S)
    for task in (following, loading):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await producer.stop()
    delays_ms = [
        (seen_s[number] - at_s) * 1000
        for number, at_s in enumerate(sent_s, start=1)
        if number in seen_s
    ]
    missing = len(sent_s) - len(delays_ms)
    centiles = statistics.quantiles(delays_ms, n=100)
    return {
        "event_to_board_p50_ms": round(statistics.median(delays_ms)),
        "event_to_board_p99_ms": round(centiles[PERCENT_99]),
        "events_never_shown": missing,
    }


def event_to_board(seconds: float) -> dict[str, float]:
    """How long it takes from an event that is sent to the number that a follower of the board is told."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="streamproc-bench-"),
        KafkaServer(java=LASTING) as kafka,
        RedisServer() as redis,
    ):
        bootstrap = kafka.bootstrap
        asyncio.run(ensure_topics(bootstrap, partitions=PARTITIONS, replication_factor=1))
        common = {
            "STREAMPROC_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
            "STREAMPROC_REDIS__URL": redis.url,
        }
        with (
            _running("worker", "--no-table", STREAMPROC_METRICS__PORT="0", **common),
            _running("board", "--port", str(port), **common),
        ):
            return asyncio.run(_measured(bootstrap, f"http://{LOOPBACK}:{port}", seconds))


def _of(module: str, *arguments: str) -> dict[str, Any]:
    """The figures of another bench: its last line."""
    command = (sys.executable, "-m", module, *arguments)
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(quick: bool) -> dict[str, Any]:
    """The figures that scripts read."""
    way = event_to_board(10 if quick else 60)
    board = _of("tests.bench.board", *(("--seconds", "3") if quick else ()))
    scrape = _of("tests.bench.scrape", *(("--quick",) if quick else ()))
    return {**way, **board, **scrape}


def main(arguments: Sequence[str]) -> int:
    """Measure everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.views", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the short form")
    figures = measure(parser.parse_args(arguments).quick)
    show(figures, "views, real Kafka and Redis")
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
