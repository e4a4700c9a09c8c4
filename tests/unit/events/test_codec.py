from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import TypeVar

import msgspec
import pytest

from streamproc.events.base import ClosedEnum, OpenEnum, Origin, Source
from streamproc.events.codec import Codec, encode
from streamproc.events.comments import CommentPosted, Role
from streamproc.events.orders import OrderPaid
from streamproc.events.registry import (
    COMMENTS_TOPIC,
    HOSTS_TOPIC,
    INPUT_TOPICS,
    ORDERS_TOPIC,
    VIEWERS_TOPIC,
    AnyEvent,
)
from streamproc.events.rejected import Rejected, RejectReason
from tests.builders import T0, comment, joined, paid, profiled, record

T = TypeVar("T")
MANY_HOSTS = 5_000


def read(event: AnyEvent, **changed: object) -> AnyEvent | Rejected:
    """The event as it comes back, with some of its JSON changed on the way."""
    topic, key, value, at_ms = record(event)
    body = msgspec.json.decode(value) | changed
    return Codec(topic).decode(key, msgspec.json.encode(body), at_ms)


def read_all(codec: Codec, events: list[AnyEvent]) -> list[AnyEvent | Rejected]:
    records = [record(event) for event in events]
    return codec.decode_batch(
        [key for _, key, _, _ in records],
        [value for _, _, value, _ in records],
        [at_ms for _, _, _, at_ms in records],
    )


def below(frames: int, call: Callable[[], T]) -> T:
    """What a call returns when it is made that much deeper in the stack."""
    return below(frames - 1, call) if frames else call()


def test_the_type_comes_first_and_the_unknown_is_left_out() -> None:
    assert encode(joined(1, event_id="e-1")) == (
        b'{"type":"viewer.joined","event_id":"e-1","occurred_at_ms":1795262400000,"host_id":"h-1",'
        b'"source":"douyin","room_id":"r-1","session_id":"s-1",'
        b'"viewer_key":"00000000000000000000000000000001"}'
    )


def test_a_field_that_we_do_not_know_is_ignored() -> None:
    event = paid(1999)

    assert read(event, warehouse={"city": ["湛江"]}) == event


def test_null_means_the_same_as_absent() -> None:
    event = paid(1999)

    assert read(event, sku_id=None, origin=None, buyer_key=None) == event


def test_fields_may_come_in_any_order() -> None:
    event = paid(1999)
    topic, key, value, at_ms = record(event)
    backwards = dict(reversed(msgspec.json.decode(value).items()))

    assert Codec(topic).decode(key, msgspec.json.encode(backwards), at_ms) == event


def test_a_value_that_a_newer_writer_knows_is_read_as_other() -> None:
    order = read(paid(1999), source="pinduoduo", origin="drill", attribution="search")
    said = read(comment("在吗"), role="moderator")

    assert isinstance(order, OrderPaid)
    assert (order.source, order.origin, order.attribution) == ("other", "other", "other")
    assert isinstance(said, CommentPosted)
    assert said.role is Role.OTHER


@pytest.mark.parametrize(
    "enum",
    [
        each
        for each in (*OpenEnum.__subclasses__(), *ClosedEnum.__subclasses__())
        if each is not ClosedEnum
    ],
    ids=lambda enum: enum.__name__,
)
def test_every_enum_reads_what_it_does_not_know_as_other(enum: type[OpenEnum]) -> None:
    assert enum("never heard of") is enum("other")


def test_an_event_without_an_origin_has_none() -> None:
    event = read(paid(1999))

    assert isinstance(event, OrderPaid)
    assert event.origin is None
    assert event.source is Source.DOUYIN
    assert read(paid(1999), origin="replay") != event
    assert Origin.LIVE not in (event.origin, None)


@pytest.mark.parametrize("frames", [0, 300])
@pytest.mark.parametrize("depth", [511, 512, 513])
def test_how_deep_a_record_may_nest_does_not_hang_on_who_reads_it(depth: int, frames: int) -> None:
    topic, key, value, at_ms = record(paid(1999))
    deep = value[:-1] + b',"x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

    found = below(frames, lambda: Codec(topic).decode(key, deep, at_ms))

    assert isinstance(found, Rejected) == (depth > 512)


