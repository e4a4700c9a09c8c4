"""What of each product was ordered, refused and asked back in one minute of a broadcast."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE

PRODUCTS_OF_MINUTE: Final = 256
REST: Final = "*"
"""Stands for products that come when there is no room for another one."""
UNSAID: Final = ""
"""The reason of who asks for money back and gives none."""


def _panes() -> list[int]:
    return [0] * PANES_PER_MINUTE


class Sold(Struct, array_like=True):
    """One product, and one pack of it, in one minute.

    Shapes: ``created`` and ``refused`` (attempts that failed for lack of stock) by pane of ten
        seconds; ``units`` are pieces created. ``created_ms`` is the time of the last created line, 0:
        none; a line that counts elsewhere since leaves it as it is, unless it was the last one.
        ``place`` is the pack's number in its minute, from 1 on.
    """

    created: list[int] = field(default_factory=_panes)
    refused: list[int] = field(default_factory=_panes)
    units: int = 0
    created_ms: int = 0
    place: int = 0


class MinuteSold(Struct, array_like=True):
    """One minute of a broadcast.

    Shapes: ``packs`` by product and pack, "" for the pack of orders that name none; ``requested``
        lines whose money was asked back, by reason, at the time of the first asking.
    """

    packs: dict[tuple[str, str], Sold] = field(default_factory=dict)
    requested: dict[str, int] = field(default_factory=dict)

    def of(self, product_id: str, sku_id: str = "") -> Sold:
        """Where a pack is counted, begun if it is new and there is room for it."""
        key = product_id, sku_id
        found = self.packs.get(key)
        if found is None:
            if len(self.packs) >= PRODUCTS_OF_MINUTE:
                key = REST, ""
                found = self.packs.get(key)
            if found is None:
                found = self.packs[key] = Sold(place=len(self.packs) + 1)
        return found

    def create(self, product_id: str, sku_id: str, units: int, at_ms: int) -> int:
        """Count a created line; the place of its pack, to take it back by."""
        sold = self.of(product_id, sku_id)
        sold.created[at_ms // PANE_MS % PANES_PER_MINUTE] += 1
        sold.units += units
        if at_ms > sold.created_ms:
            sold.created_ms = at_ms
        return sold.place

    def take_back(self, place: int, units: int, at_ms: int) -> None:
        """Count a line no more that was counted in this place: it counts elsewhere."""
        for sold in self.packs.values():
            if sold.place == place:
                sold.created[at_ms // PANE_MS % PANES_PER_MINUTE] -= 1
                sold.units -= units
                if not any(sold.created):
                    sold.created_ms = 0

    def refuse(self, product_id: str, at_ms: int) -> None:
        """Count an attempt that failed for lack of stock."""
        self.of(product_id).refused[at_ms // PANE_MS % PANES_PER_MINUTE] += 1

    def ask_back(self, reason: str) -> None:
        """Count a line whose money is asked back."""
        self.requested[reason] = self.requested.get(reason, 0) + 1


def minute_of(at_ms: int) -> int:
    """The minute of a time, counted since 1970."""
    return at_ms // MINUTE_MS
