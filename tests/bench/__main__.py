"""The benchmark: our worker beside an idiomatic Faust app, on one real Kafka, in one run.

Both add up, so ours has every tally, while comments are counted and not read and nobody judges rooms:
``python -m tests.bench.alerts`` measures folding with all of it. Recovery, rest and latency are those of
the whole worker.

Reports and asserts nothing about time: machines differ. What else runs on a machine only ever slows a run
down, so each speed of ours is the best of three on the same log, and all three are told beside it.
``make bench``; the last line is JSON. ``--quick`` is the short form that CI runs to see that it works.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from rich.console import Console
from rich.table import Table

from streamproc.provision.admin import ensure_topics
from tests.bench.folded import Folded
from tests.bench.livemix import Generator, Mix, fill
from tests.kafka_jars import LASTING
from tests.servers import KafkaServer

WORKER_CORE, BROKER_CORE = 0, 1
PARTITIONS = 12
SMALL_HOSTS, MANY_HOSTS = 200, 5_000
LATENCY_RATE_PER_S = 1_000
SECOND_FILL_SEED, TRICKLE_SEED = 2, 3
SETTLE_S = 5.0
TALLIES_ONLY = "--tallies-only"
"""An option of the worker under measurement."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    events: int
    idiomatic_events: int
    latency_s: int
    idle_s: int
    runs: int


FULL = Size(events=2_000_000, idiomatic_events=60_000, latency_s=35, idle_s=20, runs=3)
QUICK = Size(events=100_000, idiomatic_events=4_000, latency_s=6, idle_s=3, runs=1)


def pin(pid: int, core: int) -> None:
    """Keep a process, all threads of it, on one core; where there is only one, leave it."""
    if (os.cpu_count() or 1) <= core:
        return
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), {core})


APP_ID = "streamproc"
MEASURED_WORKER = (sys.executable, "-m", "tests.bench.worker", "--app-id", APP_ID)


def run_pinned(*command: str) -> dict[str, Any]:
    """Run a measuring command on the worker's core; its last line as an object."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {WORKER_CORE}),
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def worker(bootstrap: str, *arguments: str) -> dict[str, Any]:
    """Run our worker under measurement."""
    return run_pinned(*MEASURED_WORKER, "--bootstrap", bootstrap, *arguments)


def fold_runs(bootstrap: str, runs: int, events: int, *options: str) -> Folded:
    """Have workers fold the same records, one after the other, each from nothing."""
    folded = []
    for run in range(runs):
        app_id = APP_ID
        if run:  # the topics of the first are there already
            app_id = f"{APP_ID}-{run}"
            asyncio.run(with_topics(bootstrap, app_id))
        folded.append(worker(bootstrap, "--app-id", app_id, "--events", str(events), *options))
    return Folded(folded)


async def with_topics(bootstrap: str, app_id: str = APP_ID) -> None:
    """Make the topics of an app, but for those that exist."""
    await ensure_topics(bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=app_id)


async def filled(bootstrap: str, hosts: int, events: int, seed: int = 1) -> int:
    """Make the topics and send the live mix; how many events were sent."""
    await with_topics(bootstrap)
    mix = Mix(events=events, hosts=hosts, partitions=PARTITIONS, seed=seed)
    totals = await fill(bootstrap, mix)
    return totals.events.total()


async def trickle(bootstrap: str, hosts: int, seconds: int) -> int:
    """Send the live mix at 1,000 events a second for so long; how many were sent."""
    mix = Mix(
        events=LATENCY_RATE_PER_S * seconds,
        hosts=hosts,
        partitions=PARTITIONS,
        seed=TRICKLE_SEED,
        start_ms=time.time_ns() // 1_000_000,
        rate_per_s=LATENCY_RATE_PER_S,
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    begin_s = time.monotonic()
    for sent, record in enumerate(Generator(mix).events()):
        due_s = begin_s + sent / LATENCY_RATE_PER_S
        if due_s > time.monotonic():
            await asyncio.sleep(due_s - time.monotonic())
        await producer.send(record.topic, record.value, key=record.key, partition=record.partition)
    await producer.stop()
    return mix.events


def measure_latency(bootstrap: str, seconds: int) -> dict[str, Any]:
    """A worker that waits for records, and what it makes of a trickle of them."""
    # it settles first: a start is no part of the latency of a running worker
    options = ("--bootstrap", bootstrap, "--latency", "--settle-s", str(SETTLE_S), "--until-eof")
    running = subprocess.Popen(
        [*MEASURED_WORKER, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {WORKER_CORE}),
    )
    assert running.stdout is not None
    running.stdout.readline()
    asyncio.run(trickle(bootstrap, MANY_HOSTS, seconds))
    told, _ = running.communicate()
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found


def measure_small(size: Size) -> dict[str, Any]:
    """Throughput with few hosts, ours and the idiomatic app's, on the same records."""
    with KafkaServer(java=LASTING) as kafka:
        pin(kafka.pid, BROKER_CORE)
        # the idiomatic app is slowed down further by a long log behind it, so it gets a short one
        first = asyncio.run(filled(kafka.bootstrap, SMALL_HOSTS, size.idiomatic_events))
        idiomatic = run_pinned(
            *(sys.executable, "-m", "tests.bench.idiomatic_faust"),
            *("--bootstrap", kafka.bootstrap, "--partitions", str(PARTITIONS)),
            *("--events", str(size.idiomatic_events)),
        )
        rest = asyncio.run(filled(kafka.bootstrap, SMALL_HOSTS, size.events, SECOND_FILL_SEED))
        ours = fold_runs(kafka.bootstrap, size.runs, first + rest, TALLIES_ONLY)
    return {"ours": ours, "idiomatic": idiomatic}


