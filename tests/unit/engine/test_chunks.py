"""Cutting fetched records into batches of bounded size."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streamproc.engine.rawfetch import RawRecords, chunks


@given(
    gaps=st.lists(st.integers(1, 3), max_size=40), size=st.integers(1, 9), tail=st.integers(0, 4)
)
def test_pieces_follow_each_other_without_a_hole_and_hold_every_record(
    gaps: list[int], size: int, tail: int
) -> None:
    offsets = [5 + sum(gaps[: index + 1]) for index in range(len(gaps))]
    end = (offsets[-1] + 1 if offsets else 5) + tail
    whole = RawRecords(
        begin_offset=5,
        next_offset=end,
        offsets=offsets,
        keys=[str(offset).encode() for offset in offsets],
        values=[None for _ in offsets],
        timestamps_ms=list(offsets),
        headers={index: [("at", str(offset).encode())] for index, offset in enumerate(offsets)},
    )

    pieces = list(chunks(whole, size))

    assert [offset for piece in pieces for offset in piece.offsets] == offsets
    assert [key for piece in pieces for key in piece.keys] == whole.keys
    assert pieces[0].begin_offset == 5
    assert pieces[-1].next_offset == end
    for before, after in pairwise(pieces):
        assert before.next_offset == after.begin_offset
    for piece in pieces:
        assert len(piece.offsets) <= max(size, 0)
        for index, headers in piece.headers.items():
            assert headers == [("at", str(piece.offsets[index]).encode())]
