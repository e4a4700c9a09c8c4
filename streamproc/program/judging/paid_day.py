"""How many lines a host sold in the last day, over all its broadcasts."""

from __future__ import annotations

from typing import cast

from streamproc.program.keys import HEAD_BYTES, SEPARATOR
from streamproc.program.streams import Streams
from streamproc.tally.figures import OrderFigures
from streamproc.tally.retention import DAY_MS


class PaidDay:
    """The sessions of each host that told of orders of late."""

    def __init__(self, orders: Streams) -> None:
        self._orders = orders
        self._sessions: dict[str, set[str]] = {}

    def note(self, key: bytes) -> None:
        """A session of the orders topic was told of."""
        host_id, _, session_id = key[HEAD_BYTES:].decode().partition(SEPARATOR.decode())
        self._sessions.setdefault(host_id, set()).add(session_id)

    def lines(self, host_id: str, now_ms: int) -> int:
        """Paid lines of the broadcasts of a host that told of orders in the last day."""
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
