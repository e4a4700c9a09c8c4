"""Opening what the state holds of a host in one topic: sessions, minutes, people, event ids."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import chain, groupby
from typing import Any, Final, cast

from streamproc.events.limits import AHEAD_MS
from streamproc.program.codecs import unpack_block, unpack_minute, unpack_people, unpack_session
from streamproc.program.keys import NUMBER_BYTES, SEPARATOR, Kind, head, number
from streamproc.program.records import Records
from streamproc.protocol import BatchReport
from streamproc.tally.dedupe import Bucket
from streamproc.tally.figures import FIGURES, Figures
from streamproc.tally.panes import Minute
from streamproc.tally.people import UNIQUES, Members, People
from streamproc.tally.retention import DAY_MS, MINUTE_DAYS, SEEN_DAYS, SESSION_DAYS, day_of
from streamproc.tally.sessions import Session
from streamproc.tally.streams import HostStream
from streamproc.tally.timing import ALLOWANCE_MS, BUCKET_MS, MINUTE_MS, PANE_MS
from streamproc.tally.uniques import hashed

NOTHING: Final = Session(b"", "", Figures())
"""What a host looks at that has no session to look at: no session has this id."""


class Streams(ABC):
    """The hosts of one topic, and how their records are opened.

    An open record is found by where the last event fell, else among the changed ones, else it is
    unpacked: so no record is ever open twice, and what nobody looks at is held as bytes.

    Shapes: ``today`` is the day of the greatest event time of the topic. What is over by then is not
        found. ``rejected_days`` are those on which records were rejected, until somebody takes them.
    """

    def __init__(self, topic: str, records: Records) -> None:
        self.topic = topic
        self.records = records
        self.figures = FIGURES[topic]
        self.allowance_ms = ALLOWANCE_MS[topic]
        self.hosts: dict[str, HostStream] = {}
        self._session_head = head(Kind.SESSION, topic)
        self._minute_head = head(Kind.MINUTE, topic)
        self._people_head = head(Kind.PEOPLE, topic)
        self._seen_head = head(Kind.SEEN, topic)
        self._names = len(UNIQUES[topic])
        self.today = 0
        self._oldest_no = 0
        self._until_ms = 0
        self._silent: list[HostStream] = []
        self.rejected_days: list[int] = []

    def stream(self, host_id: str) -> HostStream:
        """The stream of a host, begun if it is new."""
        stream = self.hosts.get(host_id)
        if stream is None:
            stream = self.hosts[host_id] = HostStream(host_id.encode() + SEPARATOR, NOTHING)
        return stream

    def session(self, stream: HostStream, session_id: str) -> Session:
        """A session of a host, begun if it is new."""
        found = self.find_session(stream, session_id)
        if found is None:
            key = self._session_key(stream, session_id)
            if key in self.records.values or key in self.records.changed:
                self.forget(key)
            found = Session(key, session_id, self.figures(), since=self.today)
        return found

    def forget(self, key: bytes) -> None:
        """Delete a session that is over, and who was in it."""
        self.records.delete(key)
        self.records.delete(self._people_head + key[len(self._session_head) :])

    def drop(self, key: bytes) -> None:
        """Delete a record, if there is one."""
        if key in self.records.values or self.records.changed.get(key) is not None:
            self.records.delete(key)

    def find_session(self, stream: HostStream, session_id: str) -> Session | None:
        """A session of a host as it is now, to look at; None if nothing is known of it."""
        if stream.session.session_id == session_id:
            return stream.session
        key = self._session_key(stream, session_id)
        found = cast("Session | None", self.records.changed.get(key))
        if found is None:
            value = self.records.values.get(key)
            found = None if value is None else unpack_session(key, value)
        return None if found is None or self._is_over(stream, found) else found

    def _is_over(self, stream: HostStream, session: Session) -> bool:
        # The one that holds the watermark of its host stays.
        old = self.today - session.since > SESSION_DAYS
        return old and session.session_id != stream.latest

    def _session_key(self, stream: HostStream, session_id: str) -> bytes:
        return self._session_head + stream.host + session_id.encode()

    def pane(self, session: Session, at_ms: int) -> Figures:
        """The pane of a session in which a time falls, about to change."""
        minute = self.minute(session, at_ms)
        session.pane = minute.pane(at_ms // PANE_MS, self.figures)
        return session.pane

    def minute(self, session: Session, at_ms: int) -> Minute:
        """The minute of a session in which a time falls, about to change."""
        minute_no = at_ms // MINUTE_MS
        minute = self.find_minute(session, minute_no) or self.begin_minute(session, minute_no)
        if minute is not session.minute:
            session.minute, session.pane = minute, None
        self.records.touch(minute)
        return minute

    def begin_minute(self, session: Session, minute_no: int) -> Minute:
        """A minute in which nothing fell; one of that number that is over is forgotten."""
        key = self._minute_key(session, minute_no)
        return Minute(key, minute_no, Members(self._names), self.today)

    def forget_minute(self, key: bytes) -> None:
        """Delete a minute that is over."""
        self.records.delete(key)

    def find_minute(self, session: Session, minute_no: int) -> Minute | None:
        """A minute of a session as it is now, to look at; None if nothing fell into it."""
        found: Minute | None = session.minute
        if session.minute.number != minute_no:
            key = self._minute_key(session, minute_no)
            found = cast("Minute | None", self.records.changed.get(key))
            if found is None:
                value = self.records.values.get(key)
                found = None if value is None else unpack_minute(key, value, self.figures)
        if found is None or self.today - found.since <= MINUTE_DAYS:
            return found
        # The members of the open one are not in the session yet, so it stays.
        return found if minute_no == session.opens_ms // MINUTE_MS else None

    def meet(self, session: Session, index: int, key: str, at_ms: int, late: bool) -> None:
        """Count a person in the minute of a time, unless it is late, and in the session.

        Shapes: ``index`` is the place of the count in ``UNIQUES``.
        """
        if not late:
            self.minute(session, at_ms).members.told[index][hashed(key)] = None
            if session.opens_ms <= at_ms < session.closes_ms:
                return
        people = self.people(session)
        self.records.touch(people)
        people.members.told[index][hashed(key)] = None

    def people(self, session: Session) -> People:
        """Who was in a session, but for its open minute; begun if it is new."""
        key = self._people_head + session.key[len(self._session_head) :]
        cell = self.records.changed.get(key)
        if cell is not None:
            return cast("People", cell)
        value = self.records.values.get(key)
        return People(key, Members(self._names)) if value is None else unpack_people(key, value)

    def roll(self, session: Session, at_ms: int) -> None:
        """Open the minute of a time that lies behind the open one, whose members join the session."""
        if not session.seen_ms:
            session.begin(at_ms)
        elif self._names:
            minute = self.find_minute(session, session.opens_ms // MINUTE_MS)
            if minute is not None:
                self._join(session, minute)
        session.open(at_ms)
        self.turn_day(at_ms)
        session.since = self.today

    def turn_day(self, at_ms: int) -> None:
        """Let it be the day of that time, if it is a later one."""
        today = day_of(at_ms)
        if today > self.today:
            self.begin_day(today)
            for stream in self.hosts.values():
                # What it looks at may be over now.
                stream.session = NOTHING
                if self._holds_over(stream):
                    stream.look_again()
                    self._silent.append(stream)

    def begin_day(self, today: int) -> None:
        """Let it be that day."""
        self.today = today
        self._oldest_no = max(0, today - SEEN_DAYS) * (DAY_MS // BUCKET_MS)

    def _join(self, session: Session, minute: Minute) -> None:
        counts = minute.members.counts()
        if any(each is not None for each in counts):
            people = self.people(session)
            people.members.merge(counts)
            self.records.touch(people)

    def _minute_key(self, session: Session, minute_no: int) -> bytes:
        ids = session.key[len(self._session_head) :]
        return self._minute_head + ids + SEPARATOR + number(minute_no)

    def remember(self, stream: HostStream, at_ms: int) -> Bucket:
        """Have the event ids of a host ready in ``stream.seen``; the bucket that the next one is added to.

        Shapes: an id is remembered by when it was told, whatever time it tells: by the watermark that
            the event finds, or moves.
        """
        told_ms = max(at_ms, stream.watermark_ms, self._oldest_no * BUCKET_MS)
        if self._holds_over(stream):
            stream.look_again()
            self.bury(stream)
        bucket, bucket_no = stream.bucket, max(told_ms, self._until_ms) // BUCKET_MS
        if bucket is None or bucket.number != bucket_no:
            bucket = self._hold_bucket(stream, bucket_no)
        if bucket is not stream.bucket or stream.is_seen_ahead or told_ms >= stream.dies_at_ms:
            stream.add_to(bucket, told_ms)
        return bucket

    def _holds_over(self, stream: HostStream) -> bool:
        return any([bucket.number < self._oldest_no for bucket in stream.buckets])

    def _hold_bucket(self, stream: HostStream, bucket_no: int) -> Bucket:
        for bucket in stream.buckets:
            if bucket.number == bucket_no:
                return bucket
        bucket = Bucket(self._seen_head + stream.host + number(bucket_no), bucket_no)
        stream.hold(bucket)
        self.records.buckets[bucket.key] = bucket
        return bucket

    def apply_ahead(self, event: Any, timestamp_ms: int) -> BatchReport:  # noqa: ANN401 - of the topic
        """Fold an event that is ahead, as of its record."""
        stream = self.stream(event.host_id)
        watermark_ms = stream.watermark_ms
        # A copy of it that is not ahead may follow, and is known by then.
        is_near = event.occurred_at_ms <= timestamp_ms + 2 * AHEAD_MS
        self._until_ms = event.occurred_at_ms if is_near else 0
        stream.pane_no = -1
        report = self._take_ahead(stream, event, timestamp_ms)
        self._until_ms, stream.pane_no = 0, -1
        if stream.watermark_ms != watermark_ms:
            stream.lent_ms = stream.watermark_ms
        report.ahead = report.applied
        return report

    @abstractmethod
    def _take_ahead(self, stream: HostStream, event: Any, timestamp_ms: int) -> BatchReport:  # noqa: ANN401
        """The same, without its accounting."""

    def advance(
        self, stream: HostStream, session: Session, at_ms: int, *, may_be_late: bool = True
    ) -> bool:
        """Let an applied event be seen by its session and the watermark; tell whether it is late."""
        if at_ms <= stream.watermark_ms:
            return self.fall_behind(stream, session, at_ms, may_be_late)
        if at_ms >= session.closes_ms:
            self.roll(session, at_ms)
        stream.watermark_ms = session.seen_ms = at_ms
        stream.latest = session.session_id
        if at_ms >= stream.dies_at_ms:
            self.bury(stream)
        return False

    def fall_behind(
        self, stream: HostStream, session: Session, at_ms: int, may_be_late: bool = True
    ) -> bool:
        """The same for an event that does not move the watermark."""
        if at_ms >= session.closes_ms:
            self.roll(session, at_ms)
        elif at_ms < session.begun_ms:
            session.begin(at_ms)
        session.seen_ms = max(session.seen_ms, at_ms)
        if at_ms == stream.watermark_ms:
            stream.latest = max(stream.latest, session.session_id)
        late = may_be_late and self.is_late(stream, at_ms)
        session.late += late
        return late

    def is_late(self, stream: HostStream, at_ms: int) -> bool:
        """Whether something that old is late now."""
        return at_ms + self.allowance_ms < stream.watermark_ms

    def bury(self, stream: HostStream) -> None:
        """Forget the event ids that the watermark has passed, and those of days that are over."""
        for bucket in stream.dead(self._oldest_no):
            self.records.drop(bucket)

    def bury_silent(self, most: int) -> None:
        """Forget event ids of days that are over, of at most so many hosts that fell silent."""
        for _ in range(min(most, len(self._silent))):
            self.bury(self._silent.pop())

    def restore_session(self, key: bytes, value: bytes) -> Session:
        """Learn a host's watermark from a session of it; the session."""
        session = unpack_session(key, value)
        self.begin_day(max(self.today, day_of(session.seen_ms)))
        host, _, _ = key[len(self._session_head) :].partition(SEPARATOR)
        self.advance(self.stream(host.decode()), session, session.seen_ms)
        return session

    def restore_blocks(self, blocks: dict[bytes, bytes]) -> None:
        """Remember event ids again. Shapes: every block of the topic, in any order."""
        for head_of_key, keys in groupby(sorted(blocks), lambda key: key[:-NUMBER_BYTES]):
            hashes = [unpack_block(blocks[key]) for key in keys]
            self._bucket_of(head_of_key).restore(chain.from_iterable(hashes))

    def _bucket_of(self, key: bytes) -> Bucket:
        host, _, _ = key[len(self._seen_head) :].partition(SEPARATOR)
        stream = self.stream(host.decode())
        bucket = self._hold_bucket(stream, int.from_bytes(key[-NUMBER_BYTES:], "big"))
        if bucket.number < self._oldest_no:
            self._silent.append(stream)
        return bucket
