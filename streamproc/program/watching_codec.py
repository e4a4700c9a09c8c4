"""Values of who was online in a whole broadcast: a version byte, then msgpack.

What is settled comes first: two times, viewers, and the integral in two parts, since it may pass 64 bits;
then a time, how long after it each reading was, and of each twice the viewers plus 1 if approximate.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from streamproc.tally.held import Held
from streamproc.tally.watching import Settled, Watching

WATCHING_VERSION: Final = 1

_WATCHING: Final = bytes((WATCHING_VERSION,))
_PART: Final = 1 << 63

_Row = tuple[tuple[int, int, int, int, int] | None, int, list[int], list[int]]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Row).decode


def pack_watching(held: Held[Any]) -> bytes:
    """The value of who was online."""
    told: Watching = held.told
    settled, sums = told.settled, None
    if settled is not None:
        sums = (*settled[:3], *divmod(settled.online_ms, _PART))
    return _WATCHING + _encode((sums, told.base_ms, told.after_ms, told.counted))


def unpack_watching(value: bytes) -> Watching:
    """Who was online, of a value."""
    sums, base_ms, after_ms, counted = _decode(value[1:])
    settled = None
    if sums is not None:
        first_ms, last_ms, online, parts, rest = sums
        settled = Settled(first_ms, last_ms, online, parts * _PART + rest)
    return Watching(settled, base_ms, after_ms, counted)
