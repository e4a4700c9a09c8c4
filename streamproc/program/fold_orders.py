"""The fold of orders: lines as sets of facts, and what their sales add to the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from streamproc.events.orders import OrderFailed, OrdersCounted
from streamproc.events.registry import OrderTopicEvent
from streamproc.events.rejected import Rejected
from streamproc.program.codecs import pack_line, unpack_line
from streamproc.program.keys import SEPARATOR, Kind, prefix
from streamproc.program.streams import Streams
from streamproc.protocol import BatchReport
from streamproc.tally.figures import OrderFigures, Sale
from streamproc.tally.lines import Line, OrderFact
from streamproc.tally.streams import HostStream


class OrderFold(Streams):
    """The orders topic: a fact is told apart by what it says of its line, the rest by its id."""

    def apply(self, events: Sequence[OrderTopicEvent | Rejected]) -> BatchReport:
        """Fold decoded records, in log order."""
        report = BatchReport()
        for event in events:
            if isinstance(event, Rejected):
                report.rejected += 1
                continue
            stream = self.stream(event.host_id)
            late = self.is_late(stream, event.occurred_at_ms)
            if isinstance(event, OrderFailed | OrdersCounted):
                applied = not self.is_seen(stream, event.occurred_at_ms, event.event_id)
            else:
                applied = self._merge(stream, event, late)
            if not applied:
                report.duplicate += 1
                continue
            report.applied += 1
            session = self.enter(stream, event.occurred_at_ms, event.session_id)
            if late:
                session.late += 1
                report.late += 1
        return report

    def _merge(self, stream: HostStream, event: OrderFact, late: bool) -> bool:
        """Take a fact into its line, and the difference into the figures; False: a duplicate."""
        key = (
            prefix(Kind.LINE, self.topic, stream.host)
            + event.order_id.encode()
            + SEPARATOR
            + event.line_id.encode()
        )
        value = self.records.values.get(key)
        line = Line() if value is None else unpack_line(value)
        before = line.sale()
        if not line.merge(event, late):
            return False
        self.records.put(key, pack_line(line))
        after = line.sale()
        if after != before:
            if before is not None:
                self._add(stream, before, -1)
            if after is not None:
                self._add(stream, after, 1)
        return True

    def _add(self, stream: HostStream, sale: Sale, sign: int) -> None:
        session = self.session(stream, sale.session_id)
        self.records.touch(session)
        cast("OrderFigures", session.totals).add(sale, sign)
        if not sale.late:
            cast("OrderFigures", self.pane(session, sale.at_ms)).add(sale, sign)
