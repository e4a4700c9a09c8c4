"""Where a recovery begins to read: not before what the newest fence says that the whole state is from.

What a fence says is believed no further than the digest in it: a state that was read in part and does not
match is read again from the log's start.

Source: docs/adr/0021-a-recovery-begins-where-the-state-was-written-again.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import FENCE_KEY, decode_fence
from streamproc.engine.ownership import Claiming
from streamproc.engine.rawfetch import RawRecords
from streamproc.errors import ChangelogLost, DigestMismatch, NewerState

TAIL_RECORDS = 64
"""So many records before a claim are looked through for a fence: others may have claimed meanwhile."""

Read = Callable[[Mapping[int, Claiming]], Awaitable[Mapping[int, RawRecords]]]


def tails(claims: Mapping[int, Claiming]) -> dict[int, int]:
    """Where to look for the newest fences."""
    return {number: _claimed(claim) - TAIL_RECORDS for number, claim in claims.items()}


async def first_offsets(read: Read, claims: Mapping[int, Claiming]) -> dict[int, int]:
    """From where each changelog is to be read, 0: all of it. ``read`` goes on from the ``tails``."""
    found = dict.fromkeys(claims, 0)
    waiting = dict(claims)
    while waiting:
        for number, records in (await read(waiting)).items():
            for offset, key, value in zip(
                records.offsets, records.keys, records.values, strict=True
            ):
                if key == FENCE_KEY and value is not None and offset < _claimed(waiting[number]):
                    found[number] = _whole_from(value, offset)
            if records.next_offset > _claimed(waiting[number]):
                del waiting[number]
    return found


def verified(claim: Claiming) -> StateDigest | None:
    """The digest of a state that was read in part; None: it is not the whole state."""
    try:
        fence = claim.reader.fence(where="")
        return None if fence is None else claim.reader.verified_digest(fence, where="")
    except (ChangelogLost, DigestMismatch, NewerState):
        return None


def _claimed(claim: Claiming) -> int:
    return -1 if claim.claim_offset is None else claim.claim_offset


def _whole_from(fence: bytes, offset: int) -> int:
    try:
        whole_from = decode_fence(fence, where="").whole_from
    except (ChangelogLost, NewerState):
        return 0  # who reads it all says so
    return whole_from if 0 < whole_from <= offset else 0
