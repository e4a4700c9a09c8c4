"""Taking any fact into its order: the sums move by what the order adds after it, less before."""

from __future__ import annotations

from typing import Final, cast

from streamproc.events.orders import OrderCreated, OrderPaid
from streamproc.events.registry import ORDERS_TOPIC
from streamproc.program.expiry import stamp
from streamproc.program.keys import Kind, head
from streamproc.program.order_codec import OrderRecord, open_order
from streamproc.program.records import Records
from streamproc.program.sold_records import SoldRecords
from streamproc.tally.figures import OrderFigures
from streamproc.tally.order_sums import Contribution, add, of_line, of_whole
from streamproc.tally.orders import OrderFact, Outcome
from streamproc.tally.retention import DAY_MS, ORDER_DAYS
from streamproc.tally.sessions import Session
from streamproc.tally.streams import HostStream
from streamproc.tally.timing import MINUTE_MS

_HEAD: Final = head(Kind.LINE, ORDERS_TOPIC)


class OrderMoves(SoldRecords):
    """The orders of a partition, and how a fact moves the sums.

    Shapes: ``stamp`` is the day of the topic as values end in it, ``oldest`` that of the oldest
        orders that are known still; ``turns_ms`` is when it is the next day. They are current
        after :meth:`begin`.
    """

    def __init__(self, topic: str, records: Records) -> None:
        super().__init__(topic, records)
        self.begin()

    def begin(self) -> None:
        """Look at which day it is."""
        self.turns_ms = (self.today + 1) * DAY_MS
        self.stamp = stamp(self.today)
        self.oldest = stamp(max(0, self.today - ORDER_DAYS))

    def open(self, stream: HostStream, order_id: str) -> OrderRecord:
        """An order of a host, to be changed; nothing is known of it if it is new or too old."""
        key = _HEAD + stream.host + order_id.encode()
        records = self.records
        record = cast("OrderRecord | None", records.changed.get(key))
        if record is None:
            value = records.values.get(key)
            record = None if value is None else open_order(key, value)
        # Days compare as they are written.
        if record is None or record.since < self.oldest:
            return OrderRecord(key, self.stamp, 0, [], [])
        return record

    def touch(self, record: OrderRecord) -> None:
        """Note that an order changed today."""
        record.since = self.stamp
        if not record.dirty:
            self.records.touch(record)

    def turn(self, stream: HostStream, session_id: str) -> Session:
        """The session of an event, about to change, and the one to look at from now on."""
        session = stream.session
        if session.session_id != session_id:
            session = stream.session = self.session(stream, session_id)
        if not session.dirty:
            self.records.touch(session)
        return session

    def merge(
        self, stream: HostStream, record: OrderRecord, event: OrderFact, late: bool
    ) -> Session | None:
        """Take a fact into its order; None: a duplicate, but its line may be contradicted now."""
        order = record.order()
        line = order.line(event.line_id)
        paid = event.__class__ is OrderPaid
        # Nothing else that the order adds can change: other lines stand by themselves, and only a
        # payment moves the order as a whole.
        before = of_line(line) + (of_whole(order) if paid else [])
        counted, asked_back = line.counted, line.asked_back
        outcome = line.merge(event, late)
        if outcome != Outcome.AGAIN:
            self.touch(record)
            self._move(stream, before, of_line(line) + (of_whole(order) if paid else []))
            if isinstance(event, OrderCreated | OrderPaid) and line.counted is not counted:
                self.move_sold(stream, line, counted, event)
            if line.asked_back != asked_back:
                self.move_asked(stream, asked_back, line.asked_back)
            record.hold(order)
        if outcome == Outcome.STANDS:
            return self.turn(stream, event.session_id)
        self._hear_of(stream, event)
        return None

    def _hear_of(self, stream: HostStream, event: OrderFact) -> None:
        """Let a session begin with what was told of it, though another version of that stands."""
        session = self.at(stream, event.session_id)
        if event.occurred_at_ms < session.begun_ms or not (session.begun_ms or session.seen_ms):
            session.begin(event.occurred_at_ms)
            self.records.touch(session)

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
