from __future__ import annotations

import io

import msgspec
import pytest

from streamproc.events.malformed import LARGEST_BYTES
from streamproc.ingest.cutting import LONGEST_LINE_BYTES
from streamproc.ingest.lines import BadLine, LineReader, Record, Unusable
from streamproc.simulate.generator import Broadcast
from streamproc.simulate.recording import write_records
from tests.log_records import T0, LogBuilder
from tests.simulated import END_MS, options, small_scenario

GOOD = (
    LogBuilder().paid().comment().event("viewer.joined").event("room.ended").profile("阿珍").records
)


def test_each_event_goes_to_the_topic_of_its_type_with_its_host_as_key() -> None:
    reader = LineReader()

    for record in GOOD:
        assert record.value is not None
        assert reader.read(record.value, T0) == Record(record.topic, b"h-1", record.value)


def test_space_around_an_event_and_empty_lines_are_nothing() -> None:
    value = GOOD[0].value or b""

    assert LineReader().read(b"  " + value + b"\r\n", T0) == Record("live.orders.v1", b"h-1", value)
    assert LineReader().read(b" \r\n", T0) is None


def changed(**fields: object) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(GOOD[0].value or b""), **fields})


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"{", "malformed"),
        (b"[1]", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b"{}", "unknown_type"),
        (changed(type=7), "unknown_type"),
        (changed(type="order.teleported"), "unknown_type"),
        (changed(paid_minor=-1), "invalid: paid_minor"),
        (changed(host_id=None), "invalid: host_id"),
        (changed(occurred_at_ms=T0 // 1000), "ancient"),
        (changed(occurred_at_ms=T0 + 90_000_000), "future"),
        (changed(padding="x" * 70_000), "too_large"),
    ],
)
def test_a_line_that_makes_no_event_is_told_with_what_to_do(line: bytes, what: str) -> None:
    found = LineReader().read(line, T0)

    assert isinstance(found, BadLine)
    assert found.what.startswith(what)
    assert found.hint


@pytest.mark.parametrize(
    "line",
    [
        changed(type="order.paid" * 30_000),
        changed(type="\x1b[2J\u202e\n" * 50),
        b'{"type":' + b"[" * 900 + b"]" * 900 + b"}",
        changed(**{"x" * 60_000: 1}, quantity="1"),
        b"{" + b"\x1b" * 60_000,
    ],
)
def test_what_is_told_of_a_bad_line_fits_a_screen_and_can_be_printed(line: bytes) -> None:
    found = LineReader().read(line, T0)

    assert isinstance(found, BadLine)
    assert len(found.what) < 1_000
    assert found.what.isprintable()


def test_of_an_unknown_type_the_begin_is_quoted() -> None:
    found = LineReader().read(changed(type="t" * 300_000), T0)

    assert isinstance(found, BadLine)
    assert found.what == f"unknown_type: no event has the type '{'t' * 80}..'"


def test_an_event_of_the_largest_size_is_read_from_a_record_that_escapes_every_byte() -> None:
    value = changed(padding="")
    value = changed(padding="x" * (LARGEST_BYTES - len(value)))
    escaped = "".join(f"\\u{byte:04x}" for byte in value).encode()
    record = b'{"topic":"live.orders.v1","key":"h-1","value":"' + escaped + b'"}'

    assert LineReader().read(record, T0) == Record("live.orders.v1", b"h-1", value)


def test_a_line_longer_than_the_longest_is_told_with_the_limit() -> None:
    found = LineReader().read(b" " * (LONGEST_LINE_BYTES + 1), T0)

    assert isinstance(found, BadLine)
    assert found.what.startswith(f"too_large: the line is longer than {LONGEST_LINE_BYTES} bytes")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"topic": "live.rooms.v1"}, "wrong_topic"),
        ({"key": "h-2"}, "key_mismatch"),
        ({"key": None}, "key_missing"),
        ({"value": None}, "the record holds no event"),
        ({"value": "{"}, "malformed"),
    ],
)
def test_a_record_must_be_where_it_says(change: dict[str, object], what: str) -> None:
    record = {"topic": "live.orders.v1", "key": "h-1", "value": (GOOD[0].value or b"").decode()}

    assert isinstance(LineReader().read(msgspec.json.encode(record), T0), Record)
    found = LineReader().read(msgspec.json.encode({**record, **change}), T0)
    assert isinstance(found, BadLine)
    assert found.what.startswith(what)


def test_what_the_simulator_writes_to_a_file_is_read_back_without_its_garbage() -> None:
    with_garbage = options(garbage=0.05, seconds=300)
    file = io.BytesIO()
    totals = write_records(small_scenario(), with_garbage, file)
    reader = LineReader()

    found = [reader.read(line, END_MS) for line in file.getvalue().splitlines()]

    good = [each for each in found if isinstance(each, Record)]
    sent = [
        each
        for each in Broadcast(small_scenario(), with_garbage).emissions()
        if each.label == "valid"
    ]
    assert [(each.topic, each.key, each.value) for each in good] == [
        (each.topic, each.key, each.value) for each in sent
    ]
    assert len(found) - len(good) == totals.count("garbage:")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", None),
        (changed(type=7), None),
        (changed(host_id=None), Unusable("live.orders.v1", None, changed(host_id=None))),
        (changed(paid_minor=-1), Unusable("live.orders.v1", b"h-1", changed(paid_minor=-1))),
        (b'{"topic":"live.viewers.v1","key":"k"}', Unusable("live.viewers.v1", b"k", None)),
        (b'{"topic":"live.rooms.v1","value":"{"}', Unusable("live.rooms.v1", None, b"{")),
        (b'{"topic":"live.dogs.v1","key":"k","value":"{"}', None),
    ],
)
def test_a_bad_line_is_the_record_that_it_would_be_in_its_topic(
    line: bytes, expected: Unusable | None
) -> None:
    assert isinstance(LineReader().read(line, T0), BadLine)
    assert LineReader().unusable(line) == expected


def test_when_a_record_was_written_tells_nothing_of_one_that_is_sent_now() -> None:
    value = changed(occurred_at_ms=T0 + 2 * 86_400_000)
    body = {"topic": GOOD[0].topic, "key": "h-1", "value": value.decode()}
    old, odd = ({**body, "timestamp_ms": each} for each in (T0, "now"))
    now_ms = T0 + 3 * 86_400_000

    for each in (old, odd):
        found = LineReader().read(msgspec.json.encode(each), now_ms)
        assert found == Record(GOOD[0].topic, b"h-1", value)


def test_a_line_too_long_to_be_read_is_no_record_whatever_is_in_it() -> None:
    body = {"topic": GOOD[0].topic, "key": "h-1", "value": (GOOD[0].value or b"").decode()}
    line = msgspec.json.encode({**body, "more": "x" * LONGEST_LINE_BYTES})

    assert isinstance(LineReader().read(line, T0), BadLine)
    assert LineReader().unusable(line) is None
