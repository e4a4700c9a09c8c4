"""A worker that serves metrics, for tests: ``python -m tests.metrics_worker '<options as JSON>'``.

It is the product's engine, program, judge and outputs, with the metrics of one worker around them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import msgspec

from streamproc.agents.fold import add_agents
from streamproc.cli.alert_limits import judge_of, limits_of
from streamproc.cli.comment_reading import FollowedReader
from streamproc.engine.engine import Engine
from streamproc.engine.faustapp import build_faust_app
from streamproc.errors import StreamprocError
from streamproc.program.live import LiveProgram
from streamproc.settings import load_settings
from streamproc.sinks.kafka_outputs import KafkaOutputs
from streamproc.sinks.metrics.worker import WorkerMetrics
from tests.engine_worker import Told

STATUS_INTERVAL_S = 0.05


class Options(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a test tells its worker. Shapes: ``variables`` as the environment would have them."""

    variables: dict[str, str]
    partitions: int
    status_file: str


class Status(msgspec.Struct, kw_only=True):
    """What a worker says of itself."""

    pid: int
    port: int
    caught_up: bool


class Sink:
    """A sink that wrote twice."""

    name = "redis"
    up = True
    dirty_keys = 3
    oldest_dirty_age_s = 0.5
    writes = 2
    write_s = 0.25
    refused = 1
    dropped = 0


def fail(error: StreamprocError) -> NoReturn:
    """End at once."""
    sys.stderr.write(f"{type(error).__name__}: {error}\n")
    sys.stderr.flush()
    os._exit(error.exit_code)


async def run(options: Options) -> None:
    """Work until SIGTERM."""
    settings = load_settings(options.variables)
    config = settings.engine_config(options.partitions)
    outputs = KafkaOutputs(config.bootstrap_servers, app_version="test", request_timeout_s=10)
    metrics = WorkerMetrics(
        settings.metrics,
        config_hash=settings.hash,
        rejected=lambda: outputs.rejected,
        sinks=[Sink()],
    )
    reader = FollowedReader(settings, lambda error: None)
    judge = judge_of(limits_of(settings))
    engine = Engine(
        config,
        lambda: LiveProgram(reader.reader, judge),
        outputs,
        fail,
        Told(),
        viewers=[metrics.viewer],
    )
    metrics.attach(engine)
    await metrics.start()
    terminated = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)
    status = Path(options.status_file)
    with tempfile.TemporaryDirectory(prefix="streamproc-test-") as folder:
        app = build_faust_app(engine, Path(folder))
        add_agents(app, engine, config.inputs)
        await engine.start()
        await outputs.start()
        app.finalize()
        await app.start()
        while not terminated.is_set() and not app.crashed:
            told = Status(pid=os.getpid(), port=metrics.port, caught_up=engine.caught_up())
            fresh = status.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(told))
            fresh.replace(status)
            await asyncio.sleep(STATUS_INTERVAL_S)
        for stop in (app.stop, engine.stop, outputs.stop, metrics.stop):
            async with asyncio.timeout(40):
                await stop()


def main() -> None:
    """Run with the options in the first argument."""
    asyncio.run(run(msgspec.json.decode(sys.argv[1].encode(), type=Options)))
    os._exit(0)  # Faust leaves threads behind that would be waited for


if __name__ == "__main__":
    main()
