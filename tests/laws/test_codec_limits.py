"""Where a limit breaks among records that keep theirs, a batch finds what one record alone does."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from streamproc.events.base import Kind
from streamproc.events.codec import Codec, encode
from streamproc.events.comments import CommentPosted
from streamproc.events.malformed import DEEPEST, LARGEST_BYTES, malformation, screened
from streamproc.events.registry import COMMENTS_TOPIC, EVENTS, INPUT_TOPICS, AnyEvent
from streamproc.events.rejected import Rejected
from tests.builders import T0

DAY_MS: Final = 86_400_000
Record = tuple[bytes | None, bytes | None, int]

IDS: Final = ("a", "a:b", "a", "b", "a\nb", "b\na", "a/b", "é", "a" * 64, "a" * 65)
KEYS: Final = ("k" * 16, "k" * 15 + "-", "k" * 15 + ":", "k" * 15 + "\n", "é" * 16, "k" * 15)
RECORD_KEYS: Final = (None, b"", b"a", b"b", b"a\nb", b"b\na", b"a\nb\na", b"\xff")
TIMES_MS: Final = (T0, T0, T0, T0 - 1, T0 + 1)

# mostly a record keeps every limit, so that a batch reaches the ways that look at all of it
few_broken = st.sampled_from((True, *[False] * 9))


Pool = tuple[tuple[Any, ...], tuple[Any, ...]]
"""Values of a field that keep its limit, and some that may break it."""


@cache
def pools_of(event_class: type[AnyEvent]) -> dict[str, Pool]:
    """The pool of each field."""
    info = inspect.type_info(event_class)
    assert isinstance(info, inspect.StructType)
    return {field.name: _pool(field.type) for field in info.fields}


def _pool(of_type: inspect.Type) -> Pool:
    match of_type:
        case inspect.UnionType(types=types):
            pools = [_pool(each) for each in types]
            return sum((good for good, _ in pools), ()), sum((bad for _, bad in pools), ())
        case inspect.VarTupleType(item_type=item):
            good, bad = _pool(item)
            return ((), good), tuple((each, *good) for each in bad)
        case inspect.Metadata(extra={"kind": kind} as extra):
            return _pool_of_kind(kind, (extra or {}).get("limit", 0))
        case inspect.Metadata(type=inner):
            return _pool(inner)
        case inspect.EnumType(cls=enum):
            return tuple(enum), ()
        case _:
            return _pool_of_plain(of_type)


def _pool_of_plain(of_type: inspect.Type) -> Pool:
    match of_type:
        case inspect.NoneType():
            return (None,), ()
        case inspect.BoolType():
            return (True, False), (1,)
        case inspect.IntType() | inspect.FloatType():
            return (1,), (-(10**9),)
        case _:
            raise NotImplementedError(of_type)


def _pool_of_kind(kind: Kind, limit: int) -> Pool:
    match kind:
        case Kind.ID:
            return IDS[:4], IDS[4:]
        case Kind.KEY:
            return KEYS[:2], KEYS[2:]
        case Kind.MS:
            return (T0, T0, T0, T0 + DAY_MS), (T0 + DAY_MS + 1, T0 + DAY_MS + 2, 0)
        case Kind.TEXT:
            return ("", "糕" * limit), ("e\u0301" * limit, "糕" * (limit + 1), "糕" * limit * 2)
        case Kind.CURRENCY:
            return ("CNY", "USD"), ("RMB", "cny")


@st.composite
def records(draw: st.DrawFn, topic: str) -> Record:
    """A record of the topic in which seldom a field, the key or the bytes are wrong."""
    event_class = draw(st.sampled_from(EVENTS[topic]))
    pools = pools_of(event_class)
    values = {name: draw(st.sampled_from(good)) for name, (good, _) in pools.items()}
    if draw(few_broken):
        name = draw(st.sampled_from([name for name, (_, bad) in pools.items() if bad]))
        values[name] = draw(st.sampled_from(pools[name][1]))
    event = event_class(**values)
    key: bytes | None = event.host_id.encode()
    value: bytes | None = encode(event)
    if draw(few_broken):
        key = draw(st.sampled_from(RECORD_KEYS))
    if draw(few_broken):
        assert value is not None
        value = draw(st.sampled_from((None, b"", value[:-1], value + b"\xff", b"[" + value)))
    return key, value, draw(st.sampled_from(TIMES_MS))


batches = st.sampled_from(INPUT_TOPICS).flatmap(
    lambda topic: st.tuples(st.just(topic), st.lists(records(topic), min_size=1, max_size=9))
)


@settings(deadline=None, max_examples=250)
@given(batch=batches)
def test_a_limit_that_breaks_anywhere_in_a_batch_rejects_that_record_alone(
    batch: tuple[str, list[Record]],
) -> None:
    topic, held = batch
    keys, values, times_ms = zip(*held, strict=True)

    found = Codec(topic).decode_batch(keys, values, times_ms)

    assert found == [Codec(topic).decode(*record) for record in held]


names = st.lists(st.sampled_from(("a", "b", "a\nb", "b\na", "\n", "a\n")), min_size=1, max_size=4)


@settings(deadline=None)
@given(hosts=names, cuts=st.randoms(use_true_random=False))
def test_keys_that_are_the_hosts_cut_elsewhere_are_mismatched(
    hosts: list[str], cuts: Random
) -> None:
    event_class = CommentPosted
    good = {name: good[0] for name, (good, _) in pools_of(event_class).items()}
    pieces = "\n".join(hosts).split("\n")
    while len(pieces) > len(hosts):
        at = cuts.randrange(len(pieces) - 1)
        pieces[at : at + 2] = ["\n".join(pieces[at : at + 2])]
    held: list[Record] = [
        (piece.encode(), encode(event_class(**good | {"host_id": host})), T0)
        for piece, host in zip(pieces, hosts, strict=True)
    ]
    keys, values, times_ms = zip(*held, strict=True)

    found = Codec(COMMENTS_TOPIC).decode_batch(keys, values, times_ms)

    assert [isinstance(each, Rejected) for each in found] == [
        piece != host or "\n" in host for piece, host in zip(pieces, hosts, strict=True)
    ]


screenable = st.lists(
    st.sampled_from(
        (
            None,
            b"",
            b"{}",
            "没货".encode(),
            *("没".encode()[:1], "没".encode()[1:]),
            b"\xed\xa0\x80",
            *(b"[" * depth + b"]" * depth for depth in (DEEPEST, DEEPEST + 1)),
            *(b"[]" * (DEEPEST + 1), b'"' + b"[" * (DEEPEST + 1) + b'"'),
            *(b" " * size_bytes for size_bytes in (LARGEST_BYTES, LARGEST_BYTES + 1)),
            "没".encode() * DEEPEST + b"\xff",
        )
    ),
    max_size=9,
)


@given(values=screenable)
def test_what_is_screened_stays_unless_it_is_malformed(values: list[bytes | None]) -> None:
    assert screened(values) == [
        b"" if value is None or malformation(value) is not None else value for value in values
    ]
