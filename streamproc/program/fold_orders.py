"""The fold of orders: lines as sets of facts, and what they add to the sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from xxhash import xxh3_64_intdigest

from streamproc.events.orders import OrderFailed, OrderPaid, OrdersCounted
from streamproc.events.registry import ORDERS_TOPIC, OrderTopicEvent
from streamproc.events.rejected import Rejected
from streamproc.program.expiry import STAMP_BYTES, is_old, stamp
from streamproc.program.keys import Kind, head
from streamproc.program.order_codec import pack_order, unpack_order
from streamproc.program.streams import Streams
from streamproc.protocol import BatchReport
from streamproc.tally.figures import ADD, OrderFigures
from streamproc.tally.order_sums import Contribution, add, of_line, of_whole
from streamproc.tally.orders import Order, OrderFact, Outcome
from streamproc.tally.people import BUYERS
from streamproc.tally.sessions import PlatformOrders, Session
from streamproc.tally.streams import HostStream
from streamproc.tally.timing import BUCKET_MS, MINUTE_MS

_HEAD: Final = head(Kind.LINE, ORDERS_TOPIC)
_TOLD_APART_BY_ID: Final = (OrderFailed, OrdersCounted)
_add_failed: Final = ADD[OrderFailed]


class OrderFold(Streams):
    """The orders topic: a fact is told apart by what it says of its line, the rest by its id."""

    def apply(self, events: Sequence[OrderTopicEvent | Rejected]) -> BatchReport:
        """Fold decoded records, in log order."""
        duplicate = rejected = lates = 0
        hosts = self.hosts
        for event in events:
            if isinstance(event, Rejected):
                rejected += 1
                continue
            stream = hosts.get(event.host_id) or self.stream(event.host_id)
            self.turn_day(event.occurred_at_ms)
            # Asked before the event moves the watermark.
            late = event.occurred_at_ms + self.allowance_ms < stream.watermark_ms
            if isinstance(event, _TOLD_APART_BY_ID):
                applied = self._remember(stream, event)
            else:
                applied = self._merge(stream, event, late)
            if applied:
                session = self._turn(stream, event.session_id)
                lates += self.advance(stream, session, event.occurred_at_ms)
                if isinstance(event, _TOLD_APART_BY_ID):
                    self._tell(session, event, late)
            else:
                duplicate += 1
            if isinstance(event, OrderPaid) and event.buyer_key is not None:
                # A buyer counts also by a payment that changes nothing else.
                session = self._turn(stream, event.session_id)
                self.meet(session, BUYERS, event.buyer_key, event.occurred_at_ms, late)
        return BatchReport(len(events) - duplicate - rejected, duplicate, rejected, lates)

    def _turn(self, stream: HostStream, session_id: str) -> Session:
        """The session of an event, about to change, and the one to look at from now on."""
        session = stream.session
        if session.session_id != session_id:
            session = stream.session = self.session(stream, session_id)
        if not session.dirty:
            self.records.touch(session)
        return session

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

    def _tell(self, session: Session, event: OrderFailed | OrdersCounted, late: bool) -> None:
        """Take in an event that is of no line."""
        at_ms = event.occurred_at_ms
        if isinstance(event, OrdersCounted):
            session.count_orders(
                PlatformOrders(at_ms, event.paid_lines, event.paid_minor, event.currency)
            )
            return
        _add_failed(session.totals, event)
        if not late:
            _add_failed(self.pane(session, at_ms), event)

    def _merge(self, stream: HostStream, event: OrderFact, late: bool) -> bool:
        """Take a fact into its order, and the difference into the sums; False: a duplicate."""
        key = _HEAD + stream.host + event.order_id.encode()
        value = self.records.values.get(key)
        if value is not None and is_old(key, value, self.today):
            value = None
        order = Order() if value is None else unpack_order(value[:-STAMP_BYTES])
        line = order.line(event.line_id)
        paid = isinstance(event, OrderPaid)
        # Nothing else that the order adds can change: other lines stand by themselves, and only a
        # payment moves the order as a whole.
        before = [] if value is None else of_line(line) + (of_whole(order) if paid else [])
        outcome = line.merge(event, late)
        if outcome != Outcome.AGAIN:
            self.records.put(key, pack_order(order) + stamp(self.today))
            self._move(stream, before, of_line(line) + (of_whole(order) if paid else []))
        return outcome == Outcome.STANDS

    def _move(
        self, stream: HostStream, before: list[Contribution], after: list[Contribution]
    ) -> None:
        """Let the sums move by what an order adds now, less what it added before."""
        moves: list[tuple[Contribution, int]] = []
        for each in after:
            if each in before:
                before.remove(each)
            else:
                moves.append((each, 1))
        moves += [(each, -1) for each in before]
        place: tuple[str, int, bool, bool] | None = None
        into: tuple[OrderFigures, ...] = ()
        for each, sign in moves:
            if place != (
                here := (*each[:3], sign > 0)
            ):  # most of what a fact moves is in one place
                place, into = here, self._place(stream, *here)
            for figures in into:
                add(figures, each, sign)

    def _place(
        self, stream: HostStream, session_id: str, at_ms: int, late: bool, more: bool
    ) -> tuple[OrderFigures, ...]:
        """The sums of a session and, unless it is late, those of the pane of a time, to change.

        Shapes: no pane of a minute that is over, unless there is ``more`` to come in: what it held
            cannot be taken back from it.
        """
        session = stream.session
        if session.session_id != session_id:
            session = self.session(stream, session_id)
        if not session.dirty:
            self.records.touch(session)
        totals = cast("OrderFigures", session.totals)
        if late or not (more or self.find_minute(session, at_ms // MINUTE_MS)):
            return (totals,)
        return (totals, cast("OrderFigures", self.pane(session, at_ms)))
