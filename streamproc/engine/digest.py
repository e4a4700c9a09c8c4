"""A digest of keyed state that moves with each change instead of being computed anew.

The digest is the sum, modulo 2^64, of one hash per key and value: it does not depend on order, and a
changed key costs one hash. It guards against a changelog that is not what was written (a compaction
that kept the wrong record, a cut log), not against somebody who forges one.

Source: docs/adr/0008-compaction-cannot-resurrect-a-zombie.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from xxhash import xxh3_64_intdigest

_MASK = (1 << 64) - 1


class StateDigest:
    """The running digest of one partition's state."""

    __slots__ = ("_hashes", "value")

    def __init__(self, records: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._hashes: dict[bytes, int] = {}
        self.value = 0
        self.update(records)

    def update(self, changes: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Move the digest by changed keys; a value of ``None`` deletes."""
        hashes = self._hashes
        total = self.value
        for key, value in changes:
            if value is None:
                total -= hashes.pop(key, 0)
            else:
                # the key's length as seed keeps (ab, c) and (a, bc) apart
                new = xxh3_64_intdigest(key + value, len(key))
                total += new - hashes.get(key, 0)
                hashes[key] = new
        self.value = total & _MASK

    def __len__(self) -> int:
        return len(self._hashes)
