"""Composition root: from settings to a worker that runs. Decides nothing.

The only module that knows engine, agents, sinks and program at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from streamproc import __version__
from streamproc.agents.fold import add_agents
from streamproc.engine.config import EngineConfig
from streamproc.engine.engine import Engine
from streamproc.engine.failures import START_FAILURES, start_failure_of
from streamproc.engine.faustapp import build_faust_app
from streamproc.engine.ports import Failure, GreatestVersion, Progress, SourcePartition
from streamproc.engine.preflight import check_topics
from streamproc.engine.rebuild import Rebuild, Told
from streamproc.engine.versions import check_versions
from streamproc.engine.watchdog import Watchdog
from streamproc.errors import StreamprocError
from streamproc.events.outputs import OUTPUTS
from streamproc.events.registry import INPUT_TOPICS
from streamproc.protocol import DeadLetter, Program
from streamproc.settings import Settings
from streamproc.sinks.kafka_outputs import SUFFIX, KafkaOutputs
from streamproc.sinks.tallies_version import greatest_version
from streamproc.viewing import Rejected, WorkerViews


class WorkerRun:
    """One worker, in this process and event loop.

    ``engine`` is there once :meth:`start` has checked the topics. ``told`` is called with what a person
    should know who runs it.
    Errors: ``BadSetting`` if the address of Redis cannot be read.
    """

    engine: Engine

    def __init__(
        self,
        settings: Settings,
        *,
        program: Callable[[], Program],
        progress: Progress,
        failure: Failure,
        told: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._program = program
        self._progress = _Settled(progress)
        self._failure = failure
        self._folder: Path | None = None
        self._app: Any = None
        self._outputs: KafkaOutputs | None = None
        self.views = WorkerViews(settings, rejected=self._rejected, failure=failure, told=told)
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Check the surroundings, then run.

        Errors: ``IncompatibleLibrary``, ``BrokerUnreachable``, ``TopicMissing``,
        ``PartitionCountWrong``, ``PortTaken``; what happens later ends the process through ``failure``.
        """
        check_versions()
        await self.views.listen()
        kafka = self._settings.kafka
        partitions = await check_topics(
            kafka.bootstrap_servers,
            INPUT_TOPICS,
            self._settings.engine_config(1).changelog,
            [topic + SUFFIX for topic in INPUT_TOPICS],
            outputs=OUTPUTS,
            timeout_s=kafka.request_timeout_s,
        )
        config = self._settings.engine_config(partitions)
        self._outputs = _outputs_of(config)
        try:
            await self._outputs.start()
            await self.views.start()
            await self._run(config, self._outputs)
        except START_FAILURES as error:
            raise start_failure_of(error, where=kafka.bootstrap_servers) from error

    async def _run(self, config: EngineConfig, outputs: KafkaOutputs) -> None:
        self.engine = Engine(
            config,
            self._program,
            outputs,
            self._fail,
            self._progress,
            viewers=self.views.viewers,
            greatest_version=_greatest_version(config),
        )
        self.views.attach(self.engine)
        await self.engine.start()
        # Faust wants a folder to start and puts nothing into it
        with tempfile.TemporaryDirectory(prefix="streamproc-") as folder:
            self._folder = Path(folder)
            self._app = build_faust_app(self.engine, Path(folder))
            add_agents(self._app, self.engine, config.inputs)
            self._app.finalize()
            await self._app.start()
        self._folder = None
        self._watching = asyncio.create_task(self._watch(config.stall_timeout_s))

    async def _watch(self, stall_timeout_s: float) -> None:
        try:
            await Watchdog(self.engine, stall_timeout_s).run()
        except StreamprocError as error:
            self._fail(error)

    def _fail(self, error: StreamprocError) -> NoReturn:
        """End the process; what ends at once removes no folder by itself."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._failure(error)

    async def stop(self) -> None:
        """Flush, commit, leave the group, disconnect."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        if self._app is not None:
            await self._app.stop()
            await self.engine.stop()
        await self.views.stop()
        if self._outputs is not None:
            await self._outputs.stop()
        # what is frozen is never taken down, and the library of sketches would complain at the end
        gc.unfreeze()

    def _rejected(self) -> Rejected:
        return {} if self._outputs is None else self._outputs.rejected

    async def wait(self) -> None:
        """Return when the worker was stopped.

        Errors: ``StreamprocError`` if it crashed.
        """
        await self._app.wait_until_stopped()
        if self._app.crashed:
            raise StreamprocError(
                f"the worker crashed: {self._app.crash_reason!r}",
                hint="restart it; what was not flushed is read again",
            )

    def caught_up(self) -> bool:
        """True if every input of every owned partition is read to its known end and durable."""
        return self.engine.caught_up()


async def rebuild_of(
    settings: Settings, program: Callable[[], Program], *, started_us: int, told: Told
) -> Rebuild:
    """A rebuild of the whole state by a program.

    Errors: ``BrokerUnreachable``, ``TopicMissing``, ``PartitionCountWrong``.
    """
    kafka = settings.kafka
    partitions = await check_topics(
        kafka.bootstrap_servers,
        INPUT_TOPICS,
        settings.engine_config(1).changelog,
        timeout_s=kafka.request_timeout_s,
    )
    config = settings.engine_config(partitions)

    async def keep(letters: Sequence[DeadLetter]) -> None:
        outputs = _outputs_of(config)
        await outputs.start()
        try:
            await outputs.write_dead_letters(letters)
        finally:
            await outputs.stop()

    return Rebuild(
        config,
        program,
        started_us=started_us,
        told=told,
        keep=keep,
        greatest_version=_greatest_version(config),
    )


def _outputs_of(config: EngineConfig) -> KafkaOutputs:
    return KafkaOutputs(
        config.bootstrap_servers,
        app_version=__version__,
        request_timeout_s=config.request_timeout_s,
    )


def _greatest_version(config: EngineConfig) -> GreatestVersion:
    return partial(greatest_version, config.bootstrap_servers, timeout_s=config.request_timeout_s)


class _Settled:
    """Passes progress on, and lets the collector pass over what a recovery has made.

    A pass over a large state would hold every batch up, and what a fold makes has no cycles: so what is
    recovered is frozen.
    """

    def __init__(self, told: Progress) -> None:
        self._told = told

    def recovering(self, partitions: int) -> None:
        """Recovery of so many partitions begins: what the last one made may go."""
        gc.unfreeze()
        self._told.recovering(partitions)

    def recovered(self, partitions: int, records: int, duration_s: float) -> None:
        """Recovery is done."""
        gc.collect()
        gc.freeze()
        self._told.recovered(partitions, records, duration_s)

    def paused(self, partition: SourcePartition, reason: str) -> None:
        """A source partition is read no more."""
        self._told.paused(partition, reason)
