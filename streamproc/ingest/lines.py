"""One line at a time: the record that it makes, or what is wrong and what to do."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from streamproc.errors import without_controls
from streamproc.events.base import EARLIEST_MS
from streamproc.events.codec import Codec
from streamproc.events.limits import DAY_MS
from streamproc.events.registry import INPUT_TOPICS, TOPIC_OF
from streamproc.events.rejected import Rejected, RejectReason
from streamproc.ingest.cutting import LONGEST_LINE_BYTES

_SPACE: Final = b" \t\r\n"
_LONGEST_QUOTE: Final = 80
_LONGEST_WORDS: Final = 400
_ONE_OBJECT: Final = "write one event as one JSON object on one line, in UTF-8"
_TIMESTAMP_HINT: Final = "give it in milliseconds since 1970, UTC, or leave it out"
LATEST_MS: Final = 253_370_764_800_000 - 1 - DAY_MS
"""Of the years before 9999 all that follows from an event can be shown in any time zone."""
_HINTS: Final[dict[RejectReason, str]] = {
    RejectReason.TOMBSTONE: _ONE_OBJECT,
    RejectReason.TOO_LARGE: "an event has at most 64 KiB; leave out what is no field of it",
    RejectReason.MALFORMED: _ONE_OBJECT,
    RejectReason.UNKNOWN_TYPE: f'give "type", one of {", ".join(sorted(TOPIC_OF))}',
    RejectReason.WRONG_TOPIC: "leave the topic out; the type tells it",
    RejectReason.ANCIENT: "give times in milliseconds since 1970, not seconds",
    RejectReason.INVALID: "correct the field; topics/schemas and topics/examples show each event",
    RejectReason.KEY_MISSING: "give host_id, which is the key",
    RejectReason.KEY_MISMATCH: "leave the key out; host_id is the key",
    RejectReason.FUTURE: "give times in milliseconds, UTC, and check the clock of the source",
}


class Record(NamedTuple):
    """An event for its topic, as bytes.

    Units: ``timestamp_ms`` is the record's own where a recording tells it.
    """

    topic: str
    key: bytes
    value: bytes
    timestamp_ms: int | None = None


class Unusable(NamedTuple):
    """What a bad line would be in its topic. Shapes: no codec takes it. Units: as in :class:`Record`."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None = None


class BadLine(NamedTuple):
    """A line that makes no record, in words that fit a screen and that no terminal obeys."""

    what: str
    hint: str

    @classmethod
    def of(cls, rejected: Rejected) -> BadLine:
        """What the codec said, and what to do."""
        return cls(
            _shown(f"{rejected.reason}: {rejected.detail}", _LONGEST_WORDS),
            _HINTS[rejected.reason],
        )


class _Head(msgspec.Struct):
    """What tells where a line belongs; any type, as the codec judges them."""

    type: Any = None
    host_id: Any = None
    topic: Any = None
    key: Any = None
    value: Any = None
    timestamp_ms: Any = None


