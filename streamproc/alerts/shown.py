"""What people are shown of a room: comments that an alert rests on, and short names of what it is about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from streamproc.alerts.room import Room
from streamproc.events.outputs import ShownComment
from streamproc.events.registry import COMMENTS_TOPIC
from streamproc.tally.floor import WHOLE, Product
from streamproc.tally.senses import OF_LINK, OF_PRODUCT

SHOWN: Final = 5
TELEPROMPTER: Final = 20
"""Characters that a host can take in at a glance."""

_WORD: Final = re.compile(r"[^\s,，。、·|｜/【】\[\]()（）\-—+*]+")


def newest_comments(
    room: Room, label: str, about: Callable[[str], bool] | None = None
) -> list[ShownComment]:
    """The newest comments that were read as this, ascending by time; ``about`` chooses subjects."""
    kept = {
        (at_ms, partition, offset, text)
        for (told, subject), evidence in room.said.evidence.items()
        if told == label and (about is None or about(subject))
        for at_ms, offset, partition, _, text in evidence
    }
    return [
        ShownComment(
            id=f"{COMMENTS_TOPIC}-{partition}-{offset}", at_ms=at_ms, label=label, text=text
        )
        for at_ms, partition, offset, text in sorted(kept)[-SHOWN:]
    ]


def product_of(room: Room, subject: str) -> Product | None:
    """The product that a subject names, as the room lists it."""
    if not subject.startswith(OF_PRODUCT):
        return None
    return room.floor.products.get(subject.removeprefix(OF_PRODUCT).partition("/")[0])


def short_name(room: Room, subject: str, most: int = TELEPROMPTER) -> str:
    """How a host calls what a subject names, in so many characters; empty: it names nothing.

    Shapes: the first word of the title if it is short enough, else the link number, else a part of it.
    """
    if subject.startswith(OF_LINK):
        return f"{subject.removeprefix(OF_LINK)}号链接"[:most]
    product = product_of(room, subject)
    if product is None:
        return subject.removeprefix(OF_PRODUCT)[:most] if subject.startswith(OF_PRODUCT) else WHOLE
    found = _WORD.search(product.title)
    word = found.group() if found else ""
    if word and len(word) <= most:
        return word
    linked = f"{product.link_no}号链接"
    return linked if product.link_no and len(linked) <= most else word[:most]


def prompt(room: Room, template: str, subject: str) -> str:
    """A line for the host with the name of a subject in it, as short as it must be."""
    room_for_name = TELEPROMPTER - len(template.replace("{name}", ""))
    return template.replace("{name}", short_name(room, subject, room_for_name))
