"""How many different keys there were: members are kept, all of them, and counted at the end."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from datasketches import hll_sketch, hll_union, tgt_hll_type
from xxhash import xxh3_64_intdigest

EXACT_MEMBERS: Final = 256
"""Up to so many members a count is exact."""

_LG_REGISTERS: Final = 12
_SIGN_BIT: Final = 1 << 63


class Unique(NamedTuple):
    """A number of different keys, and whether it is an estimate."""

    number: int
    approximate: bool


def member(key: str) -> int:
    """What stands for a key: a signed number of 64 bits."""
    unsigned = xxh3_64_intdigest(key.encode())
    return unsigned - 2 * _SIGN_BIT if unsigned >= _SIGN_BIT else unsigned


def unique(members: Collection[int]) -> Unique:
    """How many members there are: exactly up to 256, else as a sketch of their registers says."""
    if len(members) <= EXACT_MEMBERS:
        return Unique(len(members), approximate=False)
    sketch = hll_sketch(_LG_REGISTERS, tgt_hll_type.HLL_4, True)
    for each in members:
        sketch.update(each)
    union = hll_union(_LG_REGISTERS)
    union.update(sketch)
    union.update(sketch)  # now it knows nothing of an order, so registers alone decide
    return Unique(round(union.get_estimate()), approximate=True)
