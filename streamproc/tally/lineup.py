"""What a room showed when: which product each link number stood for, and which one was on show.

Both are histories of what was told, by time, so it does not matter in which order it came. What only
says again what the one before it says and the one behind it does is left out once it is so old that
nothing is likely to come between.
"""

from __future__ import annotations

from typing import Final

from streamproc.events.registry import ROOMS_TOPIC
from streamproc.tally.timing import ALLOWANCE_MS

LINKS: Final = 512
"""Changes of the link table that are remembered."""
PINS: Final = 64

Link = tuple[int, int, str]
"""Time, link number, product: from then on the number stands for it, and no other number does."""

Pin = tuple[int, str]
"""Time, product: from then on it is on show."""

_SETTLED_MS: Final = ALLOWANCE_MS[ROOMS_TOPIC]

_IDLE: Final = 0
"""It says again what is said before and behind it."""
_PAST: Final = 1
_AGAIN: Final = 2
"""It is the last to say again what stands."""
_STANDS: Final = 3


def linked(links: list[Link], link_no: int, at_ms: int) -> str | None:
    """The product that a link number stood for at a time; None: none that is known."""
    moved: set[str] = set()
    for since_ms, number, product in reversed(links):
        if since_ms > at_ms:
            continue
        if number == link_no:
            return None if product in moved else product
        moved.add(product)
    return None


def numbers_of(links: list[Link]) -> dict[str, int]:
    """The link number of each product that has one now."""
    numbers: dict[str, int] = {}
    products: dict[int, str] = {}
    for _, number, product in links:
        numbers.pop(products.pop(number, ""), None)
        products.pop(numbers.get(product, 0), None)
        numbers[product], products[number] = number, product
    return numbers


def with_link(links: list[Link], link: Link) -> list[Link]:
    """The links and another one; ascending, at most ``LINKS``.

    Shapes: what there is no room for is the oldest that only says something again, else the oldest
        that is no longer so, else the oldest.
    """
    if link in links:
        return links
    links = sorted([*links, link])
    settled_ms = links[-1][0] - _SETTLED_MS
    ranks = [
        (rank, at)
        for at, rank in enumerate(_ranks(links))
        if rank != _IDLE or links[at][0] >= settled_ms
    ]
    if len(ranks) > LINKS:
        ranks.remove(min(ranks))
    return [links[at] for _, at in ranks]


def with_pin(pins: list[Pin], pin: Pin) -> list[Pin]:
    """The pins and another one; ascending, at most ``PINS``.

    Shapes: what there is no room for is the oldest that only says something again, else the oldest.
    """
    if pin in pins:
        return pins
    pins = sorted([*pins, pin])
    settled_ms = pins[-1][0] - _SETTLED_MS
    ranks = []
    for at, (since_ms, product) in enumerate(pins):
        around = [each for _, each in pins[max(0, at - 1) : at + 2]]
        is_idle = around == [product] * 3
        if not is_idle or since_ms >= settled_ms:
            ranks.append((not is_idle, at))
    if len(ranks) > PINS:
        ranks.remove(min(ranks))
    return [pins[at] for _, at in ranks]


def _ranks(links: list[Link]) -> list[int]:
    """What each link is good for."""
    ranks = [_STANDS] * len(links)
    stand: dict[int, int] = {}
    again: dict[int, int] = {}
    numbers: dict[str, int] = {}
    for at, (_, number, product) in enumerate(links):
        held = numbers.get(product, 0)
        if held == number:
            if number in again:
                ranks[again[number]] = _IDLE
            again[number], ranks[at] = at, _AGAIN
            continue
        for ended in {held, number} & stand.keys():
            numbers.pop(links[stand[ended]][2], None)
            for each in (stand, again):
                if ended in each:
                    ranks[each.pop(ended)] = _PAST
        stand[number], numbers[product] = at, number
    return ranks
