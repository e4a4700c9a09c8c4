"""Which events were seen already: 64-bit hashes of event ids, in blocks that only ever grow.

Block n of a bucket holds its hashes [32 n, 32 n + 32) in the order in which they came: what is full
is never written again, however hot the room.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import Final

from streamproc.tally.timing import BUCKET_MS, REMEMBERED_MS

BLOCK_HASHES: Final = 32

_STILL: Final[list[int]] = []
"""What a still bucket has to add to; one for all, so nobody may write to it."""
_MOST_ARE_SHORTER: Final = 256
_PACK: Final = [Struct(f"{count}Q").pack for count in range(_MOST_ARE_SHORTER)]


class Bucket:
    """The event ids of one host and topic that were told in one span of event time.

    Shapes: ``hashes`` in arrival order, of which the first ``taken`` are written; it is empty while
        the bucket is still: :meth:`stir` before adding to it.
    """

    __slots__ = ("_still", "dirty", "hashes", "key", "number", "taken")

    def __init__(self, key: bytes, number: int) -> None:
        self.key = key
        self.dirty = False
        self.number = number
        self.hashes: list[int] = []
        self.taken = 0
        self._still: bytes | None = None

    @property
    def dies_at_ms(self) -> int:
        """The watermark at which it is forgotten."""
        return death_of(self.number)

    def settle(self) -> None:
        """Hold the hashes in a fifth of the memory, until somebody stirs them."""
        if self._still is None:
            hashes = self.hashes
            count = len(hashes)
            pack = _PACK[count] if count < _MOST_ARE_SHORTER else Struct(f"{count}Q").pack
            self._still = pack(*hashes)
            self.hashes = _STILL

    def stir(self) -> None:
        """Have the hashes ready to add to."""
        if self._still is not None:
            self.hashes = memoryview(self._still).cast("Q").tolist()
            self._still = None

    def all(self) -> Sequence[int]:
        """Every hash, in arrival order."""
        return self.hashes if self._still is None else memoryview(self._still).cast("Q")

    def written(self) -> int:
        """How many blocks are written, the last of them perhaps not as it is now."""
        return _blocks(self.taken)

    def unwritten(self) -> int:
        """How many blocks are not written as they are now."""
        count = len(self.all())
        return 0 if self.taken == count else _blocks(count) - self.taken // BLOCK_HASHES

    def block(self, block_no: int) -> list[int]:
        """The hashes of a block."""
        start = block_no * BLOCK_HASHES
        return list(self.all()[start : start + BLOCK_HASHES])

    def take(self) -> list[tuple[int, list[int]]]:
        """The blocks that were not written, by number; from now on they are."""
        first = self.taken // BLOCK_HASHES
        tail = list(self.all()[first * BLOCK_HASHES :])
        self.taken = first * BLOCK_HASHES + len(tail)
        if len(tail) <= BLOCK_HASHES:
            return [(first, tail)]
        starts = range(0, len(tail), BLOCK_HASHES)
        return [(first + at, tail[start : start + BLOCK_HASHES]) for at, start in enumerate(starts)]

    def restore(self, hashes: Iterable[int]) -> None:
        """Hold again what was written, in its order; nothing else was added yet."""
        self.hashes = list(hashes)
        self.taken = len(self.hashes)
        self.settle()


def _blocks(hashes: int) -> int:
    return -(-hashes // BLOCK_HASHES)


def of_copy(hashed: int) -> int:
    """The hash of a mirrored comment's id, another event than the one that it copies."""
    return hashed ^ 1


def death_of(bucket_no: int) -> int:
    """The watermark at which a bucket is forgotten."""
    return bucket_no * BUCKET_MS + BUCKET_MS + REMEMBERED_MS
