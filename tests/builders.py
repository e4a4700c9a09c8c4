"""Terse events for tests: ``paid(1999, at_ms=T0)``; a test names only the fields that matter."""

from __future__ import annotations

from itertools import count
from typing import Any, Final, TypeVar

from streamproc.events.base import Event, RoomEvent, Source
from streamproc.events.codec import encode
from streamproc.events.comments import CommentPosted, Role
from streamproc.events.hosts import HostProfiled
from streamproc.events.orders import (
    FailReason,
    OrderCancelled,
    OrderCreated,
    OrderFailed,
    OrderPaid,
    OrderRefundClosed,
    OrderRefunded,
    OrderRefundRequested,
    OrdersCounted,
)
from streamproc.events.registry import TOPIC_OF, AnyEvent, type_of
from streamproc.events.rooms import RoomEnded, RoomStarted, StockReported
from streamproc.events.viewers import ViewerJoined, ViewerLeft, ViewerLiked, ViewersCounted

T0: Final = 1_795_262_400_000
"""2026-11-21 12:00 UTC, eight in the evening in China: a whole minute, as windows like it."""

E = TypeVar("E", bound=Event)
_NUMBERS = count(1)
_ATTEMPTS = count(1)


def viewer_key(number: int = 1) -> str:
    """The keyed hash of one viewer."""
    return f"{number:032x}"


def record(event: AnyEvent) -> tuple[str, bytes, bytes, int]:
    """Topic, key, value and timestamp of the record that carries the event."""
    topic = TOPIC_OF[type_of(type(event))]
    return topic, event.host_id.encode(), encode(event), event.occurred_at_ms


def made(event_class: type[E], at_ms: int = T0, **fields: object) -> E:
    """An event of any class; without ``event_id`` one that no other has."""
    envelope: dict[str, Any] = {
        "event_id": f"e-{next(_NUMBERS)}",
        "occurred_at_ms": at_ms,
        "host_id": "h-1",
        "source": Source.DOUYIN,
    }
    if issubclass(event_class, RoomEvent):
        envelope |= {"room_id": "r-1", "session_id": "s-1"}
    return event_class(**(envelope | fields))


def _line(amount_minor: int, fields: dict[str, object]) -> dict[str, Any]:
    line = {"order_id": "o-1", "line_id": "1", "product_id": "p-1", "quantity": 1}
    return {**line, "currency": "CNY", "payable_minor": amount_minor, **fields}


def created(payable_minor: int = 1999, at_ms: int = T0, **fields: object) -> OrderCreated:
    """A line of order ``o-1``."""
    return made(OrderCreated, at_ms, **_line(payable_minor, fields))


def paid(paid_minor: int = 1999, at_ms: int = T0, **fields: object) -> OrderPaid:
    """The payment of a line of order ``o-1``."""
    return made(OrderPaid, at_ms, paid_minor=paid_minor, **_line(paid_minor, fields))


def cancelled(at_ms: int = T0, **fields: object) -> OrderCancelled:
    """The end of an unpaid line of order ``o-1``."""
    return made(OrderCancelled, at_ms, **{"order_id": "o-1", "line_id": "1", **fields})


def _refund(fields: dict[str, object]) -> dict[str, Any]:
    return {"order_id": "o-1", "line_id": "1", "refund_id": "f-1", **fields}


def refund_requested(at_ms: int = T0, **fields: object) -> OrderRefundRequested:
    """The wish for refund ``f-1``."""
    return made(OrderRefundRequested, at_ms, **_refund(fields))


def refunded(refund_minor: int = 1999, at_ms: int = T0, **fields: object) -> OrderRefunded:
    """The payout of refund ``f-1``."""
    return made(
        OrderRefunded, at_ms, **{"refund_minor": refund_minor, "currency": "CNY", **_refund(fields)}
    )


def refund_closed(at_ms: int = T0, **fields: object) -> OrderRefundClosed:
    """The end of refund ``f-1`` without a payout."""
    return made(OrderRefundClosed, at_ms, **_refund(fields))


def order_failed(
    reason: FailReason = FailReason.OUT_OF_STOCK, at_ms: int = T0, **fields: object
) -> OrderFailed:
    """An attempt that made no order."""
    return made(
        OrderFailed, at_ms, **{"attempt_id": f"a-{next(_ATTEMPTS)}", "reason": reason, **fields}
    )


def orders_counted(
    paid_lines: int = 1, paid_minor: int = 1999, at_ms: int = T0, **fields: object
) -> OrdersCounted:
    """The platform's own totals."""
    totals = {"paid_lines": paid_lines, "paid_minor": paid_minor, "currency": "CNY"}
    return made(OrdersCounted, at_ms, **{**totals, **fields})


def comment(
    text: str = "牛大力没货了,给补下货!", at_ms: int = T0, **fields: object
) -> CommentPosted:
    """A viewer's comment."""
    said = {"user_key": viewer_key(), "role": Role.VIEWER, "text": text}
    return made(CommentPosted, at_ms, **{**said, **fields})


def joined(viewer: int = 1, at_ms: int = T0, **fields: object) -> ViewerJoined:
    """A viewer's coming."""
    return made(ViewerJoined, at_ms, **{"viewer_key": viewer_key(viewer), **fields})


def left(viewer: int = 1, at_ms: int = T0, **fields: object) -> ViewerLeft:
    """A viewer's going."""
    return made(ViewerLeft, at_ms, **{"viewer_key": viewer_key(viewer), **fields})


def liked(count: int = 1, at_ms: int = T0, **fields: object) -> ViewerLiked:
    """So many likes more."""
    return made(ViewerLiked, at_ms, **{"viewer_key": viewer_key(), "count": count, **fields})


def viewers_counted(online: int = 1, at_ms: int = T0, **fields: object) -> ViewersCounted:
    """The platform's count of viewers."""
    return made(ViewersCounted, at_ms, **{"online": online, **fields})


def room_started(at_ms: int = T0, **fields: object) -> RoomStarted:
    """The beginning of broadcast ``s-1``."""
    return made(RoomStarted, at_ms, **fields)


def room_ended(at_ms: int = T0, **fields: object) -> RoomEnded:
    """The end of broadcast ``s-1``."""
    return made(RoomEnded, at_ms, **fields)


def stock_reported(available: int = 0, at_ms: int = T0, **fields: object) -> StockReported:
    """What is left of product ``p-1``."""
    stock = {"product_id": "p-1", "available": available, "as_of_ms": at_ms}
    return made(StockReported, at_ms, **{**stock, **fields})


def profiled(name: str = "张桂兰", at_ms: int = T0, **fields: object) -> HostProfiled:
    """Who host ``h-1`` is."""
    place = {"village": "北坡村", "town": "北坡镇", "district": "遂溪县", "valid_from_ms": at_ms}
    return made(HostProfiled, at_ms, **{"name": name, **place, **fields})
