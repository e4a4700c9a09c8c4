"""How many lines a host sold in the last day, over all its broadcasts."""

from __future__ import annotations

from typing import Final, cast

from streamproc.program.keys import HEAD_BYTES, SEPARATOR
from streamproc.program.streams import Streams
from streamproc.tally.figures import OrderFigures
from streamproc.tally.retention import DAY_MS


class PaidDay:
    """The sessions of each host that told of orders of late.

    Shapes: ``noted`` takes the keys of sessions of the orders topic that were told of.
    """

    def __init__(self, orders: Streams) -> None:
        self.noted: Final[set[bytes]] = set()
        self._orders = orders
        self._sessions: dict[str, set[str]] = {}

    def lines(self, host_id: str, now_ms: int) -> int:
        """Paid lines of the broadcasts of a host that told of orders in the last day."""
        for key in self.noted:
            told_of, _, session_id = key[HEAD_BYTES:].decode().partition(SEPARATOR.decode())
            self._sessions.setdefault(told_of, set()).add(session_id)
        self.noted.clear()
        stream = self._orders.stream(host_id)
        sessions = self._sessions.get(host_id, set())
        total = 0
        for session_id in list(sessions):
            session = self._orders.find_session(stream, session_id)
            if session is None or session.seen_ms <= now_ms - DAY_MS:
                sessions.discard(session_id)
            else:
                total += cast("OrderFigures", session.totals).paid_lines
        return total
