"""Writing records to Kafka and waiting until they are durable, or until waiting has no sense any more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streamproc.engine.clients import connected
from streamproc.protocol import Headers

UNWRITTEN: Final = (TimeoutError, KafkaError, OSError)
"""What :meth:`KafkaWriter.write` raises."""

WHY: Final = (
    "does the broker answer, does the topic exist (streamproc topics plan), may we write to it, is the disk"
    " full, or did this machine stand still?"
)
"""What to look at then."""

_LARGEST_BYTES: Final = 16 << 20


class Record(NamedTuple):
    """A record to write. Shapes: ``partition`` None: by its key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int | None = None


class KafkaWriter:
    """A connection that writes."""

    def __init__(self, bootstrap_servers: str, *, request_timeout_s: float) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._request_timeout_ms = int(request_timeout_s * 1000)
        # aiokafka goes on without end while a broker is away; whoever waits twice that long stops
        self._deadline_s = 2 * request_timeout_s
        self._producer: Any = None

    async def start(self) -> None:
        """Connect."""
        self._producer = await connected(
            AIOKafkaProducer(
                bootstrap_servers=self._bootstrap_servers,
                acks="all",
                linger_ms=5,
                max_request_size=_LARGEST_BYTES,
                request_timeout_ms=self._request_timeout_ms,
            )
        )

    async def stop(self) -> None:
        """Send what is queued, disconnect."""
        if self._producer is not None:
            await self._producer.stop()

    async def write(self, records: Iterable[Record]) -> None:
        """Return once they are durable. Errors: those of ``UNWRITTEN``."""
        async with asyncio.timeout(self._deadline_s):
            waiting = [
                await self._producer.send(
                    each.topic,
                    key=each.key,
                    value=each.value,
                    headers=list(each.headers),
                    partition=each.partition,
                )
                for each in records
            ]
            await asyncio.gather(*waiting)
