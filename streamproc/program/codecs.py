"""Values of the state: a version byte, then msgpack.

A record of another version is refused, never guessed at: a higher one was written by a newer
program, of a lower one the state must be rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import methodcaller
from typing import Any, Final, NoReturn

import msgspec

from streamproc.errors import NewerState, OlderState
from streamproc.program.alert_codec import ALERT_VERSION, OUTBOX_VERSION
from streamproc.program.expiry import STAMP_BYTES, day_of_stamp, stamp
from streamproc.program.floor_codec import (
    FLOOR_OF_FEW,
    FLOOR_VERSION,
    PULSE_VERSION,
    SOLD_BY_PANE,
    SOLD_OF_FEW,
    SOLD_VERSION,
    pack_floor,
    pack_pulse,
    pack_sold,
)
from streamproc.program.keys import NUMBER_BYTES, SEPARATOR, TOPIC_OF_CODE, Kind
from streamproc.program.rejected_codec import REJECTED_VERSION
from streamproc.program.sense_codec import (
    ASKED_VERSION,
    SENSE_VERSION,
    SENSE_WITHOUT_SPOKEN,
    SENSES_VERSION,
    pack_asked,
    pack_sense,
    pack_senses,
)
from streamproc.program.watching_codec import (
    WATCHING_VERSION,
    WATCHING_WITHOUT_HOLDS,
    pack_watching,
)
from streamproc.tally.figures import FIGURES, Figures
from streamproc.tally.lifecycle import Lifecycle
from streamproc.tally.panes import Minute
from streamproc.tally.people import Members, People
from streamproc.tally.profiles import Profile
from streamproc.tally.sessions import Online, Peak, PlatformOrders, Session, Told

VERSION: Final = 2
"""Of every kind that has none of its own."""

ATTEMPT_VERSION: Final = 1
LINE_VERSION: Final = 3
LINE_WITHOUT_REASON: Final = 2
"""A version that is read still: of requests it kept neither the reason nor whether they were late."""
SESSION_VERSION: Final = 6
SESSION_WITHOUT_TURNS: Final = 5
"""A version that is read still: of the turns of a broadcast it kept the last of each kind only."""
SESSION_WITHOUT_BEGIN: Final = 4
"""A version that is read still: it did not keep when the session began."""
SESSION_LAST_COUNTED: Final = 3
"""A version that is read still: of the platform's totals it kept the last ones only."""
SESSION_IN_PART: Final = 2
"""A version that is read still: of its events less was kept than is now."""

VERSION_OF: Final[dict[int, int]] = {
    **dict.fromkeys(Kind, VERSION),
    Kind.LINE: LINE_VERSION,
    Kind.SESSION: SESSION_VERSION,
    Kind.SENSE: SENSE_VERSION,
    Kind.SENSES: SENSES_VERSION,
    Kind.ASKED: ASKED_VERSION,
    Kind.FLOOR: FLOOR_VERSION,
    Kind.PULSE: PULSE_VERSION,
    Kind.SOLD: SOLD_VERSION,
    Kind.ALERT: ALERT_VERSION,
    Kind.OUTBOX: OUTBOX_VERSION,
    Kind.REJECTED: REJECTED_VERSION,
    Kind.WATCHING: WATCHING_VERSION,
    Kind.ATTEMPT: ATTEMPT_VERSION,
}
"""Kind -> the version that this program writes."""

READ: Final = frozenset(
    (
        *VERSION_OF.items(),
        (int(Kind.SESSION), SESSION_IN_PART),
        (int(Kind.SESSION), SESSION_LAST_COUNTED),
        (int(Kind.SESSION), SESSION_WITHOUT_BEGIN),
        (int(Kind.SESSION), SESSION_WITHOUT_TURNS),
        (int(Kind.SENSE), SENSE_WITHOUT_SPOKEN),
        (int(Kind.FLOOR), FLOOR_OF_FEW),
        (int(Kind.SOLD), SOLD_OF_FEW),
        (int(Kind.SOLD), SOLD_BY_PANE),
        (int(Kind.LINE), LINE_WITHOUT_REASON),
        (int(Kind.WATCHING), WATCHING_WITHOUT_HOLDS),
    )
)
"""Kinds and versions that this program reads."""

_VERSION: Final = bytes((VERSION,))
_SESSION: Final = bytes((SESSION_VERSION,))

_encode: Final = msgspec.msgpack.Encoder().encode

Columns = tuple[list[list[Any] | None], list[bytes | None], bytes | None]
"""A minute as it is written."""


