"""Dead letters from their records: told once by origin, filtered, shown without harm."""

from __future__ import annotations

import pytest

from streamproc.cli.dead_letters import FOREIGN, Letters, Origin, letters_of
from streamproc.cli.dlq import hexdump
from streamproc.engine.rawfetch import RawRecords
from streamproc.errors import BadSetting, without_controls
from streamproc.protocol import Headers

ORIGIN: Headers = [
    ("dlq.reason", b"malformed"),
    ("dlq.detail", b"no JSON"),
    ("dlq.origin.topic", b"live.orders.v1"),
    ("dlq.origin.partition", b"3"),
    ("dlq.origin.offset", b"120"),
    ("dlq.app.version", b"0.1.0"),
]


def stored(*headers: Headers) -> RawRecords:
    count = len(headers)
    return RawRecords(
        begin_offset=7,
        next_offset=7 + count,
        offsets=list(range(7, 7 + count)),
        keys=[b"h-1"] * count,
        values=[b"x"] * count,
        timestamps_ms=[1] * count,
        headers=dict(enumerate(headers)),
    )


def test_a_letter_tells_where_it_came_from_and_why() -> None:
    [letter] = letters_of("live.orders.v1.dlq", 0, stored(ORIGIN))

    assert str(letter.origin) == "live.orders.v1-3-120"
    assert (letter.reason, letter.detail, letter.version) == ("malformed", "no JSON", "0.1.0")


def test_only_the_headers_that_a_record_came_with_are_its_own() -> None:
    forged = [("trace", b"1"), ("dlq.origin.offset", b"1"), ("dlq.reason", b"mine"), *ORIGIN]

    [letter] = letters_of("live.orders.v1.dlq", 0, stored(forged))

    assert letter.headers == [("trace", b"1")]
    assert (letter.origin.offset, letter.reason) == (120, "malformed")


@pytest.mark.parametrize(
    "headers", [[], [("dlq.origin.topic", b"x")], [*ORIGIN, ("dlq.origin.offset", b"?")]]
)
def test_a_record_that_no_worker_wrote_is_foreign_and_keeps_its_own_place(headers: Headers) -> None:
    [letter] = letters_of("live.orders.v1.dlq", 2, stored(headers))

    assert (letter.reason, str(letter.origin)) == (FOREIGN, "live.orders.v1.dlq-2-7")


def test_filters_let_through_what_fits_all_of_them() -> None:
    other = [
        ("dlq.origin.topic", b"live.comments.v1") if n == "dlq.origin.topic" else (n, v)
        for n, v in ORIGIN
    ]
    found = Letters(list(letters_of("d", 0, stored(ORIGIN, other))), copies=0)

    def fits(**given: object) -> list[str]:
        wanted = {"topic": None, "reason": None, **given}
        return [one.origin.topic for one in found.where(**wanted)]  # type: ignore[arg-type]

    assert fits() == ["live.orders.v1", "live.comments.v1"]
    assert fits(topic="live.orders.v1") == ["live.orders.v1"]
    assert fits(topic="live.orders.v1", reason="future") == []
    assert fits(origins=[Origin("live.comments.v1", 3, 120)]) == ["live.comments.v1"]


def test_an_origin_is_read_as_it_is_printed() -> None:
    origin = Origin("a-topic-with-dashes", 0, 5)

    assert Origin.parse(str(origin)) == origin


@pytest.mark.parametrize("text", ["", "topic", "topic-1", "topic-a-b"])
def test_what_names_no_record_is_refused(text: str) -> None:
    with pytest.raises(BadSetting, match="names no record"):
        Origin.parse(text)


def test_a_dump_shows_offset_bytes_and_what_can_be_printed() -> None:
    assert hexdump(b"ok\x00\xff" + b"a" * 14) == [
        "00000000  6f 6b 00 ff 61 61 61 61 61 61 61 61 61 61 61 61  ok..aaaaaaaaaaaa",
        "00000010  61 61                                            aa",
    ]


def test_text_from_outside_cannot_command_the_terminal() -> None:
    assert without_controls("a\x1b[2J\nb没") == "a\\x1b[2J\\nb没"
