from __future__ import annotations

import pytest

from streamproc.tally.dedupe import BLOCK_HASHES, Bucket, death_of


def bucket(count: int, taken: int = 0) -> Bucket:
    held = Bucket(b"key", 1)
    held.hashes.extend(range(count))
    held.taken = taken
    return held


@pytest.mark.parametrize(
    ("count", "taken", "unwritten"),
    [
        (0, 0, []),
        (1, 0, [0]),
        (32, 0, [0]),
        (33, 0, [0, 1]),
        (33, 31, [0, 1]),
        (33, 32, [1]),
        (33, 33, []),
        (64, 33, [1]),
        (65, 33, [1, 2]),
    ],
)
def test_only_blocks_that_grew_are_unwritten(count: int, taken: int, unwritten: list[int]) -> None:
    held = bucket(count, taken)
    assert held.unwritten() == len(unwritten)
    assert held.written() == -(-taken // BLOCK_HASHES)
    if unwritten:
        assert held.take() == [(block_no, held.block(block_no)) for block_no in unwritten]
    assert not held.unwritten()


def test_blocks_hold_hashes_in_the_order_in_which_they_came() -> None:
    held = bucket(70)

    assert held.block(1) == list(range(BLOCK_HASHES, 2 * BLOCK_HASHES))
    assert held.block(2) == list(range(64, 70))
    assert held.block(3) == []


def test_a_bucket_dies_when_the_watermark_is_two_minutes_past_its_end() -> None:
    assert death_of(0) == 30_000 + 120_000
    assert Bucket(b"key", 7).dies_at_ms == death_of(7) == 7 * 30_000 + 150_000


def test_a_restored_bucket_has_nothing_to_write() -> None:
    held = Bucket(b"key", 1)
    held.restore(iter([5, 4, 9]))

    assert held.block(0) == [5, 4, 9]
    assert not held.unwritten()
    assert held.hashes.tolist() == [5, 4, 9]
