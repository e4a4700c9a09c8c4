"""The state as bytes, and which records of it changed since they were last taken."""

from __future__ import annotations

from typing import Final, Protocol

from streamproc.program.codecs import PACK


class Cell(Protocol):
    """A record that is open: held as an object, packed when it is taken."""

    key: bytes
    dirty: bool


class Records:
    """Every record of a partition.

    Shapes: ``values`` holds the bytes of every record as it was last taken, restored or put;
        ``changed`` the keys changed since, in the order of their first change, each with its open
        cell (None: what ``values`` has, or a deletion). A dirty cell is always in ``changed``, so
        whoever opens a record asks there first: a record is never open twice.
    """

    __slots__ = ("changed", "values")

    def __init__(self) -> None:
        self.values: Final[dict[bytes, bytes]] = {}
        self.changed: Final[dict[bytes, Cell | None]] = {}

    def touch(self, cell: Cell) -> None:
        """Note that an open record changes."""
        if not cell.dirty:
            cell.dirty = True
            self.changed[cell.key] = cell

    def put(self, key: bytes, value: bytes) -> None:
        """Write a record that is held as bytes."""
        self.values[key] = value
        self.changed[key] = None

    def drop(self, key: bytes) -> None:
        """Delete an open record; one that nobody took leaves no trace."""
        if self.values.pop(key, None) is None:
            self.changed.pop(key, None)
        else:
            self.changed[key] = None

    def value(self, key: bytes) -> bytes | None:
        """The bytes of a record as it is now."""
        cell = self.changed.get(key)
        return self.values.get(key) if cell is None else PACK[key[0]](cell)

    def take(self) -> list[tuple[bytes, bytes | None]]:
        """What changed since the last call, in the order of first change."""
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
        self.changed.clear()
        return taken
