"""The tallies topic: the newest of each host, at most once a second, beside the fold.

Source: topics/live.tallies.v1.yaml; docs/adr/0015-views.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from streamproc.engine.failures import failure_of
from streamproc.engine.pace import set_within
from streamproc.engine.ports import Failure
from streamproc.errors import FlushFailed
from streamproc.events.host_tally import TALLIES_TOPIC, tally_headers, versioned
from streamproc.protocol import Published, View
from streamproc.sinks.kafka_writer import UNWRITTEN, WHY, KafkaWriter, Record

INTERVAL_S: Final = 1.0

_AS_OF: Final = re.compile(rb'"as_of_ms":(\d+)')
"""The first of a value is that of the whole tally: a text in it cannot hold a plain quotation mark."""


class Waiting(NamedTuple):
    """The newest of a host. Shapes: ``value`` None: nothing is to be seen of it any more."""

    partition: int
    version: int
    value: bytes | None


class Newest:
    """What is to leave: one a host, the newest, those first that wait longest."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, Waiting] = {}
        self._owned: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, partition: int, version: int, views: Iterable[View]) -> None:
        """Have these leave in place of what waits of the same hosts."""
        if partition in self._owned:
            for view in views:
                self._waiting[view.key] = Waiting(partition, version, view.value)

    def own(self, partitions: frozenset[int]) -> None:
        """Forget what waits of other partitions: whoever has them tells it."""
        self._owned = partitions
        self._waiting = {
            key: each for key, each in self._waiting.items() if each.partition in partitions
        }

    def take(self) -> dict[bytes, Waiting]:
        """Everything that waits."""
        waiting, self._waiting = self._waiting, {}
        return waiting


class TalliesTopic:
    """A viewer that writes tallies to their topic.

    Shapes: ``sent`` counts records that are durable. What was not sent when the process ends is told again
        by whoever has the partition next. A broker that takes nothing for longer than twice the request
        timeout ends the process by ``failure``.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        *,
        request_timeout_s: float,
        failure: Failure,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._writer = KafkaWriter(bootstrap_servers, request_timeout_s=request_timeout_s)
        self._failure = failure
        self._interval_s = interval_s
        self._newest = Newest()
        self._sending: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self.sent = 0

    async def start(self) -> None:
        """Connect, and send what is shown from now on."""
        await self._writer.start()
        self._sending = asyncio.create_task(self._send_on())

    async def stop(self) -> None:
        """Send what waits still, after what is on its way; disconnect."""
        self._stopping.set()
        try:
            if self._sending is not None:
                await self._sending
                with contextlib.suppress(FlushFailed):
                    await self._send(self._newest.take())
        finally:
            await self._writer.stop()

    # -- as a viewer -------------------------------------------------------------------------------

    def show(self, partition: int, version: int, views: Sequence[View]) -> None:
        """These views are of a state that is durable."""
        self._newest.put(partition, version, views)

    def told(self, partition: int, version: int, records: Sequence[Published]) -> None:
        """Alerts have a topic of their own."""

    def told_again(self, partition: int, version: int, records: Sequence[Published]) -> None:
        """A topic loses nothing."""

    def owned(self, partitions: frozenset[int]) -> None:
        """From now on these are ours, and no others."""
        self._newest.own(partitions)

    # -- sending -----------------------------------------------------------------------------------

    async def _send_on(self) -> None:
        while not self._stopping.is_set():
            began_s = time.monotonic()
            try:
                await self._send(self._newest.take())
            except Exception as error:  # noqa: BLE001  # whatever it is: else no tally would leave again
                if not self._stopping.is_set():
                    self._failure(failure_of(error))
            left_s = max(0.0, began_s + self._interval_s - time.monotonic())
            await set_within(self._stopping, left_s)

    async def _send(self, waiting: dict[bytes, Waiting]) -> None:
        try:
            await self._writer.write(
                Record(
                    TALLIES_TOPIC,
                    host_id,
                    None if each.value is None else versioned(each.value, each.version),
                    tally_headers(host_id, each.version, as_of_ms(each.value)),
                )
                for host_id, each in waiting.items()
            )
        except UNWRITTEN as error:
            raise FlushFailed(
                f"{len(waiting)} tallies could not be written: {error!r}",
                where=TALLIES_TOPIC,
                hint=f"{WHY} A restart tells them again",
            ) from error
        self.sent += len(waiting)


def as_of_ms(value: bytes | None) -> int:
    """The time that a tally is of; of a host that is gone, now."""
    found = None if value is None else _AS_OF.search(value)
    return time.time_ns() // 1_000_000 if found is None else int(found[1])
