"""A state made anew from the log, and put in the place of the one that stands.

It folds the source topics from their start, beside whatever runs, and follows them. Only then, and
only while the group is empty, it claims each changelog partition in a new incarnation and writes its
state there, the fence last. A rebuild that dies in the middle leaves a state whose digest is wrong:
workers refuse it, and a second rebuild mends it. What no log tells again is taken over from the state that
stands, see ``Heir``; it is never deleted on the way, so a second rebuild finds it, too. Where the log has
lost its beginning, that state first goes on to the end of the log, as a worker would take it there.

Source: docs/adr/0013-a-rebuild-is-a-new-incarnation.md.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from streamproc.engine.changelog import (
    Changelog,
    ChangelogCursor,
    changelog_cursor,
    read_range,
)
from streamproc.engine.config import EngineConfig
from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import (
    CLAIM_KEY,
    FENCE_KEY,
    VERSION,
    Fence,
    TopicPosition,
    copy_positions,
)
from streamproc.engine.nogroup import NoGroup
from streamproc.engine.ownership import Ownership, Writer
from streamproc.engine.partition import batch_of
from streamproc.engine.ports import GreatestVersion, nothing_shown
from streamproc.engine.rawfetch import RawRecords, chunks
from streamproc.engine.reader import ChangelogReader
from streamproc.engine.recovery import Recovery
from streamproc.errors import ChangelogLost, FenceOutsideLog, NewerState
from streamproc.protocol import DeadLetter, Heir, Program

PIECE_BYTES: Final = 1 << 20
"""A state is written in batches of about this size."""

Told = Callable[[str, int, int], None]
"""Told what is read, how many records of it, and of about how many."""

Keep = Callable[[Sequence[DeadLetter]], Awaitable[None]]

Record = tuple[bytes, bytes | None]


@dataclass(slots=True)
class Replaced:
    """What a rebuild wrote.

    Shapes: counts of records, of all partitions together; ``taken`` are those of the state that stood
        that the log had told and tells no more; ``unread`` those that no log tells again and that could not
        be taken over. ``damaged`` are partitions with a cut log whose state that stood had lost something.
    """

    written: int = 0
    deleted: int = 0
    taken: int = 0
    damaged: int = 0
    unread: int = 0
    incarnation: int = 0


@dataclass(slots=True)
class _Fold:
    """One partition on its way.

    Shapes: ``first_ms`` are timestamps of the first record of a topic; ``moved`` are the keys that the
        state that stood wrote while it went on.
    """

    program: Program
    positions: dict[str, TopicPosition] = field(default_factory=dict)
    first_ms: dict[str, int] = field(default_factory=dict)
    moved: set[bytes] = field(default_factory=set)

    def apply(self, topic: str, number: int, raw: RawRecords) -> int:
        """Fold records, which follow those that were folded last; how many."""
        position = self.positions[topic]
        batch = batch_of(topic, number, raw, position.next_offset)
        if batch.timestamps_ms:
            self.first_ms.setdefault(topic, batch.timestamps_ms[0])
        report = self.program.apply(topic, batch)
        self.program.take_outputs()  # see ``Rebuild._dead_letter``
        position.advance(report, len(batch), raw.next_offset)
        position.seen(batch.timestamps_ms)
        return len(batch)


class Rebuild:
    """Makes one new state; use it as an asynchronous context.

    ``started_us`` tells this process from others, as of any writer. ``keep`` returns once dead letters are
    durable.
    """

    def __init__(
        self,
        config: EngineConfig,
        program: Callable[[], Program],
        *,
        started_us: int,
        told: Told,
        keep: Keep,
        greatest_version: GreatestVersion = nothing_shown,
    ) -> None:
        self._config = config
        self._changelog = Changelog(config)
        self._writer = Writer(started_us)
        self._program = program
        self._told = told
        self._keep = keep
        self._greatest_version = greatest_version
        self._folds = {number: _Fold(program()) for number in range(config.partitions)}
        self._cursors: dict[str, ChangelogCursor] = {}
        self._open = contextlib.AsyncExitStack()
        self._records = 0

    async def __aenter__(self) -> Rebuild:
        await self._open.__aenter__()
        try:
            await self._begin()
        except BaseException:
            await self._open.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def _begin(self) -> None:
        for topic in self._config.inputs:
            starts = dict.fromkeys(self._folds, -1)
            cursor = await self._open.enter_async_context(
                changelog_cursor(self._config.bootstrap_servers, topic, starts)
            )
            self._cursors[topic] = cursor
            for number, (first_offset, _) in (await cursor.bounds()).items():
                if first_offset > 0 and not self._config.accept_loss:
                    _refuse_cut_log(topic, number, first_offset)
                position = TopicPosition(first_offset, first_offset)
                self._folds[number].positions[topic] = position

    async def follow(self) -> int:
        """Fold the sources up to their ends as they are now; the number of records that took.

        Errors: ``BrokerUnreachable`` and what reading may raise.
        """
        before = self._records
        for topic, cursor in self._cursors.items():
            ends = await cursor.end_offsets()
            waiting = {n: end for n, end in ends.items() if self._next(topic, n) < end}
            about = sum(ends.values())
            while waiting:
                for number, raw in (await cursor.read(waiting)).items():
                    self._records += self._folds[number].apply(topic, number, raw)
                    if raw.next_offset >= waiting[number]:
                        del waiting[number]
                self._told(topic, sum(self._next(topic, n) for n in ends), about)
                await asyncio.sleep(0)
        return self._records - before

    def _next(self, topic: str, number: int) -> int:
        return self._folds[number].positions[topic].next_offset

    async def replace(self, published: Sequence[bytes] = ()) -> Replaced:
        """Put the new state in the place of the old one.

        Call it only while no worker is a member of the group. Shapes: ``published`` as ``Heir`` takes it.
        Errors: ``Fenced`` if a worker came all the same: it may refuse the state, and a rebuild must be
        run again; ``FlushFailed``; what ``keep`` raises.
        """
        done = Replaced()
        await self._changelog.start()
        self._open.push_async_callback(self._changelog.stop)
        recovery = Recovery(
            self._config,
            self._changelog,
            NoGroup(),
            self._writer,
            self._program,
            lambda: True,
            self._greatest_version,
        )
        claims, _ = await recovery.claim(self._folds, 0, ())
        for number, claim in claims.items():
            owned, fence = claim.own(), self._fence_of(number, claim.reader)
            await self._dead_letter(number, fence)
            await self._inherit(number, claim.reader, fence, owned, published, done)
            await self._write(number, claim.reader, owned, done)
            done.incarnation = max(done.incarnation, owned.epoch.incarnation)
        return done

    def _fence_of(self, number: int, reader: ChangelogReader) -> Fence | None:
        """How far the state goes that stands; None: there is none, or nobody knows."""
        try:
            return reader.fence(where=f"{self._config.changelog}, partition {number}")
        except (ChangelogLost, NewerState):
            return None

    async def _dead_letter(self, number: int, fence: Fence | None) -> None:
        """Keep the bad ones of the records that no worker had folded: none will meet them any more."""
        letters: list[DeadLetter] = []
        for topic, made in self._folds[number].positions.items():
            stood = None if fence is None else fence.positions.get(topic)
            # of a state that was lost nobody knows what was kept: then all is taken to be
            begin = made.next_offset if stood is None else max(stood.next_offset, made.first_offset)
            if begin < made.next_offset:
                servers = self._config.bootstrap_servers
                unread = await read_range(servers, topic, number, begin, made.next_offset)
                for piece in chunks(unread, self._config.batch_records_max):
                    program = self._program()
                    program.apply(topic, batch_of(topic, number, piece, piece.begin_offset))
                    letters += program.take_outputs().dead_letters
        if letters:
            await self._keep(letters)

    async def _inherit(
        self,
        number: int,
        reader: ChangelogReader,
        fence: Fence | None,
        owned: Ownership,
        published: Sequence[bytes],
        done: Replaced,
    ) -> None:
        """Take over what no log tells again."""
        fold, records = self._folds[number], reader.program_records()
        if not isinstance(fold.program, Heir):
            return
        cut = {} if fence is None else _cut(fold, fence)
        damaged = fence is None and bool(records) and _is_cut(fold)
        if fence is not None and cut:
            whole = [each for each in records if fold.program.is_whole(*each)]
            unread = len(records) - len(whole)
            digest = StateDigest(records)
            damaged = unread > 0 or digest.value != fence.digest
            done.unread += unread
            records, positions = await self._gone_on(number, whole, fence, digest, owned)
            fold.positions.update((topic, positions[topic]) for topic in cut)
        inherited = fold.program.inherit(records, published, cut, damaged=damaged)
        done.damaged += damaged
        done.taken += inherited.taken
        done.unread += inherited.unread

    async def _gone_on(
        self,
        number: int,
        records: Sequence[tuple[bytes, bytes]],
        fence: Fence,
        digest: StateDigest,
        owned: Ownership,
    ) -> tuple[list[tuple[bytes, bytes]], dict[str, TopicPosition]]:
        """A state that stood, with what it had not folded yet of what this one has; and how far that is.

        It is written as a worker would, each flush with its fence: a rebuild that dies leaves a state that
        says how far it goes, and the next one folds nothing twice. One that was damaged stays so.
        """
        earlier = _Fold(self._program(), copy_positions(fence.positions))
        earlier.program.restore(records)
        held, damage = dict(records), fence.digest - digest.value
        for topic, made in self._folds[number].positions.items():
            first, end = made.first_offset, made.next_offset
            position = earlier.positions.setdefault(topic, TopicPosition(first, first))
            if position.next_offset < first:
                position.skip_to(first)
            if position.next_offset < end:
                servers, begin = self._config.bootstrap_servers, position.next_offset
                unread = await read_range(servers, topic, number, begin, end)
                for piece in chunks(unread, self._config.batch_records_max):
                    earlier.apply(topic, number, piece)
                    changes = earlier.program.take_dirty()
                    digest.update(changes)
                    fence_now = self._fence(digest.value + damage, earlier.positions, owned)
                    await self._append(number, owned, [*changes, (FENCE_KEY, fence_now)])
                    _take_in(held, changes)
                    self._folds[number].moved.update(key for key, _ in changes)
        return list(held.items()), earlier.positions

    def _fence(
        self, digest: int, positions: Mapping[str, TopicPosition], owned: Ownership
    ) -> bytes:
        written_by, partitions = f"streamproc rebuild {owned.epoch}", self._config.partitions
        return Fence(VERSION, digest % (1 << 64), dict(positions), written_by, partitions).encode()

    async def _write(
        self, number: int, reader: ChangelogReader, owned: Ownership, done: Replaced
    ) -> None:
        fold = self._folds[number]
        state = [(k, v) for k, v in fold.program.take_dirty() if v is not None]
        held = dict(state)
        stale = {*reader.state, *reader.stale, *fold.moved} - held.keys() - {FENCE_KEY, CLAIM_KEY}
        fence = self._fence(StateDigest(state).value, fold.positions, owned)
        gone: list[Record] = [(key, None) for key in sorted(stale)]
        records: list[Record] = [*gone, *state, (FENCE_KEY, fence)]
        owned.take_heal()  # every key of them is among these records
        for piece in pieces(records, PIECE_BYTES):
            await self._append(number, owned, piece)
        while heal := owned.take_heal() - {CLAIM_KEY}:
            again: list[Record] = [(key, held.get(key)) for key in sorted(heal - {FENCE_KEY})]
            await self._append(number, owned, [*again, (FENCE_KEY, fence)])
        done.written += len(state)
        done.deleted += len(gone)

    async def _append(self, number: int, owned: Ownership, piece: Sequence[Record]) -> None:
        base_offset, _ = await self._changelog.append(number, piece, owned.next_stamp())
        where = f"{self._config.changelog}, partition {number}"
        gap = owned.gap_before(base_offset, where=where)
        if gap is not None:
            met = await self._changelog.read_range(number, gap.first, gap.end)
            keys = [CLAIM_KEY if key is None else key for key in met.keys]
            owned.meet(keys, met.stamps(), where=where)
        owned.landed(base_offset, len(piece))


def pieces(records: Sequence[Record], limit_bytes: int) -> Iterator[list[Record]]:
    """The records in order, in lists of at most so many bytes, or of one record."""
    piece: list[Record] = []
    size = 0
    for record in records:
        more = len(record[0]) + len(record[1] or b"")
        if piece and size + more > limit_bytes:
            yield piece
            piece, size = [], 0
        piece.append(record)
        size += more
    if piece:
        yield piece


def _take_in(held: dict[bytes, bytes], changes: Iterable[Record]) -> None:
    for key, value in changes:
        if value is None:
            held.pop(key, None)
        else:
            held[key] = value


def _is_cut(fold: _Fold) -> bool:
    return any(made.first_offset > 0 for made in fold.positions.values())


def _cut(fold: _Fold, fence: Fence) -> dict[str, int | None]:
    """The topics of which a state folded what is gone, with the timestamp of the first record left.

    Shapes: what is gone stood before the log's begin, or in the middle, where compaction leaves holes.
    """
    return {
        topic: fold.first_ms.get(topic)
        for topic, made in fold.positions.items()
        if (held := fence.positions.get(topic)) is not None
        and (made.first_offset > held.first_offset or made.absent > held.absent)
    }


def _refuse_cut_log(topic: str, number: int, first_offset: int) -> None:
    raise FenceOutsideLog(
        f"the log begins at offset {first_offset}: what stood before is only in the state that stands",
        where=f"{topic}, partition {number}",
        hint="restore the topic, or rebuild with --accept-loss: what the log lost is then taken over from"
        " the state that stands, as it is. That was not touched",
    )
