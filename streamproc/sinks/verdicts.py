"""Verdicts on alerts, written to Kafka as events of their room.

Source: topics/live.rooms.v1.yaml; ``streamproc.board.ports``.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streamproc.engine.clients import connected
from streamproc.errors import VerdictUnpublished
from streamproc.events.codec import encode
from streamproc.events.registry import ROOMS_TOPIC
from streamproc.events.rooms import AlertJudged


class KafkaVerdicts:
    """Writes verdicts; it connects when the first one comes, and again when the broker was away.

    Units: whoever presses a button is answered within ``timeout_s``.
    """

    def __init__(self, bootstrap_servers: str, *, timeout_s: float = 5.0) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._timeout_s = timeout_s
        self._producer: Any = None
        self._connecting = asyncio.Lock()

    async def publish(self, verdict: AlertJudged) -> None:
        """Return once it is on all replicas that must have it.

        Errors: ``VerdictUnpublished``; it may be written nevertheless, and saying it again does no harm.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                producer = await self._connected()
                await producer.send_and_wait(
                    ROOMS_TOPIC, encode(verdict), key=verdict.host_id.encode()
                )
        except (TimeoutError, KafkaError, OSError) as error:
            raise VerdictUnpublished(
                f"the verdict on {verdict.alert_id} could not be written: {error!r}",
                where=f"{ROOMS_TOPIC} on {self._bootstrap_servers}",
                hint="does the broker answer, does the topic exist, may we write to it? Press again",
            ) from error

    async def _connected(self) -> Any:  # noqa: ANN401 - aiokafka has no types
        async with self._connecting:
            if self._producer is None:
                self._producer = await connected(
                    AIOKafkaProducer(
                        bootstrap_servers=self._bootstrap_servers,
                        acks="all",
                        request_timeout_ms=int(self._timeout_s * 1000),
                        # a broker that is back is found again at once, not after aiokafka's five minutes
                        metadata_max_age_ms=10_000,
                    )
                )
            return self._producer

    async def stop(self) -> None:
        """Disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, OSError):
                await producer.stop()
