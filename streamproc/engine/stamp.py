"""The stamp on every changelog record: its writer's epoch and the number of the flush.

Encoded big-endian with fixed width, so that bytes compare as the numbers do: the readers' hot path
compares stamps without decoding them.

Source: docs/adr/0004-claims-fence-zombies.md.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from streamproc.protocol import Headers

HEADER = "sp"
_EPOCH = struct.Struct(">IIIQI")
_FLUSH = struct.Struct(">Q")
EPOCH_SIZE = _EPOCH.size
STAMP_SIZE = EPOCH_SIZE + _FLUSH.size
ZERO = bytes(STAMP_SIZE)
"""Below every stamp a writer makes; what a record without a stamp counts as."""


class Epoch(NamedTuple):
    """Who writes: compared in the order of its fields.

    Units: ``writer_started_us`` since 1970; it and ``claim_number`` only break ties, so a wrong clock
    costs a restart and never state.
    """

    incarnation: int
    generation: int
    attempt: int
    writer_started_us: int
    claim_number: int

    def encode(self) -> bytes:
        """The epoch as bytes that compare in the same order."""
        return _EPOCH.pack(*self)

    @classmethod
    def decode(cls, stamp: bytes) -> Epoch:
        """The epoch at the front of a stamp."""
        return cls(*_EPOCH.unpack_from(stamp))


def stamp(epoch: Epoch, flush: int) -> bytes:
    """The stamp of a flush; flush 0 is the claim itself."""
    return epoch.encode() + _FLUSH.pack(flush)


def stamp_of(headers: Headers) -> bytes:
    """The stamp among a record's headers; ``ZERO`` if it has none that could be one."""
    for name, value in headers:
        if name == HEADER and value is not None and len(value) == STAMP_SIZE:
            return value
    return ZERO
