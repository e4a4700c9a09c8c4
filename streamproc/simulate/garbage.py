"""Records that nobody can use, of every kind: what a bad deploy, a bad network or a joker sends.

Each kind is made from the bytes of an event that is fine, and so lies among its like.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final, NamedTuple

import msgspec

from streamproc.events.registry import (
    COMMENTS_TOPIC,
    ORDERS_TOPIC,
    ROOMS_TOPIC,
    VIEWERS_TOPIC,
)
from streamproc.events.rejected import RejectReason

_TOPICS: Final = (ORDERS_TOPIC, COMMENTS_TOPIC, VIEWERS_TOPIC, ROOMS_TOPIC)
"""Not the hosts' topic: it is compacted, so garbage there would take a true profile's place."""

_YEAR_2100_MS: Final = 4_102_444_800_000
_OVERSIZE_BYTES: Final = 66 * 1024
_TOO_DEEP: Final = 600
_TOO_MUCH_MONEY: Final = 10**13 + 1
_TOO_MANY_CHARS: Final = 2_001

Body = dict[str, Any]


class Garbage(NamedTuple):
    """A record to be rejected. Without a key it goes to partition 0, by name."""

    topic: str
    key: bytes | None
    value: bytes | None


class _Kind(NamedTuple):
    reason: RejectReason
    make: Callable[[Random, Garbage], Garbage]


def garbage(kind: str, rng: Random, topic: str, key: bytes, value: bytes) -> Garbage:
    """Garbage of that kind, made from the record of a good event."""
    return GARBAGE_KINDS[kind].make(rng, Garbage(topic, key, value))


def reject_reason(kind: str) -> RejectReason:
    """Why that kind must be rejected."""
    return GARBAGE_KINDS[kind].reason


def _value(change: Callable[[Random, bytes], bytes | None]) -> Callable[[Random, Garbage], Garbage]:
    """A kind that changes the bytes of the value."""
    return lambda rng, good: good._replace(value=change(rng, good.value or b"{}"))


def _body(change: Callable[[Body], object]) -> Callable[[Random, Garbage], Garbage]:
    """A kind that changes a field of the object."""

    def make(_: Random, good: Garbage) -> Garbage:
        body: Body = msgspec.json.decode(good.value or b"{}")
        change(body)
        return good._replace(value=msgspec.json.encode(body))

    return make


def _order(**fields: object) -> Callable[[Random, Garbage], Garbage]:
    """A kind that is a paid order with wrong fields, on the orders' topic."""
    line: Body = {
        "type": "order.paid",
        "order_id": "o-1",
        "line_id": "1",
        "product_id": "p-1",
        "quantity": 1,
        "currency": "CNY",
        "payable_minor": 1990,
        "paid_minor": 1990,
    }
    make = _body(lambda body: body.update(line, **fields))
    return lambda rng, good: make(rng, good)._replace(topic=ORDERS_TOPIC)


def _long_comment(rng: Random, good: Garbage) -> Garbage:
    text = "没货了" * (_TOO_MANY_CHARS // 3 + 1)
    comment = {"type": "comment.posted", "role": "viewer", "text": text}
    make = _body(lambda body: body.update(comment))
    return make(rng, good)._replace(topic=COMMENTS_TOPIC)


def _wrong_topic(rng: Random, good: Garbage) -> Garbage:
    return good._replace(topic=rng.choice([topic for topic in _TOPICS if topic != good.topic]))


def _bad_utf8(_: Random, value: bytes) -> bytes:
    return value.replace(b'"source":"', b'"source":"\xc3\x28', 1)


def _lone_surrogate(_: Random, value: bytes) -> bytes:
    return value.replace(b'"source":"', b'"source":"\\ud800', 1)


def _oversize(_: Random, value: bytes) -> bytes:
    return value[:-1] + b',"padding":"' + b"x" * _OVERSIZE_BYTES + b'"}'


def _deep(_: Random, value: bytes) -> bytes:
    return value[:-1] + b',"padding":' + b"[" * _TOO_DEEP + b"]" * _TOO_DEEP + b"}"


def _not_a_number(rng: Random, value: bytes) -> bytes:
    return value[:-1] + b',"padding":' + rng.choice((b"NaN", b"-Infinity")) + b"}"


def _drop(name: str) -> Callable[[Body], object]:
    return lambda body: body.pop(name)


def _set(**fields: object) -> Callable[[Body], object]:
    return lambda body: body.update(fields)


def _to_seconds(body: Body) -> None:
    body["occurred_at_ms"] //= 1000


def _cut(rng: Random, value: bytes) -> bytes:
    return value[: rng.randrange(1, len(value))]


_MALFORMED: Final = RejectReason.MALFORMED
_INVALID: Final = RejectReason.INVALID

GARBAGE_KINDS: Final[dict[str, _Kind]] = {
    "tombstone": _Kind(RejectReason.TOMBSTONE, _value(lambda _, __: None)),
    "oversize": _Kind(RejectReason.TOO_LARGE, _value(_oversize)),
    "empty": _Kind(_MALFORMED, _value(lambda _, __: b"")),
    "truncated": _Kind(_MALFORMED, _value(_cut)),
    "trailing": _Kind(_MALFORMED, _value(lambda _, value: value + b"}")),
    "bad_utf8": _Kind(_MALFORMED, _value(_bad_utf8)),
    "utf16": _Kind(_MALFORMED, _value(lambda _, value: value.decode().encode("utf-16"))),
    "lone_surrogate": _Kind(_MALFORMED, _value(_lone_surrogate)),
    "not_an_object": _Kind(
        _MALFORMED, _value(lambda rng, _: rng.choice((b"[1,2]", b"42", b'"x"')))
    ),
    "not_a_number": _Kind(_MALFORMED, _value(_not_a_number)),
    "deep": _Kind(_MALFORMED, _value(_deep)),
    "unknown_type": _Kind(RejectReason.UNKNOWN_TYPE, _body(_set(type="order.teleported"))),
    "no_type": _Kind(RejectReason.UNKNOWN_TYPE, _body(_drop("type"))),
    "wrong_topic": _Kind(RejectReason.WRONG_TOPIC, _wrong_topic),
    "missing_field": _Kind(_INVALID, _body(_drop("session_id"))),
    "wrong_type": _Kind(_INVALID, _body(_set(occurred_at_ms="just now"))),
    "bad_id": _Kind(_INVALID, _body(_set(room_id="room one"))),
    "negative_money": _Kind(_INVALID, _order(paid_minor=-1990)),
    "float_money": _Kind(_INVALID, _order(paid_minor=19.9)),
    "too_much_money": _Kind(_INVALID, _order(paid_minor=_TOO_MUCH_MONEY)),
    "no_pieces": _Kind(_INVALID, _order(quantity=0)),
    "bad_currency": _Kind(_INVALID, _order(currency="RMB")),
    "long_comment": _Kind(_INVALID, _long_comment),
    "no_key": _Kind(RejectReason.KEY_MISSING, lambda _, good: good._replace(key=None)),
    "empty_key": _Kind(RejectReason.KEY_MISSING, lambda _, good: good._replace(key=b"")),
    "other_key": _Kind(RejectReason.KEY_MISMATCH, lambda _, good: good._replace(key=b"nobody")),
    "future": _Kind(RejectReason.FUTURE, _body(_set(occurred_at_ms=_YEAR_2100_MS))),
    "seconds": _Kind(RejectReason.ANCIENT, _body(_to_seconds)),
}
"""Kind -> why it is rejected, and how it is made."""

GARBAGE_TOPICS: Final = frozenset(_TOPICS)
"""Topics whose events garbage may be made of."""
