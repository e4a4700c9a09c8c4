from __future__ import annotations

import msgspec
import pytest

from streamproc.events.malformed import LARGEST_BYTES
from streamproc.events.whose import NOBODYS, Whose, whose


def body(**fields: object) -> bytes:
    return msgspec.json.encode(fields)


def test_a_record_tells_host_and_broadcast_whatever_else_is_wrong_with_it() -> None:
    value = body(type=7, host_id="h-1", session_id="s-1", occurred_at_ms=-(2**63))

    assert whose(b"h-1", value) == Whose("h-1", "s-1")


def test_the_key_tells_the_host_where_the_value_does_not() -> None:
    assert whose(b"h-1", body(session_id="s-1")) == Whose("h-1", "s-1")
    assert whose(b"h-1", body(host_id=["h-2"], session_id="s-1")) == Whose("h-1", "s-1")


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{",
        b"\xff",
        b"[1]",
        b'{"host_id":"h-1","session_id":"s-1"}}',
        b'{"session_id":"\\ud800"}',
        body(host_id="h-1"),
        body(host_id="h-1", session_id=None),
        body(host_id="h-1", session_id=""),
        body(host_id="h-1", session_id="s" * 65),
        body(host_id="h-1", session_id="a b"),
        body(host_id="h-1", session_id="s-1\n"),
        body(host_id="h-1", session_id="一号"),
        body(host_id="h-1", session_id="s-1", more="x" * LARGEST_BYTES),
        b'{"session_id":"s-1","more":' + b"[" * 600 + b"]" * 600 + b"}",
    ],
)
def test_where_no_broadcast_can_be_read_it_is_the_hosts(value: bytes | None) -> None:
    assert whose(b"h-1", value) == Whose("h-1", "")


@pytest.mark.parametrize("key", [None, b"", b"\xff", b"h 1", b"h" * 65, "村".encode(), b"h-1\n"])
def test_without_a_key_that_is_a_host_it_is_nobodys(key: bytes | None) -> None:
    assert whose(key, body(host_id="h-1", session_id="s-1")) == NOBODYS


def test_a_value_that_names_another_host_than_the_key_is_nobodys() -> None:
    assert whose(b"h-1", body(host_id="h-2", session_id="s-1")) == NOBODYS
    assert whose(b"h-1", body(host_id="", session_id="s-1")) == NOBODYS
