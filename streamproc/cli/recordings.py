"""Recorded events for commands: from a file, from a pipe, or from Kafka's input topics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import IO, Final, TypeVar

from rich.markup import escape

from streamproc.changelog_state import silent
from streamproc.cli import ingest_source
from streamproc.cli.terminal import error_console
from streamproc.engine.preflight import check_topics
from streamproc.errors import BadInput
from streamproc.events.base import EARLIEST_MS
from streamproc.events.limits import AHEAD_MS
from streamproc.events.registry import INPUT_TOPICS
from streamproc.events.rejected import RejectReason
from streamproc.ingest.lines import LATEST_MS, BadLine, LineReader, Record, Unusable
from streamproc.oracle.batch import LogRecord
from streamproc.replay.pace import at_once
from streamproc.replay.playback import Playback
from streamproc.replay.recorded import Partitions, Recorded, event_time_ms
from streamproc.settings import Settings
from streamproc.verification import Log, in_a_thread

T = TypeVar("T")
DECLARED_PARTITIONS: Final = 12
"""Of every topic, as ``topics/`` declares it; a test keeps it true."""
_RECORDED_MS: Final = LATEST_MS
"""Nobody knows when a line was written that does not tell it: no time of these years was in its future."""
_FUTURE: Final = f"{RejectReason.FUTURE}: "


class Lines:
    """Makes records of recorded lines, and tells which lines are no events.

    Shapes: ``good`` and ``bad`` count lines that are not empty.
    """

    def __init__(self, partitions: int) -> None:
        self._reader = LineReader(is_recording=True)
        self._partitions = Partitions(partitions)
        self._console = error_console()
        self.good = 0
        self.bad = 0

    def records(self, source: Iterable[bytes]) -> Iterator[Recorded]:
        """The records of the lines, in their order.

        Shapes: a line that is no event is there too, if it tells its topic, for a worker counts what it
            rejects; no time of it is believed, so it has that of its record or else of the event before
            it, or of the first.
        """
        at_ms: int | None = None
        early: list[Unusable] = []
        for number, line in enumerate(source, 1):
            found = self._reader.read(line, _RECORDED_MS)
            if isinstance(found, Record):
                self.good += 1
                at_ms = _happened_ms(number, found)
                yield from (self._recorded(each, at_ms) for each in early)
                early.clear()
                yield self._recorded(found, at_ms)
            elif found is not None:
                unusable = self._reader.unusable(line)
                self._tell(number, found, unusable)
                if unusable is None:
                    continue
                if at_ms is None and unusable.timestamp_ms is None:
                    early.append(unusable)
                else:
                    yield self._recorded(unusable, at_ms or 0)
        yield from (self._recorded(each, 0) for each in early)

    def _recorded(self, held: Record | Unusable, at_ms: int) -> Recorded:
        partition = self._partitions.of(held.key) if held.key else 0
        written_ms = held.timestamp_ms
        if written_ms is None:
            # of the last day of those years an event would be ahead of it, and count as of that
            written_ms = max(_RECORDED_MS, at_ms) if isinstance(held, Record) else _RECORDED_MS
        elif isinstance(held, Unusable):
            at_ms = written_ms
        return Recorded(held.topic, partition, held.key, held.value, written_ms, at_ms)

    def refuse_bad(self, *, where: str, unanswered: str = "") -> None:
        """Return if every line was good.

        Shapes: ``unanswered`` is why the others gave no answer, if they did not.
        Errors: ``BadInput``.
        """
        if not self.bad:
            return
        what = f"{self.bad} of {self.bad + self.good} lines cannot be used"
        hint = "correct the lines named above"
        if unanswered:
            raise BadInput(f"{unanswered}; {what}", where=where, hint=hint)
        raise BadInput(
            f"{what}; the others were folded",
            where=where,
            hint=f"{hint}; the figures are those of the others alone",
        )

    def _tell(self, number: int, bad: BadLine, unusable: Unusable | None) -> None:
        self.bad += 1
        is_dated = unusable is not None and unusable.timestamp_ms is not None
        if bad.what.startswith(_FUTURE) and not is_dated:
            bad = _far(bad)
        where = f"[bold red]line {number}:[/] "
        hint = f"  [dim]what to do:[/] {escape(bad.hint)}"
        self._console.print(f"{where}{escape(bad.what)}\n{hint}")


def _happened_ms(number: int, record: Record) -> int:
    """When the event of a line happened."""
    at_ms = event_time_ms(record.value)
    if at_ms is None:
        raise AssertionError(f"line {number} is an event without a time")
    return at_ms if record.timestamp_ms is None else _believed(at_ms, record.timestamp_ms)


def _far(bad: BadLine) -> BadLine:
    """What is told of a line with a time that cannot be shown."""
    field = bad.what.removeprefix(_FUTURE).partition(":")[0]
    return BadLine(
        f"{_FUTURE}{field}: after the year 9998",
        "give times in milliseconds since 1970, not microseconds",
    )


def opened(file: str) -> AbstractContextManager[IO[bytes]]:
    """A file of recorded events, or stdin.

    Errors: ``BadSetting``, on entering.
    """
    return ingest_source.opened(
        file, "name a file of JSON lines, as `streamproc simulate --to` writes them"
    )


def played(file: str, playback: Playback) -> Lines:
    """Have a playback take all recorded events of a file, as fast as it can; the lines that it took.

    Errors: ``BadSetting``.
    """
    lines = Lines(DECLARED_PARTITIONS)
    with opened(file) as source:
        for batch in at_once(lines.records(source)):
            playback.take(batch)
    return lines


async def from_topics(settings: Settings, work: Callable[[Iterator[Recorded]], T]) -> T:
    """What ``work`` makes of all that the input topics hold, topic by topic.

    Errors: ``BrokerUnreachable``, ``TopicMissing``, ``PartitionCountWrong``.
    """
    kafka = settings.kafka
    first, *others = INPUT_TOPICS
    partitions = await check_topics(
        kafka.bootstrap_servers, others, first, timeout_s=kafka.request_timeout_s
    )
    log = Log(kafka.bootstrap_servers, None, silent)

    def worked(records: Iterator[LogRecord]) -> T:
        return work(map(recorded, records))

    chunks: AsyncIterator[list[LogRecord]] = log.chunks(partitions)
    return await in_a_thread(chunks, worked)


def recorded(record: LogRecord) -> Recorded:
    """A record of an input topic, as a replay takes it.

    Shapes: a time that a worker does not believe tells nothing; then the event is of its record's time.
    """
    at_ms = _believed(event_time_ms(record.value), record.timestamp_ms)
    return Recorded(
        record.topic,
        record.partition,
        record.key,
        record.value,
        record.timestamp_ms,
        at_ms,
    )


def _believed(at_ms: int | None, timestamp_ms: int) -> int:
    # one such time would move the clock that rooms are judged by, and never let it back
    if at_ms is None or not EARLIEST_MS <= at_ms <= timestamp_ms + AHEAD_MS:
        return timestamp_ms
    return at_ms
