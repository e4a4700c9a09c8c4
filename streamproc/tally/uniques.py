"""How many different keys: exactly while they are few, by a sketch beyond that.

What a count packs to depends on the keys alone: not on their order or repetition, nor on how often
it was packed and unpacked on the way.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from xxhash import xxh3_64_intdigest

if TYPE_CHECKING:
    from datasketches import hll_sketch

EXACT_MEMBERS: Final = 256
"""Up to so many keys a count is exact."""

_LG_REGISTERS: Final = 12
"""4096 registers: a relative standard error of 1.6 %."""

_HASH_BYTES: Final = 8
_EXACT: Final = b"\0"
_SKETCH: Final = b"\1"
_SIGN: Final = 1 << 63
_WRAP: Final = 1 << 64


def hashed(key: str) -> int:
    """What stands for a key in a count. Shapes: unsigned, 64 bits."""
    return xxh3_64_intdigest(key.encode())


class Uniques:
    """A count of different keys.

    Shapes: holds hashes, see ``hashed``; ``exact`` says whether ``count`` is.
    """

    __slots__ = ("_members", "_sketch")

    def __init__(self) -> None:
        self._members: set[int] = set()
        self._sketch: hll_sketch | None = None

    @property
    def exact(self) -> bool:
        """Whether the count is exact, which it is up to ``EXACT_MEMBERS`` keys."""
        return self._sketch is None

    def add(self, member: int) -> bool:
        """Count a hashed key; False: nothing changed, True: something may have."""
        if self._sketch is not None:
            self._sketch.update(_signed(member))
            return True
        members = self._members
        if member in members:
            return False
        members.add(member)
        if len(members) > EXACT_MEMBERS:
            self._begin_sketch()
        return True

    def add_keys(self, keys: Iterable[str]) -> None:
        """Count keys, whether they were counted before or not."""
        # What waits of a hot room passes here, so the work of each key is left to the libraries.
        members = map(xxh3_64_intdigest, map(str.encode, keys))
        if self._sketch is None:
            held = self._members
            held.update(members)
            if len(held) > EXACT_MEMBERS:
                self._begin_sketch()
            return
        update = self._sketch.update
        for member in members:
            update(member if member < _SIGN else member - _WRAP)

    def merge(self, other: Uniques) -> None:
        """Count what the other counts, too."""
        if other._sketch is None:
            if self._sketch is None:
                self._members |= other._members
                if len(self._members) > EXACT_MEMBERS:
                    self._begin_sketch()
            else:
                for member in other._members:
                    self.add(member)
            return
        if self._sketch is None:
            self._begin_sketch()
        self._sketch = _merged(self._sketch, other._sketch)

    def count(self) -> int:
        """How many different keys there were."""
        if self._sketch is None:
            return len(self._members)
        estimate: float = _merged(self._sketch, self._sketch).get_estimate()
        return round(estimate)

    def pack(self) -> bytes:
        """The count as bytes, the same for the same keys."""
        if self._sketch is None:
            return _EXACT + struct.pack(f">{len(self._members)}Q", *sorted(self._members))
        compact: bytes = _merged(self._sketch, self._sketch).serialize_compact()
        return _SKETCH + compact

    @classmethod
    def unpack(cls, packed: bytes) -> Uniques:
        """The count that ``pack`` gave these bytes for."""
        held, body = cls(), packed[1:]
        if packed[:1] == _EXACT:
            held._members.update(struct.unpack(f">{len(body) // _HASH_BYTES}Q", body))
        else:
            held._sketch = _sketches().hll_sketch.deserialize(body)
        return held

    def _begin_sketch(self) -> None:
        sketches = _sketches()
        # At full size at once, which is the True: a sketch that grows does not hold registers until
        # it is full, and its estimate would tell in which order the keys came.
        kind = sketches.tgt_hll_type.HLL_4
        self._sketch = sketches.hll_sketch(_LG_REGISTERS, kind, True)
        for member in self._members:
            self._sketch.update(_signed(member))
        self._members = set()


def union(counts: Iterable[Uniques]) -> Uniques:
    """A new count of what any of these counts."""
    whole = Uniques()
    for each in counts:
        whole.merge(each)
    return whole


def _signed(member: int) -> int:
    """A hash as a sketch takes it: what does not fit 64 signed bits it would take for a float."""
    return member - _WRAP if member & _SIGN else member


def _merged(one: hll_sketch, other: hll_sketch) -> hll_sketch:
    """Both as one sketch, in the form that depends on its registers alone.

    Shapes: also of a sketch with itself. One that was filled key by key remembers the order in its
        estimate and its exceptions; a union that was given two no longer does.
    """
    both = _sketches().hll_union(_LG_REGISTERS)
    both.update(one)
    both.update(other)
    return both.get_result()


def _sketches() -> Any:  # noqa: ANN401 - the library has no types
    """The library of sketches, loaded when the first count outgrows its set: 18 MiB, 70 ms."""
    import datasketches

    return datasketches
