"""Counting what of each product was sold, along with the minutes of orders."""

from __future__ import annotations

from typing import Final, cast

from streamproc.events.orders import (
    FailReason,
    OrderCreated,
    OrderFailed,
    OrderPaid,
)
from streamproc.events.registry import ORDERS_TOPIC
from streamproc.program.floor_codec import unpack_sold
from streamproc.program.keys import SEPARATOR, Kind, head, number
from streamproc.program.streams import Streams
from streamproc.tally.held import Held
from streamproc.tally.orders import Created, Line, Paid, Requested
from streamproc.tally.panes import Minute
from streamproc.tally.sessions import Session
from streamproc.tally.sold import MinuteSold, minute_of
from streamproc.tally.streams import HostStream

_SOLD: Final = head(Kind.SOLD, ORDERS_TOPIC)


class SoldRecords(Streams):
    """Records of what was sold; each ends with the minute that it belongs to.

    Shapes: a line counts as created where the panes count it: by its creation, or by its payment
        while only that is known; its ``place`` is 0 where it counts in no minute.
    """

    def forget_minute(self, key: bytes) -> None:
        """Delete a minute that is over, and what was sold in it."""
        super().forget_minute(key)
        self.drop(_SOLD + key[len(_SOLD) :])

    def begin_minute(self, session: Session, minute_no: int) -> Minute:
        """A new minute, in which nothing was sold."""
        self.drop(self._sold_key(session, minute_no))
        session.sold = None
        return super().begin_minute(session, minute_no)

    def sell(self, session: Session, event: OrderCreated | OrderPaid) -> int:
        """Count a created line in its minute, which is open; its place there."""
        at_ms = event.occurred_at_ms
        sold = self._open_sold(session, minute_of(at_ms))
        return sold.create(event.product_id, event.sku_id or "", event.quantity, at_ms)

    def move_sold(
        self,
        stream: HostStream,
        line: Line,
        counted: Created | Paid | None,
        event: OrderCreated | OrderPaid,
    ) -> None:
        """Count a line by an event, which is what it counts by now, and no more by what it did."""
        if counted is not None and line.place:
            session = self.at(stream, counted.session_id)
            sold = self._find_sold(session, minute_of(counted.at_ms))
            if sold is not None:
                sold.take_back(line.place, counted.quantity, counted.at_ms)
        late = line.paid_late if line.created is None else line.created_late
        session = self.at(stream, event.session_id)
        # A minute that is over was not begun anew if the sums did not move.
        over = late or self.find_minute(session, minute_of(event.occurred_at_ms)) is None
        line.place = 0 if over else self.sell(session, event)

    def refuse(self, session: Session, event: OrderFailed) -> None:
        """Count an attempt, not late, that failed for lack of a product that it names."""
        if event.reason is FailReason.OUT_OF_STOCK and event.product_id is not None:
            at_ms = event.occurred_at_ms
            self.minute(session, at_ms)
            self._open_sold(session, minute_of(at_ms)).refuse(event.product_id, at_ms)

    def move_asked(
        self, stream: HostStream, before: Requested | None, after: Requested | None
    ) -> None:
        """Count a line as asked back by the request that is the earliest by now, and no more by what was.

        Shapes: one that was late counts in no minute.
        """
        if before is not None and not before.late:
            sold = self._find_sold(self.at(stream, before.session_id), minute_of(before.at_ms))
            if sold is not None:
                sold.ask_no_more(before.reason)
        if after is not None and not after.late:
            session = self.at(stream, after.session_id)
            self.minute(session, after.at_ms)
            self._open_sold(session, minute_of(after.at_ms)).ask_back(after.reason)

    def _open_sold(self, session: Session, minute_no: int) -> MinuteSold:
        """What was sold in a minute, about to change, begun if it is new; it is the one to look at."""
        held = session.sold
        if held is None or held.number != minute_no:
            key = self._sold_key(session, minute_no)
            held = self._find_held(key, minute_no) or Held(key, MinuteSold(), minute_no)
            session.sold = held
        if not held.dirty:
            self.records.touch(held)
        return held.told

    def _find_sold(self, session: Session, minute_no: int) -> MinuteSold | None:
        """What was sold in a minute, about to change; None if nothing was, or the minute is over."""
        if self.find_minute(session, minute_no) is None:
            return None
        held = session.sold
        if held is None or held.number != minute_no:
            held = self._find_held(self._sold_key(session, minute_no), minute_no)
        if held is None:
            return None
        self.records.touch(held)
        return held.told

    def _find_held(self, key: bytes, minute_no: int) -> Held[MinuteSold] | None:
        held = cast("Held[MinuteSold] | None", self.records.changed.get(key))
        if held is None:
            value = self.records.values.get(key)
            held = None if value is None else Held(key, unpack_sold(value), minute_no)
        return held

    def at(self, stream: HostStream, session_id: str) -> Session:
        """A session of a host, to look at and perhaps to change."""
        session = stream.session
        return session if session.session_id == session_id else self.session(stream, session_id)

    @staticmethod
    def _sold_key(session: Session, minute_no: int) -> bytes:
        return _SOLD + session.key[len(_SOLD) :] + SEPARATOR + number(minute_no)
