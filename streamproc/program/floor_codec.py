"""Values of what is for sale, of a room's pulse and of what was sold: a version byte, then msgpack."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from streamproc.tally.floor import Floor
from streamproc.tally.held import Held
from streamproc.tally.pulse import Pulse
from streamproc.tally.sold import SECOND_MS, SECONDS_PER_PANE, MinuteSold, Sold
from streamproc.tally.timing import MINUTE_MS

FLOOR_VERSION: Final = 2
FLOOR_OF_FEW: Final = 1
"""A version that is read still: it held few products, and did not say whether it had dropped one."""
PULSE_VERSION: Final = 1
SOLD_VERSION: Final = 3
SOLD_BY_PANE: Final = 2
"""A version that is read still: of lines it held the time of the last one, not the second of each."""
SOLD_OF_FEW: Final = 1
"""A version that is read still: as the next one, but it held few packs, all others together."""
_FEW: Final = 64

_FLOOR: Final = bytes((FLOOR_VERSION,))
_PULSE: Final = bytes((PULSE_VERSION,))
_SOLD: Final = bytes((SOLD_VERSION,))

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_floor: Final = msgspec.msgpack.Decoder(Floor).decode
_decode_pulse: Final = msgspec.msgpack.Decoder(Pulse).decode
_decode_sold: Final = msgspec.msgpack.Decoder(MinuteSold).decode


class _SoldByPane(msgspec.Struct, array_like=True):
    """A pack as earlier versions wrote it."""

    created: list[int]
    refused: list[int]
    units: int
    created_ms: int
    place: int


class _MinuteByPane(msgspec.Struct, array_like=True):
    """A minute as earlier versions wrote it."""

    packs: dict[tuple[str, str], _SoldByPane]
    requested: dict[str, int]


_decode_sold_by_pane: Final = msgspec.msgpack.Decoder(_MinuteByPane).decode


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
    if value[0] == SOLD_VERSION:
        return _decode_sold(value[1:])
    before = _decode_sold_by_pane(value[1:])
    packs = {key: _by_second(each) for key, each in before.packs.items()}
    return MinuteSold(packs, before.requested)


def _by_second(before: _SoldByPane) -> Sold:
    """A pack as it was written before: of its lines only the last is known to the second."""
    sold = Sold(before.created, before.refused, before.units, {}, before.place)
    last_pane, last_s = divmod(before.created_ms % MINUTE_MS // SECOND_MS, SECONDS_PER_PANE)
    for pane, lines in enumerate(before.created):
        begin_s = pane * SECONDS_PER_PANE
        if lines and pane == last_pane:
            sold.seconds[begin_s + last_s] = 1
            lines -= 1
        if lines:
            sold.seconds[begin_s] = sold.seconds.get(begin_s, 0) + lines
    return sold
