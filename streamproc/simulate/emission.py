"""One record to send, and what is true of it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from streamproc.events.comments import CommentPosted, Role
from streamproc.events.orders import OrderFailed, OrderPaid
from streamproc.events.registry import EVENTS, AnyEvent
from streamproc.events.viewers import (
    CartAdded,
    ProductClicked,
    ProductExposed,
    ViewerFollowed,
    ViewerJoined,
    ViewerLeft,
    ViewerLiked,
    ViewerShared,
)
from streamproc.simulate.book import Fact

VALID: Final = "valid"
DUPLICATE: Final = "duplicate"
LATE: Final = "late"
GARBAGE: Final = "garbage:"
"""Prefix of the kind of garbage."""

TOPIC_OF_CLASS: Final[dict[type, str]] = {
    event_class: topic for topic, classes in EVENTS.items() for event_class in classes
}
_ONE_OF: Final[dict[type, dict[str, int]]] = {
    ViewerJoined: {"joins": 1},
    ViewerFollowed: {"follows": 1},
    ViewerShared: {"shares": 1},
    ProductExposed: {"exposures": 1},
    ProductClicked: {"clicks": 1},
    CartAdded: {"cart_adds": 1},
}
_COMMENT: Final = {"comments": 1}
_MIRRORED: Final = {"mirrored": 1}

PEOPLE: Final = frozenset(("buyers", "commenters", "viewers"))
"""Who is counted once a session."""

Figures = dict[str, Any]


class Emission(NamedTuple):
    """A record to send.

    Shapes: ``label`` is ``valid``, ``duplicate``, ``late`` or ``garbage:<kind>``. ``partition`` is
    given only where a key does not tell it. ``adds`` is what the event adds to the totals of its
    host and session, ``None`` if nothing; ``fact`` what it tells of an order line, ``person`` who
        is counted once by it: the name of the count and the person's key.
    Units: ``at_ms`` is the moment of the broadcast at which it is sent, UTC.
    """

    at_ms: int
    topic: str
    key: bytes | None
    value: bytes | None
    label: str
    event_id: str
    partition: int | None = None
    host_id: str = ""
    session_id: str = ""
    adds: Figures | None = None
    fact: Fact | None = None
    person: tuple[str, str] | None = None


def figures_of(event: AnyEvent) -> Figures | None:
    """What an event adds to the totals of its session.

    Source: said here again, apart from tally and oracle, as the simulator knows its own truth.
    """
    match event:
        case CommentPosted(mirrored=mirrored):
            return _MIRRORED if mirrored else _COMMENT
        case ViewerLiked(count=count):
            return {"likes": count}
        case ViewerLeft(watched_ms=int(watched_ms)):
            return {"leaves": 1, "watched_ms": watched_ms}
        case OrderFailed(reason=reason):
            return {f"failed_{reason.value}": 1}
        case OrderPaid(quantity=quantity, currency=currency, paid_minor=paid_minor):
            money = {currency: paid_minor}
            return {"paid_lines": 1, "items_sold": quantity, "pay_gmv_minor": money}
        case _:
            return _ONE_OF.get(type(event))


def person_of(event: AnyEvent) -> tuple[str, str] | None:
    """Whom an event makes count, once a session, and as what; None if nobody."""
    match event:
        case OrderPaid(buyer_key=str(key)):
            return "buyers", key
        case ViewerJoined(viewer_key=str(key)):
            return "viewers", key
        case CommentPosted(user_key=str(key), role=Role.VIEWER, mirrored=None | False):
            return "commenters", key
        case _:
            return None
