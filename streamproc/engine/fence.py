"""The fence record: up to where in each source topic a state goes, and what became of every offset.

Written last in every flush, so that a state and its fence are one record batch.

Source: docs/adr/0003-one-flush-is-one-record-batch.md, 0005-the-state-says-where-to-read-on.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from streamproc.errors import ChangelogLost, NewerState
from streamproc.protocol import BatchReport

FENCE_KEY = b"\x00fence"
CLAIM_KEY = b"\x00claim"
VERSION = 2
"""Of the fence. 1: positions without ``newest_ms`` and ``ahead``; read as if nothing were known of them."""


class TopicPosition(msgspec.Struct, array_like=True):
    """How far one source topic is read and what its offsets became.

    Shapes: ``next_offset - first_offset == applied + duplicate + rejected + absent``, always; ``late``
    and ``ahead`` count among ``applied``; ``absent`` are offsets that the log did not hold.
    Units: ``newest_ms`` is the broker's time of the last record passed, 0: none was, or a state of an
    earlier version.
    """

    next_offset: int
    first_offset: int
    applied: int = 0
    duplicate: int = 0
    rejected: int = 0
    absent: int = 0
    late: int = 0
    newest_ms: int = 0
    ahead: int = 0

    def advance(self, report: BatchReport, records: int, next_offset: int) -> None:
        """Pass a batch; the offsets it jumped over are absent."""
        self.absent += next_offset - self.next_offset - records
        self.applied += report.applied
        self.duplicate += report.duplicate
        self.rejected += report.rejected
        self.late += report.late
        self.ahead += report.ahead
        self.next_offset = next_offset

    def seen(self, times_ms: Sequence[int]) -> None:
        """Remember the broker's time of what was passed."""
        if times_ms:
            self.newest_ms = max(self.newest_ms, times_ms[-1])

    def skip_to(self, offset: int) -> None:
        """Pass offsets that the log no longer holds."""
        self.absent += offset - self.next_offset
        self.next_offset = offset

    def restart_at(self, offset: int) -> None:
        """Go on in a topic that was made anew or cut; what was counted before stays counted."""
        passed = self.applied + self.duplicate + self.rejected + self.absent
        self.next_offset = offset
        self.first_offset = offset - passed

    @property
    def unaccounted(self) -> int:
        """Offsets passed without a reason; anything but 0 is a defect."""
        passed = self.next_offset - self.first_offset
        return passed - self.applied - self.duplicate - self.rejected - self.absent


class Fence(msgspec.Struct, array_like=True):
    """Up to where a state goes, and the digest that its records must have.

    Shapes: ``partitions`` is how many the inputs had, and with them the changelog; 0: nobody told.
        From ``whole_from`` on the log holds all that the state is; 0: from its start. These two may be
        missing at the end, and who does not know them passes over them.
    """

    version: int
    digest: int
    positions: dict[str, TopicPosition]
    written_by: str
    partitions: int = 0
    whole_from: int = 0

    def encode(self) -> bytes:
        """The fence as the value of its record."""
        return _ENCODER.encode(self)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Fence)
_VERSION = msgspec.msgpack.Decoder(list[msgspec.Raw])


def decode_fence(value: bytes, *, where: str) -> Fence:
    """The fence of a recovered state.

    Errors: ``NewerState`` for a later version; ``ChangelogLost`` if the bytes are no fence.
    """
    try:
        fields = _VERSION.decode(value)
        version = msgspec.msgpack.decode(fields[0], type=int)
        if version > VERSION:
            raise NewerState(
                f"the state has version {version}, this streamproc reads up to {VERSION}",
                where=where,
                hint="run the version that wrote it, or a newer one",
            )
        return _DECODER.decode(value)
    except (msgspec.MsgspecError, IndexError) as error:
        raise ChangelogLost(
            f"the fence record cannot be read: {error}",
            where=where,
            hint="somebody else writes to this topic, or it was damaged; rebuild the state",
        ) from error


def copy_positions(positions: Mapping[str, TopicPosition]) -> dict[str, TopicPosition]:
    """The positions as they are now; the originals may go on."""
    return {topic: msgspec.structs.replace(at) for topic, at in positions.items()}
