"""The fold of comments, viewers and rooms: nearly all of what a worker reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from streamproc.events.base import RoomEvent
from streamproc.events.registry import AnyEvent
from streamproc.events.rejected import Rejected
from streamproc.events.viewers import ViewersCounted
from streamproc.program.streams import Streams
from streamproc.protocol import BatchReport
from streamproc.tally.figures import ADD
from streamproc.tally.sessions import Online

_ADD_OF: Final = ADD.get


class AudienceFold(Streams):
    """One topic whose events are told apart by their ids and add up one by one."""

    def apply(self, events: Sequence[AnyEvent | Rejected]) -> BatchReport:
        """Fold decoded records, in log order."""
        report = BatchReport()
        for each in events:
            if each.__class__ is Rejected:
                report.rejected += 1
                continue
            event = cast("RoomEvent", each)
            at_ms = event.occurred_at_ms
            stream = self.hosts.get(event.host_id) or self.stream(event.host_id)
            if self.is_seen(stream, at_ms, event.event_id):
                report.duplicate += 1
                continue
            late = self.is_late(stream, at_ms)
            session = self.enter(stream, at_ms, event.session_id)
            add = _ADD_OF(event.__class__)
            if add is not None:
                add(session.totals, event)
                if not late:
                    add(self.pane(session, at_ms), event)
            elif event.__class__ is ViewersCounted:
                counted = cast("ViewersCounted", event)
                session.count_online(Online(at_ms, counted.online, counted.approximate is True))
            if late:
                session.late += 1
                report.late += 1
        report.applied = len(events) - report.duplicate - report.rejected
        return report
