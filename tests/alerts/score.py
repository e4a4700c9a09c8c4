"""``python -m tests.alerts.score``: seeded broadcasts, folded, judged and held against their ledgers.

One line for each as it is done, with what is wrong of it; the last line of all is JSON. The exit code
is 0 only if every bound of the house holds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final, NamedTuple

from streamproc.simulate.truth import Incident
from tests.alerts.opened import Opened
from tests.alerts.played import play
from tests.alerts.scoring import Score
from tests.alerts.table import truth_table, wrong

PROCESSES: Final = 2
FIRST_SEED: Final = 1
MIN_PRECISION: Final = 0.95
MIN_RECALL: Final = 0.95
MAX_MEDIAN_S: Final = 20.0
MAX_P95_S: Final = 45.0


class Result(NamedTuple):
    """One broadcast."""

    name: str
    seed: int
    incidents: list[Incident]
    alerts: list[Opened]
    seconds: float


def result(name: str, seed: int) -> Result:
    """Play a broadcast. Units: ``seconds`` of the processor."""
    begin_s = time.process_time()
    played = play(name, seed)
    return Result(name, seed, played.incidents, played.alerts, time.process_time() - begin_s)


def jobs(names: Sequence[str], seeds: int | None) -> list[tuple[str, int]]:
    """Every broadcast to play; the seeds of a scenario's row unless told otherwise."""
    table = truth_table()
    return [
        (name, seed)
        for name in names or sorted(table)
        for seed in range(FIRST_SEED, FIRST_SEED + (seeds or table[name].seeds))
    ]


class Report:
    """What is said while broadcasts are scored, and at the end."""

    def __init__(self, total: int) -> None:
        self._total = total
        self.score = Score()
        self.truth_table_ok = True

    def take(self, each: Result) -> Iterator[str]:
        """The lines about one broadcast."""
        found = self.score.add(each.incidents, each.alerts)
        problems = wrong(truth_table()[each.name], each.incidents, each.alerts)
        self.truth_table_ok = self.truth_table_ok and not problems
        verdict = "wrong" if problems or found.false or found.missed else "ok"
        delays = " ".join(f"{match.delay_ms / 1000:.0f}" for match in found.matches)
        yield (
            f"{self.score.broadcasts:3}/{self._total} {each.name} {each.seed}: {verdict},"
            f" {len(each.alerts)} alerts, {each.seconds:.1f} s"
            + (f", stock-outs told after {delays} s" if delays else "")
        )
        yield from (f"    {problem}" for problem in problems)
        for alert in found.false:
            yield f"    no stock-out: {alert.product_id} of {alert.host_id}, {sorted(alert.told_ms)}"
        for incident in found.missed:
            yield f"    missed: {incident.product_id} of {incident.host_id}, {incident.variant}"

    def summary(self) -> dict[str, Any]:
        """The last line."""
        score = self.score
        return {
            "broadcasts": score.broadcasts,
            "precision": round(score.precision, 4),
            "recall": round(score.recall, 4),
            "bait_pages": score.bait_pages,
            "median_delay_s": score.delay_s(0.5),
            "p95_delay_s": score.delay_s(0.95),
            "truth_table_ok": self.truth_table_ok,
        }

    def holds(self) -> bool:
        """Whether every bound holds."""
        score = self.score
        return (
            self.truth_table_ok
            and score.bait_pages == 0
            and score.precision >= MIN_PRECISION
            and score.recall >= MIN_RECALL
            and (score.delay_s(0.5) or 0) <= MAX_MEDIAN_S
            and (score.delay_s(0.95) or 0) <= MAX_P95_S
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Score; the exit code."""
    parser = argparse.ArgumentParser(prog="score-alerts", description=__doc__)
    parser.add_argument("--scenario", action="append", default=[], choices=sorted(truth_table()))
    parser.add_argument("--seeds", type=int, help="so many of each scenario")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    told = parser.parse_args(arguments)
    todo = jobs(told.scenario, told.seeds)
    report = Report(len(todo))
    with ProcessPoolExecutor(told.processes) as pool:
        for each in pool.map(result, *zip(*todo, strict=True)):
            for line in report.take(each):
                _say(line)
    _say(json.dumps(report.summary()))
    return 0 if report.holds() else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
