"""Hashes that were seen, to look into: a table that takes a quarter of a dictionary's memory.

A dictionary holds an object and an entry for each hash, some 90 bytes; a busy room has hundreds of
thousands of them alive. Here a hash takes two to four places of eight bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

import numpy as np

FREE: Final = 0
"""What a free place holds. A hash of this value, one in 2**64, is never known."""
_HASH_BITS: Final = 64
_LEAST_BITS: Final = 5
_FEW: Final = 100
"""Fewer hashes are put in one by one: numpy needs as long to begin."""
_MANY: Final = 2_048
"""Fewer hashes are given four times the places at once, so that a busy room is laid out less often."""


class Seen:
    """Hashes, each in the place that its highest bits name or in the next free one, round the end.

    Shapes: a hash stands at ``table[hashed >> shift]`` or behind it, with no free place between. Half of
        the places stay free, so that a search soon ends: ``room`` is how many more may come before
        :meth:`widen` is due.
    """

    __slots__ = ("room", "shift", "table")

    def __init__(self) -> None:
        self.table = array("Q", (FREE,))
        self.shift = _HASH_BITS
        self.room = 0

    def __contains__(self, hashed: int) -> bool:
        """Whether a hash was seen."""
        return hashed != FREE and self.table[self._place_of(hashed)] == hashed

    def add(self, hashed: int) -> bool:
        """See a hash; whether it is new."""
        place = self._place_of(hashed)
        if self.table[place]:
            return False
        self.table[place] = hashed
        self.room -= 1
        if self.room < 0:
            self.widen()
        return True

    def hold(self, hashes: Sequence[array[int]]) -> None:
        """Have seen these and no others."""
        count = sum(map(len, hashes))
        # A quarter more may come until the oldest are forgotten.
        self._lay_out(hashes, count, (2 * (count + count // 4 + 1) - 1).bit_length())

    def widen(self) -> None:
        """Have more places, so that more may come."""
        held = np.frombuffer(self.table, np.uint64)
        hashes = array("Q", held[held != FREE].tobytes())
        more_bits = 2 if len(hashes) < _MANY else 1
        self._lay_out([hashes], len(hashes), _HASH_BITS - self.shift + more_bits)

    def _place_of(self, hashed: int) -> int:
        """Where a hash stands, or would."""
        table, place = self.table, hashed >> self.shift
        while (held := table[place]) and held != hashed:
            place += 1
            if place == len(table):
                place = 0
        return place

    def _lay_out(self, hashes: Sequence[array[int]], count: int, bits: int) -> None:
        bits = max(_LEAST_BITS, bits)
        self.shift = _HASH_BITS - bits
        self.table = array("Q", bytes(self.table.itemsize << bits))
        self.room = len(self.table) // 2 - count
        if count < _FEW:
            self._put(chain.from_iterable(hashes))
            return
        ordered = np.concatenate([np.frombuffer(each, np.uint64) for each in hashes if each])
        ordered.sort()
        # In the order of their first places, each stands there or right behind the one before it.
        behind = np.arange(count)
        places = (ordered >> np.uint64(self.shift)).astype(np.int64) - behind
        np.maximum.accumulate(places, out=places)
        places += behind
        inside = int(np.searchsorted(places, len(self.table)))
        np.frombuffer(self.table, np.uint64)[places[:inside]] = ordered[:inside]
        self._put(ordered[inside:].tolist())

    def _put(self, hashes: Iterable[int]) -> None:
        for hashed in hashes:
            self.table[self._place_of(hashed)] = hashed
