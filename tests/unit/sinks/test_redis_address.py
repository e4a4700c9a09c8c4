"""Where Redis is, as a URL says it; when a breaker tries again; what an error means."""

from __future__ import annotations

import random

import pytest
from redis.exceptions import NoPermissionError, OutOfMemoryError, RedisError, ResponseError

from streamproc.errors import BadSetting
from streamproc.events.view_keys import Keys
from streamproc.sinks.redis_view.address import Address, parse_address
from streamproc.sinks.redis_view.breaker import Breaker
from streamproc.sinks.redis_view.faults import reason_of


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://h", Address((("h", 6379),), "", 0, False)),
        ("rediss://h:1/2", Address((("h", 1),), "", 2, True)),
        ("redis://[::1]:7/0", Address((("::1", 7),), "", 0, False)),
        ("redis+sentinel://a,b:2/shop", Address((("a", 26379), ("b", 2)), "shop", 0, False)),
        ("rediss+sentinel://a:2/shop/3", Address((("a", 2),), "shop", 3, True)),
    ],
)
def test_an_address_is_read(url: str, address: Address) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        *("http://h", "redis://", "redis://a,b", "redis+sentinel://a", "redis://h/x"),
        *("redis://h:port", "redis://user@h", "redis://h:99999999"),
    ],
)
def test_an_address_that_is_none_is_refused_with_a_hint(url: str) -> None:
    with pytest.raises(BadSetting, match="the address of Redis cannot be read"):
        parse_address(url)


def test_a_breaker_tries_less_and_less_often_but_never_stops() -> None:
    now_s = 0.0
    breaker = Breaker(lambda: now_s, random.Random(1))
    waits: list[float] = []
    for _ in range(12):
        breaker.failed()
        failed_s = now_s
        while not breaker.may_try():
            now_s += 0.01
        waits.append(now_s - failed_s)

    assert waits[0] < waits[2] < waits[4]
    assert max(waits) <= 2.02
    breaker.succeeded()
    assert breaker.may_try()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ResponseError("MISCONF Redis is configured to save RDB snapshots"), "misconf"),
        (ResponseError("BUSY Redis is busy running a script."), "busy"),
        (ResponseError("ERR Function not found"), "library"),
        (ResponseError("Function not found server:ResponseError"), "library"),
        (OutOfMemoryError("command not allowed", status_code="OOM"), "oom"),
        (NoPermissionError("this user has no permissions", status_code="NOPERM"), "noperm"),
        (ResponseError("ERR The user executing the script can't run this command"), "noperm"),
        (ResponseError("WRONGTYPE Operation against a key"), None),
    ],
)
def test_an_error_says_whether_nothing_or_only_this_can_be_written(
    error: RedisError, reason: str | None
) -> None:
    assert reason_of(error) == reason


def test_all_keys_of_a_function_are_in_one_slot() -> None:
    keys = Keys("sp")
    groups = [keys.leaderboards, keys.alert_index, (keys.live(b"h"), keys.curve(b"h", "curve:s"))]

    for group in groups:
        assert len({key[key.index(b"{") : key.index(b"}")] for key in group}) == 1
