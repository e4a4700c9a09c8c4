"""Values of who was online in a whole broadcast: a version byte, then msgpack.

What is settled comes first: two times, viewers, the integral in two parts, since it may pass 64 bits, and
the counts that held long. Then a time, how long after it each reading was, and of each twice the viewers
plus 1 if approximate.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from streamproc.tally.held import Held
from streamproc.tally.watching import Hold, Settled, Watching

WATCHING_VERSION: Final = 2
WATCHING_WITHOUT_HOLDS: Final = 1
"""A version that is read still: it did not keep which counts held long."""

_WATCHING: Final = bytes((WATCHING_VERSION,))
_PART: Final = 1 << 63


class _Settled(msgspec.Struct, array_like=True):
    """What is settled as it is written; the version before lacks what has a default here."""

    first_ms: int
    last_ms: int
    online: int
    parts: int
    rest: int
    holds: tuple[Hold, ...] = ()


_Row = tuple[_Settled | None, int, list[int], list[int]]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Row).decode


def pack_watching(held: Held[Any]) -> bytes:
    """The value of who was online."""
    told: Watching = held.told
    settled, sums = told.settled, None
    if settled is not None:
        sums = (*settled[:3], *divmod(settled.online_ms, _PART), settled.holds)
    return _WATCHING + _encode((sums, told.base_ms, told.after_ms, told.counted))


def unpack_watching(value: bytes) -> Watching:
    """Who was online, of a value."""
    sums, base_ms, after_ms, counted = _decode(value[1:])
    settled = None
    if sums is not None:
        online_ms = sums.parts * _PART + sums.rest
        settled = Settled(sums.first_ms, sums.last_ms, sums.online, online_ms, sums.holds)
    return Watching(settled, base_ms, after_ms, counted)
