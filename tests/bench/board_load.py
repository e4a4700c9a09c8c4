"""The load of the board's benchmark: many followers, or many requests, over plain sockets."""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

Tell = Callable[[str], Awaitable[None]]

CONNECT_TOGETHER = 50
_ID = re.compile(rb"\nid: ([0-9a-f]+\.[a-z0-9]+-\d+)\n\n")
_LENGTH = re.compile(rb"content-length: (\d+)")


async def silent(_: str) -> None:
    """Tell nobody."""


class Follower(asyncio.Protocol):
    """One who follows: notes when which update was there."""

    def __init__(self) -> None:
        self.seen: dict[bytes, float] = {}
        self.received = 0
        self.answered = asyncio.get_running_loop().create_future()
        self.closed = False
        self._tail = b""

    def data_received(self, data: bytes) -> None:
        now_s = time.perf_counter()
        self.received += len(data)
        if not self.answered.done():
            self.answered.set_result(None)
        text = self._tail + data
        for found in _ID.finditer(text):
            self.seen.setdefault(found[1], now_s)
        self._tail = text[-60:]

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True


async def followed(
    host: str, port: int, count: int, *, seconds: float, tell: Tell = silent
) -> dict[str, Any]:
    """Follow the whole floor with so many; how many updates there were, and how far apart they came.

    Errors: ``RuntimeError`` if one of them missed an update, or lost its connection.
    """
    loop = asyncio.get_running_loop()
    request = f"GET /api/v1/stream HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    followers: list[Follower] = []
    transports = []
    for at in range(0, count, CONNECT_TOGETHER):
        for _ in range(min(CONNECT_TOGETHER, count - at)):
            transport, follower = await loop.create_connection(Follower, host, port)
            transport.write(request)
            transports.append(transport)
            followers.append(follower)
        await asyncio.gather(*(each.answered for each in followers))
    await asyncio.sleep(1)
    for each in followers:
        each.seen.clear()
        each.received = 0
    await tell("connected")
    await asyncio.sleep(seconds)
    await tell("measured")
    await asyncio.sleep(1)
    lost = sum(each.closed for each in followers)
    at_s: dict[bytes, list[float]] = defaultdict(list)
    for each in followers:
        for name, seen_s in each.seen.items():
            at_s[name].append(seen_s)
    order = sorted(at_s, key=lambda name: int(name.rpartition(b"-")[2]))
    missed = sum(_missed(order, each.seen) for each in followers)
    whole = [at_s[name] for name in order if len(at_s[name]) == count]
    for transport in transports:
        transport.close()
    if lost or missed or not whole:
        msg = f"{lost} followers were lost, {missed} updates missed, {len(whole)} reached all"
        raise RuntimeError(msg)
    spread = sorted(max(each) - min(each) for each in whole)
    return {
        "followers": count,
        "updates": len(whole),
        "bytes_per_s": round(sum(each.received for each in followers) / (seconds + 1)),
        "spread_p99_ms": round(1000 * spread[int(0.99 * (len(spread) - 1))], 1),
    }


def _missed(order: Sequence[bytes], seen: Mapping[bytes, float]) -> int:
    """How many updates between the first and the last that one saw it did not see."""
    at = [number for number, name in enumerate(order) if name in seen]
    return at[-1] - at[0] + 1 - len(at) if at else len(order)


async def requested(
    host: str,
    port: int,
    paths: Sequence[str],
    connections: int,
    *,
    seconds: float,
    rate: float,
    tell: Tell = silent,
) -> dict[str, Any]:
    """Ask for these paths in turn.

    Shapes: ``rate`` 0: each connection asks again as soon as it is answered; else so many a second are
    offered, and a request that has to wait for a connection counts from when it was due.
    """
    opened = [await asyncio.open_connection(host, port) for _ in range(connections)]
    await tell("connected")
    took_s: list[float] = []
    bad = 0
    body = b""
    began_s = time.perf_counter()
    end_s = began_s + seconds
    number = -1

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal number, bad, body
        while True:
            number += 1
            due_s = began_s + number / rate if rate else time.perf_counter()
            if due_s >= end_s:
                return
            if (early_s := due_s - time.perf_counter()) > 0:
                await asyncio.sleep(early_s)
            path = paths[number % len(paths)]
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            bad += not head.startswith(b"HTTP/1.1 200")
            took_s.append(time.perf_counter() - due_s)

    await asyncio.gather(*(ask(*each) for each in opened))
    spent_s = time.perf_counter() - began_s
    await tell("measured")
    for _, writer in opened:
        writer.close()
    took_s.sort()
    return {
        "per_s": round(len(took_s) / spent_s),
        "bad": bad,
        "p50_ms": round(1000 * took_s[len(took_s) // 2], 1),
        "p99_ms": round(1000 * took_s[int(0.99 * (len(took_s) - 1))], 1),
        "body": body,
    }
