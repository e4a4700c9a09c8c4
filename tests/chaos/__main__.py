"""``python -m tests.chaos``: kill, pause and move real workers, take Kafka and Redis away, then compare.

The last line of stdout is one line of JSON; exit 0 only if ledger, log, state and views agree.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import msgspec

from tests.chaos.result import has_seen_zombies, is_ok, result
from tests.chaos.run import Options, run
from tests.kafka_cluster import KafkaCluster
from tests.redis_server import RedisServer
from tests.servers import KafkaServer

UNFINISHED = {
    "faults": 0,
    "lost": None,
    "doubled": None,
    "stale_writes_ignored": None,
    "digest_equal": False,
    "ok": False,
}


def say(line: str) -> None:
    """Tell how it goes, on stderr."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def tell(found: dict[str, Any]) -> None:
    """The last line of stdout."""
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    sys.stdout.flush()


def parsed(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=42)
    parser.add_argument("--seed", type=int, help="repeat the faults and the load of a run")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument(
        "--cluster", action="store_true", help="three brokers, of which one goes at a time"
    )
    parser.add_argument(
        "--compact-after",
        type=float,
        metavar="SECONDS",
        help="let the broker compact what is that old, which must be longer than healing takes",
    )
    parser.add_argument("--rate", type=int, default=1000, help="records a second")
    parser.add_argument("--minutes-max", type=float, default=15.0)
    parser.add_argument("--keep", type=Path, help="keep the workers' logs in this folder")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run with a Kafka of its own; the exit code."""
    chosen = parsed(arguments)
    options = Options(
        seed=secrets.randbelow(1 << 31) if chosen.seed is None else chosen.seed,
        faults=chosen.faults,
        workers=chosen.workers,
        partitions=chosen.partitions,
        rate_per_s=chosen.rate,
        minutes_max=chosen.minutes_max,
        compact_after_s=chosen.compact_after,
    )
    say(f"seed {options.seed}: repeat with --seed {options.seed} --faults {options.faults}")
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="streamproc-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every retry
    brokers = KafkaCluster() if chosen.cluster else KafkaServer()
    with brokers as server, RedisServer() as redis:
        try:
            outcome = asyncio.run(run(server, redis, folder, options, say))
        except Exception:  # noqa: BLE001 - scripts read the last line, whatever happened
            say(traceback.format_exc())
            tell({**UNFINISHED, "seed": options.seed})
            return 1
    for defect in outcome.verdict.defects:
        say(f"DEFECT: {defect}")
    if outcome.faults.total() < options.faults:
        say(f"only {outcome.faults.total()} of {options.faults} faults: a defect or --minutes-max")
    if not has_seen_zombies(outcome):
        say("no zombie wrote anything: the run has not shown that stale writes are ignored")
    ok = is_ok(options, outcome)
    if ok and not chosen.keep:
        shutil.rmtree(folder, ignore_errors=True)
    elif not ok:
        say(f"the workers' logs are in {folder}")
    tell(result(options, outcome))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
