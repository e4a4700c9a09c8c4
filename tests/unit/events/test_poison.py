"""Everything that was ever seen on a topic and is no event: a value comes out, with a reason."""

from __future__ import annotations

import msgspec
import pytest

from streamproc.events.codec import Codec, encode
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, AnyEvent
from streamproc.events.rejected import Rejected, RejectReason
from tests.builders import T0, comment, paid, record, stock_reported

DAY_MS = 86_400_000
KEY = b"h-1"
PAID = encode(paid(1999))
LARGEST = 65_536
NEIGHBOURS: dict[str, AnyEvent] = {
    ORDERS_TOPIC: paid(1),
    COMMENTS_TOPIC: comment("在吗"),
    ROOMS_TOPIC: stock_reported(1),
}


def padded(padding: bytes) -> bytes:
    """A paid order with one field more than we know."""
    return PAID[:-1] + b',"padding":' + padding + b"}"


def nested(depth: int, opened: bytes = b"[", closed: bytes = b"]") -> bytes:
    """A paid order in which the innermost value lies that deep, the object itself counted."""
    return padded(opened * (depth - 1) + b"1" + closed * (depth - 1))


def with_fields(**fields: object) -> bytes:
    """A paid order with other values; ``...`` leaves a field out."""
    body = msgspec.json.decode(PAID) | fields
    return msgspec.json.encode({name: each for name, each in body.items() if each is not ...})


def with_text(before: str, after: bytes) -> bytes:
    assert before.encode() in PAID
    return PAID.replace(before.encode(), after, 1)


def both_ways(
    value: bytes | None, key: bytes | None = KEY, topic: str = ORDERS_TOPIC, at_ms: int = T0
) -> Rejected | object:
    """What the codec makes of a record alone, once it made the same of it in a batch."""
    codec = Codec(topic)
    neighbour = b"h-1", encode(NEIGHBOURS[topic]), T0
    alone = codec.decode(key, value, at_ms)
    batch = [neighbour, (key, value, at_ms), neighbour]
    for _ in range(2):  # once among strangers, once among names that are known
        found = codec.decode_batch(
            [each for each, _, _ in batch],
            [each for _, each, _ in batch],
            [each for _, _, each in batch],
        )
        assert found == [NEIGHBOURS[topic], alone, NEIGHBOURS[topic]]
    return alone


def rejection(
    value: bytes | None, key: bytes | None = KEY, topic: str = ORDERS_TOPIC, at_ms: int = T0
) -> Rejected:
    found = both_ways(value, key, topic, at_ms)
    assert isinstance(found, Rejected), found
    return found


MALFORMED = {
    "empty": b"",
    "blank": b" \n",
    "truncated": PAID[:-1],
    "truncated in a name": PAID[:9],
    "invalid UTF-8": with_text("douyin", b"douy\xc3\x28n"),
    "invalid UTF-8 where nobody looks": padded(b'"\xff"'),
    "overlong UTF-8": padded(b'"\xc0\xaf"'),
    "UTF-8 surrogate": padded(b'"\xed\xa0\x80"'),
    "byte order mark": b"\xef\xbb\xbf" + PAID,
    "UTF-16": PAID.decode().encode("utf-16"),
    "UTF-16 without a mark": PAID.decode().encode("utf-16-le"),
    "NaN": with_text("1999", b"NaN"),
    "NaN where nobody looks": padded(b"NaN"),
    "Infinity": with_text("1999", b"Infinity"),
    "-Infinity": padded(b"-Infinity"),
    "lone surrogate": with_text("douyin", b"\\ud800"),
    "lone surrogate where nobody looks": padded(b'"\\ud800"'),
    "nesting of 513": nested(513),
    "nesting of 2,000": nested(2_000),
    "nesting of 2,000 objects": nested(2_000, b'{"a":', b"}"),
    "nesting of 2,000 that never ends": padded(b"[" * 2_000),
    "an array": b"[" + PAID + b"]",
    "a number": b"5",
    "a text": b'"order.paid"',
    "null": b"null",
    "two objects": PAID + PAID,
    "a byte too many": PAID + b"\0",
    "single quotes": PAID.replace(b'"', b"'"),
    "a comment": PAID[:-1] + b"/* paid */}",
    "a comma too many": PAID[:-1] + b",}",
    "a leading zero": with_text("1999", b"01999"),
    "a raw line feed in a text": with_text("douyin", b"dou\nyin"),
    "gzip": bytes.fromhex("1f8b0800000000000003"),
    "avro with a schema id": b"\x00\x00\x00\x00\x07" + PAID,
}

