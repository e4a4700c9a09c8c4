"""The state as bytes, and which records of it changed since they were last taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from streamproc.program.codecs import PACK, pack_block
from streamproc.program.keys import NUMBER_BYTES, Kind, number
from streamproc.tally.dedupe import Bucket


class Cell(Protocol):
    """A record that is open: held as an object, packed when it is taken."""

    key: bytes
    dirty: bool


class Records:
    """Every record of a partition.

    Shapes: ``values`` holds the bytes of every other record as it was last taken, restored or put;
        ``changed`` the keys changed since, in the order of their first change, each with its open
        cell (None: what ``values`` has, or a deletion). A dirty cell is always in ``changed``, so
        whoever opens a record asks there first: a record is never open twice. Blocks of event ids
        are apart, as bytes they are made when they are asked for: ``buckets`` holds all,
        ``growing`` those that grew, ``grown_blocks`` counts the blocks that did.
    """

    __slots__ = ("_listeners", "buckets", "changed", "growing", "grown_blocks", "values")

    def __init__(self) -> None:
        self.values: Final[dict[bytes, bytes]] = {}
        self.changed: Final[dict[bytes, Cell | None]] = {}
        self.buckets: Final[dict[bytes, Bucket]] = {}
        self.growing: Final[dict[bytes, Bucket]] = {}
        self.grown_blocks = 0
        self._listeners: list[set[bytes]] = []

    def listen(self) -> set[bytes]:
        """A set that gathers the keys of what is taken from now on; whoever asked for it empties it."""
        written: set[bytes] = set()
        self._listeners.append(written)
        return written

    def touch(self, cell: Cell) -> None:
        """Note that an open record changes."""
        if not cell.dirty:
            cell.dirty = True
            self.changed[cell.key] = cell

    def put(self, key: bytes, value: bytes) -> None:
        """Write a record that is held as bytes."""
        self.values[key] = value
        self.changed[key] = None

    def delete(self, key: bytes) -> None:
        """Delete a record; one that is open is forgotten as it is."""
        self.values.pop(key, None)
        self.changed[key] = None

    def grow(self, bucket: Bucket) -> None:
        """Note that a bucket has a hash that is not written; its block must be counted, too."""
        bucket.dirty = True
        self.growing[bucket.key] = bucket

    def drop(self, bucket: Bucket) -> None:
        """Delete the blocks of a bucket; one that nobody took leaves no trace."""
        del self.buckets[bucket.key]
        if bucket.dirty:
            del self.growing[bucket.key]
            self.grown_blocks -= bucket.unwritten()
        for block_no in range(bucket.written()):
            self.changed[bucket.key + number(block_no)] = None

    def dirty_keys(self) -> int:
        """How many keys :meth:`take` would return."""
        return len(self.changed) + self.grown_blocks

    def value(self, key: bytes) -> bytes | None:
        """The bytes of a record as it is now."""
        cell = self.changed.get(key)
        if cell is not None:
            return PACK[key[0]](cell)
        if key[0] != Kind.SEEN:
            return self.values.get(key)
        bucket = self.buckets.get(key[:-NUMBER_BYTES])
        block = bucket.block(int.from_bytes(key[-NUMBER_BYTES:], "big")) if bucket else None
        return pack_block(block) if block else None

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every record as it is now, but for blocks of event ids."""
        for key, value in self.values.items():
            if key not in self.changed:
                yield key, value
        for key in self.changed:
            if key[0] != Kind.SEEN and (now := self.value(key)) is not None:
                yield key, now

    def take(self) -> list[tuple[bytes, bytes | None]]:
        """What changed since the last call.

        Shapes: in the order of first change, blocks of event ids behind everything else.
        """
        values, pack = self.values, PACK
        taken: list[tuple[bytes, bytes | None]] = []
        add = taken.append
        for key, cell in self.changed.items():
            if cell is None:
                add((key, values.get(key)))
            else:
                cell.dirty = False
                value = values[key] = pack[key[0]](cell)
                add((key, value))
        for written in self._listeners:
            written.update(self.changed)
        self.changed.clear()
        for bucket in self.growing.values():
            for block_no, block in bucket.take():
                key = bucket.key + number(block_no)
                add((key, pack_block(block)))
            bucket.dirty = False
        self.growing.clear()
        self.grown_blocks = 0
        return taken
