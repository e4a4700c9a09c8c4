from __future__ import annotations

import pytest

from streamproc.events.registry import INPUT_TOPICS, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.program.keys import CLOCK, TOPIC_CODES, Kind, Parsed, head, number, parse


def test_every_input_topic_and_the_clock_have_a_code_of_their_own() -> None:
    assert set(TOPIC_CODES) == {*INPUT_TOPICS, CLOCK}
    assert len(set(TOPIC_CODES.values())) == len(TOPIC_CODES)


def test_no_kind_is_the_engines() -> None:
    assert min(Kind) > 0


@pytest.mark.parametrize(
    ("key", "parsed"),
    [
        (
            head(Kind.LINE, ORDERS_TOPIC) + b"h-1\0o-1\x001",
            Parsed(Kind.LINE, ORDERS_TOPIC, "h-1", ("o-1", "1"), ()),
        ),
        (
            head(Kind.SESSION, VIEWERS_TOPIC) + b"h-1\0s-1",
            Parsed(Kind.SESSION, VIEWERS_TOPIC, "h-1", ("s-1",), ()),
        ),
        (
            head(Kind.MINUTE, VIEWERS_TOPIC) + b"h-1\0s-1\0" + number(256),
            Parsed(Kind.MINUTE, VIEWERS_TOPIC, "h-1", ("s-1",), (256,)),
        ),
        (
            head(Kind.SEEN, VIEWERS_TOPIC) + b"h-1\0" + number(0x2F00_0000) + number(0),
            Parsed(Kind.SEEN, VIEWERS_TOPIC, "h-1", (), (0x2F00_0000, 0)),
        ),
    ],
    ids=lambda each: each.kind.name if isinstance(each, Parsed) else "",
)
def test_a_key_comes_apart_into_what_it_was_made_of(key: bytes, parsed: Parsed) -> None:
    assert parse(key) == parsed


def test_numbers_sort_as_they_count() -> None:
    assert sorted([number(256), number(1), number(2**62)]) == [
        number(1),
        number(256),
        number(2**62),
    ]
