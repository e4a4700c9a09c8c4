"""What a board can do: followers of its stream, and requests a second, with a contest loaded.

    python -m tests.bench.board [--seconds 20] [--followers 500] [--hosts 36]

Redis, whoever fills it, the board and the load are a process each. The last line is JSON; it asserts
nothing but that every follower got every update.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil
from msgspec import json

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import LOOPBACK, free_port
from tests.bench.board_load import followed, requested
from tests.redis_server import RedisServer

READY_DEADLINE_S = 30.0
PATHS = (
    "/api/v1/hosts",
    "/api/v1/hosts?limit=20&sort=orders_main",
    "/api/v1/leaderboard",
    "/api/v1/leaderboard?figure=items_sold&window=10m",
    "/api/v1/rollups/village",
    "/api/v1/rollups/town",
    "/api/v1/alerts",
    "/api/v1/definitions",
    "/api/v1/health",
    *(f"/api/v1/hosts/h-{number:04d}" for number in range(1, 37)),
)


def main() -> None:
    """Measure, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--followers", type=int, default=500)
    parser.add_argument("--hosts", type=int, default=36)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1200.0, help="requests a second, offered")
    parser.add_argument("--part", choices=("followers", "requests"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part is not None:
        sys.stdout.write(json.encode(asyncio.run(_part(given))).decode() + "\n")
        return
    with board(given.hosts) as (port, process):
        followers = _measured(given, "followers", port, process)
        requests = _measured(given, "requests", port, process)
        saturated = _measured(given, "requests", port, process, "--rate", "0")
    sys.stdout.write(f"followers: {followers}\nrequests: {requests}\nsaturated: {saturated}\n")
    found = {
        "sse_500_cpu_percent": followers["cpu_percent"],
        "sse_updates": followers["updates"],
        "sse_update_p99_ms": followers["spread_p99_ms"],
        "read_api_per_s": requests["per_s"],
        "read_api_p99_ms": requests["p99_ms"],
        "read_api_cpu_percent": requests["cpu_percent"],
        "read_api_saturated_per_s": saturated["per_s"],
    }
    sys.stdout.write(json.encode(found).decode() + "\n")


@contextlib.contextmanager
def board(hosts: int) -> Iterator[tuple[int, psutil.Process]]:
    """A board in a process of its own over rooms that move: its port, and its process."""
    with RedisServer() as redis, contextlib.ExitStack() as stack:
        url = redis.url
        stack.enter_context(_running("--redis", url, "--no-board", "--hosts", str(hosts)))
        port = free_port()
        options = ("--redis", url, "--no-fill", "--port", str(port), "--rate", "1000000")
        process = stack.enter_context(_running(*options))
        asyncio.run(_ready(port, hosts))
        yield port, psutil.Process(process.pid)


@contextlib.contextmanager
def _running(*options: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        leashed([sys.executable, "-m", "tests.board.filled", *options]), stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


async def _ready(port: int, hosts: int) -> None:
    deadline_s = time.monotonic() + READY_DEADLINE_S
    while time.monotonic() < deadline_s:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            found = await requested(LOOPBACK, port, ("/api/v1/health",), 1, seconds=0.05, rate=0)
            if json.decode(found["body"])["hosts"] == hosts:
                return
        await asyncio.sleep(0.1)
    msg = f"the board was not ready in {READY_DEADLINE_S:.0f} s"
    raise TimeoutError(msg)


def _measured(
    given: argparse.Namespace, part: str, port: int, process: psutil.Process, *more: str
) -> dict[str, Any]:
    """What the load in a process of its own saw, and what the board took for it."""
    command = [sys.executable, "-m", "tests.bench.board", "--part", part, "--port", str(port)]
    command += ["--seconds", str(given.seconds), "--followers", str(given.followers)]
    command += ["--connections", str(given.connections), "--rate", str(given.rate), *more]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    if load.stdout is None or load.stdin is None:
        raise RuntimeError(part)
    load.stdout.readline()  # it is connected
    before, began_s = process.cpu_times(), time.monotonic()
    load.stdin.write(b"\n")
    load.stdin.flush()
    load.stdout.readline()  # it has measured
    after, took_s = process.cpu_times(), time.monotonic() - began_s
    found: dict[str, Any] = json.decode(load.communicate()[0])
    spent_s = after.user + after.system - before.user - before.system
    found["cpu_percent"] = round(100 * spent_s / took_s, 1)
    return found


async def _part(given: argparse.Namespace) -> dict[str, Any]:
    if given.part == "followers":
        return await followed(
            LOOPBACK, given.port, given.followers, seconds=given.seconds, tell=_tell
        )
    found = await requested(
        *(LOOPBACK, given.port, PATHS, given.connections),
        seconds=given.seconds,
        rate=given.rate,
        tell=_tell,
    )
    del found["body"]
    return found


async def _tell(word: str) -> None:
    """Say how far we are, and wait until that was heard."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()
    if word == "connected":
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    main()
