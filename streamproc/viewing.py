"""The views of one worker, put together from its settings: tallies topic, Redis, metrics.

What a worker knows is shown beside the fold; nothing here is waited for by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import uuid4

from streamproc.engine.engine import Engine
from streamproc.engine.ports import Failure, Viewer
from streamproc.errors import PortTaken
from streamproc.settings import Settings
from streamproc.sinks.metrics.worker import WorkerMetrics
from streamproc.sinks.redis_view.config import RedisConfig
from streamproc.sinks.redis_view.view import RedisView
from streamproc.sinks.tallies_topic import TalliesTopic

Rejected = Mapping[tuple[str, str], int]


class WorkerViews:
    """Everything that shows what one worker knows.

    Shapes: ``viewers`` are for the engine, told of it by :meth:`attach`. ``told`` is called with what a
        person should know who runs the worker.
    Errors: ``BadSetting`` if the address of Redis cannot be read.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        rejected: Callable[[], Rejected],
        failure: Failure,
        told: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._told = told
        self._engine: Engine | None = None
        self._tallies = TalliesTopic(
            settings.kafka.bootstrap_servers,
            request_timeout_s=settings.kafka.request_timeout_s,
            failure=failure,
        )
        self.redis: RedisView | None = None
        if settings.redis.url is not None:
            config = RedisConfig(**settings.redis.plain())
            self.redis = RedisView(config, uuid4().hex[:12], self._show_again)
        states = [] if self.redis is None else [self.redis]
        self.metrics: WorkerMetrics | None = None
        if settings.metrics.port:
            self.metrics = WorkerMetrics(
                settings.metrics, config_hash=settings.hash, rejected=rejected, sinks=states
            )

    @property
    def viewers(self) -> Sequence[Viewer]:
        """Who is to be told of views."""
        viewers: list[Viewer] = [self._tallies]
        if self.redis is not None:
            viewers.append(self.redis)
        if self.metrics is not None:
            viewers.append(self.metrics.viewer)
        return viewers

    async def listen(self) -> None:
        """Answer probes, from before the engine is there.

        Errors: ``PortTaken`` if the port that was asked for is; the usual one is done without.
        """
        if self.metrics is None:
            return
        try:
            await self.metrics.start()
        except PortTaken as error:
            if "port" in self._settings.metrics.model_fields_set:
                raise
            self.metrics = None
            self._told(f"without metrics and probes: {error}")

    async def start(self) -> None:
        """Begin to write what is shown. Errors: what the broker says."""
        await self._tallies.start()
        if self.redis is not None:
            self.redis.start()

    def attach(self, engine: Engine) -> None:
        """From now on show what this engine knows."""
        self._engine = engine
        if self.redis is not None:
            self.redis.attach(engine)
        if self.metrics is not None:
            self.metrics.attach(engine)

    async def stop(self) -> None:
        """Write what waits, and end."""
        await self._tallies.stop()
        if self.redis is not None:
            await self.redis.stop()
        if self.metrics is not None:
            await self.metrics.stop()

    def _show_again(self) -> None:
        if self._engine is not None:
            self._engine.show_again()
