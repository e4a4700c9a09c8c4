"""Finding the records of one broadcast as they are now, open or written; to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from streamproc.events.registry import (
    COMMENTS_TOPIC,
    INPUT_TOPICS,
    ORDERS_TOPIC,
    ROOMS_TOPIC,
    VIEWERS_TOPIC,
)
from streamproc.program.codecs import minute_rows, unpack_minute, unpack_people, unpack_session
from streamproc.program.floor_codec import unpack_floor
from streamproc.program.keys import SEPARATOR, Kind, head, number
from streamproc.program.records import Records
from streamproc.program.rejected_codec import unpack_rejected
from streamproc.program.sense_codec import asked_comments, senses_comments
from streamproc.program.streams import Streams
from streamproc.tally.figures import FIGURES
from streamproc.tally.floor import Floor
from streamproc.tally.held import Held
from streamproc.tally.online import Reading, Readings
from streamproc.tally.panes import Minute
from streamproc.tally.people import People
from streamproc.tally.senses import Asked, MinuteSenses, Pair, SessionSenses
from streamproc.tally.sessions import Session
from streamproc.tally.uniques import Uniques

SESSIONS: Final = {topic: head(Kind.SESSION, topic) for topic in FIGURES}
"""Topic -> what the keys of its sessions begin with."""

MINUTES: Final = {
    topic: head(Kind.MINUTE, topic) for topic in (ORDERS_TOPIC, COMMENTS_TOPIC, VIEWERS_TOPIC)
}
"""Topics that tell something of minutes, likewise."""

_PEOPLE: Final = {topic: head(Kind.PEOPLE, topic) for topic in MINUTES}
_SENSES: Final = head(Kind.SENSES, COMMENTS_TOPIC)
_ASKED: Final = head(Kind.ASKED, COMMENTS_TOPIC)
_FLOOR: Final = head(Kind.FLOOR, ROOMS_TOPIC)
REJECTED: Final = {topic: head(Kind.REJECTED, topic) for topic in INPUT_TOPICS}
"""Topic -> what the keys of what was rejected of it begin with."""

_MINUTE_HEADS: Final = tuple(MINUTES.values())

Comments = dict[Pair, int]
"""How many comments asked what."""


class Cells:
    """The records of one broadcast.

    Shapes: ``ids`` are host and session as keys hold them. What is found may be open, so it is read and
        never changed.
    """

    __slots__ = ("_found", "_readings", "_records", "_streams", "host_id", "ids", "session_id")

    def __init__(self, ids: bytes, records: Records, streams: Mapping[str, Streams]) -> None:
        self.ids = ids
        host_id, _, session_id = ids.partition(SEPARATOR)
        self.host_id, self.session_id = host_id.decode(), session_id.decode()
        self._records = records
        self._streams = streams
        self._found: dict[tuple[str, int], Minute | None] = {}
        self._readings: tuple[bytes, Sequence[Reading]] = (b"", ())

    def let_go(self) -> None:
        """Look at records again from now on: whoever waits between two questions says so."""
        self._found.clear()

    def today(self, topic: str) -> int:
        """The day that a topic has come to."""
        return self._streams[topic].today

    def session(self, topic: str) -> Session | None:
        """What a topic tells of the broadcast; None: nothing."""
        stream = self._streams[topic].hosts.get(self.host_id)
        if stream is not None and stream.session.session_id == self.session_id:
            return stream.session
        key = SESSIONS[topic] + self.ids
        cell = self._records.changed.get(key)
        if cell is not None:
            return cast("Session", cell)
        value = self._records.values.get(key)
        return None if value is None else unpack_session(key, value)

    def holds_minute(self, number_: int) -> bool:
        """Whether anything was told of a minute."""
        tail = self.ids + SEPARATOR + number(number_)
        values, changed = self._records.values, self._records.changed
        # Asked of every minute of a span: a loop costs less than half of a generator.
        for of in _MINUTE_HEADS:
            key = of + tail
            if key in values or changed.get(key) is not None:
                return True
        return False

    def minute(self, topic: str, number_: int) -> Minute | None:
        """What a topic tells of a minute; None: nothing."""
        at = topic, number_
        if at in self._found:
            return self._found[at]
        minute = self._found[at] = self._find(topic, number_)
        return minute

    def readings(self, number_: int) -> Sequence[Reading]:
        """Who was online in a minute, by time. Shapes: the same object while that does not change."""
        key = MINUTES[VIEWERS_TOPIC] + self.ids + SEPARATOR + number(number_)
        value = self._records.values.get(key)
        kept, readings = self._readings
        if value is kept and key not in self._records.changed:
            return readings
        minute = self._open(VIEWERS_TOPIC, number_, key)
        if minute is not None:
            return minute.readings()
        if value is None:
            return ()
        packed = minute_rows(value)[2]
        readings = Readings.unpack(number_, packed).ordered() if packed else ()
        self._readings = value, readings
        return readings

    def counts(self, topic: str, number_: int) -> Sequence[Uniques | None]:
        """Who was in a minute, as ``UNIQUES`` names them."""
        key = MINUTES[topic] + self.ids + SEPARATOR + number(number_)
        minute = self._open(topic, number_, key)
        if minute is not None:
            return minute.members.counts()
        value = self._records.values.get(key)
        if value is None:
            return ()
        return [
            None if packed is None else Uniques.unpack(packed) for packed in minute_rows(value)[1]
        ]

    def _find(self, topic: str, number_: int) -> Minute | None:
        key = MINUTES[topic] + self.ids + SEPARATOR + number(number_)
        minute = self._open(topic, number_, key)
        if minute is None:
            value = self._records.values.get(key)
            minute = None if value is None else unpack_minute(key, value, FIGURES[topic])
        return minute

    def _open(self, topic: str, number_: int, key: bytes) -> Minute | None:
        """A minute that is held open; None: it is not."""
        stream = self._streams[topic].hosts.get(self.host_id)
        if stream is not None and stream.session.minute.number == number_:
            session = stream.session
            if session.session_id == self.session_id:
                return session.minute
        return cast("Minute | None", self._records.changed.get(key))

    def people(self, topic: str) -> People | None:
        """Who was in the broadcast, but for its open minute; None: nobody."""
        key = _PEOPLE[topic] + self.ids
        cell = self._records.changed.get(key)
        if cell is not None:
            return cast("People", cell)
        value = self._records.values.get(key)
        return None if value is None else unpack_people(key, value)

    def asked(self) -> Comments:
        """How many comments asked what, but for the open minute."""
        key = _ASKED + self.ids
        cell: Any = self._records.changed.get(key)
        if isinstance(cell, SessionSenses):
            return _counted(cell.asked)
        value = self._records.values.get(key)
        return {} if value is None else asked_comments(value)

    def asked_in(self, number_: int) -> Comments:
        """How many comments of a minute asked what."""
        key = _SENSES + self.ids + SEPARATOR + number(number_)
        cell: Any = self._records.changed.get(key)
        if isinstance(cell, MinuteSenses):
            return _counted(cell.everything())
        value = self._records.values.get(key)
        return {} if value is None else senses_comments(value)

    def floor(self) -> Floor | None:
        """What is for sale; None: nothing was told of it."""
        key = _FLOOR + self.ids
        cell: Any = self._records.changed.get(key)
        if isinstance(cell, Held):
            return cast("Floor", cell.told)
        value = self._records.values.get(key)
        return None if value is None else unpack_floor(value)

    def rejected(self) -> dict[str, int]:
        """How many records that name the broadcast cannot be used, by topic."""
        return rejected_of(self.ids, self._records)


def rejected_of(ids: bytes, records: Records) -> dict[str, int]:
    """How many records cannot be used, by topic, of those that name these ids."""
    held = {topic: records.values.get(head_of_key + ids) for topic, head_of_key in REJECTED.items()}
    return {topic: unpack_rejected(value) for topic, value in held.items() if value is not None}


def _counted(asked: Mapping[Pair, Asked]) -> Comments:
    return {pair: each.comments for pair, each in asked.items()}
