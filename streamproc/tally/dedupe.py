"""Which events were seen already: 64-bit hashes of event ids, in blocks that only ever grow.

Block n of a bucket holds its hashes [32 n, 32 n + 32) in the order in which they came: what is full
is never written again, however hot the room.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from struct import Struct
from types import MappingProxyType
from typing import Final, cast

from streamproc.tally.timing import BUCKET_MS, REMEMBERED_MS

BLOCK_HASHES: Final = 32
HASH_BYTES: Final = 8

_STILL: Final = cast("dict[int, None]", MappingProxyType({}))
"""What a still bucket has to look into; one for all, so nobody may write to it."""
_MOST_ARE_SHORTER: Final = 256
_PACK: Final = [Struct(f"{count}Q").pack for count in range(_MOST_ARE_SHORTER)]


class Bucket:
    """The event ids of one host and topic in one span of event time.

    Shapes: ``hashes`` in arrival order, of which the first ``taken`` are written; it is empty while
        the bucket is still: :meth:`stir` before looking into it or adding to it.
    """

    __slots__ = ("_still", "dirty", "hashes", "key", "number", "taken")

    def __init__(self, key: bytes, number: int) -> None:
        self.key = key
        self.dirty = False
        self.number = number
        # A dict, not a set: it keeps the order, and the cyclic collector leaves a dict of integers
        # alone while it walks every set.
        self.hashes: dict[int, None] = {}
        self.taken = 0
        self._still: bytes | None = None

    @property
    def dies_at_ms(self) -> int:
        """The watermark at which it is forgotten."""
        return death_of(self.number)

    def settle(self) -> None:
        """Hold the hashes in a tenth of the memory, until somebody stirs them."""
        if self._still is None:
            hashes = self.hashes
            count = len(hashes)
            pack = _PACK[count] if count < _MOST_ARE_SHORTER else Struct(f"{count}Q").pack
            self._still = pack(*hashes)
            self.hashes = _STILL

    def stir(self) -> None:
        """Have the hashes ready to look into and to add to."""
        if self._still is not None:
            self.hashes = dict.fromkeys(memoryview(self._still).cast("Q"))
            self._still = None

    def written(self) -> int:
        """How many blocks are written, the last of them perhaps not as it is now."""
        return _blocks(self.taken)

    def unwritten(self) -> int:
        """How many blocks are not written as they are now."""
        if self.taken == self._count():
            return 0
        return _blocks(self._count()) - self.taken // BLOCK_HASHES

    def block(self, block_no: int) -> list[int]:
        """The hashes of a block."""
        start = block_no * BLOCK_HASHES
        if self._still is not None:
            return memoryview(self._still).cast("Q")[start : start + BLOCK_HASHES].tolist()
        return list(islice(self.hashes, start, start + BLOCK_HASHES))

    def take(self) -> list[tuple[int, list[int]]]:
        """The blocks that were not written, by number; from now on they are."""
        first = self.taken // BLOCK_HASHES
        self.taken = self._count()
        tail = self._from(first * BLOCK_HASHES)
        if len(tail) <= BLOCK_HASHES:
            return [(first, tail)]
        starts = range(0, len(tail), BLOCK_HASHES)
        return [(first + at, tail[start : start + BLOCK_HASHES]) for at, start in enumerate(starts)]

    def _count(self) -> int:
        return len(self.hashes) if self._still is None else len(self._still) // HASH_BYTES

    def _from(self, start: int) -> list[int]:
        if self._still is not None:
            return memoryview(self._still).cast("Q")[start:].tolist()
        # From the end, which costs what there is to write and not what there is.
        tail = list(islice(reversed(self.hashes), len(self.hashes) - start))
        tail.reverse()
        return tail

    def restore(self, hashes: Iterable[int]) -> None:
        """Hold again what was written, in its order; nothing else was added yet."""
        self.hashes = dict.fromkeys(hashes)
        self.taken = len(self.hashes)
        self.settle()


def _blocks(hashes: int) -> int:
    return -(-hashes // BLOCK_HASHES)


def death_of(bucket_no: int) -> int:
    """The watermark at which a bucket is forgotten."""
    return bucket_no * BUCKET_MS + BUCKET_MS + REMEMBERED_MS
