"""Opening what the state holds of a host in one topic: sessions, minutes, buckets of event ids."""

from __future__ import annotations

from typing import cast

from xxhash import xxh3_64_intdigest

from streamproc.program.codecs import unpack_block, unpack_minute, unpack_session
from streamproc.program.keys import SEPARATOR, Kind, number, parse, prefix
from streamproc.program.records import Records
from streamproc.tally.dedupe import BLOCK_HASHES, Block, Bucket, death_of
from streamproc.tally.figures import FIGURES, Figures
from streamproc.tally.panes import Minute
from streamproc.tally.sessions import Session
from streamproc.tally.streams import HostStream
from streamproc.tally.timing import ALLOWANCE_MS, BUCKET_MS, PANE_MS, PANES_PER_MINUTE

_NO_SESSION = ""
"""No session has this id."""


class Streams:
    """The hosts of one topic, and how their records are opened.

    What an event of any topic does besides its figures is here: it is looked up among those seen,
    moves the watermark, is judged late.
    """

    def __init__(self, topic: str, records: Records) -> None:
        self.topic = topic
        self.records = records
        self.figures = FIGURES[topic]
        self.allowance_ms = ALLOWANCE_MS[topic]
        self.hosts: dict[str, HostStream] = {}

    def stream(self, host_id: str) -> HostStream:
        """The stream of a host, begun if it is new."""
        stream = self.hosts.get(host_id)
        if stream is None:
            nothing = Session(b"", _NO_SESSION, Figures())
            stream = self.hosts[host_id] = HostStream(host_id.encode(), nothing)
        return stream

    def session(self, stream: HostStream, session_id: str) -> Session:
        """A session of a host, begun if it is new."""
        if stream.session.session_id == session_id:
            return stream.session
        key = prefix(Kind.SESSION, self.topic, stream.host) + session_id.encode()
        cell = self.records.changed.get(key)
        if cell is not None:
            return cast("Session", cell)
        value = self.records.values.get(key)
        if value is not None:
            return unpack_session(key, value)
        return Session(key, session_id, self.figures())

    def is_late(self, stream: HostStream, at_ms: int) -> bool:
        """Whether something that old is late now."""
        return at_ms + self.allowance_ms < stream.watermark_ms

    def enter(self, stream: HostStream, at_ms: int, session_id: str) -> Session:
        """The session of an applied event, about to change; the watermark sees the event."""
        session = stream.session
        if session.session_id != session_id:
            session = stream.session = self.session(stream, session_id)
        if not session.dirty:
            self.records.touch(session)
        if at_ms > session.seen_ms:
            session.seen_ms = at_ms
        if at_ms >= stream.watermark_ms:
            self.advance(stream, at_ms, session_id)
        return session

    def pane(self, session: Session, at_ms: int) -> Figures:
        """The pane of a session in which a time falls, about to change."""
        pane_no = at_ms // PANE_MS
        pane = session.pane
        if pane is not None and session.pane_no == pane_no:
            minute = session.minute
            if not minute.dirty:
                self.records.touch(minute)
            return pane
        minute_no = pane_no // PANES_PER_MINUTE
        minute = session.minute
        if minute is None or minute.number != minute_no:
            minute = session.minute = self._minute(session, minute_no)
        self.records.touch(minute)
        session.pane_no = pane_no
        session.pane = minute.pane(pane_no, self.figures)
        return session.pane

    def _minute(self, session: Session, minute_no: int) -> Minute:
        key = bytes((Kind.MINUTE,)) + session.key[1:] + SEPARATOR + number(minute_no)
        cell = self.records.changed.get(key)
        if cell is not None:
            return cast("Minute", cell)
        value = self.records.values.get(key)
        if value is not None:
            return unpack_minute(key, value, self.figures)
        return Minute(key, minute_no)

    def is_seen(self, stream: HostStream, at_ms: int, event_id: str) -> bool:
        """Whether an event id is remembered; if it can be, it is from now on."""
        bucket = stream.buckets.get(at_ms // BUCKET_MS) or self.open_bucket(stream, at_ms)
        if bucket is None:
            return False
        digest = xxh3_64_intdigest(event_id.encode())
        if digest in bucket.hashes:
            return True
        bucket.hashes[digest] = None
        block = bucket.block
        if len(block.hashes) == BLOCK_HASHES:
            block = self.next_block(stream, bucket)
        block.hashes.append(digest)
        self.records.touch(block)
        return False

    def open_bucket(self, stream: HostStream, at_ms: int) -> Bucket | None:
        """A new bucket for a time; None if the watermark has passed what it would remember."""
        bucket_no = at_ms // BUCKET_MS
        dies_at_ms = death_of(bucket_no)
        if dies_at_ms <= stream.watermark_ms:
            return None
        bucket = Bucket(bucket_no, Block(self._block_key(stream, bucket_no, 0)))
        stream.buckets[bucket_no] = bucket
        stream.dies_at_ms = min(stream.dies_at_ms, dies_at_ms)
        return bucket

    def next_block(self, stream: HostStream, bucket: Bucket) -> Block:
        """The block behind a full one."""
        bucket.block = Block(self._block_key(stream, bucket.number, bucket.blocks))
        bucket.blocks += 1
        return bucket.block

    def _block_key(self, stream: HostStream, bucket_no: int, block_no: int) -> bytes:
        head = prefix(Kind.SEEN, self.topic, stream.host)
        return head + number(bucket_no) + number(block_no)

    def advance(self, stream: HostStream, at_ms: int, session_id: str) -> None:
        """Let the watermark see an applied event; forget what died of it."""
        if at_ms > stream.watermark_ms:
            stream.watermark_ms = at_ms
            stream.latest = session_id
            if at_ms >= stream.dies_at_ms:
                self._bury(stream)
        elif at_ms == stream.watermark_ms and session_id > stream.latest:
            stream.latest = session_id

    def _bury(self, stream: HostStream) -> None:
        for bucket in stream.dead():
            for block_no in range(bucket.blocks):
                self.records.drop(self._block_key(stream, bucket.number, block_no))

    def restore_session(self, key: bytes, value: bytes) -> None:
        """Learn a host's watermark from a session of it."""
        session = unpack_session(key, value)
        stream = self.stream(parse(key).host_id)
        self.advance(stream, session.seen_ms, session.session_id)

    def restore_blocks(self, blocks: dict[bytes, bytes]) -> None:
        """Remember event ids again. Shapes: every block of the topic, in any order."""
        for key in sorted(blocks):
            parsed = parse(key)
            bucket_no, block_no = parsed.numbers
            stream = self.stream(parsed.host_id)
            bucket = stream.buckets.get(bucket_no)
            if bucket is None:
                bucket = stream.buckets[bucket_no] = Bucket(bucket_no, Block(key), 0)
                stream.dies_at_ms = min(stream.dies_at_ms, bucket.dies_at_ms)
            hashes = unpack_block(blocks[key])
            bucket.block = Block(key, hashes)
            bucket.blocks = block_no + 1
            bucket.hashes.update(dict.fromkeys(hashes))
