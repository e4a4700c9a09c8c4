from __future__ import annotations

import pytest
from msgspec import inspect

from streamproc.events.codec import Codec, encode
from streamproc.events.currencies import CURRENCIES
from streamproc.events.limits import limits_of
from streamproc.events.orders import OrderPaid
from streamproc.events.registry import CLASS_OF, ROOMS_TOPIC
from streamproc.events.rejected import Rejected
from streamproc.events.rooms import ProductListed, RoomStarted
from tests.builders import T0, comment, made, record, room_started

ACUTE_E = "e\u0301"  # one character after NFC


def rejected(event: ProductListed | RoomStarted) -> bool:
    _, key, value, at_ms = record(event)
    alone = Codec(ROOMS_TOPIC).decode(key, value, at_ms)
    assert Codec(ROOMS_TOPIC).decode_batch([key], [value], [at_ms]) == [alone]
    return isinstance(alone, Rejected)


@pytest.mark.parametrize(
    ("title", "too_long"),
    [
        ("薯" * 200, False),
        ("薯" * 201, True),
        (ACUTE_E * 200, False),
        (ACUTE_E * 201, True),
        ("🍠" * 200, False),
        ("🍠" * 201, True),
        (None, False),
        ("", False),
    ],
)
def test_a_text_is_measured_in_characters_after_nfc(title: str | None, too_long: bool) -> None:
    assert rejected(room_started(title=title)) is too_long


def test_a_text_too_long_to_compose_is_judged_as_it_stands() -> None:
    topic, key, value, at_ms = record(comment(ACUTE_E * 1_001))

    assert isinstance(Codec(topic).decode(key, value, at_ms), Rejected)


@pytest.mark.parametrize(
    ("aliases", "bad"),
    [
        (None, False),
        ((), False),
        (("年糕", "糕" * 30), False),
        (("年糕", "糕" * 31), True),
        ((ACUTE_E * 30,), False),
        (tuple(f"别名{number}" for number in range(50)), False),
        (tuple(f"别名{number}" for number in range(51)), True),
    ],
)
def test_each_alias_has_its_limit_and_so_has_their_number(
    aliases: tuple[str, ...] | None, bad: bool
) -> None:
    assert rejected(made(ProductListed, product_id="p-1", title="年糕", aliases=aliases)) is bad


@pytest.mark.parametrize(("currency", "bad"), [(None, False), ("CNY", False), ("RMB", True)])
def test_a_price_may_lack_a_currency_but_not_be_in_one_that_is_none(
    currency: str | None, bad: bool
) -> None:
    listed = made(
        ProductListed, product_id="p-1", title="年糕", price_minor=3490, currency=currency
    )

    assert rejected(listed) is bad


def test_the_currencies_are_codes_of_three_capitals_with_those_that_we_meet() -> None:
    assert {"CNY", "HKD", "TWD", "USD", "EUR", "JPY", "VND", "MYR"} <= CURRENCIES
    assert not {"RMB", "CNH", "XXX", "XTS", "XAU"} & CURRENCIES
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in CURRENCIES)


def test_every_text_id_key_time_and_currency_of_a_payment_is_limited() -> None:
    limited = [each.limit.field for each in limits_of(OrderPaid)]

    assert limited == [
        *("event_id", "occurred_at_ms", "host_id", "room_id", "session_id", "order_id", "line_id"),
        *("product_id", "sku_id", "currency", "buyer_key", "coupon_id"),
    ]


@pytest.mark.parametrize("tag", CLASS_OF)
def test_no_text_of_any_event_is_without_a_limit(tag: str) -> None:
    info = inspect.type_info(CLASS_OF[tag])
    assert isinstance(info, inspect.StructType)
    texts = {field.name for field in info.fields if "StrType" in repr(field.type)}

    assert texts
    assert texts <= {each.limit.field for each in limits_of(CLASS_OF[tag])}


def test_a_record_is_judged_by_its_own_timestamp_not_by_its_neighbours() -> None:
    day_ms = 86_400_000
    late, early = made(RoomStarted, T0), made(RoomStarted, T0 - 3 * day_ms)
    values = [encode(late), encode(early)]

    assert Codec(ROOMS_TOPIC).decode_batch([b"h-1"] * 2, values, [T0, T0 - 3 * day_ms]) == [
        late,
        early,
    ]
