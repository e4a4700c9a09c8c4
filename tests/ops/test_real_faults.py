"""Prometheus and Alertmanager on two real workers at work, of which things are really taken away.

Durations are a twentieth, those that are numbers in an expression are not: so is what takes its own time
there, as the move of partitions. What rooms say of their own trouble is left out here.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import free_port
from streamproc.events.registry import COMMENTS_TOPIC
from streamproc.oracle.batch import LogRecord
from streamproc.provision.admin import ensure_topics
from tests.command_line import STREAMPROC, plain_environment, send, worker_process
from tests.ops.exposed import prober, served
from tests.ops.watched import Watch, empty, until, watching
from tests.redis_server import RedisServer, redis_or_skip
from tests.robots.stand_in import stand_in
from tests.servers import KafkaServer, kafka_or_skip
from tests.worker_process import WorkerProcess

pytestmark = [pytest.mark.integration, pytest.mark.alone]

APP_ID = "watched"
PARTITIONS = 4
LOAD = (
    *("contest", "--seconds", "1800", "--speed", "1", "--audience-scale", "0.3"),
    *("--duplicates", "0.02", "--garbage", "0.003"),
)
NOT_OURS = ("StreamprocRoom", "StreamprocFloor", "StreamprocCommonCause", "StreamprocFreshness")
"""Names of what rooms say, and of how fresh numbers were meanwhile, begin so."""
A_FLOOD = PARTITIONS * 600
"""So many bad records at once, over all partitions, that each of these is paused."""


class Floor(NamedTuple):
    """Everything that runs. ``workers``: by number."""

    watch: Watch
    kafka: KafkaServer
    redis: RedisServer
    workers: dict[int, WorkerProcess]
    folder: Path
    ports: dict[str, int]

    def start(self, number: int) -> None:
        """Start a worker, as a process manager does."""
        folder = self.folder / f"worker-{number}"
        folder.mkdir(exist_ok=True)
        port = self.ports[f"worker-{number}"]
        variables = {
            "STREAMPROC_METRICS__PORT": str(port),
            "STREAMPROC_REDIS__URL": self.redis.url,
        }
        self.workers[number] = worker_process(
            self.kafka.bootstrap, APP_ID, folder, "--no-table", variables=variables
        )

    def said(self) -> dict[str, set[str]]:
        """The names of alerts by state, but for those that are not ours."""
        return {
            state: {each for each in names if not each.startswith(NOT_OURS)}
            for state, names in self.watch.alerts().items()
        }

    def await_said(self, active: Iterable[str], suppressed: Iterable[str] = ()) -> None:
        """Wait until exactly these are said."""
        expected = {"active": set(active), "suppressed": set(suppressed)}
        until(lambda: self.said() == expected, 120, lambda: (self.said(), expected))


@pytest.fixture(scope="module")
def kafka() -> Iterator[KafkaServer]:
    """A node of its own."""
    yield from kafka_or_skip()


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    yield from redis_or_skip()


@pytest.fixture(scope="module")
def floor(
    tmp_path_factory: pytest.TempPathFactory, kafka: KafkaServer, redis: RedisServer
) -> Iterator[Floor]:
    folder = tmp_path_factory.mktemp("faults")
    asyncio.run(
        ensure_topics(kafka.bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=APP_ID)
    )
    with ExitStack() as stack:
        enter = stack.enter_context
        enter(simulated(kafka, folder))
        ports = {
            "worker-1": free_port(),
            "worker-2": free_port(),
            "blackbox": enter(served(prober())),
        }
        watch = enter(watching(folder, ports, enter(stand_in()).url, "nobody"))
        running = Floor(watch, kafka, redis, {}, folder, ports)
        try:
            for number in (1, 2):
                running.start(number)
            yield running
        finally:
            for worker in running.workers.values():
                if worker.exit_code is None:
                    worker.kill()


@contextmanager
def simulated(kafka: KafkaServer, folder: Path) -> Iterator[None]:
    """A contest that goes on meanwhile."""
    with (folder / "simulate.log").open("wb") as log:
        process = subprocess.Popen(
            leashed([*STREAMPROC, "simulate", *LOAD, "--ledger", str(folder / "ledger.jsonl")]),
            env=plain_environment() | {"STREAMPROC_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
        assert process.poll() is None, (folder / "simulate.log").read_text()
    finally:
        process.kill()
        process.wait()


def garbage(count: int) -> list[LogRecord]:
    """Records that nobody can use, spread over the partitions."""
    return [
        LogRecord(COMMENTS_TOPIC, number % PARTITIONS, 0, b"h", b"{", 0) for number in range(count)
    ]


def test_workers_at_work_raise_nothing(floor: Floor) -> None:
    until(
        lambda: floor.watch.asked("sum(streamproc_partitions_owned) == 4 and count(up == 1) >= 2"),
        90,
        lambda: floor.watch.asked("streamproc_partitions_owned"),
    )
    floor.await_said(())


def test_every_expression_of_dashboards_and_rules_has_data_of_workers_at_work(floor: Floor) -> None:
    until(lambda: not empty(floor.watch), 90, lambda: empty(floor.watch))


def test_a_redis_that_is_gone_is_told_once_and_is_over_when_it_is_back(floor: Floor) -> None:
    floor.redis.kill()

    floor.await_said({"StreamprocSinkDown"}, {"StreamprocSinkStale"})

    floor.redis.start()
    floor.await_said(())


def test_a_flood_of_bad_records_is_told_and_then_that_they_are_read_no_more(floor: Floor) -> None:
    told = {"StreamprocDlqBurst", "StreamprocPartitionPaused"}
    asyncio.run(send(floor.kafka.bootstrap, garbage(A_FLOOD)))

    until(lambda: floor.said()["active"] >= told, 60, floor.said)
    assert not floor.said()["active"] & {"StreamprocPartitionStalled", "StreamprocWatermarkLag"}
    floor.await_said({"StreamprocPartitionPaused"})

    for number, worker in floor.workers.items():
        worker.terminate()
        asyncio.run(worker.ended())
        floor.start(number)  # another try: what is left of them is less than pauses a partition
    floor.await_said(())


def test_a_worker_that_is_killed_is_told_and_its_partitions_go_on(floor: Floor) -> None:
    floor.workers[2].kill()

    floor.await_said({"StreamprocTargetDown"})
    assert floor.watch.asked("sum(streamproc_partitions_owned) == 4")

    floor.start(2)
    floor.await_said(())


def test_when_no_worker_answers_only_that_is_told(floor: Floor) -> None:
    floor.workers[1].kill()
    floor.workers[2].kill()

    def only_that() -> bool:
        said = floor.said()
        return said["active"] == {"StreamprocNoWorkers"} and said["suppressed"] >= {
            "StreamprocTargetDown"
        }

    until(only_that, 90, floor.said)

    for number in (1, 2):
        floor.start(number)
    floor.await_said(())
