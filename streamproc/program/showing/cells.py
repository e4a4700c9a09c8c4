"""Finding the records of one broadcast as they are now, open or written; to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.program.codecs import unpack_minute, unpack_people, unpack_session
from streamproc.program.floor_codec import unpack_floor
from streamproc.program.keys import SEPARATOR, Kind, head, number
from streamproc.program.records import Records
from streamproc.program.sense_codec import asked_comments, senses_comments
from streamproc.program.streams import Streams
from streamproc.tally.figures import FIGURES
from streamproc.tally.floor import Floor
from streamproc.tally.held import Held
from streamproc.tally.panes import Minute
from streamproc.tally.people import People
from streamproc.tally.senses import Asked, MinuteSenses, Pair, SessionSenses
from streamproc.tally.sessions import Session

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
_MINUTE_HEADS: Final = tuple(MINUTES.values())

Comments = dict[Pair, int]
"""How many comments asked what."""


class Cells:
    """The records of one broadcast.

    Shapes: ``ids`` are host and session as keys hold them. What is found may be open, so it is read and
        never changed.
    """

    __slots__ = ("_records", "_streams", "host_id", "ids", "session_id")

    def __init__(self, ids: bytes, records: Records, streams: Mapping[str, Streams]) -> None:
        self.ids = ids
        host_id, _, session_id = ids.partition(SEPARATOR)
        self.host_id, self.session_id = host_id.decode(), session_id.decode()
        self._records = records
        self._streams = streams

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
        return any(
            of + tail in values or changed.get(of + tail) is not None for of in _MINUTE_HEADS
        )

    def minute(self, topic: str, number_: int) -> Minute | None:
        """What a topic tells of a minute; None: nothing."""
        stream = self._streams[topic].hosts.get(self.host_id)
        if stream is not None and stream.session.minute.number == number_:
            session = stream.session
            if session.session_id == self.session_id:
                return session.minute
        key = MINUTES[topic] + self.ids + SEPARATOR + number(number_)
        cell = self._records.changed.get(key)
        if cell is not None:
            return cast("Minute", cell)
        value = self._records.values.get(key)
        return None if value is None else unpack_minute(key, value, FIGURES[topic])

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


def _counted(asked: Mapping[Pair, Asked]) -> Comments:
    return {pair: each.comments for pair, each in asked.items()}
