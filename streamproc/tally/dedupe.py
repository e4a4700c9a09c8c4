"""Which events were seen already: 64-bit hashes of event ids, in blocks that only ever grow.

Block n of a bucket holds its hashes [32 n, 32 n + 32) in the order in which they came: what is full
is never written again, however hot the room.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Final

from streamproc.tally.timing import BUCKET_MS, REMEMBERED_MS

BLOCK_HASHES: Final = 32


class Bucket:
    """The event ids of one host and topic that were told in one span of event time.

    Shapes: ``hashes`` in arrival order, of which the first ``taken`` are written.
    """

    __slots__ = ("dirty", "hashes", "key", "number", "taken")

    def __init__(self, key: bytes, number: int) -> None:
        self.key = key
        self.dirty = False
        self.number = number
        self.hashes = array("Q")
        self.taken = 0

    @property
    def dies_at_ms(self) -> int:
        """The watermark at which it is forgotten."""
        return death_of(self.number)

    def written(self) -> int:
        """How many blocks are written, the last of them perhaps not as it is now."""
        return _blocks(self.taken)

    def unwritten(self) -> int:
        """How many blocks are not written as they are now."""
        count = len(self.hashes)
        return 0 if self.taken == count else _blocks(count) - self.taken // BLOCK_HASHES

    def block(self, block_no: int) -> list[int]:
        """The hashes of a block."""
        start = block_no * BLOCK_HASHES
        return self.hashes[start : start + BLOCK_HASHES].tolist()

    def take(self) -> list[tuple[int, list[int]]]:
        """The blocks that were not written, by number; from now on they are."""
        first = self.taken // BLOCK_HASHES
        tail = self.hashes[first * BLOCK_HASHES :].tolist()
        self.taken = first * BLOCK_HASHES + len(tail)
        if len(tail) <= BLOCK_HASHES:
            return [(first, tail)]
        starts = range(0, len(tail), BLOCK_HASHES)
        return [(first + at, tail[start : start + BLOCK_HASHES]) for at, start in enumerate(starts)]

    def restore(self, hashes: Iterable[int]) -> None:
        """Hold again what was written, in its order; nothing else was added yet."""
        self.hashes = array("Q", hashes)
        self.taken = len(self.hashes)


def _blocks(hashes: int) -> int:
    return -(-hashes // BLOCK_HASHES)


def of_copy(hashed: int) -> int:
    """The hash of a mirrored comment's id, another event than the one that it copies."""
    return hashed ^ 1


def death_of(bucket_no: int) -> int:
    """The watermark at which a bucket is forgotten."""
    return bucket_no * BUCKET_MS + BUCKET_MS + REMEMBERED_MS
