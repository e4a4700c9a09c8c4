"""The fold of orders: lines as sets of facts, and what they add to the sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from streamproc.events.ahead import as_of_record
from streamproc.events.orders import (
    OrderCancelled,
    OrderCreated,
    OrderFailed,
    OrderPaid,
    OrderRefundClosed,
    OrderRefunded,
    OrderRefundRequested,
    OrdersCounted,
)
from streamproc.events.registry import OrderTopicEvent
from streamproc.events.rejected import Rejected
from streamproc.program.attempt_records import AttemptRecords
from streamproc.program.records import Records
from streamproc.protocol import BatchReport
from streamproc.tally.figures import OrderFigures, add_failed
from streamproc.tally.order_sums import count_created, count_paid, count_refunded, settle
from streamproc.tally.orders import OrderFact
from streamproc.tally.people import BUYERS
from streamproc.tally.retention import MINUTE_DAYS
from streamproc.tally.sessions import PlatformOrders, Session
from streamproc.tally.streams import HostStream
from streamproc.tally.timing import MINUTE_MS, PANE_MS
from streamproc.tally.uniques import hashed

_TOLD_APART_BY_ID: Final = frozenset((OrderFailed, OrdersCounted))


class OrderFold(AttemptRecords):
    """The orders topic: a fact is told apart by what it says of its line, the rest by its id.

    A failed attempt has an id of its own beside that of its event, and is told apart by either.
    The facts that nearly all orders consist of move the sums directly: they are exactly what any
    fact moves them by, known beforehand.
    """

    def __init__(self, topic: str, records: Records) -> None:
        super().__init__(topic, records)
        self._take_in: dict[type, Callable[[HostStream, Any, bool], Session | None]] = {
            OrderCreated: self._create,
            OrderPaid: self._pay,
            OrderCancelled: self._merge,
            OrderRefundRequested: self._merge,
            OrderRefunded: self._refund,
            OrderRefundClosed: self._merge,
            OrderFailed: self._remember,
            OrdersCounted: self._remember,
        }

    def apply(self, events: Sequence[OrderTopicEvent | Rejected]) -> BatchReport:
        """Fold decoded records, in log order."""
        duplicate = rejected = lates = 0
        hosts, take_in, allowance_ms = self.hosts, self._take_in, self.allowance_ms
        self.begin()
        for each in events:
            kind = each.__class__
            if kind is Rejected:
                rejected += 1
                self.rejected_days.append(self.today)
                continue
            event: Any = each  # of a room: to tell the type checker is a call
            at_ms = event.occurred_at_ms
            stream = hosts.get(event.host_id) or self.stream(event.host_id)
            if at_ms >= self.turns_ms:
                self.turn_day(at_ms)
                self.begin()
            # Money that was given back is never late: it is posted at its own time, whenever that was.
            may_be_late = kind is not OrderRefunded
            # Asked before the event moves the watermark.
            late = may_be_late and at_ms + allowance_ms < stream.watermark_ms
            session = take_in[kind](stream, event, late)
            if session is None:
                duplicate += 1
            else:
                if stream.watermark_ms < at_ms < session.closes_ms and at_ms < stream.dies_at_ms:
                    stream.watermark_ms = session.seen_ms = at_ms
                    stream.latest = session.session_id
                else:
                    lates += self.advance(stream, session, at_ms, may_be_late=may_be_late)
                if kind in _TOLD_APART_BY_ID:
                    self._tell(session, event, late)
            if kind is OrderPaid and event.buyer_key is not None:
                # A buyer counts also by a payment that changes nothing else.
                session = self.turn(stream, event.session_id)
                self.meet(session, BUYERS, event.buyer_key, at_ms, late)
        return BatchReport(len(events) - duplicate - rejected, duplicate, rejected, lates)

    def _take_ahead(self, stream: HostStream, event: Any, timestamp_ms: int) -> BatchReport:  # noqa: ANN401
        """Take in an event that is ahead: a fact keeps its time, which is part of what it says of its line.

        Shapes: one that is not applied leaves the day as it was: nothing in the state would tell of it.
        """
        kind, at_ms = event.__class__, event.occurred_at_ms
        if kind in _TOLD_APART_BY_ID:
            return self.apply([as_of_record(event, timestamp_ms)])
        today = self.today
        self.turn_day(timestamp_ms)
        self.begin()
        late = kind is not OrderRefunded and self.is_late(stream, at_ms)
        session: Session | None = self._take_in[kind](stream, event, late)
        applied = session is not None
        if session is None:
            self.begin_day(today)
        else:
            self.advance(stream, session, timestamp_ms, may_be_late=False)
            session.late += late
        if kind is OrderPaid and event.buyer_key is not None:
            session = self.turn(stream, event.session_id)
            self.meet(session, BUYERS, event.buyer_key, at_ms, late)
        return BatchReport(int(applied), int(not applied), 0, int(late and applied))

    def _create(self, stream: HostStream, event: OrderCreated, late: bool) -> Session | None:
        """Take in that a line was created; None: a duplicate."""
        record = self.open(stream, event.order_id)
        if not record.create(event, late):
            return self.merge(stream, record, event, late)
        self.touch(record)
        session = self.turn(stream, event.session_id)
        currency, minor = event.currency, event.payable_minor
        count_created(cast("OrderFigures", session.totals), currency, minor)
        if not late:
            count_created(self._pane(session, event.occurred_at_ms), currency, minor)
            record.put(self.sell(session, event))
        return session

    def _pay(self, stream: HostStream, event: OrderPaid, late: bool) -> Session | None:
        """Take in that a line was paid; None: a duplicate."""
        record = self.open(stream, event.order_id)
        unpaid = record.pay(event, late)
        if unpaid is None:
            return self.merge(stream, record, event, late)
        self.touch(record)
        session = self.turn(stream, event.session_id)
        created_at_ms, minor, created_late, main = unpaid
        at_ms, currency = event.occurred_at_ms, event.currency
        totals = cast("OrderFigures", session.totals)
        count_paid(totals, event, main)
        settle(totals, currency, minor)
        pane: OrderFigures | None = None
        if not late:
            pane = self._pane(session, at_ms)
            count_paid(pane, event, main)
        if not created_late:
            if late or created_at_ms // PANE_MS != at_ms // PANE_MS:
                pane = self._past(session, created_at_ms)
            if pane is not None:
                settle(pane, currency, minor)
        return session

    def _refund(self, stream: HostStream, event: OrderRefunded, late: bool) -> Session | None:
        """Take in that money was given back; None: a duplicate."""
        record = self.open(stream, event.order_id)
        if not record.refund(event):
            return self.merge(stream, record, event, late)
        self.touch(record)
        session = self.turn(stream, event.session_id)
        currency, minor = event.currency, event.refund_minor
        count_refunded(cast("OrderFigures", session.totals), currency, minor)
        count_refunded(self._pane(session, event.occurred_at_ms), currency, minor)
        return session

    def _merge(self, stream: HostStream, event: OrderFact, late: bool) -> Session | None:
        """Take in any other fact of a line; None: a duplicate."""
        return self.merge(stream, self.open(stream, event.order_id), event, late)

    def _remember(
        self, stream: HostStream, event: OrderFailed | OrdersCounted, _late: bool
    ) -> Session | None:
        """Remember the id of an event; None: a duplicate."""
        if isinstance(event, OrderFailed) and self.is_known(stream, event):
            return None
        bucket = self.remember(stream, event.occurred_at_ms)
        told = hashed(event.event_id)
        if not stream.seen.add(told):
            return None
        unwritten = bucket.unwritten()
        bucket.hashes.append(told)
        self.records.grown_blocks += bucket.unwritten() - unwritten
        self.records.grow(bucket)
        return self.turn(stream, event.session_id)

    def _tell(self, session: Session, event: OrderFailed | OrdersCounted, late: bool) -> None:
        """Take in an event that is of no line."""
        at_ms = event.occurred_at_ms
        if isinstance(event, OrdersCounted):
            session.count_orders(
                PlatformOrders(at_ms, event.paid_lines, event.paid_minor, event.currency)
            )
            return
        self.know(session, event)
        add_failed(cast("OrderFigures", session.totals), event)
        if not late:
            add_failed(self._pane(session, at_ms), event)
            self.refuse(session, event)

    def _pane(self, session: Session, at_ms: int) -> OrderFigures:
        """The pane of a time, about to change; quickly if the last event fell into its minute."""
        minute = session.minute
        known = minute.dirty and minute.number == at_ms // MINUTE_MS
        if known and self.today - minute.since <= MINUTE_DAYS:
            return cast("OrderFigures", minute.pane(at_ms // PANE_MS, self.figures))
        return cast("OrderFigures", self.pane(session, at_ms))

    def _past(self, session: Session, at_ms: int) -> OrderFigures | None:
        """The pane of a time, about to change; None if its minute is over.

        Shapes: it is not where the last event fell, for the next one falls elsewhere.
        """
        minute = self.find_minute(session, at_ms // MINUTE_MS)
        if minute is None:
            return None
        self.records.touch(minute)
        return cast("OrderFigures", minute.pane(at_ms // PANE_MS, self.figures))