class LineReader:
    """Makes records of lines.

    Shapes: a line is an event object, or a record ``{"topic", "key", "value", "timestamp_ms"}`` as
    ``streamproc simulate --to`` writes it; the last may be missing. ``is_recording``: it is believed, and
    what a record is judged by; else it tells nothing, for the record gets another one.
    """

    def __init__(self, *, is_recording: bool = False) -> None:
        self._is_recording = is_recording
        self._codecs: dict[str, Codec] = {}
        self._head = msgspec.json.Decoder(_Head)

    def read(self, line: bytes, now_ms: int) -> Record | BadLine | None:
        """The record of a line; None for an empty one.

        Units: ``now_ms`` is what the record's timestamp will be, by which the future is judged, unless the
            line tells it.
        """
        if len(line) > LONGEST_LINE_BYTES:
            what = f"the line is longer than {LONGEST_LINE_BYTES} bytes, which no event needs"
            return BadLine.of(Rejected(RejectReason.TOO_LARGE, what))
        value = line.strip(_SPACE)
        if not value:
            return None
        head = self._parsed(value)
        if isinstance(head, BadLine):
            return head
        if head.type is None and isinstance(head.topic, str):
            return self._unwrapped(head, now_ms)
        return self._event(head, value, now_ms)

    def unusable(self, line: bytes) -> Unusable | None:
        """The record of a line that :meth:`read` found bad; None: it does not tell its topic."""
        if len(line) > LONGEST_LINE_BYTES:
            return None
        value = line.strip(_SPACE)
        head = self._parsed(value)
        if isinstance(head, BadLine):
            return None
        if head.type is None and isinstance(head.topic, str):
            text = head.value
            held = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else None
            return _unusable(head.topic, head.key, held, self._timestamp_ms(head))
        topic = TOPIC_OF.get(head.type) if isinstance(head.type, str) else None
        return None if topic is None else _unusable(topic, head.host_id, value)

    def _parsed(self, value: bytes) -> _Head | BadLine:
        try:
            return self._head.decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            return BadLine.of(Rejected(RejectReason.MALFORMED, str(error)))

    def _unwrapped(self, record: _Head, now_ms: int) -> Record | BadLine:
        """The event inside a record, which must be where the record says."""
        if not isinstance(record.value, str):
            return BadLine("the record holds no event: it has no text as value", _ONE_OBJECT)
        value = record.value.encode("utf-8", "surrogatepass")
        head = self._parsed(value)
        if isinstance(head, BadLine):
            return head
        timestamp_ms = self._timestamp_ms(record)
        if timestamp_ms is None and self._is_recording and record.timestamp_ms is not None:
            return BadLine("timestamp_ms is no time", _TIMESTAMP_HINT)
        found = self._event(head, value, now_ms if timestamp_ms is None else timestamp_ms)
        if isinstance(found, BadLine):
            return found
        if found.topic != record.topic:
            what = f"{RejectReason.WRONG_TOPIC}: {head.type} belongs to {found.topic}"
            return BadLine(what, _HINTS[RejectReason.WRONG_TOPIC])
        if record.key != head.host_id:
            reason = RejectReason.KEY_MISMATCH if record.key else RejectReason.KEY_MISSING
            return BadLine(f"{reason}: the record's key is not its host_id", _HINTS[reason])
        return found._replace(timestamp_ms=timestamp_ms)

    def _timestamp_ms(self, record: _Head) -> int | None:
        """When a record was written; None: it does not tell, or no time."""
        told = record.timestamp_ms
        is_time = type(told) is int and EARLIEST_MS <= told <= LATEST_MS
        return told if self._is_recording and is_time else None

    def _event(self, head: _Head, value: bytes, now_ms: int) -> Record | BadLine:
        topic = TOPIC_OF.get(head.type) if isinstance(head.type, str) else None
        if topic is None:
            what = f"no event has the type {_quoted(head.type)}"
            return BadLine.of(Rejected(RejectReason.UNKNOWN_TYPE, what))
        codec = self._codecs.get(topic)
        if codec is None:
            codec = self._codecs[topic] = Codec(topic)
        key = head.host_id.encode() if isinstance(head.host_id, str) else b""
        event = codec.decode(key, value, now_ms)
        if isinstance(event, Rejected):
            return BadLine.of(event)
        return Record(topic, key, value)


def _unusable(
    topic: str, key: object, value: bytes | None, timestamp_ms: int | None = None
) -> Unusable | None:
    known = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else None
    return Unusable(topic, known, value, timestamp_ms) if topic in INPUT_TOPICS else None


def _quoted(found: object) -> str:
    """What stands in a line, short."""
    if isinstance(found, str):
        return repr(_shown(found, _LONGEST_QUOTE))
    return "null" if found is None else "that is no text"  # it may be a list of any depth


def _shown(text: str, longest: int) -> str:
    """The begin of a text, each character of which can be printed."""
    begin = text if len(text) <= longest else f"{text[:longest]}.."
    return without_controls(begin)