def test_a_reader_with_little_stack_left_rejects_what_it_cannot_unpack() -> None:
    event = paid(1999)
    topic, key, value, at_ms = record(event)
    deep = value[:-1] + b',"x":' + b"[" * 500 + b"]" * 500 + b"}"
    frames = sys.getrecursionlimit() - len(inspect.stack()) - 200

    found = below(frames, lambda: Codec(topic).decode(key, deep, at_ms))

    if sys.version_info >= (3, 12):  # native code has a stack of its own since then
        assert found == event
        return
    assert isinstance(found, Rejected)
    assert found.reason is RejectReason.MALFORMED


def test_many_lists_beside_each_other_are_no_nesting() -> None:
    event = paid(1999)

    assert read(event, legs=[[]] * 600) == event


def test_brackets_in_a_comment_are_no_nesting() -> None:
    event = comment("[玫瑰" * 600)

    assert read(event) == event


def test_a_comment_that_quotes_json_is_a_comment() -> None:
    event = comment('{"type":"order.paid","paid_minor":' + '\\"[{' * 400)

    assert read(event) == event


def test_an_empty_batch_holds_nothing() -> None:
    assert [Codec(topic).decode_batch([], [], []) for topic in INPUT_TOPICS] == [[]] * 5


def test_a_batch_of_nothing_but_tombstones_is_rejected_one_by_one() -> None:
    found = Codec(VIEWERS_TOPIC).decode_batch([b"h-1"] * 3, [None] * 3, [T0] * 3)

    assert [each.reason for each in found if isinstance(each, Rejected)] == ["tombstone"] * 3


def test_a_batch_of_profiles_needs_no_room() -> None:
    events: list[AnyEvent] = [profiled("张桂兰"), profiled("李二妹", host_id="h-2")]

    assert read_all(Codec(HOSTS_TOPIC), events) == events


def test_a_batch_of_many_hosts_is_read_again_and_again() -> None:
    codec = Codec(VIEWERS_TOPIC)
    events: list[AnyEvent] = [
        joined(host_id=f"h-{number}", session_id=f"s-{number}", event_id="e-1")
        for number in range(MANY_HOSTS)
    ]

    assert read_all(codec, events) == events
    assert read_all(codec, events[:9]) == events[:9]


def test_a_name_that_is_known_does_not_vouch_for_the_name_beside_it() -> None:
    codec = Codec(VIEWERS_TOPIC)
    read_all(codec, [joined(), joined(host_id="h-2", room_id="r-2", session_id="s-2")])

    found = read_all(
        codec, [joined(room_id="r-2"), joined(room_id="r/2"), joined(session_id="s/1")]
    )

    assert [isinstance(each, Rejected) for each in found] == [False, True, True]


def test_the_key_of_one_host_does_not_pass_for_another() -> None:
    codec = Codec(VIEWERS_TOPIC)
    read_all(codec, [joined(), joined(host_id="h-2")])

    found = codec.decode_batch([b"h-2"], [encode(joined())], [T0])

    assert isinstance(found[0], Rejected)
    assert found[0].reason is RejectReason.KEY_MISMATCH


def test_utf8_cut_between_two_records_is_not_put_together_again() -> None:
    topic, key, value, at_ms = record(comment("没货"))
    cut = value.index("货".encode()) + 1

    found = Codec(COMMENTS_TOPIC).decode_batch([key] * 2, [value[:cut], value[cut:]], [at_ms] * 2)

    assert [each.reason for each in found if isinstance(each, Rejected)] == ["malformed"] * 2
    assert topic == COMMENTS_TOPIC


def test_a_rejection_quotes_a_type_only_if_it_looks_like_one() -> None:
    named = read(paid(1999), type="order.payed")
    told = read(paid(1999), type="打电话给我 13800000000")

    assert named == Rejected(RejectReason.UNKNOWN_TYPE, "type: no event is order.payed")
    assert told == Rejected(RejectReason.UNKNOWN_TYPE, "type: no event is another text")


def test_a_rejection_says_what_was_expected_and_where() -> None:
    assert read(paid(1999), paid_minor="19.99") == Rejected(
        RejectReason.INVALID, "paid_minor: Expected int, got str"
    )
    twice = encode(paid(1999))[:-1] + b',"type":"order.created"}'
    assert Codec(ORDERS_TOPIC).decode(b"h-1", twice, T0) == Rejected(
        RejectReason.INVALID, "type: given twice"
    )
    assert Codec(ORDERS_TOPIC).decode(b"h-1", b"{}", T0) == Rejected(
        RejectReason.UNKNOWN_TYPE, "type: missing"
    )
