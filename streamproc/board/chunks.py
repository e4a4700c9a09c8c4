"""Chunks of the stream of events: made once, plain or packed, for all who follow the same.

A packed chunk is deflate that ends with a full flush: it refers to nothing before it. So any sequence of
packed chunks behind a gzip header is one gzip stream, whoever gets which of them.
"""

from __future__ import annotations

import zlib
from collections import deque
from typing import Final

from streamproc.board.frames import changes, marked
from streamproc.board.hall import Hall
from streamproc.board.subscriptions import Subscription, event_id

GZIP_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
LEVEL: Final = 4
STEPS_KEPT: Final = 16
CHUNKS_MAX: Final = 2048


class Chunk:
    """Bytes, and the same packed when somebody first asks for that."""

    __slots__ = ("_packed", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._packed: bytes | None = None

    def of(self, *, packed: bool) -> bytes:
        """The bytes, packed or as they are."""
        if not packed or not self.raw:
            return self.raw
        if self._packed is None:
            packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
            self._packed = packer.compress(self.raw) + packer.flush(zlib.Z_FULL_FLUSH)
        return self._packed


class Chunks:
    """What changed in a hall, step by step.

    Shapes: ``revision`` is that of the last step. The chunks of the last steps are kept, as far as somebody
        asked for them.
    """

    def __init__(self, hall: Hall, epoch: str) -> None:
        self.revision = 0
        self.epoch = epoch
        self._hall = hall
        self._steps: deque[int] = deque([0], maxlen=STEPS_KEPT)
        self._made: dict[tuple[Subscription, int, int], Chunk] = {}

    def step(self) -> bool:
        """Begin a step if the hall has changed since the last one; whether it had."""
        if self._hall.revision == self.revision:
            return False
        self.revision = self._hall.revision
        self._steps.append(self.revision)
        oldest = self._steps[0]
        for key in [each for each in self._made if each[1] < oldest]:
            del self._made[key]
        return True

    def since(self, subscription: Subscription, revision: int) -> list[Chunk]:
        """All that changed after a revision: step by step as far as that is kept, else at once."""
        found, at = [], revision
        for step in self._steps:
            if step > at:
                made = self._made.get((subscription, at, step))
                if made is None:
                    break
                found.append(made)
                at = step
        if at < self.revision:
            found.append(self.between(subscription, at, self.revision))
        return found

    def between(self, subscription: Subscription, since: int, now: int) -> Chunk:
        """What changed after a revision, with the id of a later one; empty if nothing did."""
        key = (subscription, since, now)
        made = self._made.get(key)
        if made is None:
            raw = changes(self._hall, subscription, since)
            made = Chunk(marked(raw, event_id(self.epoch, subscription, now)) if raw else b"")
            if len(self._made) < CHUNKS_MAX:
                self._made[key] = made
        return made
