from __future__ import annotations

import pytest

from streamproc.events.malformed import LARGEST_BYTES
from streamproc.ingest.cutting import LONGEST_LINE_BYTES, LineCutter

TEXT = b"one\n\ntwo\r\nthree\nfour"


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_lines_are_the_same_however_the_bytes_come(size: int) -> None:
    cutter = LineCutter()

    lines = [
        line
        for start in range(0, len(TEXT), size)
        for line in cutter.cut(TEXT[start : start + size])
    ]

    assert lines + cutter.last() == [b"one", b"", b"two\r", b"three", b"four"]
    assert cutter.last() == []


def test_a_line_that_is_just_short_enough_comes_whole() -> None:
    cutter = LineCutter()
    line = b"x" * LONGEST_LINE_BYTES

    assert cutter.cut(line) == []
    assert cutter.cut(b"\n") == [line]


@pytest.mark.parametrize("block_bytes", [1_000, 1 << 18, 1 << 22])
def test_of_a_line_that_is_too_long_one_byte_too_many_is_kept_and_the_next_comes_whole(
    block_bytes: int,
) -> None:
    cutter = LineCutter()
    text = b"y" * (3 * LONGEST_LINE_BYTES) + b"\nnext\n"

    lines = [
        line
        for start in range(0, len(text), block_bytes)
        for line in cutter.cut(text[start : start + block_bytes])
    ]

    assert [len(line) for line in lines] == [LONGEST_LINE_BYTES + 1, 4]
    assert lines[1] == b"next"


def test_a_line_without_an_end_is_held_no_longer_than_the_longest() -> None:
    cutter = LineCutter()
    for _ in range(100):
        assert cutter.cut(b"z" * LARGEST_BYTES) == []
        assert len(cutter._begun) <= LONGEST_LINE_BYTES + 1

    assert [len(line) for line in cutter.last()] == [LONGEST_LINE_BYTES + 1]
