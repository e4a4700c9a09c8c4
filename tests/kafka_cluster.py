"""A cluster of real Kafka nodes, of which one at a time goes away and comes back."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from tests.servers import KafkaServer

REPLICAS: Final = 3
_PROPERTIES: Final = {
    "offsets.topic.replication.factor": str(REPLICAS),
    "transaction.state.log.replication.factor": str(REPLICAS),
    "transaction.state.log.min.isr": "2",
    "min.insync.replicas": "2",
    # who is gone is to be noticed within a test's time
    "broker.session.timeout.ms": "6000",
    "replica.lag.time.max.ms": "6000",
}


class KafkaCluster:
    """Three brokers, each of which holds everything.

    Shapes: the first one is also the only controller, and stays; ``kill`` and ``pause`` hit the other two
        in turns, ``start`` and ``resume`` bring back the one that was hit last.
    Errors: ``start`` raises ``ServerMissing`` or ``ServerFailed``.
    """

    def __init__(self) -> None:
        self._controller = KafkaServer(properties=_PROPERTIES)
        self._others = [
            KafkaServer(
                properties={**_PROPERTIES, "node.id": str(number)}, controller=self._controller
            )
            for number in range(2, REPLICAS + 1)
        ]
        self._hit = self._others[-1]
        self._running = ExitStack()

    @property
    def bootstrap(self) -> str:
        """The addresses for clients, once started."""
        return ",".join(each.bootstrap for each in (self._controller, *self._others))

    def kill(self) -> None:
        """End the next one as a crash does."""
        self._next().kill()

    def start(self) -> None:
        """Start again the one that was killed."""
        self._hit.start()

    def pause(self) -> None:
        """Stop the clock of the next one."""
        self._next().pause()

    def resume(self) -> None:
        """Let the one go on that was paused."""
        self._hit.resume()

    def _next(self) -> KafkaServer:
        place = self._others.index(self._hit) + 1
        self._hit = self._others[place % len(self._others)]
        return self._hit

    def __enter__(self) -> Self:
        with ExitStack() as started:
            for each in (self._controller, *self._others):
                started.enter_context(each)
            self._running = started.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.__exit__(kind, error, trace)
