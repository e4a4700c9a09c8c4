"""Stamps compare as bytes the way epochs and flush numbers compare as numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import builds, integers, none, one_of

from streamproc.engine.stamp import (
    EPOCH_SIZE,
    HEADER,
    STAMP_SIZE,
    ZERO,
    Epoch,
    stamp,
    stamp_of,
)

U32 = integers(0, 2**32 - 1)
U64 = integers(0, 2**64 - 1)
SMALL = integers(0, 2)  # equal leading fields must happen often
EPOCHS = builds(
    Epoch, one_of(SMALL, U32), one_of(SMALL, U32), one_of(SMALL, U32), one_of(SMALL, U64), U32
)
FLUSHES = one_of(SMALL, U64)


@given(left=EPOCHS, right=EPOCHS)
def test_encoded_epochs_order_as_the_epochs_do(left: Epoch, right: Epoch) -> None:
    assert (left.encode() < right.encode()) == (left < right)
    assert (left.encode() == right.encode()) == (left == right)


@given(left=EPOCHS, right=EPOCHS, left_flush=FLUSHES, right_flush=FLUSHES)
def test_stamps_order_by_epoch_then_flush(
    left: Epoch, right: Epoch, left_flush: int, right_flush: int
) -> None:
    in_order = (left, left_flush) < (right, right_flush)

    assert (stamp(left, left_flush) < stamp(right, right_flush)) == in_order


@given(epoch=EPOCHS, flush=FLUSHES)
def test_a_stamp_tells_its_epoch(epoch: Epoch, flush: int) -> None:
    made = stamp(epoch, flush)

    assert len(made) == STAMP_SIZE
    assert made[:EPOCH_SIZE] == epoch.encode()
    assert Epoch.decode(made) == epoch


@given(epoch=EPOCHS, flush=FLUSHES)
def test_no_stamp_is_below_zero(epoch: Epoch, flush: int) -> None:
    assert stamp(epoch, flush) >= ZERO


def test_the_fields_rank_incarnation_generation_attempt_start_claim() -> None:
    ranked = [
        Epoch(0, 0, 0, 0, 1),
        Epoch(0, 0, 0, 1, 0),
        Epoch(0, 0, 1, 0, 0),
        Epoch(0, 1, 0, 0, 0),
        Epoch(1, 0, 0, 0, 0),
    ]

    assert sorted(ranked, key=Epoch.encode) == ranked


def test_a_stamp_is_found_among_other_headers() -> None:
    made = stamp(Epoch(1, 2, 3, 4, 5), 6)

    assert stamp_of([("trace", b"x"), (HEADER, made)]) == made


def test_a_record_without_a_stamp_counts_as_zero() -> None:
    assert stamp_of([]) == ZERO
    assert stamp_of([("trace", b"x")]) == ZERO


@given(size=one_of(none(), integers(0, 2 * STAMP_SIZE).filter(lambda n: n != STAMP_SIZE)))
def test_a_stamp_of_another_size_counts_as_zero(size: int | None) -> None:
    value = None if size is None else b"\xff" * size

    assert stamp_of([(HEADER, value)]) == ZERO


def test_a_malformed_stamp_does_not_hide_a_good_one() -> None:
    made = stamp(Epoch(0, 1, 0, 0, 0), 1)

    assert stamp_of([(HEADER, b"short"), (HEADER, made)]) == made
