"""The state as the changelog holds it: what any reader sees, who joins no group and writes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from streamproc.engine.changelog import ChangelogCursor, changelog_cursor
from streamproc.engine.fence import TopicPosition
from streamproc.engine.preflight import check_topics
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.reader import ChangelogReader, keys_of
from streamproc.engine.skipping import first_offsets, tails, verified
from streamproc.errors import DigestMismatch
from streamproc.events.registry import INPUT_TOPICS
from streamproc.program.live import LiveProgram
from streamproc.settings import Settings


class Told(Protocol):
    """Told how far it is; for a progress bar."""

    def __call__(self, doing: str, records: int, of_about: int) -> None:
        """So many of about so many records are read."""
        ...


@dataclass
class State:
    """What the changelog says, all partitions together."""

    by_partition: dict[int, list[tuple[bytes, bytes]]] = field(default_factory=dict)
    positions: dict[int, Mapping[str, TopicPosition]] = field(default_factory=dict)
    stale_records: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def records(self) -> list[tuple[bytes, bytes]]:
        """Every record, of any partition."""
        return list(chain.from_iterable(self.by_partition.values()))


async def whole_state(settings: Settings) -> State:
    """The state of every partition, of which no more is read than a recovery reads.

    Errors: as ``read_state``; ``DigestMismatch`` if it is not what was written.
    """
    state = await read_state(settings, silent, skips=True)
    if state.differences:
        raise DigestMismatch(
            "the state in the changelog is not whole:\n  " + "\n  ".join(state.differences),
            where=settings.engine_config(1).changelog,
            hint="run `streamproc verify`",
        )
    return state


async def read_state(settings: Settings, told: Told, *, skips: bool = False) -> State:
    """The state of every partition, by the readers' rule, with each partition's fence.

    Shapes: ``skips``: what is older than the whole state need not be read.
    Errors: ``BrokerUnreachable``, ``TopicMissing``, ``PartitionCountWrong``, ``NewerState``,
    ``ChangelogLost``.
    """
    kafka, changelog = settings.kafka, settings.engine_config(1).changelog
    partitions = await check_topics(
        kafka.bootstrap_servers, INPUT_TOPICS, changelog, timeout_s=kafka.request_timeout_s
    )
    state = State()
    starts = dict.fromkeys(range(partitions), -1)
    async with changelog_cursor(kafka.bootstrap_servers, changelog, starts) as cursor:
        begins = await _begins(cursor) if skips else {}
        readers = await _read(cursor, starts, told)
        partly = {number: begin for number, begin in begins.items() if begin}
        if torn := [n for n, begin in partly.items() if verified(readers[n], begin) is None]:
            await cursor.seek(dict.fromkeys(torn, -1))
            readers |= await _read(cursor, torn, told)
    for number, reader in readers.items():
        where = f"{changelog}, partition {number}"
        fence = reader.fence(where=where)
        try:
            reader.verified_digest(fence, where=where)
        except DigestMismatch as error:
            state.differences.append(f"{where}: {error.what}")
        records = reader.program_records()
        LiveProgram().restore(records)  # refuses what a newer version wrote
        state.by_partition[number] = records
        state.positions[number] = {} if fence is None else fence.positions
        state.stale_records += reader.stale_records
        if fence is None and records:
            state.differences.append(f"{where}: {len(records)} records and no fence")
    return state


async def _begins(cursor: ChangelogCursor) -> dict[int, int]:
    """Where the reading of each partition begins, 0: at its start; the cursor goes there."""
    bounds = await cursor.bounds()
    ends = {number: end for number, (first, end) in bounds.items() if end > first}
    await cursor.seek(tails(ends))
    begins = await first_offsets(cursor.read, ends)
    await cursor.seek(begins)
    return begins


async def _read(
    cursor: ChangelogCursor, partitions: Iterable[int], told: Told
) -> dict[int, ChangelogReader]:
    readers = {number: ChangelogReader() for number in partitions}
    async for number, raw, of_about in read_to_end(cursor, readers):
        readers[number].absorb(keys_of(raw), raw.values, raw.stamps(), raw.next_offset)
        told("changelog", sum(each.records for each in readers.values()), of_about)
    return readers


async def read_to_end(
    cursor: ChangelogCursor, partitions: Container[int] | None = None
) -> AsyncIterator[tuple[int, RawRecords, int]]:
    """What the log of each partition, or of some, holds up to its end as it is now, chunk by chunk.

    Shapes: partition, records, and about how many records there are in all.
    """
    bounds = {
        number: each
        for number, each in (await cursor.bounds()).items()
        if partitions is None or number in partitions
    }
    of_about = sum(end - first for first, end in bounds.values())
    waiting = {number: end for number, (first, end) in bounds.items() if end > first}
    while waiting:
        for number, raw in (await cursor.read(waiting)).items():
            yield number, raw, of_about
            if raw.next_offset >= waiting[number]:
                del waiting[number]


async def log_ends(bootstrap: str, partitions: int) -> dict[tuple[str, int], int]:
    """Where each partition of each input topic ends now.

    Trap: on the embedded broker the last batch counts as one record.
    """
    ends = {}
    for topic in INPUT_TOPICS:
        starts = dict.fromkeys(range(partitions), -1)
        async with changelog_cursor(bootstrap, topic, starts) as cursor:
            for number, end in (await cursor.end_offsets()).items():
                ends[topic, number] = end
    return ends


def silent(doing: str, records: int, of_about: int) -> None:
    """Tell nobody."""
