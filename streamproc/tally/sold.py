"""What of each product was ordered, refused and asked back in one minute of a broadcast."""

from __future__ import annotations

from typing import Final, TypeVar

from msgspec import Struct, field

from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE

_K = TypeVar("_K")

PRODUCTS_OF_MINUTE: Final = 256
REST: Final = "*"
"""Stands for products that come when there is no room for another one."""
SECOND_MS: Final = 1_000
_SECONDS_PER_MINUTE: Final = MINUTE_MS // SECOND_MS
SECONDS_PER_PANE: Final = PANE_MS // SECOND_MS


def _panes() -> list[int]:
    return [0] * PANES_PER_MINUTE


class Sold(Struct, array_like=True):
    """One product, and one pack of it, in one minute.

    Shapes: ``created`` and ``refused`` (attempts that failed for lack of stock) by pane of ten
        seconds; ``units`` are pieces created. ``seconds`` are the lines created, by those seconds of the
        minute in which there were any: a line that counts elsewhere since is taken back from them, which
        cannot be done with the time of the last. ``place`` is the pack's number in its minute, from 1.
    """

    created: list[int] = field(default_factory=_panes)
    refused: list[int] = field(default_factory=_panes)
    units: int = 0
    seconds: dict[int, int] = field(default_factory=dict)
    place: int = 0

    @property
    def last_s(self) -> int | None:
        """The second of the minute in which the last line was created; None: there is none."""
        return max((second for second, lines in self.seconds.items() if lines > 0), default=None)


class MinuteSold(Struct, array_like=True):
    """One minute of a broadcast.

    Shapes: ``packs`` by product and pack, "" for the pack of orders that name none; ``requested``
        lines whose money was asked back, by reason ("" where none was given), in the minute of the
        earliest asking.
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
        second = at_ms // SECOND_MS % _SECONDS_PER_MINUTE
        sold.created[second // SECONDS_PER_PANE] += 1
        sold.seconds[second] = sold.seconds.get(second, 0) + 1
        sold.units += units
        return sold.place

    def take_back(self, place: int, units: int, at_ms: int) -> None:
        """Count a line no more that was counted in this place: it counts elsewhere."""
        second = at_ms // SECOND_MS % _SECONDS_PER_MINUTE
        for sold in self.packs.values():
            if sold.place == place:
                sold.created[second // SECONDS_PER_PANE] -= 1
                sold.units -= units
                _add(sold.seconds, second, -1)

    def refuse(self, product_id: str, at_ms: int) -> None:
        """Count an attempt that failed for lack of stock."""
        self.of(product_id).refused[at_ms // PANE_MS % PANES_PER_MINUTE] += 1

    def ask_back(self, reason: str) -> None:
        """Count a line whose money is asked back."""
        _add(self.requested, reason, 1)

    def ask_no_more(self, reason: str) -> None:
        """Count a line no more whose money is asked back: it was asked earlier, or for another reason."""
        _add(self.requested, reason, -1)


def _add(counts: dict[_K, int], key: _K, number: int) -> None:
    """Count so many more; what comes to zero is dropped, so that nothing tells what was on the way."""
    total = counts.get(key, 0) + number
    if total:
        counts[key] = total
    else:
        counts.pop(key, None)


def minute_of(at_ms: int) -> int:
    """The minute of a time, counted since 1970."""
    return at_ms // MINUTE_MS