class _Session(msgspec.Struct, array_like=True):
    """A session as it is written; earlier versions lack what has a default here."""

    seen_ms: int
    late: int
    totals: list[Any]
    online: Online | None
    peak: Peak | None
    views_total: int | None
    viewers_total: int | None
    lifecycle: Lifecycle | None
    platform_orders: PlatformOrders | None
    whole: bool = False
    counted_before: Sequence[PlatformOrders] = ()
    begun_ms: int = 0


_decode_session: Final = msgspec.msgpack.Decoder(_Session).decode
_decode_minute: Final = msgspec.msgpack.Decoder(Columns).decode
_decode_people: Final = msgspec.msgpack.Decoder(list[bytes | None]).decode
_decode_profile: Final = msgspec.msgpack.Decoder(Profile).decode
_decode_hashes: Final = msgspec.msgpack.Decoder(list[int]).decode


def pack_session(session: Session) -> bytes:
    """The value of a session."""
    totals = session.totals
    sums, told, before = totals.columns(totals), session.told, session.counted_before
    row = (session.seen_ms, session.late, sums, *told, session.whole, before, session.begun_ms)
    return _SESSION + _encode(row) + stamp(session.since)


def unpack_session(key: bytes, value: bytes) -> Session:
    """The session of a record."""
    row = _decode_session(value[1:-STAMP_BYTES])
    return Session(
        key,
        key[key.rindex(SEPARATOR) + 1 :].decode(),
        FIGURES[TOPIC_OF_CODE[key[1]]].of(row.totals),
        row.seen_ms,
        row.late,
        Told(
            row.online,
            row.peak,
            row.views_total,
            row.viewers_total,
            row.lifecycle,
            row.platform_orders,
        ),
        day_of_stamp(value),
        row.whole,
        row.counted_before,
        row.begun_ms,
    )


def pack_minute(minute: Minute) -> bytes:
    """The value of a minute."""
    rows = [pane and pane.columns(pane) for pane in minute.panes]
    body = (rows, minute.members.pack(), minute.packed_readings())
    return _VERSION + _encode(body) + stamp(minute.since)


def minute_rows(value: bytes) -> Columns:
    """The minute of a value as it is written: rows of panes, packed counts, packed readings."""
    rows: Columns = _decode_minute(value[1:-STAMP_BYTES])
    return rows


def unpack_minute(key: bytes, value: bytes, figures: type[Figures]) -> Minute:
    """The minute of a record."""
    rows, members, readings = minute_rows(value)
    number = int.from_bytes(key[-NUMBER_BYTES:], "big")
    panes = [None if row is None else figures.of(row) for row in rows]
    since = day_of_stamp(value)
    return Minute(key, number, Members(len(members), members), since, panes, readings)


def pack_people(people: People) -> bytes:
    """The value of the unique counts of a session."""
    return _VERSION + _encode(people.members.pack())


def unpack_people(key: bytes, value: bytes) -> People:
    """The unique counts of a session, of a record."""
    members = _decode_people(value[1:])
    return People(key, Members(len(members), members))


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
    # The codec of orders stands on this one, so an open order packs itself.
    Kind.LINE: methodcaller("pack"),
    Kind.SESSION: pack_session,
    Kind.MINUTE: pack_minute,
    Kind.PEOPLE: pack_people,
    Kind.SENSE: pack_sense,
    Kind.SENSES: pack_senses,
    Kind.ASKED: pack_asked,
    Kind.FLOOR: pack_floor,
    Kind.PULSE: pack_pulse,
    Kind.SOLD: pack_sold,
    Kind.WATCHING: pack_watching,
}
"""Kind -> how an open record of it becomes bytes; what is missing is never held open."""


def refuse(key: bytes, value: bytes) -> NoReturn:
    """Refuse a record that this version cannot read.

    Errors: ``OlderState`` for a lower version of a kind that is known, else ``NewerState``.
    """
    version = VERSION_OF.get(key[0], VERSION)
    known = key[0] in VERSION_OF
    kind = Kind(key[0]).name.lower() if known else f"unknown ({key[0]}, topic {key[1]})"
    what = f"the state holds a {kind} record of version {value[0]}; this program knows {version}"
    where = f"record kind {kind}"
    if known and value[0] < version:
        raise OlderState(
            what,
            where=where,
            hint="make it anew from the input topics: streamproc state rebuild",
        )
    raise NewerState(
        what,
        where=where,
        hint="start the newer version again, or rebuild the state with this one",
    )
