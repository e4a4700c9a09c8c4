"""How many different keys: exactly while they are few, by a sketch beyond that.

What a count packs to depends on the keys and, while it is exact, on the order in which they came: not
on their repetition, nor on how often it was packed and unpacked on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from xxhash import xxh3_64_intdigest

if TYPE_CHECKING:
    from datasketches import hll_sketch, hll_union

EXACT_MEMBERS: Final = 256
"""Up to so many keys a count is exact."""

_LG_REGISTERS: Final = 12
"""4096 registers: a relative standard error of 1.6 %."""

_HASH_BYTES: Final = 8
_EXACT: Final = b"\0"
_PACK_EXACT: Final = [Struct(f">x{count}Q").pack for count in range(EXACT_MEMBERS + 1)]
"""By the number of members: a byte that says that they are all, then their hashes."""
_SKETCH: Final = b"\1"
_SIGN: Final = 1 << 63
_WRAP: Final = 1 << 64


def hashed(key: str) -> int:
    """What stands for a key in a count. Shapes: unsigned, 64 bits."""
    return xxh3_64_intdigest(key.encode())


class Uniques:
    """A count of different keys.

    Shapes: holds hashes, see ``hashed``; ``exact`` says whether ``count`` is. ``told`` takes hashes
        without a call: while the count is exact it holds all of them, later those that the sketch
        does not know yet; ``sketched``: there is one, for good.
    """

    __slots__ = ("_packed", "_union", "sketched", "told")

    def __init__(self, told: dict[int, None] | None = None) -> None:
        # A dict, not a set: the cyclic collector leaves a dict of integers alone and walks every set.
        self.told: dict[int, None] = {} if told is None else told
        # A union, not a sketch: one that was filled key by key remembers the order in its estimate and
        # its exceptions, a union depends on its registers alone.
        self._union: hll_union | None = None
        self.sketched = False
        self._packed: bytes | None = None  # while exact, perhaps of the first of the members only

    @property
    def exact(self) -> bool:
        """Whether the count is exact, which it is up to ``EXACT_MEMBERS`` keys."""
        return self._union is None and len(self.told) <= EXACT_MEMBERS

    def exact_count(self) -> int:
        """The count if it is exact, else less than 0: in one call, for whoever asks every second."""
        told = len(self.told)
        return told if self._union is None and told <= EXACT_MEMBERS else -1

    def add(self, member: int) -> None:
        """Count a hashed key."""
        self.told[member] = None

    def merge(self, other: Uniques) -> None:
        """Count what the other counts, too."""
        if other.exact:
            self.told.update(other.told)
            return
        ours = self._settled()
        self._packed = None
        ours.update(other._settled().get_result())

    def count(self) -> int:
        """How many different keys there were."""
        if self.exact:
            return len(self.told)
        estimate: float = self._settled().get_result().get_estimate()
        return round(estimate)

    def pack(self) -> bytes:
        """The count as bytes, the same for the same keys in the same order of their coming."""
        if self._union is None and len(self.told) <= EXACT_MEMBERS:
            self._packed = packed_exactly(self.told, self._packed)
            return self._packed
        held = self._settled()
        if self._packed is None:
            compact: bytes = held.get_result().serialize_compact()
            self._packed = _SKETCH + compact
        return self._packed

    @classmethod
    def unpack(cls, packed: bytes, told: dict[int, None] | None = None) -> Uniques:
        """The count that ``pack`` gave these bytes for, and of what is ``told`` besides."""
        held, body = cls(told), packed[1:]
        if packed[:1] == _EXACT:
            members = Struct(f">{len(body) // _HASH_BYTES}Q").unpack(body)
            later = dict(held.told)
            held.told.clear()
            held.told.update(dict.fromkeys(members))
            held.told.update(later)
        else:
            held._union = _united(_sketches().hll_sketch.deserialize(body))
            held.sketched = True
        return held

    def _settled(self) -> hll_union:
        """The union, begun if there is none, with all that was told."""
        held: Any = self._union
        begins = held is None
        if begins:
            sketches = _sketches()
            # At full size at once, which is the True: a sketch that grows does not hold registers
            # until it is full, and its estimate would tell in which order the keys came.
            held = sketches.hll_sketch(_LG_REGISTERS, sketches.tgt_hll_type.HLL_8, True)
        if self.told:
            update = held.update
            for member in self.told:
                # What does not fit 64 signed bits a sketch would take for a float.
                update(member if member < _SIGN else member - _WRAP)
            self.told.clear()
            self._packed = None
        if begins:
            held = self._union = _united(held)
            self.sketched = True
        return held


def union(counts: Iterable[Uniques]) -> Uniques:
    """A new count of what any of these counts."""
    whole = Uniques()
    for each in counts:
        whole.merge(each)
    return whole


def packed_exactly(told: dict[int, None], before: bytes | None = None) -> bytes:
    """Few enough members as bytes. Shapes: ``before`` is what it gave when there were less, or None."""
    count = len(told)
    known = 0 if before is None else len(before) // _HASH_BYTES
    if before is None or not known:
        return _PACK_EXACT[count](*told)
    if known == count:
        return before
    # From the end, which costs what there is to pack and not what there is.
    new = list(islice(reversed(told), count - known))
    new.reverse()
    return before + _PACK_EXACT[len(new)](*new)[1:]


def _united(sketch: hll_sketch) -> hll_union:
    """A union of a sketch with itself: given one sketch only, it would be a copy of it."""
    both = _sketches().hll_union(_LG_REGISTERS)
    both.update(sketch)
    both.update(sketch)
    return both


def _sketches() -> Any:  # noqa: ANN401 - the library has no types
    """The library of sketches, loaded when the first count outgrows its set: 18 MiB, 70 ms."""
    import datasketches

    return datasketches
