"""Values of the state: a version byte, then msgpack.

A record of a higher version was written by a newer program: it is refused, never guessed at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn

import msgspec

from streamproc.errors import NewerState
from streamproc.program.keys import NUMBER_BYTES, SEPARATOR, TOPIC_OF_CODE, Kind
from streamproc.tally.figures import FIGURES, Figures
from streamproc.tally.lines import Line
from streamproc.tally.panes import Minute
from streamproc.tally.profiles import Profile
from streamproc.tally.sessions import Online, Session

VERSION: Final = 1
"""Of every kind so far."""

_VERSION: Final = bytes((VERSION,))

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_any: Final = msgspec.msgpack.Decoder().decode
_decode_line: Final = msgspec.msgpack.Decoder(Line).decode
_decode_profile: Final = msgspec.msgpack.Decoder(Profile).decode
_decode_hashes: Final = msgspec.msgpack.Decoder(list[int]).decode


def pack_line(line: Line) -> bytes:
    """The value of a line."""
    return _VERSION + _encode(line)


def unpack_line(value: bytes) -> Line:
    """The line of a value."""
    return _decode_line(value[1:])


def pack_session(session: Session) -> bytes:
    """The value of a session."""
    return _VERSION + _encode((session.seen_ms, session.late, session.totals.row(), session.online))


def unpack_session(key: bytes, value: bytes) -> Session:
    """The session of a record."""
    seen_ms, late, totals, online = _decode_any(value[1:])
    return Session(
        key,
        key[key.rindex(SEPARATOR) + 1 :].decode(),
        FIGURES[TOPIC_OF_CODE[key[1]]].of(totals),
        seen_ms,
        late,
        None if online is None else Online(*online),
    )


def pack_minute(minute: Minute) -> bytes:
    """The value of a minute."""
    return _VERSION + _encode([None if pane is None else pane.row() for pane in minute.panes])


def unpack_minute(key: bytes, value: bytes, figures: type[Figures]) -> Minute:
    """The minute of a record."""
    rows = _decode_any(value[1:])
    number = int.from_bytes(key[-NUMBER_BYTES:], "big")
    return Minute(key, number, [None if row is None else figures.of(row) for row in rows])


def pack_block(hashes: list[int]) -> bytes:
    """The value of a block of hashes."""
    return _VERSION + _encode(hashes)


def unpack_block(value: bytes) -> list[int]:
    """The hashes of a block, in arrival order."""
    return _decode_hashes(value[1:])


def pack_profile(profile: Profile) -> bytes:
    """The value of a profile."""
    return _VERSION + _encode(profile)


def unpack_profile(value: bytes) -> Profile:
    """The profile of a value."""
    return _decode_profile(value[1:])


PACK: Final[dict[int, Callable[[Any], bytes]]] = {
    Kind.SESSION: pack_session,
    Kind.MINUTE: pack_minute,
}
"""Kind -> how an open record of it becomes bytes; what is missing is never held open."""


def refuse(key: bytes, value: bytes) -> NoReturn:
    """Refuse a record that this version cannot read.

    Errors: ``NewerState``, always.
    """
    known = key[0] in {kind.value for kind in Kind}
    kind = Kind(key[0]).name.lower() if known else f"unknown ({key[0]}, topic {key[1]})"
    what = f"the state holds a {kind} record of version {value[0]}; this program knows {VERSION}"
    raise NewerState(
        what,
        where=f"record kind {kind}",
        hint="start the newer version again, or rebuild the state with this one",
    )
