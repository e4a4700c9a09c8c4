"""What one changelog partition says: the readers' whole rule.

Remember the highest stamp, ignore what is below it. Recovery, ``verify`` and the tests read with this
one class, so nobody sees another state than the owner does.

Source: docs/adr/0004-claims-fence-zombies.md, 0008-compaction-cannot-resurrect-a-zombie.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY, Fence, decode_fence
from streamproc.engine.rawfetch import RawRecords
from streamproc.engine.stamp import ZERO
from streamproc.errors import DigestMismatch


class ChangelogReader:
    """The state that a changelog partition holds, record by record.

    Shapes: ``state`` maps keys to values, the fence among them, the claim not; ``stale`` are the keys
    whose last record does not count, ``stale_records`` how many such records were met.
    """

    __slots__ = ("next_offset", "records", "stale", "stale_records", "state", "top")

    def __init__(self) -> None:
        self.state: dict[bytes, bytes] = {}
        self.top = ZERO
        self.stale: set[bytes] = set()
        self.stale_records = 0
        self.records = 0
        self.next_offset = 0

    def absorb(
        self,
        keys: Sequence[bytes],
        values: Sequence[bytes | None],
        stamps: Sequence[bytes],
        next_offset: int,
    ) -> None:
        """Take in consecutive records; ``next_offset`` is where the log goes on behind them."""
        state, stale, top = self.state, self.stale, self.top
        for key, value, stamp in zip(keys, values, stamps, strict=True):
            if stamp < top:
                stale.add(key)
                self.stale_records += 1
                continue
            top = stamp
            if stale:
                stale.discard(key)
            if value is None:
                state.pop(key, None)
            elif key != CLAIM_KEY:
                state[key] = value
        self.top = top
        self.records += len(keys)
        self.next_offset = next_offset

    def fence(self, *, where: str) -> Fence | None:
        """The fence of the state; ``None`` before the first flush.

        Errors: ``NewerState``, ``ChangelogLost``.
        """
        value = self.state.get(FENCE_KEY)
        return None if value is None else decode_fence(value, where=where)

    def program_records(self) -> list[tuple[bytes, bytes]]:
        """The program's own records: all but the engine's."""
        return [(key, value) for key, value in self.state.items() if key != FENCE_KEY]

    def verified_digest(self, fence: Fence | None, *, where: str) -> StateDigest:
        """The digest of the program's records, compared with the one in the fence.

        Errors: ``DigestMismatch``.
        """
        digest = StateDigest(self.program_records())
        expected = 0 if fence is None else fence.digest
        if digest.value != expected:
            raise DigestMismatch(
                f"the state read ({len(digest)} records, digest {digest.value:016x}) is not the state"
                f" that was written (digest {expected:016x})",
                where=where,
                hint="the changelog was compacted or cut while no worker ran, or somebody else wrote"
                " to it; make the state anew from the source topics: streamproc state rebuild",
            )
        return digest


def keys_of(records: RawRecords) -> list[bytes]:
    """The keys; a record without one cannot be ours and counts as a stale claim."""
    return [key if key is not None else CLAIM_KEY for key in records.keys]