INVALID = {
    "a field is missing": (with_fields(order_id=...), "order_id"),
    "a field is null": (with_fields(paid_minor=None), "paid_minor"),
    "money as text": (with_fields(paid_minor="1999"), "paid_minor"),
    "money as float": (with_fields(paid_minor=19.99), "paid_minor"),
    "money as a float without a fraction": (with_text("1999", b"1999.0"), "payable_minor"),
    "money as 1e3": (with_text("1999", b"1e3"), "payable_minor"),
    "money as 1e999": (with_text("1999", b"1e999"), "payable_minor"),
    "money of 5,000 digits": (with_text("1999", b"9" * 5_000), "payable_minor"),
    "money over 2^64": (with_text("1999", b"18446744073709551616"), "payable_minor"),
    "money over the limit": (with_fields(paid_minor=10**13 + 1), "paid_minor"),
    "negative money": (with_fields(paid_minor=-1), "paid_minor"),
    "money as true": (with_fields(paid_minor=True), "paid_minor"),
    "quantity zero": (with_fields(quantity=0), "quantity"),
    "a currency in small letters": (with_fields(currency="cny"), "currency"),
    "a currency that is none": (with_fields(currency="RMB"), "currency"),
    "a currency of two letters": (with_fields(currency="CN"), "currency"),
    "an empty id": (with_fields(order_id=""), "order_id"),
    "an id of 65": (with_fields(order_id="o" * 65), "order_id"),
    "an event id of 161": (with_fields(event_id="e" * 161), "event_id"),
    "an id in Chinese": (with_fields(product_id="牛大力"), "product_id"),
    "an id with NUL": (with_fields(order_id="o\0"), "order_id"),
    "an id with a line feed": (with_fields(line_id="1\n"), "line_id"),
    "an id with a zero-width space": (with_fields(order_id="o\u200b"), "order_id"),
    "an id that turns right to left": (with_fields(order_id="\u202eo"), "order_id"),
    "an id with Arabic digits": (with_fields(order_id="١٢"), "order_id"),
    "an event id with a blank": (with_fields(event_id="e 1"), "event_id"),
    "a room with a slash": (with_fields(room_id="r/1"), "room_id"),
    "a session with a slash": (with_fields(session_id="s/1"), "session_id"),
    "an optional id with a slash": (with_fields(sku_id="s/1"), "sku_id"),
    "an id as a number": (with_fields(order_id=77), "order_id"),
    "a key of 15": (with_fields(buyer_key="a" * 15), "buyer_key"),
    "a key of 65": (with_fields(buyer_key="a" * 65), "buyer_key"),
    "a key with a colon": (with_fields(buyer_key="a" * 16 + ":"), "buyer_key"),
    "a time as text": (with_fields(occurred_at_ms=str(T0)), "occurred_at_ms"),
    "a time with a fraction": (with_fields(occurred_at_ms=T0 + 0.5), "occurred_at_ms"),
    "an enum as a number": (with_fields(source=1), "source"),
    "a type given twice": (PAID[:-1] + b',"type":"order.created"}', "type"),
}


@pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_json_object_in_utf8_is_malformed(value: bytes) -> None:
    assert rejection(value).reason is RejectReason.MALFORMED


@pytest.mark.parametrize(("value", "field"), INVALID.values(), ids=INVALID)
def test_a_field_that_breaks_its_limit_is_named(value: bytes, field: str) -> None:
    found = rejection(value)

    assert found.reason is RejectReason.INVALID
    assert field in found.detail


def test_a_record_without_a_value_is_a_tombstone() -> None:
    assert rejection(None).reason is RejectReason.TOMBSTONE


@pytest.mark.parametrize("size_bytes", [LARGEST + 1, 8 * 2**20])
def test_more_than_64_kib_is_not_even_read(size_bytes: int) -> None:
    overhead = len(padded(b'""'))

    found = rejection(padded(b'"' + b"x" * (size_bytes - overhead) + b'"'))

    assert found.reason is RejectReason.TOO_LARGE
    assert str(size_bytes) in found.detail


def test_nesting_of_100_000_is_too_large_before_it_is_too_deep() -> None:
    assert rejection(b"[" * 100_000).reason is RejectReason.TOO_LARGE


def test_64_kib_are_read() -> None:
    padding = b'"' + b"x" * (LARGEST - len(padded(b'""'))) + b'"'

    assert len(padded(padding)) == LARGEST
    assert not isinstance(both_ways(padded(padding)), Rejected)


@pytest.mark.parametrize("tag", ["order.payed", "", "ORDER.PAID", "order.paid "])
def test_a_type_that_no_event_has_is_unknown(tag: str) -> None:
    assert rejection(with_fields(type=tag)).reason is RejectReason.UNKNOWN_TYPE


