"""The same fold as an idiomatic Faust app: what the worker's speed is measured against.

Written as Faust's documentation writes it: an agent per topic, JSON values as dicts (faster than
``faust.Record``), plain tables for totals and tumbling tables for panes of ten seconds, the memory store,
``at_least_once``, everything else as it comes. It deduplicates nothing and forgets nothing, so it does
less than the worker.

By hand: ``python -m tests.bench.idiomatic_faust --bootstrap 127.0.0.1:9092 --events 50000``. It ends
after so many events or seconds; its last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import faust

PANE_S = 10.0
CHECK_INTERVAL_S = 0.2


@dataclass(slots=True)
class Progress:
    """How many events the agents have seen, and what it took since the first one."""

    events: int = 0
    started_s: float = 0.0
    cpu_at_start_s: float = 0.0

    def count(self) -> None:
        """One more event is processed."""
        if not self.events:
            self.started_s = time.perf_counter()
            self.cpu_at_start_s = time.process_time()
        self.events += 1

    @property
    def seconds(self) -> float:
        """Wall time since the first event."""
        return time.perf_counter() - self.started_s if self.events else 0.0

    @property
    def cpu_seconds(self) -> float:
        """CPU time of this process since the first event."""
        return time.process_time() - self.cpu_at_start_s if self.events else 0.0


class Figure:
    """One figure per session: a plain table for the total, a tumbling one for its panes."""

    def __init__(self, app: faust.App, name: str, partitions: int) -> None:
        self.total = app.Table(f"{name}_total", default=int, partitions=partitions)
        panes = app.Table(f"{name}_panes", default=int, partitions=partitions)
        self.panes = panes.tumbling(PANE_S).relative_to(event_time_s)

    def add(self, session: str, amount: int) -> None:
        """Count an amount, in the total and in the pane of the current event."""
        self.total[session] += amount
        self.panes[session] += amount


def event_time_s(event: faust.EventT) -> float:
    """The time of the event itself, for its window."""
    return float(event.value["occurred_at_ms"]) / 1000


def session_of(event: dict[str, Any]) -> str:
    """The key of the tables."""
    return f"{event['host_id']}/{event['session_id']}"


class Agents:
    """The agents and the tables they write; each event is counted when its agent is done with it."""

    def __init__(self, app: faust.App, partitions: int, progress: Progress) -> None:
        self._progress = progress
        self._paid_lines = Figure(app, "paid_lines", partitions)
        self._items_sold = Figure(app, "items_sold", partitions)
        self._gmv_minor = Figure(app, "gmv_minor", partitions)
        self._comments = Figure(app, "comments", partitions)
        self._joins = Figure(app, "joins", partitions)
        self._likes = Figure(app, "likes", partitions)
        self._online = app.Table("online", default=int, partitions=partitions)
        self._names = app.Table("names", default=str, partitions=partitions)

    async def orders(self, events: faust.StreamT) -> None:
        """Paid lines, items and the amount paid."""
        async for event in events:
            if event["type"] == "order.paid":
                session = session_of(event)
                self._paid_lines.add(session, 1)
                self._items_sold.add(session, event["quantity"])
                self._gmv_minor.add(session, event["paid_minor"])
            self._progress.count()

    async def comments(self, events: faust.StreamT) -> None:
        """Comments that were written in this room."""
        async for event in events:
            if not event.get("mirrored"):
                self._comments.add(session_of(event), 1)
            self._progress.count()

    async def viewers(self, events: faust.StreamT) -> None:
        """Joins, likes and who is online."""
        async for event in events:
            if event["type"] == "viewer.liked":
                self._likes.add(session_of(event), event["count"])
            elif event["type"] == "viewer.joined":
                self._joins.add(session_of(event), 1)
            elif event["type"] == "viewers.counted":
                self._online[session_of(event)] = event["online"]
            self._progress.count()

    async def rooms(self, events: faust.StreamT) -> None:
        """Nothing is folded from rooms yet; their events are read."""
        async for _ in events:
            self._progress.count()

    async def hosts(self, events: faust.StreamT) -> None:
        """The name of a host."""
        async for event in events:
            self._names[event["host_id"]] = event["name"]
            self._progress.count()


def build(
    bootstrap: str, app_id: str, partitions: int, progress: Progress, data_dir: str
) -> faust.App:
    """The app with its tables and agents, everything else as Faust has it."""
    app = faust.App(
        app_id,
        broker=f"kafka://{bootstrap}",
        store="memory://",
        datadir=data_dir,  # made also for a store that keeps nothing there
        topic_partitions=partitions,
        web_enabled=False,
    )
    agents = Agents(app, partitions, progress)
    for fold in (agents.orders, agents.comments, agents.viewers, agents.rooms, agents.hosts):
        name = f"live.{fold.__name__}.v1"
        topic = app.topic(name, key_type=str, value_serializer="json", partitions=partitions)
        app.agent(topic, name=f"fold_{fold.__name__}")(fold)
    return app


def report(progress: Progress) -> dict[str, float]:
    """What was measured, for the benchmark.

    Units: in the names; ``peak_mib`` is the most memory this process ever held.
    """
    seconds, cpu_seconds = progress.seconds, progress.cpu_seconds
    return {
        "events": progress.events,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "events_per_s": round(progress.events / seconds) if seconds else 0,
        "events_per_cpu_s": round(progress.events / cpu_seconds) if cpu_seconds else 0,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main(arguments: Sequence[str]) -> int:
    """Run until enough was measured, then report."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.idiomatic_faust", description=__doc__
    )
    parser.add_argument("--bootstrap", default="127.0.0.1:9092")
    parser.add_argument("--app-id", default=f"idiomatic-{os.getpid()}")
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--events", type=int, default=50_000, help="end after so many")
    parser.add_argument("--seconds", type=float, default=60.0, help="or so long after the first")
    parser.add_argument("--core", type=int, help="run on this core alone (Linux)")
    options = parser.parse_args(arguments)
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    with tempfile.TemporaryDirectory() as data_dir:
        _measure(options, data_dir)
    return 0


def _measure(options: argparse.Namespace, data_dir: str) -> None:
    progress = Progress()
    app = build(options.bootstrap, options.app_id, options.partitions, progress, data_dir)

    async def end_when_measured() -> None:
        if progress.events >= options.events or progress.seconds >= options.seconds:
            sys.stdout.write(json.dumps(report(progress)) + "\n")
            sys.stdout.flush()
            signal.raise_signal(signal.SIGTERM)

    app.timer(CHECK_INTERVAL_S)(end_when_measured)
    worker = faust.Worker(app, loglevel="INFO", redirect_stdouts=False)
    worker.execute_from_commandline()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
