"""The metrics of one worker, put together: what to hand to the engine, and what to start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import threading
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

import msgspec
from prometheus_client import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from streamproc import __version__
from streamproc.engine.engine import Engine
from streamproc.protocol import Program
from streamproc.sinks.metrics.alert_gauges import AlertGauges
from streamproc.sinks.metrics.exposition import CONTENT_TYPE, Exposition
from streamproc.sinks.metrics.health import Health, Reason
from streamproc.sinks.metrics.pulse import FoldProgress, LoopLag, beat
from streamproc.sinks.metrics.registry import METRICS, PREFIX
from streamproc.sinks.metrics.rooms import RoomGauges
from streamproc.sinks.metrics.server import Answer, PageServer, Tls
from streamproc.sinks.metrics.sinks import SinkState
from streamproc.sinks.metrics.viewer import MetricsViewer
from streamproc.sinks.metrics.worker_collector import Rejected, WorkerCollector

JSON: Final = "application/json"


class MetricsSettings(Protocol):
    """What the metrics must be told, as the settings have it; but port 0 is any that is free."""

    @property
    def host(self) -> str: ...  # noqa: D102 - as in the settings, all of them
    @property
    def port(self) -> int: ...  # noqa: D102
    @property
    def rooms_top_max(self) -> int: ...  # noqa: D102
    @property
    def rooms_max(self) -> int: ...  # noqa: D102
    @property
    def room_windows(self) -> str: ...  # noqa: D102
    @property
    def room_kept_s(self) -> float: ...  # noqa: D102
    @property
    def ready_behind_max_s(self) -> float: ...  # noqa: D102
    @property
    def tls_cert_file(self) -> str | None: ...  # noqa: D102
    @property
    def tls_key_file(self) -> str | None: ...  # noqa: D102
    @property
    def tls_client_ca_file(self) -> str | None: ...  # noqa: D102


class WorkerMetrics:
    """Serves ``/metrics``, ``/livez`` and ``/readyz`` of one worker.

    Give :attr:`viewer` to the engine, then tell :meth:`attach` of the engine. Started before the engine is
    made, the probes answer from the beginning. ``config_hash`` is the same for workers that agree.
    """

    def __init__(
        self,
        settings: MetricsSettings,
        *,
        config_hash: str,
        rejected: Callable[[], Rejected],
        sinks: Sequence[SinkState] = (),
    ) -> None:
        self._config_hash = config_hash
        self._engine: Engine | None = None
        self._lag = LoopLag()
        self._progress = FoldProgress()
        self._health = Health(
            lambda: self._engine, self._lag, self._progress, settings.ready_behind_max_s
        )
        rooms = RoomGauges(
            windows=settings.room_windows.split(","),
            top=settings.rooms_top_max,
            most=settings.rooms_max,
            kept_s=settings.room_kept_s,
        )
        self.viewer = MetricsViewer(rooms, AlertGauges(settings.rooms_max), self._programs)
        self._worker = WorkerCollector(rejected, sinks)
        self._process = ProcessCollector(registry=CollectorRegistry())
        self._one_at_a_time = threading.Lock()
        pages = {"/metrics": self._metrics, "/livez": self._livez, "/readyz": self._readyz}
        self._server = PageServer(settings.host, settings.port, pages, _tls(settings))
        self._beating: asyncio.Task[None] | None = None

    def attach(self, engine: Engine) -> None:
        """From now on tell of this engine."""
        self._engine = engine

    @property
    def port(self) -> int:
        """The port it listens at."""
        return self._server.port

    async def start(self) -> None:
        """Listen, and look at the event loop. Errors: ``PortTaken``, ``BadSetting``."""
        self._server.start()
        self._beating = asyncio.create_task(beat(self._lag, self._progress, lambda: self._engine))

    async def stop(self) -> None:
        """Listen no more."""
        if self._beating is not None:
            self._beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beating
        await asyncio.to_thread(self._server.stop)

    def exposition(self) -> bytes:
        """What Prometheus is answered with."""
        with self._one_at_a_time:  # what is kept of rooms belongs to one scrape at a time
            into = Exposition()
            self._tell_worker(into)
            self.viewer.tell(into)
            return into.text()

    def _tell_worker(self, into: Exposition) -> None:
        into.add(f"{PREFIX}build_info", 1, *_BUILD)
        into.add(f"{PREFIX}config_hash_info", 1, self._config_hash)
        into.add(f"{PREFIX}ready", int(self._health.not_ready() is None))
        into.add_histogram(f"{PREFIX}loop_lag_seconds", self._lag.histogram)
        into.add(f"{PREFIX}loop_lag_max_seconds", self._lag.greatest_s)
        for family in self._process.collect():
            for sample in family.samples:
                if sample.name in METRICS:
                    into.add(sample.name, sample.value)
        if self._engine is not None:
            self._worker.tell(self._engine, into)

    def _programs(self) -> Mapping[int, Program]:
        engine = self._engine
        if engine is None:
            return {}
        return {number: each.program for number, each in engine.partitions.items()}

    def _metrics(self) -> Answer:
        return Answer(HTTPStatus.OK, CONTENT_TYPE, self.exposition())

    def _livez(self) -> Answer:
        return _probe(self._health.not_live())

    def _readyz(self) -> Answer:
        return _probe(self._health.not_ready())


def _tls(settings: MetricsSettings) -> Tls | None:
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return None
    client_ca = settings.tls_client_ca_file
    return Tls(
        Path(settings.tls_cert_file),
        Path(settings.tls_key_file),
        None if client_ca is None else Path(client_ca),
    )


def _probe(reason: Reason | None) -> Answer:
    if reason is None:
        return Answer(HTTPStatus.OK, JSON, b'{"ok":true}')
    body = msgspec.json.encode({"ok": False, "reason": reason.value})
    return Answer(HTTPStatus.SERVICE_UNAVAILABLE, JSON, body)


_BUILD: Final = (
    __version__,
    platform.python_version(),
    version("faust-streaming"),
    version("aiokafka"),
)
