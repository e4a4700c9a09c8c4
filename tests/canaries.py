"""Words, numbers, keys and ids that belong to people, planted in events, and found wherever they leak.

A canary is found in whatever spelling it is written: as it is, escaped as JSON or Python escape it, or, of
a number, with any signs between its digits and in any of Unicode's digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any, Final
from unicodedata import normalize

from streamproc.events.codec import encode
from streamproc.events.comments import Role
from streamproc.events.orders import FailReason
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, AnyEvent
from streamproc.events.rooms import CouponClaimed, ProductListed, ProductPinned
from streamproc.events.viewers import ProductClicked
from streamproc.oracle.batch import LogRecord
from tests.builders import (
    comment,
    created,
    joined,
    liked,
    made,
    order_failed,
    paid,
    profiled,
    refund_requested,
    room_started,
    stock_reported,
    viewers_counted,
)
from tests.folding import log_of

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000

PHONES: Final = {
    "plain": "13871230451",
    "dashed": "138-7123-0452",
    "spaced": "138 7123 0453",
    "dotted": "138.7123.0454",
    "wide": "１３８７１２３０４５５",
    "wide and dashed": "１３８－７１２３－０４５６",
    "spaced out": "1 3 8 7 1 2 3 0 4 5 7",
    "pointed": "1·3·8·7·1·2·3·0·4·5·8",
    "two spaces": "138  7123  0459",
    "circled": "①③⑧⑦①②③⓪④⑥⓪",
    "in words": "一三八七一二三零四六一",
    "keycaps": "".join(f"{digit}\ufe0f\u20e3" for digit in "13871230462"),
}
"""Eleven digits as people write them, so that nobody reads them out."""

USER: Final = "canaryuser"
BUYER: Final = "canarybuyer"
ORDER: Final = "canary-order"
EVENT: Final = "canary-event"
WORD: Final = "金丝雀"
"""What every planted key, id and text begins with, or holds."""
KEPT_WORD: Final = "年糕"
"""A word of texts that alerts may show, with numbers hidden."""

_ESCAPES: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_BYTES: Final = re.compile(r"(?:\\x[0-9a-fA-F]{2})+")
_BETWEEN: Final = re.compile(r"(?<=\d)[\W_]+(?=\d)")
_DIGIT_WORDS: Final = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_IDS: Final = (USER, BUYER, ORDER, EVENT, WORD)


def leaks(text: str) -> set[str]:
    """Which canaries a text holds."""
    spelled = normalize("NFKC", _spelled(text))
    found = {each for each in _IDS if each in spelled}
    squeezed = _BETWEEN.sub("", spelled.translate(_DIGIT_WORDS))
    return found | {number for number in map(_digits, PHONES.values()) if number in squeezed}


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", normalize("NFKC", phone).translate(_DIGIT_WORDS))


def _spelled(text: str) -> str:
    """A text without escapes, doubled ones too."""
    text = text.replace("\\\\", "\\")
    text = _ESCAPES.sub(lambda found: chr(int(found[1], 16)), text)
    return _BYTES.sub(
        lambda found: bytes.fromhex(found[0].replace("\\x", "")).decode("utf-8", "ignore"), text
    )


def broadcast(now_ms: int) -> list[AnyEvent]:
    """Six minutes after which alerts are due that show comments, of people who must not be seen."""
    return [*_opening(now_ms - 6 * MINUTE_MS), *_talk(now_ms), *_trade(now_ms)]


def _opening(at_ms: int) -> Iterator[AnyEvent]:
    yield profiled(at_ms=at_ms)
    yield room_started(at_ms)
    yield made(ProductListed, at_ms, product_id="p-1", title="年糕", link_no=1, aliases=("年糕",))
    yield made(ProductPinned, at_ms, product_id="p-1")
    yield viewers_counted(300, at_ms)


def _talk(now_ms: int) -> Iterator[AnyEvent]:
    """Who complains and asks, in texts that alerts show, and who just chats."""
    numbers, phones = count(), list(PHONES.values())
    for kind, from_s in (("年糕坏了要退款差评", 150), ("年糕怎么吃", 120), ("年糕没货了", 25)):
        for phone in phones * 2:
            number = next(numbers)
            at_ms = now_ms - from_s * SECOND_MS + number % 24 * 900
            yield _comment(f"{kind} {phone}", at_ms, number)
    for number in range(1_000, 1_010):
        yield _comment(f"主播{WORD}今天真好看", now_ms - 40 * SECOND_MS, number)
    # host and staff are quoted, too
    yield _comment(f"1号没了 {phones[0]}", now_ms - 30 * SECOND_MS, 2_000, role=Role.HOST)
    yield _comment(f"{WORD}来晚了", now_ms - 5 * MINUTE_MS, 2_001)  # late


def _comment(text: str, at_ms: int, number: int, role: Role = Role.VIEWER) -> AnyEvent:
    key = f"{USER}{number:022d}"
    event_id = f"{EVENT}-{number}"
    return comment(text, at_ms, user_key=key, event_id=event_id, role=role)


def _trade(now_ms: int) -> Iterator[AnyEvent]:
    """Who buys, is refused, asks for the money back, comes and goes."""
    for number in range(40):
        at_ms = now_ms - 110 * SECOND_MS + number * 2 * SECOND_MS
        who: dict[str, Any] = {
            "buyer_key": f"{BUYER}{number:021d}",
            "event_id": f"{EVENT}-b{number}",
        }
        order: dict[str, Any] = {"order_id": f"{ORDER}-{number}"}
        yield joined(at_ms=at_ms, viewer_key=f"{USER}{number:022d}")
        yield liked(3, at_ms, viewer_key=f"{USER}{number:022d}")
        yield made(ProductClicked, at_ms, product_id="p-1", viewer_key=f"{USER}{number:022d}")
        yield made(CouponClaimed, at_ms, coupon_id="c-1", viewer_key=f"{USER}{number:022d}")
        if number % 2:
            attempt = {"attempt_id": f"{ORDER}-a{number}", "product_id": "p-1", **who}
            yield order_failed(FailReason.PAY_DECLINED, at_ms, **attempt)
            continue
        yield created(at_ms=at_ms, **order, **{**who, "event_id": f"{EVENT}-c{number}"})
        yield paid(at_ms=at_ms + 500, **order, **who)
        yield refund_requested(at_ms + 900, **order, refund_id=f"{ORDER}-r{number}")
    yield stock_reported(0, now_ms - 28 * SECOND_MS)


def unusable(now_ms: int) -> list[LogRecord]:
    """Records that become dead letters, with somebody's words and keys in every place that may be wrong."""
    good = encode(_comment(f"{WORD}", now_ms, 3_000)).decode()
    phone = PHONES["plain"]
    values = {
        "a list for a role": good.replace('"viewer"', f'["{WORD} {phone}"]'),
        "no role": good.replace('"role":"viewer",', ""),
        "a number for a text": good.replace(f'"{WORD}"', phone),
        "a text that is too long": good.replace(WORD, WORD * 2_000),
        "an unknown type": good.replace("comment.posted", f"{WORD}.{phone}"),
        "another topic's": encode(order_failed(at_ms=now_ms, buyer_key=f"{BUYER}x")).decode(),
        "a key with signs": good.replace(USER, f"{USER} {phone}"),
        "an id with signs": good.replace(f'"{EVENT}', f'"{EVENT} {phone}'),
        "an ancient one": good.replace(str(now_ms), str(now_ms // 1_000)),
        "a future one": good.replace(str(now_ms), str(now_ms + 3 * 86_400_000)),
        "no JSON": f"{WORD} {phone} {USER}",
        "half of it": good[:-9],
    }
    records: list[tuple[str, bytes | None, bytes]]
    records = [(COMMENTS_TOPIC, b"h-1", value.encode()) for value in values.values()]
    records += [
        (COMMENTS_TOPIC, f"{USER}{phone}".encode(), good.encode()),
        (COMMENTS_TOPIC, None, good.encode()),
        (COMMENTS_TOPIC, b"h-1", f"{WORD} {phone}".encode("gb18030")),
        (ORDERS_TOPIC, b"h-1", encode(paid(at_ms=now_ms)).replace(b'"CNY"', f'"{WORD}"'.encode())),
        (
            ORDERS_TOPIC,
            b"h-1",
            encode(paid(at_ms=now_ms)).replace(b'"CNY"', b'"' + phone.encode() + b'"'),
        ),
    ]
    return [
        LogRecord(topic, 0, offset, key, value, now_ms)
        for offset, (topic, key, value) in enumerate(records)
    ]


def planted(now_ms: int) -> list[LogRecord]:
    """The whole log."""
    events = sorted(broadcast(now_ms), key=lambda each: each.occurred_at_ms)
    late = [each for each in events if f"{WORD}来晚了" in getattr(each, "text", "")]
    on_time = [each for each in events if each not in late]
    return [*log_of([*on_time, *late]), *unusable(now_ms)]
