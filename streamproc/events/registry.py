"""The one list of events: which topic carries which."""

from __future__ import annotations

from types import UnionType
from typing import Final, get_args

from streamproc.events.comments import CommentPosted
from streamproc.events.hosts import HostProfiled
from streamproc.events.orders import (
    OrderCancelled,
    OrderCreated,
    OrderFailed,
    OrderPaid,
    OrderRefundClosed,
    OrderRefunded,
    OrderRefundRequested,
    OrdersCounted,
)
from streamproc.events.rooms import (
    AdapterHeartbeat,
    AlertJudged,
    CouponClaimed,
    CouponReported,
    ProductDelisted,
    ProductListed,
    ProductPinned,
    RoomEnded,
    RoomPaused,
    RoomResumed,
    RoomStarted,
    StockReleasePlanned,
    StockReported,
    StreamHealth,
)
from streamproc.events.viewers import (
    CartAdded,
    ProductClicked,
    ProductExposed,
    ViewerFollowed,
    ViewerJoined,
    ViewerLeft,
    ViewerLiked,
    ViewersCounted,
    ViewerShared,
)

OrderTopicEvent = (
    OrderCreated
    | OrderPaid
    | OrderCancelled
    | OrderRefundRequested
    | OrderRefunded
    | OrderRefundClosed
    | OrderFailed
    | OrdersCounted
)
CommentTopicEvent = CommentPosted
ViewerTopicEvent = (
    ViewerJoined
    | ViewerLeft
    | ViewersCounted
    | ViewerLiked
    | ViewerFollowed
    | ViewerShared
    | ProductExposed
    | ProductClicked
    | CartAdded
)
RoomTopicEvent = (
    RoomStarted
    | RoomPaused
    | RoomResumed
    | RoomEnded
    | ProductListed
    | ProductPinned
    | ProductDelisted
    | StockReported
    | StockReleasePlanned
    | CouponReported
    | CouponClaimed
    | StreamHealth
    | AdapterHeartbeat
    | AlertJudged
)
HostTopicEvent = HostProfiled
AnyEvent = OrderTopicEvent | CommentTopicEvent | ViewerTopicEvent | RoomTopicEvent | HostTopicEvent

ORDERS_TOPIC: Final = "live.orders.v1"
COMMENTS_TOPIC: Final = "live.comments.v1"
VIEWERS_TOPIC: Final = "live.viewers.v1"
ROOMS_TOPIC: Final = "live.rooms.v1"
HOSTS_TOPIC: Final = "live.hosts.v1"

_CARRIED: Final[dict[str, UnionType | type[AnyEvent]]] = {
    ORDERS_TOPIC: OrderTopicEvent,
    COMMENTS_TOPIC: CommentTopicEvent,
    VIEWERS_TOPIC: ViewerTopicEvent,
    ROOMS_TOPIC: RoomTopicEvent,
    HOSTS_TOPIC: HostTopicEvent,
}

INPUT_TOPICS: Final[tuple[str, ...]] = tuple(_CARRIED)


def _members(union: UnionType | type[AnyEvent]) -> tuple[type[AnyEvent], ...]:
    return get_args(union) if isinstance(union, UnionType) else (union,)


EVENTS: Final[dict[str, tuple[type[AnyEvent], ...]]] = {
    topic: _members(union) for topic, union in _CARRIED.items()
}
"""Topic -> the events that it carries, in the order of the contract."""


def type_of(event_class: type[AnyEvent]) -> str:
    """The ``type`` that an event carries on the wire, as in ``order.paid``."""
    return str(event_class.__struct_config__.tag)


TOPIC_OF: Final[dict[str, str]] = {
    type_of(event_class): topic for topic, classes in EVENTS.items() for event_class in classes
}
"""``type`` -> the topic that carries it."""

CLASS_OF: Final[dict[str, type[AnyEvent]]] = {
    type_of(event_class): event_class for classes in EVENTS.values() for event_class in classes
}
"""``type`` -> its struct."""
