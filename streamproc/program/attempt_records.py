"""Failed attempts to buy: each counts once, however often and whenever it is told again."""

from __future__ import annotations

from functools import cache
from typing import Final, cast

from streamproc.events.orders import OrderFailed
from streamproc.events.registry import ORDERS_TOPIC
from streamproc.program.codecs import ATTEMPT_VERSION
from streamproc.program.expiry import STAMP_BYTES
from streamproc.program.keys import SEPARATOR, Kind, head, number
from streamproc.program.order_moves import OrderMoves
from streamproc.tally.figures import OrderFigures
from streamproc.tally.retention import ATTEMPTS_OF_SESSION
from streamproc.tally.sessions import Session
from streamproc.tally.streams import HostStream
from streamproc.tally.uniques import hashed

_ATTEMPT: Final = head(Kind.ATTEMPT, ORDERS_TOPIC)


class AttemptRecords(OrderMoves):
    """Which attempts were told of, as long as orders are known; the first telling of one stands.

    Shapes: an attempt belongs to its session, since platforms number them as they like. A record says no
        more than the day from which its age counts.
    """

    def is_known(self, stream: HostStream, event: OrderFailed) -> bool:
        """Whether an attempt was counted already."""
        value = self.records.values.get(_key(stream.host + event.session_id.encode(), event))
        return value is not None and value[-STAMP_BYTES:] >= self.oldest

    def know(self, session: Session, event: OrderFailed) -> None:
        """Remember an attempt that is about to be counted, unless there are too many in its session."""
        totals = cast("OrderFigures", session.totals)
        if totals.failed() < ATTEMPTS_OF_SESSION:
            self.records.put(_key(session.key[len(_ATTEMPT) :], event), _value(self.stamp))


def _key(ids: bytes, event: OrderFailed) -> bytes:
    return _ATTEMPT + ids + SEPARATOR + number(hashed(event.attempt_id))


@cache
def _value(stamp: bytes) -> bytes:
    """The value of an attempt; one for all of a day, since there may be many."""
    return bytes((ATTEMPT_VERSION,)) + stamp
