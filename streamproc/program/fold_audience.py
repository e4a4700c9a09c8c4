"""The fold of comments, viewers and rooms: nearly all of what a worker reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar, cast

from xxhash import xxh3_64_intdigest

from streamproc.events.ahead import as_of_record
from streamproc.events.comments import CommentPosted
from streamproc.events.registry import AnyEvent
from streamproc.events.rejected import Rejected
from streamproc.events.rooms import RoomEnded, RoomPaused, RoomResumed, RoomStarted
from streamproc.events.viewers import ViewersCounted
from streamproc.program.streams import Streams
from streamproc.protocol import BatchReport
from streamproc.tally.dedupe import BLOCK_HASHES, of_copy
from streamproc.tally.figures import ADD
from streamproc.tally.floor import FLOOR_EVENTS
from streamproc.tally.held import Held
from streamproc.tally.online import Reading
from streamproc.tally.people import WHO, Who
from streamproc.tally.pulse import PULSE_EVENTS
from streamproc.tally.sessions import Online, Session
from streamproc.tally.streams import HostStream
from streamproc.tally.timing import PANE_MS

T = TypeVar("T")

_ADD: Final[dict[type, tuple[Callable[[Any, Any, Any], None], Who | None]]] = {
    kind: (add, WHO.get(kind)) for kind, add in ADD.items()
}
_TELLING: Final = frozenset(
    (ViewersCounted, RoomStarted, RoomPaused, RoomResumed, RoomEnded, *FLOOR_EVENTS, *PULSE_EVENTS)
)
"""Events that add nothing up and yet tell something."""


class AudienceFold(Streams):
    """One topic whose events are told apart by their ids and add up one by one."""

    def apply(self, events: Sequence[AnyEvent | Rejected]) -> BatchReport:  # noqa: C901 - see below
        """Fold decoded records, in log order."""
        # One loop that calls next to nothing in the common case: a call costs a tenth of an event,
        # and an event has ten steps.
        duplicate = rejected = lates = blocks = 0
        hosts, touch, grow = self.hosts, self.records.touch, self.records.grow
        add_of, hash_of = _ADD.get, xxh3_64_intdigest
        nowhere = self.figures()  # the pane of what is late
        for each in events:
            kind = each.__class__
            if kind is Rejected:
                rejected += 1
                self.rejected_days.append(self.today)
                continue
            event: Any = each  # an event of a room: to tell the type checker is a call
            at_ms = event.occurred_at_ms
            stream = hosts.get(event.host_id) or self.stream(event.host_id)
            pane_no = at_ms // PANE_MS
            if pane_no != stream.pane_no:
                self._turn(stream, pane_no)
            hashed, seen = hash_of(event.event_id.encode()), stream.seen
            if kind is CommentPosted and event.mirrored:
                hashed = of_copy(hashed)
            # Seen.add, without its call.
            table = seen.table
            place = hashed >> seen.shift
            while (held := table[place]) and held != hashed:
                place += 1
                if place == len(table):
                    place = 0
            if held:
                duplicate += 1
                continue
            table[place] = hashed
            seen.room -= 1
            if seen.room < 0:
                seen.widen()
            bucket: Any = stream.bucket
            hashes = bucket.hashes
            hashes.append(hashed)
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
                if at_ms >= session.closes_ms:
                    self.roll(session, at_ms)
                stream.watermark_ms = session.seen_ms = at_ms
                stream.latest = session.session_id
                if at_ms >= stream.dies_at_ms:
                    self.bury(stream)
            elif at_ms != session.seen_ms or stream.latest != session.session_id:
                late = self.fall_behind(stream, session, at_ms)
                lates += late
            added = add_of(kind)
            if added is None:
                if kind in _TELLING:
                    self._tell(session, event, late)
                continue
            add, who = added
            pane: Any = nowhere if late else session.pane
            if pane is None:
                pane = self.pane(session, at_ms)
            elif not (late or session.minute.dirty):
                touch(session.minute)
            add(session.totals, pane, event)
            if who is not None:
                index, key_of = who
                key = key_of(event)
                if key is not None:
                    if late or at_ms < session.opens_ms:
                        self.meet(session, index, key, at_ms, late)
                    else:
                        session.minute.members.told[index][hash_of(key.encode())] = None
        self.records.grown_blocks += blocks
        return BatchReport(len(events) - duplicate - rejected, duplicate, rejected, lates)

    def _take_ahead(self, stream: HostStream, event: Any, timestamp_ms: int) -> BatchReport:  # noqa: ANN401
        """Take in an event that is ahead, as of its record."""
        return self.apply([as_of_record(event, timestamp_ms)])

    def _turn(self, stream: HostStream, pane_no: int) -> None:
        """Look at another pane than the last event's."""
        stream.pane_no = pane_no
        stream.session.pane = None
        self.remember(stream, pane_no * PANE_MS)

    def _tell(self, session: Session, event: AnyEvent, late: bool) -> None:
        """Take in an event that adds nothing up."""
        if not isinstance(event, ViewersCounted):
            session.lifecycle().take(event)
            return
        at_ms, online, approximate = event.occurred_at_ms, event.online, event.approximate is True
        session.count_online(
            Online(at_ms, online, approximate), event.views_total, event.viewers_total
        )
        if not late:
            self.read(session, Reading(at_ms, online, approximate))

    def read(self, session: Session, reading: Reading) -> None:
        """Keep a count of viewers that is not late."""
        self.minute(session, reading.at_ms).read(reading)

    def open_told(
        self,
        head_of_key: bytes,
        session: Session,
        unpack: Callable[[bytes], T],
        new: Callable[[], T],
    ) -> T:
        """What is told of a session under a kind, about to change; begun if it is new."""
        key = head_of_key + session.key[len(head_of_key) :]
        records = self.records
        held = cast("Held[T] | None", records.changed.get(key))
        if held is None:
            value = records.values.get(key)
            held = Held(key, new() if value is None else unpack(value))
            records.touch(held)
        return held.told
