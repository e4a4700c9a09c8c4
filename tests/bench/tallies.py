"""The tallies under measurement: folding on real Kafka, publishing, memory. The last line is JSON.

Comments are counted and not read, and nobody judges: ``tests.bench.alerts`` measures folding with all.

Reports and asserts nothing: machines differ. Speeds are the best of three runs on the same log, told beside
them. ``make bench-tallies``; ``--quick`` is the short form.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from tests.bench.__main__ import (
    BROKER_CORE,
    FULL,
    MANY_HOSTS,
    QUICK,
    SMALL_HOSTS,
    TALLIES_ONLY,
    Size,
    filled,
    fold_runs,
    pin,
    run_pinned,
    show,
)
from tests.bench.folded import Folded
from tests.kafka_jars import LASTING
from tests.servers import KafkaServer


def folded(hosts: int, size: Size, *options: str) -> Folded:
    """What workers make of the live mix of so many hosts."""
    with KafkaServer(java=LASTING) as kafka:
        pin(kafka.pid, BROKER_CORE)
        sent = asyncio.run(filled(kafka.bootstrap, hosts, size.events))
        return fold_runs(kafka.bootstrap, size.runs, sent, *options)


def published(quick: bool) -> dict[str, Any]:
    """What publishing 2,000 active hosts every second costs, on the worker's core."""
    rounds = ("--rounds", "5") if quick else ()
    return run_pinned(sys.executable, "-m", "tests.bench.publishing", *rounds)


def held(*cases: str) -> dict[str, Any]:
    """What tallies take of memory."""
    return run_pinned(sys.executable, "-m", "tests.bench.memory", *cases)


def measure(quick: bool) -> dict[str, Any]:
    """The figures that scripts read."""
    size = QUICK if quick else FULL
    few = folded(SMALL_HOSTS, size, TALLIES_ONLY)
    many = folded(MANY_HOSTS, size, TALLIES_ONLY)
    publishing = published(quick)
    memory = held("idle_rooms", "lines")
    return {
        **few.per_s("events_per_s_200"),
        **many.per_s("events_per_s_5000"),
        "publish_2000_cpu_percent": publishing["cpu_percent"],
        "idle_1600_rooms_mib": memory["idle_rooms"]["mib"],
        "lines_1m_mib": memory["lines"]["mib"],
        "changelog_mib_per_s": few.changelog_mib_per_s(),
        "changelog_mib_per_s_5000": many.changelog_mib_per_s(),
        "publish_us_a_host": publishing["us_a_host"],
    }


def main(arguments: Sequence[str]) -> int:
    """Measure everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tallies", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the short form")
    figures = measure(parser.parse_args(arguments).quick)
    show(figures, "tallies, one core, real Kafka")
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
