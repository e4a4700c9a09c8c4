"""What writing the Redis view costs the worker: ``python -m tests.bench.redis_view``; asserts nothing.

Told is the cost in the worker's loop, thread that in the view's own. The steps are of a loop that computes
all the time, two milliseconds of a core in each, as a fold does: how long they take alone, and beside it.
"""

from __future__ import annotations

import asyncio
import sys
import time

from msgspec import json

from streamproc.protocol import View
from streamproc.sinks.redis_view.commands import Composer
from streamproc.sinks.redis_view.config import RedisConfig
from streamproc.sinks.redis_view.dirty import Waiting
from streamproc.sinks.redis_view.rows import row_of
from streamproc.sinks.redis_view.view import RedisView
from tests.redis_server import RedisServer
from tests.redis_stage import eventually, tally

HOSTS = 2_000
ROUNDS = 8
_STEP_S = 0.002


def views(number: int) -> list[View]:
    """One of each host."""
    parts = {
        "curve:s1": {number * 60_000: b'{"minute_ms":%d,"orders":%d}' % (number * 60_000, number)}
    }
    return [
        View(b"h%d" % host, tally(f"h{host}", number, 1_700_000_000_000 + number), parts)
        for host in range(HOSTS)
    ]


def composing_us() -> dict[str, float]:
    """What the parts of composing cost, of one host."""
    made = views(1)
    began_s = time.perf_counter()
    for view in made:
        row_of(view.value or b"")
    rows_s = time.perf_counter() - began_s
    composer = Composer(RedisConfig(url="redis://x"))
    waiting = {
        each.key: Waiting(
            0, 1, each.value, 0.0, {part: dict(minutes) for part, minutes in each.parts.items()}
        )
        for each in made
    }
    began_s = time.perf_counter()
    composer.hosts(waiting, 1)
    whole_s = time.perf_counter() - began_s
    return {"row_us": rows_s / HOSTS * 1e6, "compose_us": whole_s / HOSTS * 1e6}


async def writing(url: str) -> dict[str, float]:
    """What telling and writing cost at one view of each host a second."""
    view = RedisView(RedisConfig(url=url), "bench", lambda: None)
    view.start()
    view.owned(frozenset({0}))
    rounds = [views(number) for number in range(1, ROUNDS + 1)]
    view.show(0, 1, rounds[0])
    await eventually(lambda: not view.dirty_keys)
    told_s = 0.0
    cpu_s, loop_s, began_s = time.process_time(), time.thread_time(), time.perf_counter()
    for at, told in enumerate(rounds):
        for first in range(0, HOSTS, 64):
            now_s = time.perf_counter()
            view.show(0, at + 2, told[first : first + 64])
            told_s += time.perf_counter() - now_s
            await asyncio.sleep(1 / (HOSTS / 64))
    await eventually(lambda: not view.dirty_keys)
    wall_s = time.perf_counter() - began_s
    cpu_s, loop_s = time.process_time() - cpu_s, time.thread_time() - loop_s
    health, hosts = view.health, HOSTS * ROUNDS
    await view.stop()
    return {
        "hosts_per_s": hosts / wall_s,
        "told_us": told_s / hosts * 1e6,
        "thread_us": (cpu_s - loop_s) / hosts * 1e6,
        "core_percent": (cpu_s - loop_s) / wall_s * 100,
        "faults": health.faults_total,
    }


async def delays(url: str | None) -> dict[str, float]:
    """How long steps of a busy loop take, with the view written beside it or without."""
    view = None if url is None else RedisView(RedisConfig(url=url), "bench", lambda: None)
    if view is not None:
        view.start()
        view.owned(frozenset({0}))
    made = views(1)
    took: list[float] = []
    began_s = time.perf_counter()
    at = 0
    while time.perf_counter() - began_s < ROUNDS / 2:
        if view is not None and (time.perf_counter() - began_s) * HOSTS / 64 > at:
            first = at * 64 % HOSTS
            view.show(0, at + 1, made[first : first + 64])
            at += 1
        step_s, cpu_s = time.perf_counter(), time.thread_time()
        while time.thread_time() - cpu_s < _STEP_S:
            sum(range(200))
        took.append(time.perf_counter() - step_s)
        await asyncio.sleep(0)
    if view is not None:
        await view.stop()
    took.sort()
    return {
        "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[int(len(took) * 0.99)] * 1000,
        "max_ms": took[-1] * 1000,
    }


def main() -> None:
    """Measure, and say so in one line of JSON."""
    with RedisServer() as server:
        report: dict[str, object] = {"tally_bytes": len(tally("h1", 1, 1_700_000_000_000))}
        report |= composing_us()
        report |= asyncio.run(writing(server.url))
        report["step_alone"] = asyncio.run(delays(None))
        report["step_beside"] = asyncio.run(delays(server.url))
    sys.stdout.write(json.encode(report).decode() + "\n")


if __name__ == "__main__":
    main()
