"""What a state knows of each broadcast, over all topics: the read model of the figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from streamproc.events.registry import COMMENTS_TOPIC, ROOMS_TOPIC
from streamproc.program.codecs import unpack_minute, unpack_people, unpack_session
from streamproc.program.floor_codec import unpack_floor, unpack_pulse, unpack_sold
from streamproc.program.keys import SEPARATOR, TOPIC_OF_CODE, Kind, parse
from streamproc.program.live import LiveProgram
from streamproc.program.rejected_codec import unpack_rejected
from streamproc.program.sense_codec import unpack_asked, unpack_sense, unpack_senses
from streamproc.program.watching_codec import unpack_watching
from streamproc.tally.figures import FIGURES
from streamproc.tally.floor import Floor
from streamproc.tally.model import MinuteTally, SessionTally
from streamproc.tally.panes import Minute
from streamproc.tally.people import UNIQUES
from streamproc.tally.pulse import Pulse
from streamproc.tally.senses import REST, Asked, MinuteSenses, SessionSenses
from streamproc.tally.session_sense import SessionSense
from streamproc.tally.sessions import Session
from streamproc.tally.sold import MinuteSold
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.uniques import Uniques
from streamproc.tally.watching import Watching

Record = tuple[bytes, bytes]
Rejections = dict[str, dict[str, dict[str, int]]]
"""How many records cannot be used, by host, then broadcast, then topic."""

_BARE: Final = frozenset(
    (
        *(Kind.SESSION, Kind.PEOPLE, Kind.SENSE, Kind.ASKED),
        *(Kind.FLOOR, Kind.PULSE, Kind.WATCHING),
    )
)
"""Kinds whose keys end with the session."""

_TOLD: Final = _BARE | {Kind.MINUTE, Kind.SENSES, Kind.SOLD}


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
    unusable: list[Record] = []
    for record in records:
        key = record[0]
        if key[0] in _TOLD:
            parsed = parse(key)
            found.setdefault((parsed.host_id, parsed.ids[0]), []).append(record)
        elif key[0] == Kind.REJECTED:
            unusable.append(record)
    rejected = rejections(unusable)
    for host_id, session_id in sorted(found):
        tally = _tally(host_id, session_id, found[host_id, session_id])
        tally.rejected = rejected.get(host_id, {}).get(session_id, {})
        yield tally


def rejections(records: Iterable[Record]) -> Rejections:
    """How many records of each host and broadcast cannot be used, from the records of a state.

    Shapes: a broadcast of which nothing else is known is among them; without a name are those that name
        none, and a host without a name has what is nobody's.
    """
    found: Rejections = {}
    for key, value in records:
        if key[0] == Kind.REJECTED:
            parsed = parse(key)
            session_id = parsed.ids[0] if parsed.ids else ""
            of_session = found.setdefault(parsed.host_id, {}).setdefault(session_id, {})
            # What is nobody's is in every partition.
            of_session[parsed.topic] = of_session.get(parsed.topic, 0) + unpack_rejected(value)
    return found


@dataclass(slots=True)
class _Part:
    """What one topic holds of a session."""

    session: Session | None = None
    minutes: list[Minute] = field(default_factory=list)
    people: list[Uniques | None] = field(default_factory=list)
    sense: SessionSense | None = None
    senses: list[MinuteSenses] = field(default_factory=list)
    asked: SessionSenses | None = None
    floor: Floor | None = None
    pulse: Pulse | None = None
    sold: dict[int, MinuteSold] = field(default_factory=dict)
    watching: Watching | None = None


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
        _take(parts.setdefault(topic, _Part()), topic, key, value)
    return parts


def _take(part: _Part, topic: str, key: bytes, value: bytes) -> None:
    match key[0]:
        case Kind.SESSION:
            part.session = unpack_session(key, value)
        case Kind.PEOPLE:
            part.people = unpack_people(key, value).members.counts()
        case Kind.SENSE:
            part.sense = unpack_sense(key, value)
        case Kind.SENSES:
            part.senses.append(unpack_senses(key, value))
        case Kind.ASKED:
            part.asked = unpack_asked(key, value)
        case Kind.MINUTE:
            part.minutes.append(unpack_minute(key, value, FIGURES[topic]))
        case Kind.WATCHING:
            part.watching = unpack_watching(value)
        case _:
            _take_shop(part, key, value)


def _take_shop(part: _Part, key: bytes, value: bytes) -> None:
    match key[0]:
        case Kind.FLOOR:
            part.floor = unpack_floor(value)
        case Kind.PULSE:
            part.pulse = unpack_pulse(value)
        case _:
            part.sold[parse(key).numbers[0]] = unpack_sold(value)


def _add_part(tally: SessionTally, topic: str, part: _Part) -> None:
    session = part.session
    if session is not None:
        _add_session(tally, topic, session)
    names = UNIQUES[topic]
    for name, count in zip(names, part.people, strict=False):
        if count is not None:
            tally.uniques[name] = count
    opened = None if session is None else session.seen_ms // MINUTE_MS
    for minute in part.minutes:
        _add_minute(tally, topic, minute, minute.number == opened)
    for number, sold in part.sold.items():
        tally.minutes.setdefault(number, MinuteTally(number)).sold = sold
    if topic == COMMENTS_TOPIC:
        _add_senses(tally, part, opened)
    elif topic == ROOMS_TOPIC:
        tally.floor, tally.pulse = part.floor, part.pulse
    tally.watching = part.watching or tally.watching


def _add_session(tally: SessionTally, topic: str, session: Session) -> None:
    tally.totals[topic] = session.totals
    tally.late[topic] = session.late
    tally.seen_ms[topic] = session.seen_ms
    if session.begun_ms:
        tally.begun_ms[topic] = session.begun_ms
    if not session.whole:
        tally.in_part.append(topic)
    for name, told in session.told._asdict().items():
        if told is not None:  # each of them is told by one topic
            setattr(tally, name, told)


def _add_minute(tally: SessionTally, topic: str, minute: Minute, is_open: bool) -> None:
    into = tally.minutes[minute.number]
    into.panes[topic] = minute.panes
    into.readings += minute.readings()
    for name, count in zip(UNIQUES[topic], minute.members.counts(), strict=True):
        if count is not None:
            into.uniques[name] = count
            if is_open:
                tally.uniques.setdefault(name, Uniques()).merge(count)


def _add_senses(tally: SessionTally, part: _Part, opened: int | None) -> None:
    """What the comments of a session meant; the pairs of its open minute join the others."""
    into, kept = tally.senses, part.sense
    if kept is not None:
        into.unexplained, into.versions = kept.unexplained, kept.versions
        into.facts, into.spoken, into.samples = kept.facts, kept.spoken, kept.samples
        into.evidence = {pair: sorted(each) for pair, each in kept.kept().items()}
    held = {} if part.asked is None else part.asked.asked
    for minute in part.senses:
        of_minute = tally.minutes.setdefault(minute.number, MinuteTally(minute.number))
        of_minute.asked = dict(minute.everything())
        of_minute.unexplained = minute.unexplained
        if minute.number == opened:
            for pair, asked in minute.asked.items():
                place = pair if pair in held else (pair[0], REST)
                held.setdefault(place, Asked()).merge(asked)
    into.asked = {pair: asked for pair, asked in held.items() if asked.comments}
