"""Bytes to events and back: what cannot be used comes out as a value, never as an exception."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import attrgetter
from typing import Annotated, Any, Final, Union, cast

import msgspec

from streamproc.events.base import EARLIEST_MS
from streamproc.events.limits import DAY_MS, Limits
from streamproc.events.malformed import malformation, screened
from streamproc.events.registry import EVENTS, TOPIC_OF, AnyEvent
from streamproc.events.rejected import Rejected, RejectReason

_ENCODER: Final = msgspec.json.Encoder()
_UNDECODABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)
"""What msgspec raises for bytes that are no event; UnicodeDecodeError is a ValueError."""
_QUOTABLE: Final = re.compile(r"[a-z_.]{1,80}")
_ANCIENT: Final = f">= {EARLIEST_MS}"
_HOST: Final = attrgetter("host_id")


class _Tagged(msgspec.Struct):
    type: str | None = None


class _Impossible(msgspec.Struct, tag_field="type", tag="\0"):
    """Stands beside the only event of a topic: msgspec asks for a tag only where it must choose."""

    never: Annotated[int, msgspec.Meta(ge=1, le=0)]


_TAGGED: Final = msgspec.json.Decoder(_Tagged)


def encode(event: AnyEvent) -> bytes:
    """The event as it is written to its topic: a JSON object without the fields unknown."""
    return _ENCODER.encode(event)


class Codec:
    """Decodes the records of one topic.

    Errors: none, for any bytes: they come out as :class:`Rejected`.
    """

    def __init__(self, topic: str) -> None:
        classes = EVENTS[topic]
        self._topic = topic
        choice: Any = Union[(*classes, _Impossible)]
        self._decode = msgspec.json.Decoder[AnyEvent](choice).decode
        self._limits = Limits[AnyEvent](classes)

    def decode(
        self, key: bytes | None, value: bytes | None, timestamp_ms: int
    ) -> AnyEvent | Rejected:
        """The event that a record holds, or why it holds none.

        Units: ``timestamp_ms`` is the record's own, by which the future is judged.
        """
        try:
            event = self._decode(screened([value])[0])
        except _UNDECODABLE as error:
            return self._unusable(value, error)
        return self._vetted(event, key, timestamp_ms)

    def decode_batch(
        self,
        keys: Sequence[bytes | None],
        values: Sequence[bytes | None],
        timestamps_ms: Sequence[int],
    ) -> list[AnyEvent | Rejected]:
        """What :meth:`decode` returns for each record, in less time.

        Shapes: three lists of one length, one record per place.
        """
        events, rejected = self._parsed(values)
        if not rejected:
            return self._all_vetted(events, keys, timestamps_ms)
        kept = [place for place in range(len(values)) if place not in rejected]
        vetted = iter(
            self._all_vetted(
                events, [keys[place] for place in kept], [timestamps_ms[place] for place in kept]
            )
        )
        return [rejected.get(place) or next(vetted) for place in range(len(values))]

    def _parsed(self, values: Sequence[bytes | None]) -> tuple[list[AnyEvent], dict[int, Rejected]]:
        """What msgspec makes of the values: the events in order, and by place what is none."""
        events: list[AnyEvent] = []
        rejected: dict[int, Rejected] = {}
        rest = map(self._decode, screened(values))
        while len(events) + len(rejected) < len(values):
            try:
                events.extend(rest)  # what came before an error stays
            except _UNDECODABLE as error:
                place = len(events) + len(rejected)
                rejected[place] = self._unusable(values[place], error)
        return events, rejected

    def _all_vetted(
        self,
        events: list[AnyEvent],
        keys: Sequence[bytes | None],
        timestamps_ms: Sequence[int],
    ) -> list[AnyEvent | Rejected]:
        """Each event as :meth:`_vetted` returns it, which is asked only where it may matter.

        Shapes: the list that was given, with what is rejected put in its place.
        """
        suspects = self._limits.breakers(events, min(timestamps_ms, default=0) + DAY_MS)
        if suspects or not _are_hosts(keys, events):
            suspects += _mismatched(keys, events)
        vetted = cast("list[AnyEvent | Rejected]", events)
        if suspects:
            places = {id(event): place for place, event in enumerate(events)}
            for place in sorted({places[id(suspect)] for suspect in suspects}):
                vetted[place] = self._vetted(events[place], keys[place], timestamps_ms[place])
        return vetted

    def _vetted(self, event: AnyEvent, key: bytes | None, timestamp_ms: int) -> AnyEvent | Rejected:
        """The event, if it keeps every limit and its key is its host."""
        for each in self._limits.of[type(event)]:
            if each.limit.breaks(each.get(event), timestamp_ms + DAY_MS):
                return Rejected(each.limit.reason, each.limit.detail)
        if not key:
            return Rejected(RejectReason.KEY_MISSING, "the record has no key")
        if key != event.host_id.encode():
            return Rejected(RejectReason.KEY_MISMATCH, "the record's key is not its host_id")
        return event

    def _unusable(self, value: bytes | None, error: Exception) -> Rejected:
        """Why msgspec could not make an event of a value."""
        if value is None:
            return Rejected(RejectReason.TOMBSTONE, "the record has no value")
        if (rejected := malformation(value)) is not None:
            return rejected
        try:
            tag = _TAGGED.decode(value).type
        except msgspec.ValidationError as no_tag:
            if "$.type" in str(no_tag):
                return Rejected(RejectReason.UNKNOWN_TYPE, "type: not a string")
            return Rejected(RejectReason.MALFORMED, "not a JSON object")
        except _UNDECODABLE as no_json:
            return Rejected(RejectReason.MALFORMED, str(no_json))
        return self._misfit(tag, str(error))

    def _misfit(self, tag: str | None, error: str) -> Rejected:
        """Why a JSON object of this type is no event of the topic."""
        if tag is None:
            return Rejected(RejectReason.UNKNOWN_TYPE, "type: missing")
        topic = TOPIC_OF.get(tag)
        if topic is None:
            quoted = tag if _QUOTABLE.fullmatch(tag) else "another text"
            return Rejected(RejectReason.UNKNOWN_TYPE, f"type: no event is {quoted}")
        if topic != self._topic:
            return Rejected(RejectReason.WRONG_TOPIC, f"type: {tag} belongs to {topic}")
        what, _, where = error.replace("`", "").partition(" - at $.")
        if where == "type":
            what = "given twice"
        reason = RejectReason.ANCIENT if _ANCIENT in what else RejectReason.INVALID
        return Rejected(reason, f"{where}: {what}" if where else what)


def _are_hosts(keys: Sequence[bytes | None], events: Sequence[AnyEvent]) -> bool:
    """Whether each key is its event's host.

    Shapes: no host has a line feed, so that what is joined by it can be cut in one way only.
    """
    try:
        joined = b"\n".join(cast("Sequence[bytes]", keys))
    except TypeError:  # a key is missing
        return False
    return joined == "\n".join(map(_HOST, events)).encode()


def _mismatched(keys: Sequence[bytes | None], events: Sequence[AnyEvent]) -> list[AnyEvent]:
    """The events whose key is not their host."""
    return [event for key, event in zip(keys, events, strict=True) if key != event.host_id.encode()]
