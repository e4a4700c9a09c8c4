"""Logs of few broadcasts with few people and orders, so that all that can meet does, and often."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any, Final

from hypothesis import strategies as st

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
    RefundReason,
)
from streamproc.events.registry import AnyEvent
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
    StockCause,
    StockReleasePlanned,
    StockReported,
    StreamHealth,
    Verdict,
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
from streamproc.oracle.batch import LogRecord
from tests.builders import T0, made, viewer_key
from tests.folding import LEADS_MS, log_of, written_before

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
NEVER_LATE_MS: Final = 120_000
"""Events within so long after ``T0`` are late in no order of theirs."""

_EDGES_MS: Final = (0, 1, 999, 1_000, 9_999, 10_000, 29_999, 30_000, 59_999, 60_000, 119_999)
_FAR_MS: Final = (120_000, 120_001, 150_000, 300_000, 600_000, 899_999, 900_000, 900_001, 3_600_000)

near_ms: Final = st.sampled_from(_EDGES_MS).map(lambda ms: T0 + ms)
far_ms: Final = st.builds(
    lambda far, edge: T0 + far + edge,
    st.sampled_from((0, 0, 0, *_FAR_MS)),
    st.sampled_from(_EDGES_MS),
)
"""Event times that have little in common, so that many of them are late."""

_MINOR: Final = st.sampled_from([0, 1, 2, 1_999, 10**13])
_CURRENCY: Final = st.sampled_from(["CNY", "HKD"])
_KEY: Final = st.sampled_from([None, *map(viewer_key, range(4))])
_KEY_OF_MANY: Final = st.sampled_from([None, None, *map(viewer_key, range(9))])
_LINE: Final = {"order_id": st.sampled_from("ab"), "line_id": st.sampled_from("12")}
_PRODUCT: Final = st.sampled_from(["p-1", "p-1", "p-2"])
_SALE: Final = {
    **_LINE,
    "product_id": _PRODUCT,
    "sku_id": st.sampled_from([None, None, "k"]),
    "quantity": st.integers(1, 3),
    "currency": _CURRENCY,
    "payable_minor": _MINOR,
    "buyer_key": _KEY,
}
_REFUND: Final = {**_LINE, "refund_id": st.sampled_from("xy")}
_PERHAPS: Final = st.sampled_from([None, None, True, False])
_TOTAL: Final = st.sampled_from([None, 0, 7, 900])

_ORDERS: Final[dict[type, dict[str, st.SearchStrategy[Any]]]] = {
    OrderCreated: _SALE,
    OrderPaid: {**_SALE, "paid_minor": _MINOR},
    OrderCancelled: _LINE,
    OrderRefundRequested: {
        **_REFUND,
        "refund_minor": st.none() | _MINOR,
        "reason": st.none() | st.sampled_from(list(RefundReason)),
    },
    OrderRefunded: {**_REFUND, "refund_minor": _MINOR, "currency": _CURRENCY},
    OrderRefundClosed: _REFUND,
    OrderFailed: {
        "attempt_id": st.sampled_from(["t", "u", "v"]),
        "reason": st.sampled_from([*FailReason, FailReason.OUT_OF_STOCK]),
        "product_id": st.none() | _PRODUCT,
    },
    OrdersCounted: {
        "paid_lines": st.integers(0, 3),
        "paid_minor": _MINOR,
        "currency": _CURRENCY,
    },
}
_COMMENTS: Final[dict[type, dict[str, st.SearchStrategy[Any]]]] = {
    CommentPosted: {
        "role": st.sampled_from([Role.VIEWER, Role.VIEWER, *Role]),
        "text": st.just("没货了"),
        "user_key": _KEY_OF_MANY,
        "mirrored": _PERHAPS,
    }
}
_VIEWERS: Final[dict[type, dict[str, st.SearchStrategy[Any]]]] = {
    ViewerJoined: {"viewer_key": _KEY_OF_MANY},
    ViewerLeft: {"viewer_key": _KEY, "watched_ms": st.none() | st.integers(0, 99_999)},
    ViewersCounted: {
        "online": st.integers(0, 5),
        "approximate": _PERHAPS,
        "views_total": _TOTAL,
        "viewers_total": _TOTAL,
    },
    ViewerLiked: {"viewer_key": _KEY, "count": st.integers(1, 9)},
    ViewerFollowed: {"viewer_key": _KEY},
    ViewerShared: {"viewer_key": _KEY},
    ProductExposed: {"product_id": st.just("p-1")},
    ProductClicked: {"product_id": st.just("p-1")},
    CartAdded: {"product_id": st.just("p-1")},
}
_TITLE: Final = st.sampled_from([None, "甲", "乙"])
_ROOMS: Final[dict[type, dict[str, st.SearchStrategy[Any]]]] = {
    RoomStarted: {
        "title": _TITLE,
        "venue_id": st.sampled_from([None, "v-1"]),
        "contest_id": st.sampled_from([None, "c-1"]),
        "planned_end_ms": st.sampled_from([None, T0]),
    },
    RoomPaused: {},
    RoomResumed: {},
    RoomEnded: {},
    AdapterHeartbeat: {
        "connected": st.booleans(),
        "last_message_age_ms": st.sampled_from([None, 0, 90_000]),
    },
    StreamHealth: {
        "frames_per_s": st.sampled_from([None, 0.0, 24.5]),
        "audio_rms_db": st.sampled_from([None, -60.0]),
    },
}
_COUNT: Final = st.sampled_from([0, 0, 1, 30])
_NAMED: Final = {"product_id": st.sampled_from(["p-1", "p-2", "p-3"])}
_PACK: Final = {**_NAMED, "sku_id": st.sampled_from([None, "k"])}
_COUPON: Final = {"coupon_id": st.sampled_from(["c-1", "c-2"])}
_SHOP: Final[dict[type, dict[str, st.SearchStrategy[Any]]]] = {
    ProductListed: {
        **_NAMED,
        "title": st.sampled_from("甲乙"),
        "link_no": st.sampled_from([None, 1, 2]),
        "price_minor": st.none() | _MINOR,
        "currency": st.none() | _CURRENCY,
    },
    ProductPinned: _NAMED,
    ProductDelisted: _NAMED,
    StockReported: {
        **_PACK,
        "available": _COUNT,
        "reserved": st.none() | _COUNT,
        "sold_out": _PERHAPS,
        "as_of_ms": near_ms,
        "cause": st.none() | st.sampled_from(list(StockCause)),
    },
    StockReleasePlanned: {**_PACK, "release_at_ms": near_ms, "quantity": st.none() | _COUNT},
    CouponReported: {**_COUPON, "remaining": _COUNT},
    CouponClaimed: _COUPON,
    AlertJudged: {
        "alert_id": st.sampled_from(["a-1", "a-2"]),
        "verdict": st.sampled_from(list(Verdict)),
        "until_ms": st.none() | near_ms,
        "operator_key": st.sampled_from([viewer_key(1), viewer_key(2)]),
    },
}
_HOSTS: Final[dict[type, dict[str, st.SearchStrategy[Any]]]] = {
    HostProfiled: {
        "name": st.sampled_from("甲乙"),
        "village": st.just("v"),
        "town": st.just("t"),
        "district": st.just("d"),
        "valid_from_ms": st.sampled_from([T0, T0 + 1]),
    }
}
_TURNS: Final = {ViewersCounted: _VIEWERS[ViewersCounted], **_ROOMS}
_RETOLD: Final = st.tuples(
    st.integers(0, 49),
    st.integers(0, 57),
    st.integers(0, 59),
    st.fixed_dictionaries(
        {
            "buyer_key": _KEY,
            "payable_minor": _MINOR,
            "paid_minor": _MINOR,
            "refund_minor": _MINOR,
            "currency": _CURRENCY,
            "quantity": st.integers(1, 3),
            "session_id": st.sampled_from("st"),
        }
    ),
)
"""Which event is told again, where, and which of its values is another then."""
_LINE_FACTS: Final = {of: fields for of, fields in _ORDERS.items() if "order_id" in fields}


def _events(
    classes: dict[type, dict[str, st.SearchStrategy[Any]]],
    times_ms: st.SearchStrategy[int],
    hosts: str,
    sessions: str,
) -> list[st.SearchStrategy[AnyEvent]]:
    def event(of: type, fields: dict[str, Any]) -> AnyEvent:
        told: AnyEvent = made(of, **fields)
        return told

    where = {"at_ms": times_ms, "host_id": st.sampled_from(hosts)}
    if classes is not _HOSTS:
        where["session_id"] = st.sampled_from(sessions)
    return [
        st.builds(event, st.just(of), st.fixed_dictionaries({**where, **fields}))
        for of, fields in classes.items()
    ]


def _lists(
    kinds: list[st.SearchStrategy[AnyEvent]], least: int, most: int
) -> st.SearchStrategy[list[AnyEvent]]:
    return st.lists(st.one_of(kinds), min_size=least, max_size=most)


def told(times_ms: st.SearchStrategy[int] = far_ms) -> st.SearchStrategy[list[AnyEvent]]:
    """What is told of two hosts with two broadcasts each, or much of one matter of one of them."""
    everything = [
        st.one_of(_events(classes, times_ms, "hk", "st"))
        for classes in (_ORDERS, _ORDERS, _COMMENTS, _VIEWERS, _VIEWERS, _ROOMS, _SHOP, _HOSTS)
    ]
    lists = st.one_of(
        _lists(everything, 0, 50),
        _lists(everything, 25, 50),
        _lists(_events(_LINE_FACTS, times_ms, "h", "st"), 10, 40),
        _lists(_events({**_COMMENTS, **_VIEWERS, **_ROOMS}, times_ms, "h", "s"), 10, 40),
        _lists(_events(_TURNS, times_ms, "h", "s"), 1, 20),
        _lists(_events(_SHOP, times_ms, "h", "s"), 10, 40),
        _lists(_events(_ROOMS, st.sampled_from([T0, T0 + 1_000]), "h", "s"), 2, 6),
    )
    return st.builds(_retold, lists, st.lists(_RETOLD, max_size=8)).map(_numbered)


def _retold(
    events: list[AnyEvent], again: list[tuple[int, int, int, dict[str, Any]]]
) -> list[AnyEvent]:
    """The events, some of them told once more elsewhere in the log, with another value if any."""
    told = [*events]
    for which, where, what, others in again[: len(events)]:
        event = events[which % len(events)]
        names = ["", *(name for name in others if hasattr(event, name))]
        name = names[what % len(names)]
        changed = _changed(event, **{name: others[name]}) if name else event
        told.insert(where % (len(told) + 1), changed)
    return told


def _numbered(events: list[AnyEvent]) -> list[AnyEvent]:
    """The events with ids of their own, but for one in eight, which has that of another."""
    numbers = count()
    named: list[AnyEvent] = []
    for event in events:
        number = next(numbers)
        named.append(_changed(event, event_id=f"e-{number - 3 if number % 8 == 7 else number}"))
    return named


def _changed(event: AnyEvent, **others: object) -> AnyEvent:
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return type(event)(**{**fields, **others})


def turning_logs() -> st.SearchStrategy[list[LogRecord]]:
    """Logs of a broadcast that ends and goes on, told in any order, while its viewers are counted."""
    kinds = (ViewersCounted, ViewersCounted, RoomStarted, RoomPaused, RoomEnded, RoomEnded)
    times_ms = st.integers(0, 30).map(lambda n: T0 + 20_000 * n)
    events = [_events({of: _TURNS[of]}, times_ms, "h", "s")[0] for of in kinds]
    return _lists(events, 10, 30).map(_counted_in_order).map(_numbered).map(log_of)


def _counted_in_order(events: list[AnyEvent]) -> list[AnyEvent]:
    """The same events, of which no count is late."""
    times_ms = sorted(each.occurred_at_ms for each in events if isinstance(each, ViewersCounted))
    of_counts = iter(times_ms)
    return [
        _changed(each, occurred_at_ms=next(of_counts)) if isinstance(each, ViewersCounted) else each
        for each in events
    ]


def logs(
    times_ms: st.SearchStrategy[int] = far_ms, leads: Sequence[Sequence[int]] = LEADS_MS
) -> st.SearchStrategy[list[LogRecord]]:
    """Logs of one partition in which that is told, of all topics interleaved, some ahead of its record."""
    return st.builds(
        lambda events, leads_ms: written_before(log_of(events), leads_ms),
        told(times_ms),
        st.sampled_from(leads),
    )
