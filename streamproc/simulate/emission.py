"""One record to send, and what is true of it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from streamproc.events.comments import CommentPosted
from streamproc.events.orders import OrderPaid
from streamproc.events.registry import EVENTS, AnyEvent
from streamproc.events.viewers import ViewerJoined, ViewerLiked

VALID: Final = "valid"
DUPLICATE: Final = "duplicate"
LATE: Final = "late"
GARBAGE: Final = "garbage:"
"""Prefix of the kind of garbage."""

TOPIC_OF_CLASS: Final[dict[type, str]] = {
    event_class: topic for topic, classes in EVENTS.items() for event_class in classes
}
_COMMENT: Final = {"comments": 1}
_JOIN: Final = {"joins": 1}

Figures = dict[str, Any]


class Emission(NamedTuple):
    """A record to send.

    Shapes: ``label`` is ``valid``, ``duplicate``, ``late`` or ``garbage:<kind>``. ``partition`` is
    given only where a key does not tell it. ``adds`` is what the event adds to the totals of its
    host and session, ``None`` if nothing.
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


def figures_of(event: AnyEvent) -> Figures | None:
    """What an event adds to the totals of its session.

    Source: said here again, apart from tally and oracle, as the simulator knows its own truth.
    """
    match event:
        case ViewerJoined():
            return _JOIN
        case CommentPosted(mirrored=mirrored):
            return None if mirrored else _COMMENT
        case ViewerLiked(count=count):
            return {"likes": count}
        case OrderPaid(quantity=quantity, currency=currency, paid_minor=paid_minor):
            money = {currency: paid_minor}
            return {"paid_lines": 1, "items_sold": quantity, "pay_gmv_minor": money}
        case _:
            return None
