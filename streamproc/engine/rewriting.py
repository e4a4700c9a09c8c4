"""The whole state written once more, a little in every flush, so that a start need not read what is older.

Whatever a key was last written at, compaction keeps a day of changes, and a busy night has millions. From
where such a pass began, the log alone holds the whole state: the fence says so, and recovery begins there.

Source: docs/adr/0021-a-recovery-begins-where-the-state-was-written-again.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Records = list[tuple[bytes, bytes | None]]


@dataclass(frozen=True, slots=True)
class Pass:
    """When a pass is due, and how fast it goes.

    Shapes: once ``after_records`` were written since the last one began, and ``times`` as many as there are
        keys; then ``bytes_a_flush`` of them, or one.
    """

    after_records: int
    times: int
    bytes_a_flush: int


class Rewriting:
    """The passes over one partition's state, by its owner.

    Shapes: from ``whole_from`` on the log holds the whole state, 0: from its start. What changes by itself
        needs no writing, and what is deleted none any more.
    """

    __slots__ = ("_begun_at", "_pass", "_to_write", "whole_from")

    def __init__(self, whole_from: int, of: Pass) -> None:
        self.whole_from = whole_from
        self._pass = of
        self._to_write: list[bytes] = []
        self._begun_at: int | None = None

    def is_due(self, next_offset: int, keys: int) -> bool:
        """Whether the next flush is to have some. Shapes: ``keys`` are how many the state has."""
        if self._begun_at is not None:
            return True
        after = max(self._pass.after_records, self._pass.times * keys)
        return next_offset - self.whole_from >= after

    def add_to(
        self,
        records: Records,
        keys: Callable[[], list[bytes]],
        value_of: Callable[[bytes], bytes | None],
        next_offset: int,
    ) -> None:
        """Add the next keys to the records of a flush.

        Shapes: ``keys`` are those of the state; ``next_offset`` is where the log went on, as far as this
            owner has met it: the flush lands there or later.
        """
        if self._begun_at is None:
            self._begun_at, self._to_write = next_offset, keys()
        written = {key for key, _ in records}
        size, room = 0, self._pass.bytes_a_flush
        while self._to_write and size < room:
            key = self._to_write.pop()
            value = None if key in written else value_of(key)
            if value is not None:
                records.append((key, value))
                size += len(key) + len(value)
        if not self._to_write:
            self.whole_from, self._begun_at = self._begun_at, None


NEVER_AGAIN: Final = Rewriting(0, Pass(sys.maxsize, 0, 0))
"""Of a partition whose state is written once."""
