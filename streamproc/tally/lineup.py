"""What a room showed when: which product each link number stood for, and which one was on show.

Both are histories of what was told, by time, so it does not matter in which order it came. What tells
nothing new is left out once it is so old that nothing is likely to come before it.
"""

from __future__ import annotations

from typing import Final

from streamproc.events.registry import ROOMS_TOPIC
from streamproc.tally.timing import ALLOWANCE_MS

LINKS: Final = 128
"""Changes of the link table that are remembered."""
PINS: Final = 64

Link = tuple[int, int, str]
"""Time, link number, product: from then on the number stands for it, and no other number does."""

Pin = tuple[int, str]
"""Time, product: from then on it is on show."""

_SETTLED_MS: Final = ALLOWANCE_MS[ROOMS_TOPIC]


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
    return {links[at][2]: number for number, at in _told(links)[0].items()}


def with_link(links: list[Link], link: Link) -> list[Link]:
    """The links and another one; ascending, at most ``LINKS``.

    Shapes: what there is no room for is the oldest that tells nothing new, else the oldest that is no
        longer so, else the oldest.
    """
    if link in links:
        return links
    links = sorted([*links, link])
    stand, new = _told(links)
    standing = set(stand.values())
    settled_ms = links[-1][0] - _SETTLED_MS
    ranks = [
        (at in new, at in standing, at)
        for at, each in enumerate(links)
        if at in new or each[0] >= settled_ms
    ]
    if len(ranks) > LINKS:
        ranks.remove(min(ranks))
    return [links[at] for *_, at in ranks]


def with_pin(pins: list[Pin], pin: Pin) -> list[Pin]:
    """The pins and another one; ascending, at most ``PINS``.

    Shapes: what there is no room for is the oldest that tells nothing new, else the oldest.
    """
    if pin in pins:
        return pins
    pins = sorted([*pins, pin])
    settled_ms = pins[-1][0] - _SETTLED_MS
    ranks = [
        (is_new, at)
        for at, (since_ms, product) in enumerate(pins)
        if (is_new := at == 0 or pins[at - 1][1] != product) or since_ms >= settled_ms
    ]
    if len(ranks) > PINS:
        ranks.remove(min(ranks))
    return [pins[at] for _, at in ranks]


def _told(links: list[Link]) -> tuple[dict[int, int], set[int]]:
    """Which link stands for each number in the end, and which of them told something new."""
    stand: dict[int, int] = {}
    numbers: dict[str, int] = {}
    new: set[int] = set()
    for at, (_, number, product) in enumerate(links):
        if numbers.get(product) == number:
            continue
        if number in stand:
            del numbers[links[stand[number]][2]]
        if product in numbers:
            del stand[numbers[product]]
        stand[number], numbers[product] = at, number
        new.add(at)
    return stand, new
