"""Which events were seen already: 64-bit hashes of event ids, in blocks that only ever grow.

Block n of a bucket holds its hashes [32 n, 32 n + 32) in the order in which they came: what is full
is never written again, however hot the room.
"""

from __future__ import annotations

from typing import Final

from streamproc.tally.timing import BUCKET_MS, REMEMBERED_MS

BLOCK_HASHES: Final = 32


class Block:
    """The hashes of one block, in arrival order."""

    __slots__ = ("dirty", "hashes", "key")

    def __init__(self, key: bytes, hashes: list[int] | None = None) -> None:
        self.key = key
        self.dirty = False
        self.hashes: list[int] = [] if hashes is None else hashes


class Bucket:
    """The event ids of one host and topic in one span of event time.

    Shapes: ``hashes`` holds all of them; ``block`` is the last of ``blocks`` blocks, the one that
        still grows.
    """

    __slots__ = ("block", "blocks", "dies_at_ms", "hashes", "number")

    def __init__(self, number: int, block: Block, blocks: int = 1) -> None:
        self.number = number
        self.dies_at_ms = death_of(number)
        # A dict, not a set: the cyclic collector leaves a dict of integers alone, never a set.
        self.hashes: dict[int, None] = {}
        self.block = block
        self.blocks = blocks


def death_of(bucket_no: int) -> int:
    """The watermark at which a bucket is forgotten."""
    return bucket_no * BUCKET_MS + BUCKET_MS + REMEMBERED_MS
