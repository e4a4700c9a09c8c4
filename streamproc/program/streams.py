"""Opening what the state holds of a host in one topic: sessions, minutes, buckets of event ids."""

from __future__ import annotations

from typing import Final, cast

from streamproc.program.codecs import unpack_block, unpack_minute, unpack_session
from streamproc.program.keys import NUMBER_BYTES, SEPARATOR, Kind, head, number
from streamproc.program.records import Records
from streamproc.tally.dedupe import Bucket, death_of
from streamproc.tally.figures import FIGURES, Figures
from streamproc.tally.panes import Minute
from streamproc.tally.sessions import Session
from streamproc.tally.streams import HostStream
from streamproc.tally.timing import ALLOWANCE_MS, PANE_MS, PANES_PER_MINUTE

_NO_SESSION: Final = ""
"""No session has this id."""


class Streams:
    """The hosts of one topic, and how their records are opened.

    An open record is found by where the last event fell, else among the changed ones, else it is
    unpacked: so no record is ever open twice, and what nobody looks at is held as bytes.
    """

    def __init__(self, topic: str, records: Records) -> None:
        self.topic = topic
        self.records = records
        self.figures = FIGURES[topic]
        self.allowance_ms = ALLOWANCE_MS[topic]
        self.hosts: dict[str, HostStream] = {}
        self._session_head = head(Kind.SESSION, topic)
        self._minute_head = head(Kind.MINUTE, topic)
        self._seen_head = head(Kind.SEEN, topic)

    def stream(self, host_id: str) -> HostStream:
        """The stream of a host, begun if it is new."""
        stream = self.hosts.get(host_id)
        if stream is None:
            nothing = Session(b"", _NO_SESSION, Figures())
            stream = self.hosts[host_id] = HostStream(host_id.encode() + SEPARATOR, nothing)
        return stream

    def session(self, stream: HostStream, session_id: str) -> Session:
        """A session of a host, begun if it is new."""
        found = self.find_session(stream, session_id)
        if found is None:
            found = Session(self._session_key(stream, session_id), session_id, self.figures())
        return found

    def find_session(self, stream: HostStream, session_id: str) -> Session | None:
        """A session of a host as it is now, to look at; None if nothing is known of it."""
        if stream.session.session_id == session_id:
            return stream.session
        key = self._session_key(stream, session_id)
        cell = self.records.changed.get(key)
        if cell is not None:
            return cast("Session", cell)
        value = self.records.values.get(key)
        return None if value is None else unpack_session(key, value)

    def _session_key(self, stream: HostStream, session_id: str) -> bytes:
        return self._session_head + stream.host + session_id.encode()

    def pane(self, session: Session, at_ms: int) -> Figures:
        """The pane of a session in which a time falls, about to change."""
        pane_no = at_ms // PANE_MS
        minute_no = pane_no // PANES_PER_MINUTE
        minute = session.minute
        if minute.number != minute_no:
            minute = self.find_minute(session, minute_no) or Minute(
                self._minute_key(session, minute_no), minute_no
            )
            session.minute = minute
        self.records.touch(minute)
        session.pane = minute.pane(pane_no, self.figures)
        return session.pane

    def find_minute(self, session: Session, minute_no: int) -> Minute | None:
        """A minute of a session as it is now, to look at; None if nothing fell into it."""
        if session.minute.number == minute_no:
            return session.minute
        key = self._minute_key(session, minute_no)
        cell = self.records.changed.get(key)
        if cell is not None:
            return cast("Minute", cell)
        value = self.records.values.get(key)
        return None if value is None else unpack_minute(key, value, self.figures)

    def _minute_key(self, session: Session, minute_no: int) -> bytes:
        ids = session.key[len(self._session_head) :]
        return self._minute_head + ids + SEPARATOR + number(minute_no)

    def bucket(self, stream: HostStream, bucket_no: int) -> Bucket | None:
        """The bucket of that number; None if the watermark has passed what it would remember."""
        bucket = stream.buckets.get(bucket_no)
        if bucket is None and death_of(bucket_no) > stream.watermark_ms:
            bucket = Bucket(self._seen_head + stream.host + number(bucket_no), bucket_no)
            stream.hold(bucket)
            self.records.buckets[bucket.key] = bucket
        return bucket

    def advance(self, stream: HostStream, session: Session, at_ms: int) -> bool:
        """Let an applied event be seen by its session and the watermark; tell whether it is late."""
        if at_ms <= stream.watermark_ms:
            return self.fall_behind(stream, session, at_ms)
        stream.watermark_ms = session.seen_ms = at_ms
        stream.latest = session.session_id
        if at_ms >= stream.dies_at_ms:
            self.bury(stream)
        return False

    def fall_behind(self, stream: HostStream, session: Session, at_ms: int) -> bool:
        """The same for an event that does not move the watermark."""
        session.seen_ms = max(session.seen_ms, at_ms)
        if at_ms == stream.watermark_ms:
            stream.latest = max(stream.latest, session.session_id)
        late = self.is_late(stream, at_ms)
        session.late += late
        return late

    def is_late(self, stream: HostStream, at_ms: int) -> bool:
        """Whether something that old is late now."""
        return at_ms + self.allowance_ms < stream.watermark_ms

    def bury(self, stream: HostStream) -> None:
        """Forget the event ids that the watermark has passed."""
        for bucket in stream.dead():
            self.records.drop(bucket)

    def restore_session(self, key: bytes, value: bytes) -> None:
        """Learn a host's watermark from a session of it."""
        session = unpack_session(key, value)
        host, _, _ = key[len(self._session_head) :].partition(SEPARATOR)
        self.advance(self.stream(host.decode()), session, session.seen_ms)

    def restore_blocks(self, blocks: dict[bytes, bytes]) -> None:
        """Remember event ids again. Shapes: every block of the topic, in any order."""
        held: Bucket | None = None
        for key in sorted(blocks):
            head_of_key = key[:-NUMBER_BYTES]
            if held is None or held.key != head_of_key:
                held = self._bucket_of(head_of_key)
            if held is not None:
                held.restore(unpack_block(blocks[key]))

    def _bucket_of(self, key: bytes) -> Bucket | None:
        host, _, _ = key[len(self._seen_head) :].partition(SEPARATOR)
        bucket_no = int.from_bytes(key[-NUMBER_BYTES:], "big")
        return self.bucket(self.stream(host.decode()), bucket_no)
