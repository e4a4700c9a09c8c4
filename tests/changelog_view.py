"""One changelog partition as a plain reader sees it, and whether it was right at every moment.

The readers' rule is written again here, from the design and not from the engine's reader: of each key
the last record counts whose stamp is not below the highest stamp before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY, Fence, decode_fence
from streamproc.engine.reader import ChangelogReader
from streamproc.engine.stamp import EPOCH_SIZE, ZERO, stamp_of
from streamproc.errors import StreamprocError
from tests.compaction import uncompacted_from
from tests.kafka_log import Record, read_topic

Group = tuple[bytes, list[Record]]
"""A stamp, and consecutive records that carry it."""


@dataclass(slots=True)
class ChangelogView:
    """What a changelog partition holds.

    Shapes: ``state`` is the program's; ``stale_writes`` and ``stale_claims`` count ignored records;
    ``unhealed`` are keys whose last record does not count; ``flushes`` counts those that do.
    ``problems`` is empty if every flush was whole, no fence ever went back, the digest in each fence
    fits the state at that moment, and the engine's own reader sees the same. ``uncompacted_from`` is the
    offset from which compaction took nothing: before it, flushes are what it left of them.
    """

    records: list[Record]
    uncompacted_from: int = 0
    state: dict[bytes, bytes] = field(default_factory=dict)
    fence: Fence | None = None
    stale_writes: int = 0
    stale_claims: int = 0
    flushes: int = 0
    epochs: set[bytes] = field(default_factory=set)
    unhealed: set[bytes] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    @property
    def compacted(self) -> int:
        """How many records of it compaction took."""
        return self.records[-1].offset + 1 - len(self.records) if self.records else 0


async def read_changelog(bootstrap: str, topic: str, partition: int) -> ChangelogView:
    """A changelog partition from its start to its end now.

    Errors: ``NewerState``, ``ChangelogLost`` for a fence that cannot be read.
    """
    where = f"{topic}, partition {partition}"
    view = view_of(await read_topic(bootstrap, topic, [partition]), where=where)
    view.problems += _told_by_the_reader(view, where=where)
    return view


async def read_changelogs(bootstrap: str, topic: str, partitions: int) -> list[ChangelogView]:
    """Every partition of a changelog, as :func:`read_changelog` sees it."""
    return [await read_changelog(bootstrap, topic, number) for number in range(partitions)]


def view_of(records: Sequence[Record], *, where: str) -> ChangelogView:
    """What the records of one changelog partition add up to."""
    view = ChangelogView(list(records), uncompacted_from(records))
    digest = StateDigest()
    top = ZERO
    for stamp, group in _groups(records):
        view.epochs.add(stamp[:EPOCH_SIZE])
        keys = [record.key or b"" for record in group]
        if stamp < top:
            view.stale_claims += keys.count(CLAIM_KEY)
            view.stale_writes += len(keys) - keys.count(CLAIM_KEY)
            view.unhealed.update(keys)
            continue
        top = stamp
        view.unhealed.difference_update(keys)
        _take(view, digest, group, f"{where}, offset {group[0].offset}")
    return view


def _groups(records: Sequence[Record]) -> Iterator[Group]:
    for stamp, group in groupby(records, key=lambda record: stamp_of(record.headers)):
        yield stamp, list(group)


def _take(view: ChangelogView, digest: StateDigest, group: list[Record], where: str) -> None:
    """Let a claim or a flush count."""
    for record in group:
        key = record.key or b""
        if key in (CLAIM_KEY, FENCE_KEY):
            continue
        digest.update([(key, record.value)])
        if record.value is None:
            view.state.pop(key, None)
        else:
            view.state[key] = record.value
    last = group[-1]
    is_whole = group[0].offset >= view.uncompacted_from
    if last.key == FENCE_KEY and last.value is not None:
        fence = decode_fence(last.value, where=where)
        # the value that a stale record replaced may be gone, until the key is healed
        if (
            is_whole
            and fence.digest != digest.value
            and not (view.uncompacted_from and view.unhealed)
        ):
            view.problems.append(f"{where}: the digest does not fit the state at this flush")
        view.problems += _gone_back(view.fence, fence, where)
        view.fence = fence
        view.flushes += 1
    elif is_whole and [record.key for record in group] != [CLAIM_KEY]:
        view.problems.append(f"{where}: a flush without its fence at the end")


def _gone_back(before: Fence | None, after: Fence, where: str) -> list[str]:
    """What a fence lacks that the one before it had."""
    return [
        f"{where}: the fence of {topic} went back from {position.next_offset}"
        for topic, position in (before.positions if before else {}).items()
        if topic not in after.positions or after.positions[topic].next_offset < position.next_offset
    ]


def _told_by_the_reader(view: ChangelogView, *, where: str) -> list[str]:
    """What the engine's own reader sees otherwise, or refuses."""
    reader = ChangelogReader()
    records = view.records
    reader.absorb(
        [record.key or CLAIM_KEY for record in records],
        [record.value for record in records],
        [stamp_of(record.headers) for record in records],
        records[-1].offset + 1 if records else 0,
    )
    problems = []
    if dict(reader.program_records()) != view.state or reader.fence(where=where) != view.fence:
        problems.append(f"{where}: the engine's reader sees another state")
    if reader.stale_records != view.stale_writes + view.stale_claims:
        problems.append(f"{where}: the engine's reader ignores other records")
    try:
        reader.verified_digest(view.fence, where=where)
    except StreamprocError as error:
        problems.append(str(error))
    return problems
