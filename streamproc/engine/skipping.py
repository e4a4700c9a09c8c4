"""Where to begin to read a changelog: not before where the newest fence says that the whole state is from.

What a fence says is believed no further than the state that is found: one that was read in part is read
again from the log's start if its own fence does not say the same, or has another digest.

Source: docs/adr/0021-a-recovery-begins-where-the-state-was-written-again.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import FENCE_KEY, decode_fence
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.reader import ChangelogReader
from streamproc.errors import ChangelogLost, DigestMismatch, NewerState

TAIL_RECORDS = 64
"""So many records at the end are looked through for a fence: behind it others may have claimed."""

Read = Callable[[Mapping[int, int]], Awaitable[Mapping[int, RawRecords]]]


def tails(ends: Mapping[int, int]) -> dict[int, int]:
    """Where to look for the newest fences before these offsets."""
    return {number: end - TAIL_RECORDS for number, end in ends.items()}


async def first_offsets(read: Read, ends: Mapping[int, int]) -> dict[int, int]:
    """From where each changelog is to be read, 0: all of it.

    Shapes: ``read`` goes on from the ``tails`` of ``ends``, behind which fences do not count.
    """
    found = dict.fromkeys(ends, 0)
    waiting = {number: end for number, end in ends.items() if end > 0}
    while waiting:
        for number, records in (await read(waiting)).items():
            for offset, key, value in zip(
                records.offsets, records.keys, records.values, strict=True
            ):
                if key == FENCE_KEY and value is not None and offset < waiting[number]:
                    found[number] = _whole_from(value, offset)
            if records.next_offset >= waiting[number]:
                del waiting[number]
    return found


def verified(reader: ChangelogReader, first_offset: int) -> StateDigest | None:
    """The digest of a state that was read from an offset on; None: it is not the whole state.

    Shapes: its own fence must say so. The one that named the offset may be a zombie's that counts no
        more, and what another zombie wrote behind it a state by itself: who outranks that one was not read.
    """
    try:
        fence = reader.fence(where="")
        if fence is None or fence.whole_from < first_offset:
            return None
        return reader.verified_digest(fence, where="")
    except (ChangelogLost, DigestMismatch, NewerState):
        return None


def _whole_from(fence: bytes, offset: int) -> int:
    try:
        whole_from = decode_fence(fence, where="").whole_from
    except (ChangelogLost, NewerState):
        return 0  # who reads it all says so
    return whole_from if 0 < whole_from <= offset else 0
