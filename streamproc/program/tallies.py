"""What a state knows of each broadcast, over all topics: the read model of the figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from streamproc.program.codecs import unpack_minute, unpack_people, unpack_session
from streamproc.program.keys import SEPARATOR, TOPIC_OF_CODE, Kind, parse
from streamproc.program.live import LiveProgram
from streamproc.tally.figures import FIGURES
from streamproc.tally.model import MinuteTally, SessionTally
from streamproc.tally.panes import Minute
from streamproc.tally.people import UNIQUES
from streamproc.tally.sessions import Session
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.uniques import Uniques

Record = tuple[bytes, bytes]

_BARE: Final = frozenset((Kind.SESSION, Kind.PEOPLE))
"""Kinds whose keys end with the session."""


def host_tallies(program: LiveProgram, host_id: str | None = None) -> Iterator[SessionTally]:
    """The broadcasts of a running program, or of one host of it, as they are now.

    Shapes: by host and session. They are copies: nothing that is done to them changes the program.
    """
    prefix = None if host_id is None else host_id.encode() + SEPARATOR
    records = program.records.items()
    return session_tallies(
        each for each in records if prefix is None or each[0].startswith(prefix, 2)
    )


def session_tallies(records: Iterable[Record]) -> Iterator[SessionTally]:
    """The broadcasts of a state, from its records alone.

    Shapes: records of any partitions in any order, of which others than tallies are passed over;
        by host and session.
    """
    found: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        key = record[0]
        if key[0] in _BARE or key[0] == Kind.MINUTE:
            parsed = parse(key)
            found.setdefault((parsed.host_id, parsed.ids[0]), []).append(record)
    for host_id, session_id in sorted(found):
        yield _tally(host_id, session_id, found[host_id, session_id])


@dataclass(slots=True)
class _Part:
    """What one topic holds of a session."""

    session: Session | None = None
    minutes: list[Minute] = field(default_factory=list)
    people: list[Uniques | None] = field(default_factory=list)


def _tally(host_id: str, session_id: str, records: list[Record]) -> SessionTally:
    tally = SessionTally(host_id, session_id, dict.fromkeys(FIGURES))
    parts = _parts(records)
    numbers = {each.number for part in parts.values() for each in part.minutes}
    tally.minutes = {number: MinuteTally(number) for number in sorted(numbers)}
    for topic in FIGURES:
        if topic in parts:
            _add_part(tally, topic, parts[topic])
    return tally


def _parts(records: list[Record]) -> dict[str, _Part]:
    parts: dict[str, _Part] = {}
    for key, value in records:
        topic = TOPIC_OF_CODE[key[1]]
        part = parts.setdefault(topic, _Part())
        if key[0] == Kind.SESSION:
            part.session = unpack_session(key, value)
        elif key[0] == Kind.PEOPLE:
            part.people = unpack_people(key, value).members.counts()
        else:
            part.minutes.append(unpack_minute(key, value, FIGURES[topic]))
    return parts


def _add_part(tally: SessionTally, topic: str, part: _Part) -> None:
    session = part.session
    if session is not None:
        tally.totals[topic] = session.totals
        tally.late[topic] = session.late
        tally.seen_ms[topic] = session.seen_ms
        for name, told in session.told._asdict().items():
            if told is not None:  # each of them is told by one topic
                setattr(tally, name, told)
    names = UNIQUES[topic]
    for name, count in zip(names, part.people, strict=False):
        if count is not None:
            tally.uniques[name] = count
    opened = None if session is None else session.seen_ms // MINUTE_MS
    for minute in part.minutes:
        _add_minute(tally, topic, minute, minute.number == opened)


def _add_minute(tally: SessionTally, topic: str, minute: Minute, is_open: bool) -> None:
    into = tally.minutes[minute.number]
    into.panes[topic] = minute.panes
    into.readings += minute.readings()
    for name, count in zip(UNIQUES[topic], minute.members.counts(), strict=True):
        if count is not None:
            into.uniques[name] = count
            if is_open:
                tally.uniques.setdefault(name, Uniques()).merge(count)