def measure_many(size: Size) -> dict[str, Any]:
    """With many hosts: throughput and memory, then recovery, then latency, then rest."""
    with KafkaServer(java=LASTING) as kafka:
        pin(kafka.pid, BROKER_CORE)
        events = asyncio.run(filled(kafka.bootstrap, MANY_HOSTS, size.events))
        full = fold_runs(kafka.bootstrap, size.runs, events, TALLIES_ONLY)
        # just after a start the rooms are looked at for the first time: no part of being idle
        staying = ("--settle-s", str(SETTLE_S), "--stay-s", str(size.idle_s))
        recovered = [worker(kafka.bootstrap, *staying)]
        recovered += [worker(kafka.bootstrap) for _ in range(1, size.runs)]
        latency = measure_latency(kafka.bootstrap, size.latency_s)
    return {"full": full, "recovered": recovered, "latency": latency}


def summary(small: dict[str, Any], many: dict[str, Any]) -> dict[str, Any]:
    """The figures that scripts read."""
    ours, idiomatic, full = small["ours"], small["idiomatic"], many["full"]
    latency, recovered = many["latency"], many["recovered"]
    recoveries = [round(run["recovery_records"] / run["recovery_s"]) for run in recovered]
    idiomatic_per_s = idiomatic["events_per_s"]
    per_s = ours.per_s("events_per_s")
    return {
        **per_s,
        "events_per_cpu_s": round(ours.best["events"] / ours.best["cpu_s"]),
        "idiomatic_events_per_s": round(idiomatic_per_s),
        "ratio": round(per_s["events_per_s"] / idiomatic_per_s, 1),
        "recovery_records_per_s": max(recoveries),
        "recovery_records_per_s_runs": recoveries,
        "changelog_mib_per_s": ours.changelog_mib_per_s(),
        "p50_ms": round(latency["p50_ms"], 1),
        "p99_ms": round(latency["p99_ms"], 1),
        "peak_mib": full.peak_mib(),
        "idle_cpu_percent": round(recovered[0]["stay_cpu_percent"], 2),
        **full.per_s("events_per_s_5000_hosts"),
        "events_per_cpu_s_5000_hosts": round(full.best["events"] / full.best["cpu_s"]),
        "changelog_mib_per_s_5000_hosts": full.changelog_mib_per_s(),
        "idiomatic_peak_mib": round(idiomatic["peak_mib"]),
        "recovery_records": recovered[0]["recovery_records"],
    }


def show(figures: dict[str, Any], title: str = "live mix, one core, real Kafka") -> None:
    """The figures as a table for people, on standard error."""
    table = Table(title=title, title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        each = value if isinstance(value, list) else [value]
        table.add_row(name, "  ".join(f"{one:,}" for one in each))
    Console(stderr=True).print(table)


def main(arguments: Sequence[str]) -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the short form")
    chosen = parser.parse_args(arguments)
    size = QUICK if chosen.quick else FULL
    figures = summary(measure_small(size), measure_many(size))
    show(figures)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