@pytest.mark.parametrize("tag", [..., None, 5, ["order.paid"], {"order": "paid"}])
def test_a_type_that_is_no_text_is_unknown(tag: object) -> None:
    assert rejection(with_fields(type=tag)).reason is RejectReason.UNKNOWN_TYPE


def test_a_known_event_on_another_topic_is_told_where_it_belongs() -> None:
    found = rejection(encode(comment("有优惠券吗")))

    assert found == Rejected(
        RejectReason.WRONG_TOPIC, "type: comment.posted belongs to live.comments.v1"
    )


@pytest.mark.parametrize("time_ms", [0, -1, T0 // 1000, 1_420_070_399_999, -(10**15)])
def test_a_time_before_2015_is_ancient(time_ms: int) -> None:
    found = rejection(with_fields(occurred_at_ms=time_ms))

    assert found.reason is RejectReason.ANCIENT
    assert "occurred_at_ms" in found.detail


@pytest.mark.parametrize("time_ms", [T0 + DAY_MS + 1, 253_402_300_800_000, 2**63, 10**25])
def test_a_time_more_than_a_day_ahead_of_its_record_is_in_the_future(time_ms: int) -> None:
    found = rejection(with_text(str(T0), str(time_ms).encode()))

    assert found.reason is RejectReason.FUTURE
    assert "occurred_at_ms" in found.detail


@pytest.mark.parametrize("time_ms", [1_420_070_400_000, T0 - 400 * DAY_MS, T0 + DAY_MS])
def test_a_time_between_2015_and_a_day_ahead_is_read(time_ms: int) -> None:
    assert not isinstance(both_ways(with_fields(occurred_at_ms=time_ms)), Rejected)


def test_any_other_time_is_held_to_the_same_limits() -> None:
    ahead = encode(stock_reported(as_of_ms=T0 + DAY_MS + 1))
    seconds = encode(stock_reported(as_of_ms=T0 // 1000))

    assert rejection(ahead, topic=ROOMS_TOPIC).reason is RejectReason.FUTURE
    assert rejection(seconds, topic=ROOMS_TOPIC).reason is RejectReason.ANCIENT


def test_a_time_is_judged_by_its_own_record_though_its_neighbour_came_later() -> None:
    early_ms = T0 - 3 * DAY_MS
    ahead = stock_reported(at_ms=early_ms, as_of_ms=early_ms + DAY_MS + 1)
    codec = Codec(ROOMS_TOPIC)
    codec.decode(KEY, encode(stock_reported()), T0)

    found = codec.decode_batch([KEY] * 2, [encode(ahead), encode(stock_reported())], [early_ms, T0])

    assert [isinstance(each, Rejected) for each in found] == [True, False]


@pytest.mark.parametrize("key", [None, b""])
def test_a_record_without_a_key_is_rejected(key: bytes | None) -> None:
    assert rejection(PAID, key).reason is RejectReason.KEY_MISSING


@pytest.mark.parametrize("key", [b"h-2", b"H-1", b"h-1 ", b"h-1\0", b"\xff", b"h" * 100_000])
def test_a_key_that_is_not_the_host_is_rejected(key: bytes) -> None:
    assert rejection(PAID, key).reason is RejectReason.KEY_MISMATCH


def test_a_host_that_is_no_id_is_rejected_though_the_key_is_the_same() -> None:
    found = rejection(with_fields(host_id="张桂兰"), "张桂兰".encode())

    assert found.reason is RejectReason.INVALID
    assert "host_id" in found.detail


def test_a_comment_of_two_thousand_characters_is_read_and_one_more_is_not() -> None:
    whole = encode(comment("没" * 2_000))
    longer = encode(comment("没" * 2_001))

    assert not isinstance(both_ways(whole, topic=COMMENTS_TOPIC), Rejected)
    assert rejection(longer, topic=COMMENTS_TOPIC).reason is RejectReason.INVALID


def test_a_comment_of_a_hundred_thousand_emoji_is_too_large() -> None:
    flood = encode(comment("🍠" * 100_000))

    assert rejection(flood, topic=COMMENTS_TOPIC).reason is RejectReason.TOO_LARGE


@pytest.mark.parametrize("value", [*MALFORMED.values(), *(value for value, _ in INVALID.values())])
def test_poison_leaves_its_neighbours_alone(value: bytes) -> None:
    events = [paid(number) for number in range(9)]
    topic, key, _, _ = record(events[0])
    values: list[bytes | None] = [encode(event) for event in events]
    values[4:4] = [value, None, value]

    found = Codec(topic).decode_batch([key] * 12, values, [T0] * 12)

    assert found[:4] + found[7:] == events
    assert all(isinstance(each, Rejected) for each in found[4:7])
