"""The fold of comments, viewers and rooms: nearly all of what a worker reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from xxhash import xxh3_64_intdigest

from streamproc.events.base import RoomEvent
from streamproc.events.registry import AnyEvent
from streamproc.events.rejected import Rejected
from streamproc.events.viewers import ViewersCounted
from streamproc.program.streams import Streams
from streamproc.protocol import BatchReport
from streamproc.tally.dedupe import BLOCK_HASHES
from streamproc.tally.figures import ADD
from streamproc.tally.sessions import Online
from streamproc.tally.streams import HostStream
from streamproc.tally.timing import PANE_MS, PANES_PER_BUCKET

_ADD: Final[dict[type, Callable[[Any, Any], None]]] = {**ADD}


class AudienceFold(Streams):
    """One topic whose events are told apart by their ids and add up one by one."""

    def apply(self, events: Sequence[AnyEvent | Rejected]) -> BatchReport:  # noqa: C901 - see below
        """Fold decoded records, in log order."""
        # One loop that calls nothing in the common case: a call costs a tenth of an event, and an
        # event has ten steps.
        duplicate = rejected = lates = blocks = 0
        hosts, touch, grow = self.hosts, self.records.touch, self.records.grow
        add_of, hash_of = _ADD.get, xxh3_64_intdigest
        for each in events:
            kind = each.__class__
            if kind is Rejected:
                rejected += 1
                continue
            event = cast("RoomEvent", each)
            at_ms = event.occurred_at_ms
            stream = hosts.get(event.host_id) or self.stream(event.host_id)
            pane_no = at_ms // PANE_MS
            if pane_no != stream.pane_no:
                self._turn(stream, pane_no)
            bucket = stream.bucket
            if bucket is not None:
                hashed = hash_of(event.event_id.encode())
                hashes = bucket.hashes
                if hashed in hashes:
                    duplicate += 1
                    continue
                hashes[hashed] = None
                if not bucket.dirty:
                    grow(bucket)
                    blocks += 1
                elif len(hashes) % BLOCK_HASHES == 1:
                    blocks += 1
            session = stream.session
            if session.session_id != event.session_id:
                session = stream.session = self.session(stream, event.session_id)
                session.pane = None
            if not session.dirty:
                touch(session)
            late = False
            if at_ms > stream.watermark_ms:
                stream.watermark_ms = session.seen_ms = at_ms
                stream.latest = session.session_id
                if at_ms >= stream.dies_at_ms:
                    self.bury(stream)
            elif at_ms != session.seen_ms or stream.latest != session.session_id:
                late = self.fall_behind(stream, session, at_ms)
                lates += late
            add = add_of(kind)
            if add is not None:
                add(session.totals, event)
                if not late:
                    pane = session.pane
                    if pane is None:
                        pane = self.pane(session, at_ms)
                    elif not session.minute.dirty:
                        touch(session.minute)
                    add(pane, event)
            elif kind is ViewersCounted:
                counted = cast("ViewersCounted", event)
                session.count_online(Online(at_ms, counted.online, counted.approximate is True))
        self.records.grown_blocks += blocks
        return BatchReport(len(events) - duplicate - rejected, duplicate, rejected, lates)

    def _turn(self, stream: HostStream, pane_no: int) -> None:
        """Look at another pane than the last event's."""
        stream.pane_no = pane_no
        stream.session.pane = None
        stream.bucket = self.bucket(stream, pane_no // PANES_PER_BUCKET)
