"""``python -m tests.laws.simulate``: random schedules against the engine's rules, looking for holes.

Configurations that keep every rule must never go wrong; each ablation takes one rule away and must be
caught. Ends with 1 if either fails, prints the seeds, and tells the story of one with ``--trace``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import multiprocessing.pool
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.laws.simlog.rules import ABLATIONS, SOUND, Configuration
from tests.laws.simlog.schedule import Schedule
from tests.laws.simlog.surroundings import RefusedAfterOutage, Wrong

PORTION = 250
SHOWN = 3


@dataclass
class Findings:
    """What a number of schedules came to."""

    schedules: int = 0
    wrong: dict[int, str] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, other: Findings) -> None:
        """Take another part's findings in."""
        self.schedules += other.schedules
        self.wrong |= other.wrong
        self.kinds.update(other.kinds)
        self.counts.update(other.counts)

    def hold(self, configuration: Configuration) -> bool:
        """True if this is what must come of the configuration."""
        return bool(self.wrong) == bool(configuration.caught_within)


def play(configuration: Configuration, seeds: Sequence[int]) -> Findings:
    """The findings of these schedules; of an ablation no further than the first wrong one."""
    findings = Findings()
    for seed in seeds:
        schedule = Schedule(configuration, seed)
        findings.schedules += 1
        try:
            schedule.run()
        except RefusedAfterOutage:
            findings.counts["refused"] += 1
        except Wrong as wrong:
            findings.wrong[seed] = str(wrong)
            findings.kinds[wrong.kind] += 1
        findings.counts.update(schedule.counts)
        if configuration.caught_within and findings.wrong:
            break
    return findings


def story(configuration: Configuration, seed: int) -> list[str]:
    """What happened in one schedule, line by line, and how it ended."""
    lines: list[str] = []
    schedule = Schedule(configuration, seed, story=lines)
    try:
        schedule.run()
    except (Wrong, RefusedAfterOutage) as end:
        return [*lines, f"{type(end).__name__}: {end}"]
    return [*lines, "everything arrived exactly once"]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 if every sound configuration went right and every ablation was caught."""
    options = _options(arguments)
    chosen = [c for c in (*SOUND, *ABLATIONS) if options.only in c.name]
    if not chosen:
        _say(f"no configuration has {options.only!r} in its name")
        return 2
    if options.trace and options.schedules == 1:
        _say(*story(chosen[0], options.seed))
    failed = 0
    total = Findings()
    with multiprocessing.Pool(options.processes) as pool:
        for configuration in chosen:
            findings = _explore(pool, configuration, options)
            failed += not findings.hold(configuration)
            _report(configuration, findings, options)
            total.add(findings)
    summary = {
        "configurations": len(chosen),
        "schedules": total.schedules,
        "failed": failed,
        "seed": options.seed,
    }
    _say(json.dumps(summary))
    return 1 if failed else 0


def _explore(
    pool: multiprocessing.pool.Pool, configuration: Configuration, options: argparse.Namespace
) -> Findings:
    """The findings of as many schedules as the configuration needs, with progress on the way."""
    wanted = configuration.caught_within or options.schedules
    findings = Findings()
    started = time.perf_counter()
    for wave in _waves(options.seed, wanted, options.processes):
        for part in pool.starmap(play, [(configuration, seeds) for seeds in wave]):
            findings.add(part)
        rate = findings.schedules / (time.perf_counter() - started)
        _progress(f"{configuration.name}: {findings.schedules} of {wanted}, {rate:.0f} a second")
        if configuration.caught_within and findings.wrong:
            break
    _progress("")
    return findings


def _waves(first: int, wanted: int, processes: int) -> Iterator[list[range]]:
    """Seeds in portions, as many portions at a time as keep the processes busy."""
    end = first + wanted
    portions = [range(low, min(low + PORTION, end)) for low in range(first, end, PORTION)]
    for index in range(0, len(portions), processes * 2):
        yield portions[index : index + processes * 2]


def _report(configuration: Configuration, findings: Findings, options: argparse.Namespace) -> None:
    """One line on a configuration, and what to look at if it is not as it must be."""
    holds = findings.hold(configuration)
    verdict = "caught" if configuration.caught_within else "right"
    _say(
        f"{verdict if holds else 'FAILED':7} {configuration.name:42} {findings.schedules:7} schedules"
        f" {len(findings.wrong):5} wrong {dict(findings.kinds)} {dict(findings.counts)}"
    )
    if not holds and not configuration.caught_within:
        for seed, what in sorted(findings.wrong.items())[:SHOWN]:
            _say(f"        seed {seed}: {what}")
            _say(
                f"        python -m tests.laws.simulate --only {configuration.name!r}"
                f" --seed {seed} --schedules 1 --trace"
            )
    if options.trace and findings.wrong and options.schedules > 1:
        _say(*story(configuration, min(findings.wrong)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.laws.simulate", description=__doc__)
    parser.add_argument("--schedules", type=int, default=20_000, help="per sound configuration")
    parser.add_argument("--seed", type=int, default=0, help="the first schedule's seed")
    parser.add_argument("--only", default="", metavar="NAME", help="configurations named like this")
    parser.add_argument(
        "--trace", action="store_true", help="tell the first wrong schedule's story"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(arguments)


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _progress(text: str) -> None:
    """A line that the next one replaces; nothing when nobody watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
