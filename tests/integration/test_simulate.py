from __future__ import annotations

import asyncio
import itertools
import os
import time
from pathlib import Path

import pytest

from streamproc.errors import BrokerUnreachable, TopicMissing
from streamproc.events.registry import INPUT_TOPICS
from streamproc.oracle.batch import LogRecord, compute
from streamproc.provision.admin import ensure_topics
from streamproc.simulate.check import check, totals_of
from streamproc.simulate.ledger import Acked, read_ledger
from streamproc.simulate.options import Options
from streamproc.simulate.progress import Progress
from streamproc.simulate.run import run, totals_path
from streamproc.simulate.truth import read_totals
from tests.kafka_log import Record, read_topic
from tests.servers import Broker
from tests.simulated import small_scenario

pytestmark = pytest.mark.integration

PARTITIONS = 3
HOUR_MS = 3_600_000
FAULTS = {"duplicates": 0.05, "disorder": 0.05, "lateness": 0.01, "garbage": 0.02}


def now_options(**changes: float) -> Options:
    """A broadcast of now; what is sent at once has to be over, or it lies ahead of the log."""
    speed = changes.pop("speed", 0)
    start_ms = time.time_ns() // 1_000_000 - (0 if speed else HOUR_MS)
    return Options(start_ms=start_ms, speed=speed, **changes)  # type: ignore[arg-type]


async def whole_log(bootstrap: str) -> list[Record]:
    topics = [await read_topic(bootstrap, topic, range(PARTITIONS)) for topic in INPUT_TOPICS]
    return list(itertools.chain.from_iterable(topics))


async def test_what_is_sent_is_in_the_log_and_adds_up_to_the_truth(
    broker: Broker, tmp_path: Path
) -> None:
    await ensure_topics(broker.bootstrap, partitions=PARTITIONS, replication_factor=1)
    ledger, told = tmp_path / "ledger.jsonl", list[Progress]()

    totals = await run(
        small_scenario(),
        now_options(**FAULTS),
        bootstrap=broker.bootstrap,
        ledger_path=ledger,
        on_progress=told.append,
        idempotent=broker.kind == "kafka",
    )

    log = await whole_log(broker.bootstrap)
    assert totals.complete
    assert totals.outcomes == {"acked": len(log), "failed": 0, "unknown": 0}
    assert told[-1].acked == totals.emitted == len(log)
    assert read_totals(totals_path(ledger)).hosts == totals.hosts
    canonical = compute(
        LogRecord(r.topic, r.partition, r.offset, r.key, r.value, r.timestamp_ms) for r in log
    )
    sent = [line for line in read_ledger(ledger) if isinstance(line, Acked)]
    placed = {
        (line.topic, line.partition, line.base_offset + place)
        for line in sent
        for place in range(len(line.seqs))
    }
    assert placed == {(r.topic, r.partition, r.offset) for r in log}
    assert canonical["hosts"].keys() == totals.names.keys()
    sums = {"duplicate": 0, "rejected": 0, "late": 0}
    for counts in itertools.chain.from_iterable(
        by_partition.values() for by_partition in canonical["accounting"].values()
    ):
        for name in sums:
            sums[name] += counts.get(name, 0)
    assert sums == {
        "duplicate": totals.count("duplicate"),
        "rejected": totals.count("garbage:"),
        "late": totals.count("late"),
    }
    letters = {(r.topic, r.partition, r.offset) for r in log if _is_rejected(r)}
    assert check(ledger, totals, totals_of(canonical), letters, log) == []


def _is_rejected(record: Record) -> bool:
    alone = compute([LogRecord(*(getattr(record, name) for name in LogRecord._fields))])
    (partitions,) = alone["accounting"].values()
    return any("rejected" in counts for counts in partitions.values())


async def test_a_run_that_is_stopped_leaves_a_ledger_that_can_be_checked(
    broker: Broker, tmp_path: Path
) -> None:
    await ensure_topics(broker.bootstrap, partitions=PARTITIONS, replication_factor=1)
    ledger, some_sent = tmp_path / "ledger.jsonl", asyncio.Event()

    def told(progress: Progress) -> None:
        if progress.acked > 50:
            some_sent.set()

    running = asyncio.create_task(
        run(
            small_scenario(),
            now_options(speed=20),
            bootstrap=broker.bootstrap,
            ledger_path=ledger,
            on_progress=told,
        )
    )
    async with asyncio.timeout(30):
        await some_sent.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    totals = read_totals(totals_path(ledger))
    log = await whole_log(broker.bootstrap)
    canonical = compute(
        LogRecord(r.topic, r.partition, r.offset, r.key, r.value, r.timestamp_ms) for r in log
    )
    assert not totals.complete
    assert 50 < len(log) <= totals.emitted
    assert check(ledger, totals, totals_of(canonical), set(), log) == []


async def test_a_missing_topic_is_named(kafka_broker: Broker, tmp_path: Path) -> None:
    with pytest.raises(TopicMissing) as missing:
        await run(
            small_scenario(),
            now_options(),
            bootstrap=kafka_broker.bootstrap,
            ledger_path=tmp_path / "l.jsonl",
        )

    assert "live.orders.v1" in missing.value.where
    assert os.listdir(tmp_path) == []


async def test_a_broker_that_does_not_answer_is_named_and_costs_no_ledger(tmp_path: Path) -> None:
    ledger, totals = tmp_path / "l.jsonl", tmp_path / "l.totals.json"
    ledger.write_bytes(b"what an earlier run left")
    totals.write_bytes(b"and its totals")

    with pytest.raises(BrokerUnreachable) as unreachable:
        await run(
            small_scenario(),
            now_options(),
            bootstrap="127.0.0.1:1",
            ledger_path=tmp_path / "l.jsonl",
        )

    assert unreachable.value.where == "127.0.0.1:1"
    assert ledger.read_bytes() == b"what an earlier run left"
    assert totals.read_bytes() == b"and its totals"
