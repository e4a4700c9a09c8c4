"""Dead letters and published records, written to Kafka.

A dead letter keeps the raw bytes, key and headers, and gains ``dlq.*`` headers that say why and from
where; a crash may write it again, so readers dedupe by origin (``dlq`` command).

Source: docs/architecture.md; topics/live.*.dlq.yaml.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from streamproc.errors import DeadLettersUnwritable, FlushFailed
from streamproc.protocol import DeadLetter, Published
from streamproc.sinks.kafka_writer import UNWRITTEN, WHY, KafkaWriter, Record

SUFFIX = ".dlq"
REASON, DETAIL = "dlq.reason", "dlq.detail"
TOPIC, PARTITION, OFFSET = "dlq.origin.topic", "dlq.origin.partition", "dlq.origin.offset"
VERSION = "dlq.app.version"


class KafkaOutputs:
    """The engine's output sink on Kafka.

    Shapes: ``rejected`` counts the dead letters by topic and reason.
    """

    def __init__(
        self, bootstrap_servers: str, *, app_version: str, request_timeout_s: float
    ) -> None:
        self._version = app_version.encode()
        self._writer = KafkaWriter(bootstrap_servers, request_timeout_s=request_timeout_s)
        self.dead_letters = 0
        self.rejected: Counter[tuple[str, str]] = Counter()

    async def start(self) -> None:
        """Connect."""
        await self._writer.start()

    async def stop(self) -> None:
        """Send what is queued, disconnect."""
        await self._writer.stop()

    async def write_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Return once they are durable.

        Errors: ``DeadLettersUnwritable``: then nothing may pass these records.
        """
        try:
            await self._writer.write(map(self._record, letters))
        except UNWRITTEN as error:
            first = letters[0]
            raise DeadLettersUnwritable(
                f"{len(letters)} dead letters could not be written: {error!r}",
                where=f"{first.topic}{SUFFIX}, partition {first.partition}",
                hint=f"{WHY} Nothing was acknowledged",
            ) from error
        self.dead_letters += len(letters)
        self.rejected.update((letter.topic, letter.reason) for letter in letters)

    def _record(self, letter: DeadLetter) -> Record:
        return Record(
            letter.topic + SUFFIX,
            letter.key,
            # Kafka takes a record with neither key nor value for a mistake of ours
            b"" if letter.value is None and letter.key is None else letter.value,
            self._headers(letter),
            letter.partition,
        )

    def _headers(self, letter: DeadLetter) -> list[tuple[str, bytes | None]]:
        return [
            *letter.headers,
            (REASON, letter.reason.encode()),
            (DETAIL, letter.detail.encode("utf-8", "replace")),
            (TOPIC, letter.topic.encode()),
            (PARTITION, str(letter.partition).encode()),
            (OFFSET, str(letter.offset).encode()),
            (VERSION, self._version),
        ]

    async def publish(self, records: Sequence[Published]) -> None:
        """Return once they are durable. Errors: ``FlushFailed``."""
        try:
            await self._writer.write(
                Record(each.topic, each.key, each.value, each.headers) for each in records
            )
        except UNWRITTEN as error:
            raise FlushFailed(
                f"{len(records)} output records could not be written: {error!r}",
                where=records[0].topic,
                hint=f"{WHY} A restart publishes them again",
            ) from error
