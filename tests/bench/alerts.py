"""Alerts under measurement: folding with everything on, and judging. The last line is JSON.

Everything: comments are read, rooms are judged, and views are made of what changed.

Reports and asserts nothing: machines differ. Speeds are the best of three runs on the same log, told beside
them. ``make bench-alerts``; ``--quick`` is the short form.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from tests.bench.__main__ import FULL, MANY_HOSTS, QUICK, SMALL_HOSTS, run_pinned, show
from tests.bench.tallies import folded


def measure(quick: bool) -> dict[str, Any]:
    """The figures that scripts read."""
    size = QUICK if quick else FULL
    few, many = folded(SMALL_HOSTS, size, "--shown"), folded(MANY_HOSTS, size, "--shown")
    short = ("--rooms", "100", "--rounds", "5") if quick else ()
    judged = run_pinned(sys.executable, "-m", "tests.bench.judging", *short)
    return {
        **few.per_s("events_per_s"),
        **many.per_s("events_per_s_5000"),
        "peak_mib_5000": many.peak_mib(),
        "judge_2000_cpu_percent": judged["cpu_percent"],
        "judge_us_a_room": judged["us_a_room"],
        "judge_worst_second_ms": judged["worst_second_ms"],
    }


def main(arguments: Sequence[str]) -> int:
    """Measure everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.alerts", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the short form")
    figures = measure(parser.parse_args(arguments).quick)
    show(figures, "alerts, one core, real Kafka")
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
