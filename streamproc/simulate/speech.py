"""Comments as events: whoever speaks, about whichever product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from typing import TypeVar

from streamproc.events.comments import CommentPosted, Role
from streamproc.simulate.frame import Frame
from streamproc.simulate.rooms import Listing, Room

_T = TypeVar("_T")


@cache
def _texts(aliases: tuple[str, ...], link_no: int, templates: tuple[str, ...]) -> list[str]:
    """The templates about one product under one link number."""
    return [
        template.format(p=aliases[place % len(aliases)], n=link_no)
        for place, template in enumerate(templates)
    ]


def texts_about(listing: Listing, templates: tuple[str, ...]) -> list[str]:
    """What may be typed about a product of a room."""
    return _texts(listing.product.aliases, listing.link_no, templates)


def pick(random: Callable[[], float], choices: Sequence[_T]) -> _T:
    """One of several, faster than ``Random.choice``."""
    return choices[int(random() * len(choices))]


class Speaker:
    """Makes comments. Shapes: ``prefix`` tells its comments from those of other speakers."""

    def __init__(self, frame: Frame, rng: Random, prefix: str) -> None:
        self._frame = frame
        self._random = rng.random
        self._prefix = prefix
        self._number = 0

    def say(
        self,
        room: Room,
        at_ms: int,
        text: str,
        role: Role,
        user_key: str,
        reply_to: str | None = None,
    ) -> CommentPosted:
        """A comment."""
        self._number += 1
        return CommentPosted(
            **self._frame.envelope(room, at_ms, f"{self._prefix}{self._number:x}"),
            user_key=user_key,
            role=role,
            text=text,
            reply_to=reply_to,
        )

    def crew(
        self,
        room: Room,
        at_ms: int,
        templates: tuple[str, ...],
        listing: Listing,
        role: Role,
        reply_to: str | None = None,
    ) -> CommentPosted:
        """Something that host or staff say about a product."""
        text = pick(self._random, texts_about(listing, templates))
        key = self._frame.crew_key(room, role)
        return self.say(room, at_ms, text, role, key, reply_to)
