"""State against log: what any reader of the changelog sees, held against the batch oracle.

It joins oracle, program and engine, as ``app`` does, and decides nothing of theirs. Nothing is
written and no group is joined, so it may run beside workers: of each partition it compares what its
fence covers, and counts what stands behind it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import msgspec

from streamproc.changelog_state import State, Told, read_state, read_to_end, silent
from streamproc.comments.classifier import Classifier
from streamproc.comments.memo import MOST_REMEMBERED
from streamproc.comparison import (
    drop_expired,
    drop_kept_in_part,
    drop_rejected_in_part,
    drop_unknown_begin,
    drop_unknown_turns,
    drop_unlike_senses,
)
from streamproc.engine.changelog import changelog_cursor
from streamproc.engine.fence import TopicPosition
from streamproc.engine.rawfetch import RawRecords
from streamproc.events.registry import INPUT_TOPICS
from streamproc.oracle.batch import Collected, LogRecord, collected, differences, digest
from streamproc.oracle.senses import Reader
from streamproc.program.canonical import canonical
from streamproc.retained import (
    Gone,
    Left,
    accounting_of,
    comparable,
    drop_accounting,
    drop_untold,
    gone,
)
from streamproc.settings import Settings
from streamproc.simulate.check import totals_of

T = TypeVar("T")
Tree = dict[str, Any]
DIFFERENCES_SHOWN = 40


class Meant(NamedTuple):
    """What a comment means, as the oracle wants to know it."""

    labels: tuple[str, ...]
    polarity: str | None
    mention: str | int | None
    unexplained: bool
    burst: str


class Words(NamedTuple):
    """What the log's comments are read with. Shapes: ``version`` is the lexicon's."""

    version: str
    reading: Reader


def words_of(classifier: Classifier) -> Words:
    """A classifier as the oracle takes it, each text read once."""

    @lru_cache(MOST_REMEMBERED)
    def reading(text: str) -> Meant:
        ((read, mention),) = classifier.mentioned([text])
        decision = read.decision
        (form,) = classifier.without_names([text])
        return Meant(decision.labels, decision.polarity, mention, decision.unexplained, form)

    return Words(classifier.version, reading)


class Verification(msgspec.Struct, kw_only=True):
    """What was compared, and what was found.

    Shapes: ``differences`` are empty if all is well, state first, log second; ``notes`` say what could
    not be compared. ``accounting``, ``beyond_records`` by topic, then partition.
    """

    partitions: int
    state_records: int
    stale_records: int
    compared_records: int
    state_sha256: str
    log_sha256: str
    hosts: int
    totals: dict[str, Tree]
    accounting: dict[str, dict[int, dict[str, int]]]
    beyond_records: dict[str, dict[int, int]]
    differences: list[str]
    notes: list[str]

    @property
    def is_equal(self) -> bool:
        """True if nothing differs."""
        return not self.differences

    @property
    def beyond_total_records(self) -> int:
        """Records in the log that the state had not folded yet."""
        return sum(sum(each.values()) for each in self.beyond_records.values())


async def verify_state(
    settings: Settings, told: Told | None = None, words: Words | None = None
) -> Verification:
    """Compare the state in the changelog with what the input topics add up to.

    Shapes: without ``words`` what comments meant is not compared; with them, only in broadcasts whose
        comments were read by nothing else. What is not compared is noted.
    Errors: ``BrokerUnreachable``, ``TopicMissing``, ``PartitionCountWrong``; ``NewerState`` and
    ``ChangelogLost`` if the state cannot be read. A difference is no error, but part of the result.
    """
    say = told or silent
    state = await read_state(settings, say)
    partitions = len(state.by_partition)
    log = Log(settings.kafka.bootstrap_servers, state.positions, say)
    reading = None if words is None else words.reading

    def added_up(records: Iterator[LogRecord]) -> Collected:
        return collected(records, reading)

    found = await in_a_thread(log.chunks(partitions), added_up)
    return compared(state, log, found, partitions, words)


class Log:
    """The input topics, cut at the state's fences; whole if ``positions`` are ``None``.

    Shapes: ``counts`` and ``beyond`` by topic and partition, filled while :meth:`chunks` is read, as
        are ``begins``: first offset and timestamp of the first record, None: there is none.
    """

    def __init__(
        self,
        bootstrap: str,
        positions: Mapping[int, Mapping[str, TopicPosition]] | None,
        told: Told,
    ) -> None:
        self._bootstrap = bootstrap
        self._positions = positions
        self._told = told
        self.counts: dict[str, dict[int, int]] = {topic: {} for topic in INPUT_TOPICS}
        self.beyond: dict[str, dict[int, int]] = {topic: {} for topic in INPUT_TOPICS}
        self.begins: dict[str, dict[int, tuple[int, int | None]]] = {t: {} for t in INPUT_TOPICS}

    async def chunks(self, partitions: int) -> AsyncIterator[list[LogRecord]]:
        """The records that the fences cover, topic by topic, each partition in order."""
        for topic in INPUT_TOPICS:
            starts = dict.fromkeys(range(partitions), -1)
            read = 0
            async with changelog_cursor(self._bootstrap, topic, starts) as cursor:
                begins = self.begins[topic]
                for number, (first_offset, _) in (await cursor.bounds()).items():
                    begins[number] = (first_offset, None)
                async for number, raw, of_about in read_to_end(cursor):
                    read += len(raw.offsets)
                    if begins[number][1] is None and raw.offsets:
                        begins[number] = (begins[number][0], raw.timestamps_ms[0])
                    self._told(topic, read, of_about)
                    yield self._covered(topic, number, raw)

    def losses(self, state: State) -> dict[int, Gone]:
        """What of the log that the state folded is gone, by partition. Call it when all is read."""
        found = {}
        for number, positions in state.positions.items():
            left = {
                topic: Left(*self.begins[topic][number], self.counts[topic].get(number, 0))
                for topic in INPUT_TOPICS
                if topic in positions
            }
            found[number] = gone(positions, left)
        return found

    def _covered(self, topic: str, number: int, raw: RawRecords) -> list[LogRecord]:
        fence = self._fence(topic, number)
        covered = [
            LogRecord(topic, number, *fields)
            for fields in zip(raw.offsets, raw.keys, raw.values, raw.timestamps_ms, strict=True)
            if fields[0] < fence
        ]
        _add(self.counts[topic], number, len(covered))
        _add(self.beyond[topic], number, len(raw.offsets) - len(covered))
        return covered

    def _fence(self, topic: str, number: int) -> float:
        if self._positions is None:
            return math.inf
        position = self._positions[number].get(topic)
        return -1 if position is None else position.next_offset


def _add(counts: dict[int, int], number: int, more: int) -> None:
    if more:
        counts[number] = counts.get(number, 0) + more


async def in_a_thread(
    chunks: AsyncIterator[list[LogRecord]], work: Callable[[Iterator[LogRecord]], T]
) -> T:
    """What a synchronous computation makes of an asynchronous source, pulled a chunk at a time."""
    loop = asyncio.get_running_loop()

    async def following() -> list[LogRecord] | None:
        return await anext(chunks, None)

    def pulled() -> Iterator[LogRecord]:
        while (chunk := asyncio.run_coroutine_threadsafe(following(), loop).result()) is not None:
            yield from chunk

    return await asyncio.to_thread(work, pulled())


def compared(
    state: State, log: Log, told: Collected, partitions: int, words: Words | None
) -> Verification:
    """What state and log say, held against each other, as far as the log still tells it.

    Shapes: ``log`` is read, and ``told`` is what its records tell.
    """
    found, records, expected = list(state.differences), state.records, told.canonical()
    losses = log.losses(state)
    accounting = accounting_of(state.positions, losses)
    notes = drop_accounting(expected, losses)
    held = {
        **canonical(records),
        "accounting": comparable(accounting),
    }
    hosts, totals = len(held["hosts"]), totals_of(held)
    notes += drop_rejected_in_part(held, expected, accounting)
    notes += drop_kept_in_part(held, expected)
    notes += drop_unknown_begin(held, expected)
    notes += drop_unknown_turns(held, expected)
    notes += drop_unlike_senses(held, expected, None if words is None else words.version)
    drop_expired(held, expected)  # by the newest that was told, so before any of it is left out
    notes += drop_untold(held, expected, state.by_partition, told, losses)
    for topic, by_partition in accounting.items():
        found += [
            f"accounting / {topic} / {number}: {counts['unaccounted']} offsets without a reason"
            for number, counts in by_partition.items()
            if counts["unaccounted"]
        ]
    state_sha256, log_sha256 = tallies_digest(held), tallies_digest(expected)
    found += differences(held, expected, DIFFERENCES_SHOWN)
    if not found and state_sha256 != log_sha256:
        found.append(
            f"the values look equal, but their digests differ: {state_sha256} | {log_sha256}"
        )
    return Verification(
        partitions=partitions,
        state_records=len(records),
        stale_records=state.stale_records,
        compared_records=sum(sum(each.values()) for each in log.counts.values()),
        state_sha256=state_sha256,
        log_sha256=log_sha256,
        hosts=hosts,
        totals=totals,
        accounting=accounting,
        beyond_records={topic: each for topic, each in log.beyond.items() if each},
        differences=found,
        notes=notes,
    )


def tallies_digest(form: Mapping[str, Any]) -> str:
    """The SHA-256 of the tallies in a canonical form.

    Accounting is no part of it: that depends on the partitions, and is compared value by value. Nor is
    what comments meant, which depends on the words that read them.
    """
    hosts = {
        host: {
            **of,
            "sessions": {
                name: {key: value for key, value in session.items() if key != "senses"}
                for name, session in of["sessions"].items()
            },
        }
        if "sessions" in of
        else of
        for host, of in form["hosts"].items()
    }
    return digest({"hosts": hosts})
