"""One broadcast under watch: what rules look at, kept from one second to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, cast

from streamproc.alerts.history import MINUTES, PEOPLE_MINUTES, History, Row
from streamproc.alerts.room import Room
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.program.codecs import unpack_session
from streamproc.program.floor_codec import unpack_floor, unpack_pulse
from streamproc.program.judging.rows import TAKES
from streamproc.program.keys import HEAD_BYTES, NUMBER_BYTES, SEPARATOR, Kind, head, number
from streamproc.program.records import Records
from streamproc.program.sense_codec import unpack_sense
from streamproc.program.streams import Streams
from streamproc.tally.figures import OrderFigures
from streamproc.tally.floor import Floor
from streamproc.tally.held import Held
from streamproc.tally.lifecycle import Status
from streamproc.tally.pulse import Pulse
from streamproc.tally.sessions import Session
from streamproc.tally.timing import MINUTE_MS

SESSIONS: Final = {
    topic: head(Kind.SESSION, topic)
    for topic in (ORDERS_TOPIC, COMMENTS_TOPIC, VIEWERS_TOPIC, ROOMS_TOPIC)
}
_FLOOR: Final = head(Kind.FLOOR, ROOMS_TOPIC)
_PULSE: Final = head(Kind.PULSE, ROOMS_TOPIC)
_SENSE: Final = head(Kind.SENSE, COMMENTS_TOPIC)

_QUIET_MS: Final = 10_000
"""Of a broadcast that is heard so lately it is not asked whether another is in its place."""

T = TypeVar("T")


class Watched:
    """One broadcast under watch.

    Shapes: ``ids`` are host and session as keys hold them. ``written`` takes the keys of its minutes that
        were written since they were last looked at. What is unpacked is kept with the bytes it came of, so
        a record that nobody writes is unpacked once. It need not be judged before ``calm_ms`` unless it
        ``has_news``: something was told that alerts turn on at once.
    """

    __slots__ = (
        "_kept",
        "_minute",
        "_records",
        "_streams",
        "calm_ms",
        "has_news",
        "history",
        "host_id",
        "ids",
        "session_id",
        "written",
    )

    def __init__(self, ids: bytes, records: Records, streams: Mapping[str, Streams]) -> None:
        self.ids = ids
        host_id, _, session_id = ids.partition(SEPARATOR)
        self.host_id, self.session_id = host_id.decode(), session_id.decode()
        self.history = History()
        self.written: set[bytes] = set()
        self.calm_ms = 0
        self.has_news = True
        self._records = records
        self._streams = streams
        self._kept: dict[bytes, tuple[bytes, Any]] = {}
        self._minute: int | None = None

    def glance(self, now_ms: int) -> Room:
        """What tells whether the room goes on at all: when it was heard, and its status; costs little."""
        return self._begun(now_ms, self._sessions())

    def room(self, now_ms: int) -> Room:
        """The room at a moment. Shapes: nothing may be changed in what it holds."""
        found = self._sessions()
        room = self._begun(now_ms, found)
        self._look_back(now_ms // MINUTE_MS, found)
        room.history = self.history
        self._tell_orders(room, found[ORDERS_TOPIC])
        viewers, rooms = found[VIEWERS_TOPIC], found[ROOMS_TOPIC]
        if viewers is not None:
            room.online = viewers.told.online
            room.peak_online = viewers.told.peak.viewers if viewers.told.peak else 0
        if rooms is not None:
            room.floor = self._record(_FLOOR, _floor, room.floor)
            room.room_id = room.floor.room_id
            room.pulse = self._record(_PULSE, _pulse, room.pulse)
        comments = found[COMMENTS_TOPIC]
        if comments is not None:
            room.said = comments.sense or self._record(_SENSE, unpack_sense, room.said)
        room.begun_ms = min(self.history.rows, default=now_ms // MINUTE_MS) * MINUTE_MS
        return room

    @property
    def was_asked_back(self) -> bool:
        """Whether money was asked back in any of its newest minutes."""
        return self._minute is not None and self.history.asked_back > self._minute - MINUTES

    def _sessions(self) -> dict[str, Session | None]:
        return {topic: self._session(topic) for topic in SESSIONS}

    def _begun(self, now_ms: int, found: Mapping[str, Session | None]) -> Room:
        room = Room(self.host_id, self.session_id, now_ms)
        room.seen_ms = {topic: each.seen_ms for topic, each in found.items() if each is not None}
        rooms = found[ROOMS_TOPIC]
        if rooms is not None:
            room.lifecycle = rooms.told.lifecycle or room.lifecycle
        if now_ms - room.on_air_ms >= _QUIET_MS:
            room.next_ms = self._next_ms(room)
        return room

    def _next_ms(self, room: Room) -> int:
        """When the host began another broadcast after this one; 0: it did not, or this one ended."""
        streams = self._streams[ROOMS_TOPIC]
        stream = streams.hosts.get(self.host_id)
        if stream is None or stream.latest == self.session_id or room.status is Status.ENDED:
            return 0
        latest = streams.find_session(stream, stream.latest)
        if latest is None or latest.told.lifecycle is None:
            return 0
        started, own = latest.told.lifecycle.started_last, room.lifecycle.started_last
        if started is None or (own is not None and own.at_ms >= started.at_ms):
            return 0
        return started.at_ms

    @staticmethod
    def _tell_orders(room: Room, orders: Session | None) -> None:
        if orders is not None:
            room.sold = cast("OrderFigures", orders.totals)
            room.platform_orders = orders.platform_orders

    def _session(self, topic: str) -> Session | None:
        """What a topic tells of the broadcast, open or not; None: nothing."""
        stream = self._streams[topic].hosts.get(self.host_id)
        if stream is not None and stream.session.session_id == self.session_id:
            return stream.session
        return self._record(SESSIONS[topic], unpack_session, None)

    def _record(self, of: bytes, unpack: Callable[[bytes, bytes], Any], nothing: T) -> T:
        """A record of the broadcast, to read."""
        key = of + self.ids
        cell = self._records.changed.get(key)
        if cell is not None:
            return cast("T", cell.told if isinstance(cell, Held) else cell)
        value = self._records.values.get(key)
        if value is None:
            return nothing
        kept = self._kept.get(of)
        if kept is None or kept[0] is not value:
            kept = self._kept[of] = value, unpack(key, value)
        return cast("T", kept[1])

    # -- minutes -----------------------------------------------------------------------------------

    def _look_back(self, minute: int, found: Mapping[str, Session | None]) -> None:
        """Have the newest minutes as they are now."""
        if self._minute is None:
            self._load(minute)
        elif minute > self._minute:
            self._forget(minute)
        self._minute = minute if self._minute is None else max(minute, self._minute)
        if not self.written:
            return
        open_cells: dict[bytes, Any] = {}
        for session in found.values():
            if session is not None:
                open_cells[session.minute.key] = session.minute
                if session.sense is not None and session.sense.minute is not None:
                    open_cells[session.sense.minute.key] = session.sense.minute
        for key in self.written:
            self._take(key, open_cells)
        self.written.clear()

    def _load(self, minute: int) -> None:
        """Ask for everything that is held of the last half hour."""
        held = self._records
        for at in range(minute - MINUTES + 1, minute + 1):
            tail = self.ids + SEPARATOR + number(at)
            for of in TAKES:
                if of + tail in held.values or of + tail in held.changed:
                    self.written.add(of + tail)

    def _forget(self, minute: int) -> None:
        """Let go of what is too old to be looked at, and of who did what is no more news."""
        for at in list(self.history.rows):
            if at <= minute - MINUTES:
                del self.history.rows[at]
            elif at <= minute - PEOPLE_MINUTES:
                row = self.history.rows[at]
                row.asked, row.commenters = {}, None

    def _take(self, key: bytes, open_cells: Mapping[bytes, Any]) -> None:
        """Put a record of a minute into its row; one that is gone leaves the row as it is."""
        at = int.from_bytes(key[-NUMBER_BYTES:], "big")
        newest = cast("int", self._minute)
        if at <= newest - MINUTES:
            return
        held: Any = self._records.changed.get(key) or open_cells.get(key)
        held = held or self._records.values.get(key)
        if held is None:
            return
        row = self.history.rows.get(at)
        if row is None:
            row = self.history.rows[at] = Row(at)
        TAKES[key[:HEAD_BYTES]](row, key, held, at > newest - PEOPLE_MINUTES)
        if row.sold is not None and row.sold.requested:
            self.history.asked_back = max(self.history.asked_back, at)


def _floor(_key: bytes, value: bytes) -> Floor:
    return unpack_floor(value)


def _pulse(_key: bytes, value: bytes) -> Pulse:
    return unpack_pulse(value)
