"""Values of what is for sale, of a room's pulse and of what was sold: a version byte, then msgpack."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from streamproc.tally.floor import Floor
from streamproc.tally.held import Held
from streamproc.tally.pulse import Pulse
from streamproc.tally.sold import MinuteSold

FLOOR_VERSION: Final = 2
FLOOR_OF_FEW: Final = 1
"""A version that is read still: it held few products, and did not say whether it had dropped one."""
PULSE_VERSION: Final = 1
SOLD_VERSION: Final = 2
SOLD_OF_FEW: Final = 1
"""A version that is read still: it held few packs, all others together."""
_FEW: Final = 64

_FLOOR: Final = bytes((FLOOR_VERSION,))
_PULSE: Final = bytes((PULSE_VERSION,))
_SOLD: Final = bytes((SOLD_VERSION,))

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_floor: Final = msgspec.msgpack.Decoder(Floor).decode
_decode_pulse: Final = msgspec.msgpack.Decoder(Pulse).decode
_decode_sold: Final = msgspec.msgpack.Decoder(MinuteSold).decode


def pack_floor(held: Held[Any]) -> bytes:
    """The value of a floor."""
    return _FLOOR + _encode(held.told)


def unpack_floor(value: bytes) -> Floor:
    """The floor of a value."""
    floor = _decode_floor(value[1:])
    if value[0] == FLOOR_OF_FEW:
        floor.dropped = len(floor.products) >= _FEW
    return floor


def pack_pulse(held: Held[Any]) -> bytes:
    """The value of a pulse."""
    return _PULSE + _encode(held.told)


def unpack_pulse(value: bytes) -> Pulse:
    """The pulse of a value."""
    return _decode_pulse(value[1:])


def pack_sold(held: Held[Any]) -> bytes:
    """The value of what was sold in a minute."""
    return _SOLD + _encode(held.told)


def unpack_sold(value: bytes) -> MinuteSold:
    """What was sold in a minute, of a value."""
    return _decode_sold(value[1:])
