"""Which product somebody meant, and what a room sells of it: joined by event time when rules look."""

from __future__ import annotations

from typing import Final, NamedTuple

from streamproc.alerts.model import ROOM
from streamproc.tally.floor import Floor
from streamproc.tally.senses import OF_LINK, OF_PRODUCT

NAMED: Final = "named"
"""By its name, an alias or a product card."""
LINK: Final = "link"
"""By a link number."""
ON_SHOW: Final = "on_show"
"""By what was on show when it was said; half as sure."""
UNKNOWN: Final = "unknown"
"""Nothing says which: it counts for the room."""

_PACK: Final = "/"


class Meant(NamedTuple):
    """What a comment was about. Shapes: ``product`` is empty for the room; ``via`` says how it is known."""

    product: str
    via: str


def meant(floor: Floor, subject: str, at_ms: int) -> Meant:
    """The product that a subject stood for at a time.

    Shapes: ``subject`` is "p:<product>", "l:<link number>", or anything else for nothing that was named.
    """
    if subject.startswith(OF_PRODUCT):
        return Meant(subject[len(OF_PRODUCT) :], NAMED)
    if subject.startswith(OF_LINK):
        number = subject[len(OF_LINK) :]
        linked = floor.linked(int(number), at_ms) if number.isdecimal() else None
        return Meant(linked, LINK) if linked else Meant(ROOM, UNKNOWN)
    shown = None if subject else floor.on_show(at_ms)
    return Meant(shown, ON_SHOW) if shown else Meant(ROOM, UNKNOWN)


def subject_of(product: str, pack: str = "") -> str:
    """The subject of a finding about a product or one pack of it; about the room for none."""
    if not product:
        return ROOM
    return f"{OF_PRODUCT}{product}{_PACK}{pack}" if pack else f"{OF_PRODUCT}{product}"


def product_of(subject: str) -> tuple[str, str]:
    """The product and pack of a finding's subject; empty for none."""
    product, _, pack = subject.removeprefix(OF_PRODUCT).partition(_PACK)
    return product, pack


def is_gone(floor: Floor, product: str) -> bool:
    """Whether a product was taken out of the room."""
    held = floor.products.get(product)
    return held is not None and held.delisted_ms > held.listed_ms


def is_sold_here(floor: Floor, product: str) -> bool:
    """Whether a room sells a product; where nothing is listed, or not all is kept, it may."""
    held = floor.products.get(product)
    if held is not None:
        return held.delisted_ms <= held.listed_ms
    return floor.dropped or not any(each.is_listed for each in floor.products.values())


def may_be_listed(floor: Floor, product: str) -> bool:
    """Whether nobody knows that a product is not for sale: it may be one that was dropped."""
    held = floor.products.get(product)
    return floor.dropped and (held is None or not (held.listed_ms or held.delisted_ms))


def off_show_ms(floor: Floor, product: str, now_ms: int) -> int:
    """When what is on show changed for a product last: it was pinned, or another one in its stead.

    Shapes: 0 if it never was on show.
    """
    later_ms = since_ms = 0
    for at_ms, shown in reversed(floor.pins):
        if at_ms > now_ms:
            continue
        if shown != product:
            if since_ms:
                break
            later_ms = at_ms
        elif later_ms:
            return later_ms
        else:
            since_ms = at_ms
    return since_ms
