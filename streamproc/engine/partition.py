"""One owned partition: its program, how far each source is read, and the flush on its way.

Synchronous; the I/O around it is in ``engine`` and ``recovery``.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import (
    CLAIM_KEY,
    FENCE_KEY,
    VERSION,
    Fence,
    TopicPosition,
    copy_positions,
)
from streamproc.engine.ownership import Ownership
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.rewriting import NEVER_AGAIN, Rewriting
from streamproc.engine.sample import Folded
from streamproc.errors import AccountingBroken
from streamproc.protocol import Batch, BatchReport, Outputs, Program, sample_step

FIRST_GUESS_BYTES_PER_KEY = 300


@dataclass(slots=True)
class Flush:
    """What one flush writes, taken at one instant of the fold."""

    stamp: bytes
    records: list[tuple[bytes, bytes | None]]
    outputs: Outputs
    positions: dict[str, TopicPosition]
    folded: list[Folded]


class Partition:
    """A partition that this worker owns.

    Shapes: ``positions`` is how far the state in memory goes, ``durable`` how far the changelog does;
    ``ends`` is where each source ends as far as we know. ``follows``: every source was read to its end,
    and no more than a little lies behind; after more than that, a quarter of it. ``newest_ms`` is the
    broker's time of the last record that was folded of each source, once there is any. ``partitions`` is
    how many there are of each topic, 0: it is not told. ``is_fenced``: the changelog holds the fence of
    ``durable``; until then nothing may be committed. ``discarded``: an assignment took it away; whatever is
    still on its way for it does not count.
    """

    def __init__(
        self,
        number: int,
        program: Program,
        ownership: Ownership,
        digest: StateDigest,
        positions: dict[str, TopicPosition],
        ends: dict[str, int] | None = None,
        *,
        partitions: int = 0,
        is_fenced: bool = True,
        bytes_per_key: float = FIRST_GUESS_BYTES_PER_KEY,
        rewriting: Rewriting = NEVER_AGAIN,
    ) -> None:
        self.number = number
        self.program = program
        self.ownership = ownership
        self.digest = digest
        self.positions = positions
        self.durable = copy_positions(positions)
        self.ends = ends or {topic: at.next_offset for topic, at in positions.items()}
        self.discarded = False
        self.writing = asyncio.Lock()
        self.flush_started_s: float | None = None
        self.dirty_keys = 0
        self.follows = False
        self.changelog_bytes = 0
        self.flushes = 0
        self.newest_ms: dict[str, int] = {}
        self.partitions = partitions
        self.is_fenced = is_fenced
        self._moved = not is_fenced
        self._was_at_end = False
        self._ticked: dict[bytes, bytes | None] = {}
        self._outputs = Outputs()
        self._folded: list[Folded] = []
        self._rewriting = rewriting
        # a flush that is taken for smaller than it is may fit no record batch
        self._bytes_per_key = max(float(FIRST_GUESS_BYTES_PER_KEY), bytes_per_key)

    def apply(self, topic: str, raw: RawRecords) -> tuple[BatchReport, Sequence[int]] | None:
        """Fold fetched records: the report and the indices of the rejected ones; ``None``: known.

        Errors: ``AccountingBroken`` if records before these were never seen, or if the program did not
        account for every one.
        """
        position = self.positions[topic]
        if raw.next_offset <= position.next_offset:
            return None
        where = f"{topic}, partition {self.number}"
        if raw.begin_offset > position.next_offset:
            raise AccountingBroken(
                f"offsets {position.next_offset} to {raw.begin_offset - 1} were jumped over",
                where=where,
                hint="restart the worker: it reads on from its fence. Please report this",
            )
        batch = batch_of(topic, self.number, raw, position.next_offset)
        report = self.program.apply(topic, batch)
        if report.applied + report.duplicate + report.rejected != len(batch):
            raise AccountingBroken(
                f"the program accounted for {report.applied} applied + {report.duplicate} duplicate"
                f" + {report.rejected} rejected of {len(batch)} records",
                where=where,
                hint="nothing was flushed. Please report this",
            )
        position.advance(report, len(batch), raw.next_offset)
        position.seen(batch.timestamps_ms)
        self._moved = True
        self.dirty_keys = report.dirty_keys
        self._note_times(batch, report)
        return report, self._take_rejected(batch) if report.rejected else ()

    def _note_times(self, batch: Batch, report: BatchReport) -> None:
        times_ms = batch.timestamps_ms
        if times_ms:
            self.newest_ms[batch.topic] = times_ms[-1]
            step = sample_step(len(times_ms))
            self._folded.append(Folded(batch.topic, times_ms[::step], report.event_times_ms, step))

    def _take_rejected(self, batch: Batch) -> list[int]:
        letters = self._keep_outputs().dead_letters
        return [bisect_left(batch.offsets, letter.offset) for letter in letters]

    def _keep_outputs(self) -> Outputs:
        """Take what is to leave; it leaves with the next flush."""
        outputs = self.program.take_outputs()
        self._outputs.dead_letters += outputs.dead_letters
        self._outputs.published += outputs.published
        return outputs

    def tick(self, now_ms: int, caught_up: bool) -> None:
        """Let the program judge by the clock.

        What it changes in a quiet partition asks for a flush, and so does what it has to publish: a former
        owner may have left steps behind that were durable and never left, and nothing else tells of them.
        """
        self.program.tick(now_ms, caught_up)
        if not self.needs_flush:
            self._ticked.update(self.program.take_dirty())
            self._keep_outputs()
            self._moved = bool(self._ticked or self._outputs.published)

    def lag(self, topic: str) -> int:
        """Records of a source that are in the log and not folded yet, as far as we know."""
        return max(0, self.ends[topic] - self.positions[topic].next_offset)

    def look_behind(self, little: int) -> bool:
        """Learn whether it follows its sources, as far as we know; ``little`` is what one batch takes.

        Whoever reads a busy source is never seen at its end for long, so a quarter of a little is near
        enough to follow again; but whoever has just taken it over follows only once it was there: what an
        outage left unread may be a record or two.
        """
        most = max(self.lag(topic) for topic in self.positions)
        self._was_at_end = self._was_at_end or most == 0
        self.follows = self._was_at_end and most <= (little if self.follows else little // 4)
        return self.follows

    @property
    def needs_flush(self) -> bool:
        """True if memory holds what the changelog does not."""
        return self._moved or self.dirty_keys > 0 or bool(self.ownership.heal)

    @property
    def pending_bytes(self) -> int:
        """About how large the next flush is."""
        return int((self.dirty_keys + len(self.ownership.heal)) * self._bytes_per_key)

    def take_flush(self, written_by: str) -> Flush:
        """Everything the changelog lacks, with the fence that belongs to it, last."""
        records = self.program.take_dirty()
        if self._ticked:
            records = list((self._ticked | dict(records)).items())
            self._ticked = {}
        self.digest.update(records)
        self._add_healing(records)
        self._add_rewritten(records)
        positions, whole_from = copy_positions(self.positions), self._rewriting.whole_from
        fence = Fence(
            VERSION, self.digest.value, positions, written_by, self.partitions, whole_from
        )
        records.append((FENCE_KEY, fence.encode()))
        outputs = self.program.take_outputs()
        outputs.dead_letters = self._outputs.dead_letters + outputs.dead_letters
        outputs.published = self._outputs.published + outputs.published
        self._outputs = Outputs()
        folded, self._folded = self._folded, []
        self._moved = False
        self.dirty_keys = 0
        return Flush(self.ownership.next_stamp(), records, outputs, positions, folded)

    def _add_healing(self, records: list[tuple[bytes, bytes | None]]) -> None:
        heal = self.ownership.take_heal()
        if not heal:
            return
        heal.difference_update(key for key, _ in records)
        heal.discard(FENCE_KEY)
        for key in sorted(heal):
            records.append((key, self._value_to_heal(key)))

    def _add_rewritten(self, records: list[tuple[bytes, bytes | None]]) -> None:
        next_offset = self.ownership.applied_offset + 1
        if self._rewriting.is_due(next_offset, len(self.digest)):
            self._rewriting.add_to(records, self.digest.keys, self.program.value, next_offset)

    def _value_to_heal(self, key: bytes) -> bytes | None:
        if key == CLAIM_KEY:
            return b""
        # a foreign key may be empty, or look like the engine's: a program knows neither
        return self.program.value(key) if key[:1] > b"\x00" else None

    def landed(self, flush: Flush, base_offset: int, size_bytes: int) -> None:
        """A flush is durable and what stood before it was met: the acknowledged position moves."""
        self.ownership.landed(base_offset, len(flush.records))
        self.durable = flush.positions
        self.is_fenced = True
        self.flush_started_s = None
        self.changelog_bytes += size_bytes
        self.flushes += 1
        self._bytes_per_key += 0.2 * (size_bytes / len(flush.records) - self._bytes_per_key)


def batch_of(topic: str, partition: int, raw: RawRecords, from_offset: int) -> Batch:
    """Fetched records as the batch to fold, without those before ``from_offset``."""
    skip = bisect_left(raw.offsets, from_offset) if raw.begin_offset < from_offset else 0
    headers = raw.headers
    if skip:
        headers = {index - skip: value for index, value in headers.items() if index >= skip}
    return Batch(
        topic=topic,
        partition=partition,
        offsets=raw.offsets[skip:] if skip else raw.offsets,
        keys=raw.keys[skip:] if skip else raw.keys,
        values=raw.values[skip:] if skip else raw.values,
        timestamps_ms=raw.timestamps_ms[skip:] if skip else raw.timestamps_ms,
        next_offset=raw.next_offset,
        headers=headers,
    )
