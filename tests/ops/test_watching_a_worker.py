"""A real worker on a simulated contest, watched by a real Prometheus: every expression has data."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from streamproc.embedded.leash import leashed
from streamproc.embedded.ports import free_port
from tests.command_line import STREAMPROC
from tests.house.tree import ROOT
from tests.ops.exposed import prober, served
from tests.ops.test_watching import empty, until
from tests.ops.watched import Watch, watching
from tests.redis_server import RedisServer, redis_or_skip

pytestmark = pytest.mark.integration

DEMO = (
    *("demo", "--headless", "--scenario", "contest", "--seconds", "600", "--speed", "4"),
    *("--duplicates", "0.02", "--garbage", "0.01"),
)


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    yield from redis_or_skip()


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory, redis: RedisServer) -> Iterator[Watch]:
    folder = tmp_path_factory.mktemp("worker")
    port, robots = free_port(), free_port()
    with (folder / "demo.log").open("wb") as log:
        demo = subprocess.Popen(
            leashed([*STREAMPROC, *DEMO]),
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(ROOT),
                "STREAMPROC_METRICS__PORT": str(port),
                "STREAMPROC_REDIS__URL": redis.url,
            },
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        with served(prober()) as prober_port:
            ports = {"worker-1": port, "worker-2": port, "blackbox": prober_port}
            with watching(folder, ports, f"http://127.0.0.1:{robots}", "nobody") as running:
                yield running
    finally:
        demo.terminate()
        demo.wait(30)


def test_every_expression_has_data_of_a_worker_at_work(watch: Watch) -> None:
    until(lambda: not empty(watch), 90, lambda: empty(watch))
