"""The readers' rule: the highest stamp counts, what is below it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis.strategies import (
    DataObject,
    data,
    integers,
    lists,
    none,
    one_of,
    sampled_from,
    tuples,
)

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY, VERSION, Fence
from streamproc.engine.reader import ChangelogReader
from streamproc.engine.stamp import ZERO, Epoch, stamp
from streamproc.errors import ChangelogLost, DigestMismatch

Record = tuple[bytes, bytes | None, bytes]
WHERE = "changelog, partition 0"
A, B = b"\x01a", b"\x01b"
RECORDS = lists(
    tuples(
        sampled_from((A, B, CLAIM_KEY, FENCE_KEY)),
        one_of(none(), sampled_from((b"1", b"2"))),
        integers(0, 3).map(lambda n: stamp(Epoch(0, n, 0, 0, 0), 1) if n else ZERO),
    ),
    max_size=20,
)


def at(generation: int, flush: int = 1) -> bytes:
    return stamp(Epoch(0, generation, 0, 0, 0), flush)


def read(records: list[Record], reader: ChangelogReader | None = None) -> ChangelogReader:
    reader = reader or ChangelogReader()
    reader.absorb(
        [key for key, _, _ in records],
        [value for _, value, _ in records],
        [stamp for _, _, stamp in records],
        reader.next_offset + len(records),
    )
    return reader


def sealed(state: dict[bytes, bytes]) -> bytes:
    return Fence(VERSION, StateDigest(state.items()).value, {}, "w").encode()


def test_the_last_record_of_a_key_counts() -> None:
    assert read([(A, b"1", at(1)), (A, b"2", at(1, 2))]).state == {A: b"2"}


def test_a_tombstone_deletes() -> None:
    assert read([(A, b"1", at(1)), (A, None, at(1, 2))]).state == {}


def test_a_former_owner_is_ignored_and_its_key_is_stale() -> None:
    reader = read([(A, b"1", at(1)), (CLAIM_KEY, b"", at(2, 0)), (A, b"9", at(1, 2))])

    assert reader.state == {A: b"1"}
    assert reader.stale == {A}
    assert reader.stale_records == 1
    assert reader.top == at(2, 0)


def test_a_stale_tombstone_deletes_nothing() -> None:
    assert read([(A, b"1", at(2)), (A, None, at(1))]).state == {A: b"1"}


def test_an_older_flush_of_the_same_owner_is_stale() -> None:
    reader = read([(A, b"1", at(1, 1)), (A, b"2", at(1, 2)), (A, b"1", at(1, 1))])

    assert reader.state == {A: b"2"}
    assert reader.stale == {A}


def test_a_copy_of_the_newest_flush_changes_nothing() -> None:
    flush: list[Record] = [(A, b"1", at(1)), (B, None, at(1))]

    assert read([*flush, *flush]).state == read(flush).state
    assert read([*flush, *flush]).stale == set()


def test_a_late_claim_of_a_former_owner_is_stale_too() -> None:
    assert read([(CLAIM_KEY, b"", at(2, 0)), (CLAIM_KEY, b"", at(1, 0))]).stale == {CLAIM_KEY}


def test_a_key_written_again_is_healed() -> None:
    reader = read([(A, b"1", at(2)), (A, b"9", at(1)), (A, b"1", at(2, 2))])

    assert reader.stale == set()


def test_a_record_without_a_stamp_is_stale_once_anybody_wrote() -> None:
    reader = read([(CLAIM_KEY, b"", at(1, 0)), (A, b"9", ZERO)])

    assert (reader.state, reader.stale) == ({}, {A})


def test_a_claim_is_no_state() -> None:
    assert read([(CLAIM_KEY, b"me", at(1, 0))]).state == {}


@given(records=RECORDS, drawn=data())
def test_where_a_read_is_cut_does_not_matter(records: list[Record], drawn: DataObject) -> None:
    cut = drawn.draw(integers(0, len(records)))
    whole = read(records)
    parts = read(records[cut:], read(records[:cut]))

    assert parts.state == whole.state
    assert (parts.top, parts.stale, parts.stale_records) == (
        whole.top,
        whole.stale,
        whole.stale_records,
    )
    assert (parts.records, parts.next_offset) == (whole.records, whole.next_offset)


def test_a_log_that_ends_with_a_hole_is_passed() -> None:
    reader = ChangelogReader()
    reader.absorb([], [], [], 7)

    assert (reader.next_offset, reader.records) == (7, 0)


def test_an_empty_changelog_has_no_fence_and_the_digest_of_nothing() -> None:
    reader = read([])

    assert reader.fence(where=WHERE) is None
    assert reader.verified_digest(None, where=WHERE).value == 0


def test_the_fence_is_not_the_programs() -> None:
    fence = sealed({A: b"1"})
    reader = read([(A, b"1", at(1)), (FENCE_KEY, fence, at(1))])

    assert reader.program_records() == [(A, b"1")]


def test_the_state_that_was_written_is_accepted() -> None:
    state = {A: b"1", B: b"2"}
    reader = read([(A, b"1", at(1)), (B, b"2", at(1)), (FENCE_KEY, sealed(state), at(1))])
    digest = reader.verified_digest(reader.fence(where=WHERE), where=WHERE)

    assert (digest.value, len(digest)) == (StateDigest(state.items()).value, 2)


@pytest.mark.parametrize("kept", [[(A, b"1")], [(A, b"1"), (B, b"3")], []])
def test_a_record_lost_or_kept_wrongly_is_refused(kept: list[tuple[bytes, bytes]]) -> None:
    fence = sealed({A: b"1", B: b"2"})
    reader = read([*((k, v, at(1)) for k, v in kept), (FENCE_KEY, fence, at(1))])

    with pytest.raises(DigestMismatch) as refused:
        reader.verified_digest(reader.fence(where=WHERE), where=WHERE)
    assert refused.value.where == WHERE


def test_records_without_a_fence_are_refused() -> None:
    reader = read([(A, b"1", ZERO)])

    with pytest.raises(DigestMismatch):
        reader.verified_digest(reader.fence(where=WHERE), where=WHERE)


def test_a_damaged_fence_is_told_where_it_is() -> None:
    with pytest.raises(ChangelogLost) as lost:
        read([(FENCE_KEY, b"?", at(1))]).fence(where=WHERE)
    assert lost.value.where == WHERE
