"""Values of the records about what comments mean: a version byte of each kind, then msgpack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from streamproc.program.keys import NUMBER_BYTES
from streamproc.tally.senses import Asked, MinuteSenses, Pair, SessionSenses
from streamproc.tally.session_sense import (
    Evidence,
    Fact,
    Pane,
    Sample,
    SessionSense,
    Spoken,
)

SENSE_VERSION: Final = 2
SENSE_WITHOUT_SPOKEN: Final = 1
"""A version that is read still: what host and staff said was not kept."""
SENSES_VERSION: Final = 1
ASKED_VERSION: Final = 1

AskedRow = tuple[str, str, int, list[int] | bytes, list[int] | bytes | None]
"""Label, subject, comments, users, and those of them who weigh (None: all)."""
_Evidence = tuple[str, str, list[Evidence]]
_Sense = tuple[
    int,
    list[str],
    list[Fact],
    list[Sample],
    list[_Evidence],
    int,
    dict[int, int],
    dict[str, int | list[int]],
]
_SenseSpoken = tuple[
    int,
    list[str],
    list[Fact],
    list[Sample],
    list[_Evidence],
    int,
    dict[int, int],
    dict[str, int | list[int]],
    list[Spoken],
]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_without: Final = msgspec.msgpack.Decoder(_Sense).decode
_decode_sense: Final = msgspec.msgpack.Decoder(_SenseSpoken).decode
_decode_senses: Final = msgspec.msgpack.Decoder(tuple[int, list[AskedRow]]).decode
_decode_asked: Final = msgspec.msgpack.Decoder(list[AskedRow]).decode

# Who asked is passed over.
_CountedRow = tuple[str, str, int, msgspec.Raw, msgspec.Raw]
_decode_senses_counted: Final = msgspec.msgpack.Decoder(tuple[int, list[_CountedRow]]).decode
_decode_asked_counted: Final = msgspec.msgpack.Decoder(list[_CountedRow]).decode


def pack_sense(sense: SessionSense) -> bytes:
    """The value of what is kept of single comments."""
    pane = sense.pane
    evidence = [(*pair, each) for pair, each in sense.kept().items()]
    told = (sense.unexplained, sense.versions, sense.facts, sense.samples, evidence)
    rest = (pane.number, pane.users, pane.bursts, sense.spoken)
    return bytes((SENSE_VERSION,)) + _encode((*told, *rest))


def unpack_sense(key: bytes, value: bytes) -> SessionSense:
    """What is kept of single comments, of a record."""
    sense = SessionSense(key)
    if value[0] == SENSE_WITHOUT_SPOKEN:
        told = _decode_without(value[1:])
    else:
        *told, sense.spoken = _decode_sense(value[1:])
    sense.unexplained, sense.versions, sense.facts, sense.samples = told[:4]
    sense.evidence = {(label, subject): each for label, subject, each in told[4]}
    sense.pane = Pane(*told[5:])
    return sense


def pack_senses(senses: MinuteSenses) -> bytes:
    """The value of what was asked in a minute."""
    return bytes((SENSES_VERSION,)) + _encode((senses.unexplained, _rows(senses.everything())))


def unpack_senses(key: bytes, value: bytes) -> MinuteSenses:
    """What was asked in a minute, of a record."""
    unexplained, rows = _decode_senses(value[1:])
    number = int.from_bytes(key[-NUMBER_BYTES:], "big")
    return MinuteSenses(key, number, _of_rows(rows), unexplained)


def asked_rows(value: bytes) -> list[AskedRow]:
    """What was asked in a minute as it is written, of a value."""
    return _decode_senses(value[1:])[1]


def senses_comments(value: bytes) -> dict[Pair, int]:
    """How many comments of a minute asked what, of a value; without who did."""
    return _counted(_decode_senses_counted(value[1:])[1])


def asked_comments(value: bytes) -> dict[Pair, int]:
    """The same of a session, but for its open minute."""
    return _counted(_decode_asked_counted(value[1:]))


def _counted(rows: list[_CountedRow]) -> dict[Pair, int]:
    return {(label, subject): comments for label, subject, comments, _, _ in rows}


def pack_asked(senses: SessionSenses) -> bytes:
    """The value of what was asked in a session, but for its open minute."""
    return bytes((ASKED_VERSION,)) + _encode(_rows(senses.asked))


def unpack_asked(key: bytes, value: bytes) -> SessionSenses:
    """What was asked in a session, of a record."""
    return SessionSenses(key, _of_rows(_decode_asked(value[1:])))


def _rows(asked: Mapping[Pair, Asked]) -> list[AskedRow]:
    return [(*pair, *each.pack()) for pair, each in asked.items()]


def _of_rows(rows: list[AskedRow]) -> dict[Pair, Asked]:
    return {
        (label, subject): Asked.unpack((comments, users, weighed))
        for label, subject, comments, users, weighed in rows
    }
