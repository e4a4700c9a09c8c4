"""Somebody who tells a Redis view what there is to see, as the engine does, and remembers it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import json

from streamproc.events.outputs import ALERTS_TOPIC, Advice, AlertTransition
from streamproc.events.view_keys import Figure, Window
from streamproc.protocol import Published, View
from streamproc.sinks.redis_view.config import RedisConfig
from streamproc.sinks.redis_view.view import RedisView
from tests.redis_server import Client

_POLL_S = 0.01
_SLICE, _SLICE_S = 64, 0.02
_MINUTE_MS = 60_000


def tally(host: str, number: int, as_of_ms: int) -> bytes:
    """What a program tells of a host in whose every figure this number stands."""
    money = {"CNY": number * 100, "USD": 7}
    figures: dict[str, Any] = dict.fromkeys(Figure, number)
    figures |= {"pay_gmv_minor": money, "net_gmv_minor": money, "aov_minor": None}
    windows = {**dict.fromkeys(("1m", "5m", "10m", "60m"), figures), "previous_10m": figures}
    session = {
        **{"session_id": "s1", "status": "live", "started_ms": None, "ended_ms": None},
        **{"heard_ms": as_of_ms, "figures": figures, "windows": windows, "completeness": {}},
    }
    return json.encode({"host_id": host, "as_of_ms": as_of_ms, "sessions": [session]})


def alert(
    host: str, name: str, seq: int, *, phase: str = "firing", at_ms: int | None = None
) -> bytes:
    """A step of an alert."""
    now_ms = time.time_ns() // 1_000_000 if at_ms is None else at_ms
    return json.encode(
        AlertTransition(
            alert_id=name,
            seq=seq,
            kind="stockout",
            phase=phase,
            severity="page",
            host_id=host,
            session_id="s1",
            subject="p:1",
            at_ms=now_ms,
            opened_ms=1_000,
            why="entered",
            rule="stockout",
            rule_version=1,
            advice=Advice(zh="补货", en="restock"),
        )
    )


class Stage:
    """A view on the stage, and what it was told."""

    def __init__(self, config: RedisConfig, *, partition: int = 0, worker: str = "w1") -> None:
        self.partition = partition
        self.version = 0
        self.agains = 0
        self.tallies: dict[str, bytes] = {}
        self.curves: dict[str, dict[int, bytes]] = {}
        self.versions: dict[str, tuple[int, int]] = {}
        self._as_of_ms = 1_700_000_000_000  # a backlog of long ago is shown like anything else
        self.view = RedisView(config, worker, self.again)

    async def __aenter__(self) -> Stage:
        self.view.start()
        self.view.owned(frozenset({self.partition}))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.view.stop()

    def tell(self, hosts: Iterable[str], number: int) -> None:
        """Have these hosts' figures be this number, in a new version."""
        self.version += 1
        self._as_of_ms += 1000
        views = []
        for host in hosts:
            minute_ms = number % 30 * _MINUTE_MS
            minute = b'{"minute_ms":%d,"orders":%d}' % (minute_ms, number)
            self.tallies[host] = tally(host, number, self._as_of_ms)
            self.curves.setdefault(host, {})[minute_ms] = minute
            self.versions[host] = self.version, self._as_of_ms
            parts = {"curve:s1": {minute_ms: minute}}
            views.append(View(host.encode(), self.tallies[host], parts))
        self.view.show(self.partition, self.version, views)

    def leave(self, host: str) -> None:
        """Have nothing to be seen of a host any more."""
        self.version += 1
        held: dict[str, Any]
        for held in (self.tallies, self.curves, self.versions):
            held.pop(host)
        self.view.show(self.partition, self.version, [View(host.encode(), None)])

    def tell_alert(self, *steps: bytes) -> None:
        """Have these steps be durable in their topic."""
        records = [Published(ALERTS_TOPIC, b"h", step) for step in steps]
        self.view.told(self.partition, self.version, records)

    def again(self) -> None:
        """Tell everything once more, a few hosts at a time, as the engine does."""
        self.agains += 1
        self._tell_slice(sorted(self.tallies))

    def _tell_slice(self, hosts: list[str]) -> None:
        views = []
        for host in hosts[:_SLICE]:
            parts = {"curve:s1": dict(self.curves[host])}
            views.append(View(host.encode(), self.tallies[host], parts))
            self.versions[host] = self.version, self.versions[host][1]
        self.view.show(self.partition, self.version, views)
        if len(hosts) > _SLICE:
            asyncio.get_running_loop().call_later(_SLICE_S, self._tell_slice, hosts[_SLICE:])

    def missing(self, client: Client) -> str:
        """The first thing that Redis does not hold as it was told; empty: it holds everything."""
        hosts = sorted(self.tallies)
        pipeline = client.pipeline(transaction=False)
        for host in hosts:
            pipeline.hgetall(f"sp:{{{host}}}:live")
            pipeline.hgetall(f"sp:{{{host}}}:curve:s1")
        answers = pipeline.execute()
        for at, host in enumerate(hosts):
            if wrong := self._wrong(host, answers[2 * at], answers[2 * at + 1]):
                return wrong
        return self._board_wrong(client)

    def _wrong(self, host: str, live: dict[str, str], curve: dict[str, str]) -> str:
        version, as_of_ms = self.versions[host]
        told = {"version": version, **json.decode(self.tallies[host])}
        if not live.get("tally") or json.decode(live["tally"]) != told:
            return f"tally of {host}: {live}"
        if (live["version"], live["as_of_ms"]) != (str(version), str(as_of_ms)):
            return f"fence of {host}: {live}"
        minutes = {int(each): value.encode() for each, value in curve.items() if each != "_v"}
        return "" if minutes == self.curves[host] else f"curve of {host}: {curve}"

    def _board_wrong(self, client: Client) -> str:
        for window in Window:
            ranked = dict(client.zrange(f"sp:{{lb}}:orders_main:{window}", 0, -1, withscores=True))
            wanted = {
                host: json.decode(told)["sessions"][0]["figures"]["orders_main"]
                for host, told in self.tallies.items()
            }
            if ranked != wanted:
                return f"leaderboard of {window}: {ranked} is not {wanted}"
        return ""

    async def settled(self, client: Client, within_s: float = 10.0) -> float:
        """Return once Redis holds what was told; how long that took."""
        began_s = time.monotonic()
        await eventually(lambda: not self.missing(client), within_s, lambda: self.missing(client))
        return time.monotonic() - began_s


async def eventually(
    holds: Callable[[], object], within_s: float = 10.0, why: Callable[[], object] = lambda: ""
) -> None:
    """Return once it holds. Errors: ``AssertionError`` if it does not in time."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, why()
        await asyncio.sleep(_POLL_S)
