"""An owned partition: folding, flushing, healing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY, TopicPosition, decode_fence
from streamproc.engine.ownership import Ownership
from streamproc.engine.partition import FIRST_GUESS_BYTES_PER_KEY, Partition
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.stamp import Epoch
from streamproc.errors import AccountingBroken
from streamproc.protocol import Batch, BatchReport, DeadLetter, Outputs, Published

TOPIC = "numbers"


class Sums:
    """Sums the values per key; a value that is no number is a dead letter."""

    def __init__(self, forgets: int = 0) -> None:
        self.sums: dict[bytes, int] = {}
        self.dirty: set[bytes] = set()
        self.forgets = forgets
        self.ticks: list[bool] = []
        self.letters: list[DeadLetter] = []
        self.steps: list[Published] = []

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        self.sums = {key: int(value) for key, value in records}

    def apply(self, topic: str, batch: Batch) -> BatchReport:
        report = BatchReport()
        for offset, key, value in zip(batch.offsets, batch.keys, batch.values, strict=True):
            if key is None or value is None or not value.isdigit():
                report.rejected += 1
                self.letters.append(
                    DeadLetter(topic, batch.partition, offset, key, value, (), "bad", "")
                )
                continue
            self.sums[key] = self.sums.get(key, 0) + int(value)
            self.dirty.add(key)
            report.applied += 1
        report.applied -= self.forgets
        report.dirty_keys = len(self.dirty)
        return report

    def tick(self, now_ms: int, caught_up: bool) -> None:
        self.ticks.append(caught_up)
        if now_ms:
            self.sums[b"\x02tick"] = now_ms
            self.dirty.add(b"\x02tick")

    def take_dirty(self) -> list[tuple[bytes, bytes | None]]:
        taken: list[tuple[bytes, bytes | None]] = [(k, self.value(k)) for k in sorted(self.dirty)]
        self.dirty = set()
        return taken

    def value(self, key: bytes) -> bytes | None:
        return str(self.sums[key]).encode() if key in self.sums else None

    def take_outputs(self) -> Outputs:
        taken = Outputs(dead_letters=self.letters, published=self.steps)
        self.letters, self.steps = [], []
        return taken

    def delivered(self, published: Sequence[Published]) -> None:
        raise AssertionError(published)


def raw(first: int, *values: bytes, begin: int | None = None, end: int | None = None) -> RawRecords:
    count = len(values)
    return RawRecords(
        begin_offset=first if begin is None else begin,
        next_offset=first + count if end is None else end,
        offsets=list(range(first, first + count)),
        keys=[b"\x01k"] * count,
        values=list(values),
        timestamps_ms=[0] * count,
    )


def partition(
    program: Sums | None = None,
    heal: set[bytes] | None = None,
    *,
    is_fenced: bool = True,
    bytes_per_key: float = FIRST_GUESS_BYTES_PER_KEY,
) -> Partition:
    ownership = Ownership(Epoch(0, 1, 0, 7, 1), 9, heal or set())
    positions = {TOPIC: TopicPosition(0, 0)}
    return Partition(
        3,
        program or Sums(),
        ownership,
        StateDigest(),
        positions,
        {TOPIC: 4},
        is_fenced=is_fenced,
        bytes_per_key=bytes_per_key,
    )


def test_a_flush_holds_the_changed_keys_and_last_the_fence_that_belongs_to_them() -> None:
    owned = partition()
    owned.apply(TOPIC, raw(0, b"1", b"2"))

    flush = owned.take_flush("me")

    assert flush.records[0] == (b"\x01k", b"3")
    key, value = flush.records[-1]
    assert key == FENCE_KEY
    assert value is not None
    fence = decode_fence(value, where="")
    assert fence.positions[TOPIC].next_offset == 2
    assert fence.digest == StateDigest([(b"\x01k", b"3")]).value
    assert not owned.needs_flush


def test_what_is_folded_while_a_flush_is_on_its_way_is_not_acknowledged_with_it() -> None:
    owned = partition()
    owned.apply(TOPIC, raw(0, b"1"))
    flush = owned.take_flush("me")
    owned.apply(TOPIC, raw(1, b"1"))

    owned.landed(flush, base_offset=10, size_bytes=100)

    assert owned.durable[TOPIC].next_offset == 1
    assert owned.positions[TOPIC].next_offset == 2
    assert owned.needs_flush


def test_where_a_state_begins_is_flushed_before_it_may_be_committed() -> None:
    owned = partition(is_fenced=False)
    assert owned.needs_flush
    flush = owned.take_flush("me")
    assert not owned.is_fenced

    owned.landed(flush, base_offset=10, size_bytes=100)

    assert owned.is_fenced
    assert not owned.needs_flush


def test_records_read_again_are_folded_once() -> None:
    owned = partition()
    owned.apply(TOPIC, raw(0, b"1", b"2"))

    assert owned.apply(TOPIC, raw(0, b"1", b"2")) is None
    owned.apply(TOPIC, raw(1, b"2", b"4"))

    assert owned.program.value(b"\x01k") == b"7"
    assert owned.positions[TOPIC].unaccounted == 0


def test_the_lag_is_what_the_log_holds_beyond_the_fold() -> None:
    owned = partition()
    owned.apply(TOPIC, raw(0, b"1"))

    assert owned.lag(TOPIC) == 3
    owned.apply(TOPIC, raw(1, b"1", b"1", b"1", b"1"))
    assert owned.lag(TOPIC) == 0


def test_a_partition_follows_once_it_was_at_the_end_and_while_little_lies_behind() -> None:
    owned = partition()
    owned.apply(TOPIC, raw(0, b"1"))

    assert not owned.look_behind(little=3)  # near, but it was never there

    owned.apply(TOPIC, raw(1, b"1", b"1", b"1"))
    assert owned.look_behind(little=3)
    owned.ends[TOPIC] = 7
    assert owned.look_behind(little=3)
    owned.ends[TOPIC] = 8
    assert not owned.look_behind(little=3)
    owned.ends[TOPIC] = 6
    assert not owned.look_behind(little=3)


def test_a_busy_partition_follows_again_though_it_is_never_seen_at_the_end() -> None:
    owned = partition()
    owned.apply(TOPIC, raw(0, b"1", b"1", b"1", b"1"))
    assert owned.look_behind(little=8)

    owned.ends[TOPIC] = 13
    assert not owned.look_behind(little=8)
    owned.ends[TOPIC] = 7
    assert not owned.look_behind(little=8)  # it would come and go at every look
    owned.ends[TOPIC] = 6
    assert owned.look_behind(little=8)
    owned.ends[TOPIC] = 12
    assert owned.look_behind(little=8)


def test_a_partition_that_was_just_taken_over_follows_only_once_it_was_at_the_end() -> None:
    owned = partition()
    owned.apply(TOPIC, raw(0, b"1", b"1", b"1"))

    assert not owned.look_behind(little=8)  # what an outage left may wait in that one record


def test_holes_in_the_log_are_accounted_as_absent() -> None:
    owned = partition()

    owned.apply(TOPIC, raw(5, b"1", begin=0, end=9))

    position = owned.positions[TOPIC]
    assert (position.next_offset, position.absent, position.unaccounted) == (9, 8, 0)


def test_a_jump_over_offsets_that_were_never_read_is_refused() -> None:
    owned = partition()

    with pytest.raises(AccountingBroken, match="0 to 4 were jumped over"):
        owned.apply(TOPIC, raw(5, b"1"))


def test_a_program_that_forgets_a_record_is_refused_before_anything_is_flushed() -> None:
    owned = partition(Sums(forgets=1))

    with pytest.raises(AccountingBroken):
        owned.apply(TOPIC, raw(0, b"1", b"2"))

    assert not owned.needs_flush


def test_dead_letters_travel_with_the_flush_that_passes_them() -> None:
    owned = partition()

    applied = owned.apply(TOPIC, raw(0, b"1", b"x", b"2"))
    flush = owned.take_flush("me")

    assert applied is not None
    assert list(applied[1]) == [1]
    assert [letter.offset for letter in flush.outputs.dead_letters] == [1]
    assert owned.take_flush("me").outputs.dead_letters == []


def test_healing_writes_current_values_tombstones_and_the_claim_again() -> None:
    program = Sums()
    program.restore([(b"\x01k", b"5")])
    owned = partition(program, heal={b"\x01k", b"\x01gone", CLAIM_KEY, FENCE_KEY})

    assert owned.needs_flush
    records = owned.take_flush("me").records

    assert records[:-1] == [(CLAIM_KEY, b""), (b"\x01gone", None), (b"\x01k", b"5")]
    assert records[-1][0] == FENCE_KEY


def test_a_tick_that_changes_a_quiet_partition_asks_for_a_flush() -> None:
    owned = partition()

    owned.tick(0, caught_up=True)
    assert not owned.needs_flush
    owned.tick(77, caught_up=True)

    assert owned.needs_flush
    assert owned.take_flush("me").records[0] == (b"\x02tick", b"77")


def test_what_a_former_owner_left_to_publish_asks_a_quiet_partition_for_a_flush() -> None:
    program, step = Sums(), Published("alerts", b"h-1", b"{}")
    program.steps = [step]
    owned = partition(program)

    owned.tick(0, caught_up=True)

    assert owned.needs_flush
    flush = owned.take_flush("me")
    assert flush.outputs.published == [step]
    assert [key for key, _ in flush.records] == [FENCE_KEY]
    owned.tick(0, caught_up=True)
    assert not owned.needs_flush


def test_what_is_to_be_published_of_a_busy_partition_leaves_with_its_flush() -> None:
    program, step = Sums(), Published("alerts", b"h-1", b"{}")
    owned = partition(program)
    owned.apply(TOPIC, raw(0, b"1"))
    program.steps = [step]

    owned.tick(0, caught_up=True)

    assert owned.take_flush("me").outputs.published == [step]


def test_each_flush_has_a_higher_stamp() -> None:
    owned = partition()

    assert owned.take_flush("me").stamp < owned.take_flush("me").stamp


def test_a_foreign_key_that_no_program_can_have_becomes_a_tombstone() -> None:
    class Kinds(Sums):
        def value(self, key: bytes) -> bytes | None:
            return super().value(key) if key[0] else None

    foreign = [b"", b"\x00unknown"]
    flush = partition(Kinds(), heal={*foreign, CLAIM_KEY}).take_flush("me")

    written = dict(flush.records)
    assert [written[key] for key in foreign] == [None, None]
    assert written[CLAIM_KEY] == b""


def test_what_is_to_be_healed_is_part_of_the_next_flush() -> None:
    assert partition(heal={b"\x01a", b"\x01b"}).pending_bytes > partition().pending_bytes


def test_the_size_of_a_flush_is_guessed_by_what_recovery_saw() -> None:
    owned = [partition(bytes_per_key=size) for size in (10, 5_000)]
    for each in owned:
        each.apply(TOPIC, raw(0, b"1"))

    assert [each.pending_bytes for each in owned] == [FIRST_GUESS_BYTES_PER_KEY, 5_000]
