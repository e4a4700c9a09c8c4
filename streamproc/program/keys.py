"""Keys of the state: kind, owning topic, then ids, each record owned by one topic or by the clock.

==========  ==================================================  ================================
kind        key behind the kind and topic bytes                 value
==========  ==================================================  ================================
1 line      host 00 order                                       the facts of an order's lines
2 session   host 00 session                                     totals, late, what else was told
3 minute    host 00 session 00 minute (8 bytes)                 panes, unique counts, readings
4 seen      host 00 bucket (8 bytes) block (8 bytes)            up to 32 hashes of event ids
5 profile   host 00 valid from (8 bytes)                        name and place of a host
6 people    host 00 session                                     unique counts, see below
7 sense     host 00 session                                     single comments that are kept
8 senses    host 00 session 00 minute (8 bytes)                 what was asked in a minute
9 asked     host 00 session                                     what was asked, see below
10 floor    host 00 session                                     what is for sale
11 pulse    host 00 session                                     the newest samples of instruments
12 sold     host 00 session 00 minute (8 bytes)                 what was sold in a minute
13 alert    host 00 session 00 kind 00 subject                  an alert as it stands
14 outbox   host 00 session 00 alert id 00 number (8 bytes)     a step of one that may not be out
15 rejected host 00 session, either may be empty                how many records cannot be used
16 watching host 00 session                                     who was online, as a sum
17 attempt  host 00 session 00 hash of attempt id (8 bytes)     that it was told of
==========  ==================================================  ================================

Unique counts of a session are those of its ``people`` record and those of its open minute, the one
of its ``seen_ms``: its members join ``people`` when a later one opens. So it is with ``asked`` and the
``senses`` of the open minute, but for what there was no room for.

The watermark of a host in a topic has no record: it is the greatest ``seen_ms`` of its sessions
(of its profiles, in the hosts topic). A session may be forgotten only when the watermark is far
past it, so the one that holds the watermark stays.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

SEPARATOR: Final = b"\0"
"""Between ids: no id holds it."""

HEAD_BYTES: Final = 2
"""Length of the kind and the owner, which every key begins with."""

NUMBER_BYTES: Final = 8


class Kind(IntEnum):
    """Kind of a record: the first byte of its key. Never 0, which is the engine's."""

    LINE = 1
    SESSION = 2
    MINUTE = 3
    SEEN = 4
    PROFILE = 5
    PEOPLE = 6
    SENSE = 7
    SENSES = 8
    ASKED = 9
    FLOOR = 10
    PULSE = 11
    SOLD = 12
    ALERT = 13
    OUTBOX = 14
    REJECTED = 15
    WATCHING = 16
    ATTEMPT = 17


CLOCK: Final = "clock"
"""Owns what is written when the clock moves, and not by any topic."""


TOPIC_CODES: Final[dict[str, int]] = {
    "live.orders.v1": 1,
    "live.comments.v1": 2,
    "live.viewers.v1": 3,
    "live.rooms.v1": 4,
    "live.hosts.v1": 5,
    CLOCK: 6,
}
"""Owner -> the byte that names it in a key; written once, never given to another one."""

TOPIC_OF_CODE: Final[dict[int, str]] = {code: topic for topic, code in TOPIC_CODES.items()}

_NUMBERS: Final = {
    Kind.LINE: 0,
    Kind.SESSION: 0,
    Kind.MINUTE: 1,
    Kind.SEEN: 2,
    Kind.PROFILE: 1,
    Kind.PEOPLE: 0,
    Kind.SENSE: 0,
    Kind.SENSES: 1,
    Kind.ASKED: 0,
    Kind.FLOOR: 0,
    Kind.PULSE: 0,
    Kind.SOLD: 1,
    Kind.ALERT: 0,
    Kind.OUTBOX: 1,
    Kind.REJECTED: 0,
    Kind.WATCHING: 0,
    Kind.ATTEMPT: 1,
}
"""How many numbers end the keys of a kind."""


class Parsed(NamedTuple):
    """A key taken apart. Shapes: ``ids`` behind the host, then ``numbers``, by kind."""

    kind: Kind
    topic: str
    host_id: str
    ids: tuple[str, ...]
    numbers: tuple[int, ...]


def head(kind: Kind, topic: str) -> bytes:
    """What all keys of one kind and topic begin with; the host and a separator follow."""
    return bytes((kind, TOPIC_CODES[topic]))


def number(value: int) -> bytes:
    """A number as keys hold it."""
    return value.to_bytes(NUMBER_BYTES, "big")


def parse(key: bytes) -> Parsed:
    """A key of ours taken apart."""
    kind = Kind(key[0])
    end = len(key) - NUMBER_BYTES * _NUMBERS[kind]
    host, *ids = key[2:end].decode().split("\0")
    numbers = tuple(
        int.from_bytes(key[at : at + NUMBER_BYTES], "big")
        for at in range(end, len(key), NUMBER_BYTES)
    )
    # Only ids that are followed by a number end in a separator.
    return Parsed(kind, TOPIC_OF_CODE[key[1]], host, tuple(each for each in ids if each), numbers)
