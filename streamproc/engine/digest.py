"""A digest of keyed state that moves with each change instead of being computed anew.

The digest is the sum, modulo 2^64, of one hash per key and value: it does not depend on order, and a
changed key costs one hash. It guards against a changelog that is not what was written (a compaction
that kept the wrong record, a cut log), not against somebody who forges one.

Source: docs/adr/0008-compaction-cannot-resurrect-a-zombie.md.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Final

from xxhash import xxh3_64_intdigest

_MASK = (1 << 64) - 1

_PLACES: Final[dict[int, int]] = {}
"""The numbers of places, each once for all partitions: as many of their own would take more memory than
the hashes that they lead to."""


class StateDigest:
    """The running digest of one partition's state.

    Shapes: ``_hashes`` holds the hash of each key's record at the key's place; ``_free`` are places of
        keys that were deleted.
    """

    __slots__ = ("_free", "_hashes", "_places", "value")

    def __init__(self, records: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._places: dict[bytes, int] = {}
        self._hashes = array("Q")
        self._free: list[int] = []
        self.value = 0
        self.update(records)

    def update(self, changes: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Move the digest by changed keys; a value of ``None`` deletes."""
        places, hashes, free, shared = self._places, self._hashes, self._free, _PLACES.setdefault
        total = self.value
        for key, value in changes:
            place = places.get(key)
            if value is None:
                if place is not None:
                    total -= hashes[place]
                    free.append(places.pop(key))
                continue
            # the key's length as seed keeps (ab, c) and (a, bc) apart
            new = xxh3_64_intdigest(key + value, len(key))
            total += new
            if place is not None:
                total -= hashes[place]
                hashes[place] = new
            elif free:
                places[key] = place = free.pop()
                hashes[place] = new
            else:
                at = len(hashes)
                places[key] = shared(at, at)
                hashes.append(new)
        self.value = total & _MASK

    def keys(self) -> list[bytes]:
        """The keys of the state."""
        return list(self._places)

    def __len__(self) -> int:
        return len(self._places)
