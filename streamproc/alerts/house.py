"""What the house says of stock: host and staff, who must know, and seldom say when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from streamproc.alerts.products import meant
from streamproc.alerts.room import Room

_OUT: Final = "out"
_IN: Final = "in"


@dataclass(slots=True)
class House:
    """When host and staff last said that a product is out, there, or to be filled up; 0: never."""

    out_ms: int = 0
    in_ms: int = 0
    refill_ms: int = 0

    @property
    def there_ms(self) -> int:
        """When they said that it is there, and not since that it is out; 0: they did not."""
        return self.in_ms if self.in_ms > self.out_ms else 0


def house(room: Room, held_ms: int) -> dict[str, House]:
    """What host and staff said of which product, not longer ago than ``held_ms``."""
    found: dict[str, House] = {}
    for fact in room.said.facts:
        if room.now_ms - fact.at_ms > held_ms:
            continue
        product, _ = meant(room.floor, fact.subject, fact.at_ms)
        one = found.setdefault(product, House())
        if fact.polarity == _OUT:
            one.out_ms = max(one.out_ms, fact.at_ms)
        elif fact.polarity == _IN:
            one.in_ms = max(one.in_ms, fact.at_ms)
        else:
            one.refill_ms = max(one.refill_ms, fact.at_ms)
    return found
