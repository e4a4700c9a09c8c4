"""Frames of the stream of events: what changed since a revision, encoded once for all who follow the same.

Whoever follows rooms by name gets their whole tallies and curves too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import json

from streamproc.board.hall import Hall, Room
from streamproc.board.subscriptions import Subscription

CARDS_PER_EVENT: Final = 100

_encode: Final = json.Encoder().encode


def event(name: bytes, data: bytes) -> bytes:
    """One event without an id. Shapes: ``data`` is JSON, so that it holds no line end."""
    return b"event: %b\ndata: %b\n\n" % (name, data)


def marked(chunk: bytes, event_id: str) -> bytes:
    """A chunk of events whose last one carries the id: whoever has part of a chunk asks for it again."""
    return b"%bid: %b\n\n" % (chunk[:-1], event_id.encode())


def changes(hall: Hall, subscription: Subscription, since: int) -> bytes:
    """Everything that changed after a revision; empty if nothing did."""
    rooms = [room for room in _rooms(hall, subscription) if room.revision > since]
    parts = [_cards(hall, rooms[at : at + CARDS_PER_EVENT]) for at in _starts(rooms)]
    if subscription is not None:
        parts += [event(b"tally", room.tally_json) for room in rooms if room.tally_revision > since]
        parts += [part for room in rooms for part in _minutes(room, since)]
    parts += [
        event(b"alert", held.json)
        for room in rooms
        for held in room.alerts.values()
        if held.revision > since and (since > 0 or held.open)
    ]
    parts += [
        event(b"gone", _encode({"host_id": host_id}))
        for revision, host_id in hall.gone
        if revision > since
        and host_id not in hall.rooms
        and (subscription is None or host_id in subscription)
        and since > 0
    ]
    return b"".join(parts)


def _rooms(hall: Hall, subscription: Subscription) -> Iterable[Room]:
    if subscription is None:
        return hall.rooms.values()
    return [hall.rooms[host_id] for host_id in sorted(subscription) if host_id in hall.rooms]


def _starts(rooms: list[Room]) -> range:
    return range(0, len(rooms), CARDS_PER_EVENT)


def _cards(hall: Hall, rooms: list[Room]) -> bytes:
    cards = b",".join(room.card_json for room in rooms)
    return event(b"cards", b'{"as_of_ms":%d,"items":[%b]}' % (hall.as_of_ms, cards))


def _minutes(room: Room, since: int) -> Iterator[bytes]:
    at = sorted(each for each, revision in room.minute_revision.items() if revision > since)
    if at:
        minutes = b",".join(room.minute_json[each] for each in at)
        head = b'{"host_id":%b,"session_id":%b' % (
            _encode(room.tally.host_id),
            _encode(room.session_id),
        )
        yield event(b"curve", b'%b,"minutes":[%b]}' % (head, minutes))
