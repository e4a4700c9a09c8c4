"""The fold of orders: lines as sets of facts, and what their sales add to the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from xxhash import xxh3_64_intdigest

from streamproc.events.orders import OrderFailed, OrderPaid, OrdersCounted
from streamproc.events.registry import ORDERS_TOPIC, OrderTopicEvent
from streamproc.events.rejected import Rejected
from streamproc.program.codecs import pack_line, unpack_line
from streamproc.program.keys import Kind, head
from streamproc.program.streams import Streams
from streamproc.protocol import BatchReport
from streamproc.tally.figures import OrderFigures
from streamproc.tally.lines import Line, OrderFact, Sale
from streamproc.tally.streams import HostStream
from streamproc.tally.timing import BUCKET_MS

_HEAD: Final = head(Kind.LINE, ORDERS_TOPIC)
_TOLD_APART_BY_ID: Final = (OrderFailed, OrdersCounted)


class OrderFold(Streams):
    """The orders topic: a fact is told apart by what it says of its line, the rest by its id."""

    def apply(self, events: Sequence[OrderTopicEvent | Rejected]) -> BatchReport:
        """Fold decoded records, in log order."""
        duplicate = rejected = late = 0
        hosts, touch = self.hosts, self.records.touch
        for event in events:
            if isinstance(event, Rejected):
                rejected += 1
                continue
            stream = hosts.get(event.host_id) or self.stream(event.host_id)
            if isinstance(event, _TOLD_APART_BY_ID):
                applied = self._remember(stream, event)
            else:
                applied = self._merge(stream, event)
            if not applied:
                duplicate += 1
                continue
            session = stream.session
            if session.session_id != event.session_id:
                session = stream.session = self.session(stream, event.session_id)
            touch(session)
            late += self.advance(stream, session, event.occurred_at_ms)
        return BatchReport(len(events) - duplicate - rejected, duplicate, rejected, late)

    def _remember(self, stream: HostStream, event: OrderFailed | OrdersCounted) -> bool:
        """Remember the id of an event, where it can be; False: a duplicate."""
        bucket = self.bucket(stream, event.occurred_at_ms // BUCKET_MS)
        if bucket is None:
            return True
        hashed = xxh3_64_intdigest(event.event_id.encode())
        if hashed in bucket.hashes:
            return False
        unwritten = bucket.unwritten()
        bucket.hashes[hashed] = None
        self.records.grown_blocks += bucket.unwritten() - unwritten
        self.records.grow(bucket)
        return True

    def _merge(self, stream: HostStream, event: OrderFact) -> bool:
        """Take a fact into its line, and the difference into the figures; False: a duplicate."""
        key = _HEAD + stream.host + f"{event.order_id}\0{event.line_id}".encode()
        value = self.records.values.get(key)
        line = Line() if value is None else unpack_line(value)
        sold = isinstance(event, OrderPaid)
        before = line.sale() if sold else None
        if not line.merge(event, self.is_late(stream, event.occurred_at_ms)):
            return False
        self.records.put(key, pack_line(line))
        if sold:
            self._add(stream, before, -1)
            self._add(stream, line.sale(), 1)
        return True

    def _add(self, stream: HostStream, sale: Sale | None, sign: int) -> None:
        """Count a sale (sign 1) or take it back (sign -1); no sale is nothing to do."""
        if sale is None:
            return
        session = self.session(stream, sale.session_id)
        self.records.touch(session)
        sale.add_to(cast("OrderFigures", session.totals), sign)
        if not sale.late:
            sale.add_to(cast("OrderFigures", self.pane(session, sale.at_ms)), sign)
