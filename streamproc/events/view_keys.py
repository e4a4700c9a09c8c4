"""The names of what the Redis view holds. Those of a host share a slot of a cluster, as do leaderboards.

Whoever writes the view and whoever reads it have them from here.

Source: docs/redis.md.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Figure(StrEnum):
    """What hosts are ranked and sorted by; money in CNY."""

    PAY_GMV = "pay_gmv_minor"
    NET_GMV = "net_gmv_minor"
    ORDERS_MAIN = "orders_main"
    ORDERS_SKU = "orders_sku"
    ITEMS_SOLD = "items_sold"
    BUYERS = "buyers"
    VIEWERS = "viewers"
    COMMENTS = "comments"
    LIKES = "likes"
    ONLINE_NOW = "online_now"


class Window(StrEnum):
    """Over what: the last minutes of the current session, or the whole of it."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    TEN_MINUTES = "10m"
    HOUR = "60m"
    SESSION = "session"


CURVE: Final = "curve:"
"""What the name of a broadcast's curve begins with, among the parts of a view; its session follows."""

FENCE: Final = b"_v"
"""The field of a hash of minutes or alerts that is none of them: which version wrote last."""

ROLLING: Final = (Window.MINUTE, Window.FIVE_MINUTES, Window.TEN_MINUTES, Window.HOUR)
"""The windows that roll."""


class Keys:
    """The keys below one prefix."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix.encode()
        own = self._prefix
        self.hosts = b"%b:{lb}:hosts" % own
        self.versions = b"%b:{lb}:v" % own
        self.seen = b"%b:{lb}:seen" % own
        self.boards = tuple(
            b"%b:{lb}:%b:%b" % (own, figure.encode(), window.encode())
            for window in (Window.SESSION, *ROLLING)
            for figure in Figure
        )
        self.leaderboards = (self.hosts, self.versions, self.seen, *self.boards)
        """Every key that a function for leaderboards takes, in its order."""
        self.alert_index = (
            b"%b:{lb}:alerts" % own,
            b"%b:{lb}:alerts:seq" % own,
            b"%b:{lb}:alerts:resolved" % own,
        )
        """Open alerts, the newest step of each alert, and when alerts were resolved."""
        self.poke = b"%b:poke" % own

    def live(self, host: bytes) -> bytes:
        """The tally of a host."""
        return b"%b:{%b}:live" % (self._prefix, host)

    def curve(self, host: bytes, part: str) -> bytes:
        """The minutes of a session. Shapes: ``part`` is ``curve:<session_id>``."""
        return b"%b:{%b}:%b" % (self._prefix, host, part.encode())

    def alerts(self, host: bytes) -> bytes:
        """The alerts of a host."""
        return b"%b:{%b}:alerts" % (self._prefix, host)

    def alert_stream(self, partition: int) -> bytes:
        """Every step of every alert of a partition."""
        return b"%b:{p%d}:alerts" % (self._prefix, partition)

    def epoch(self, partition: int) -> bytes:
        """Who owns a partition, and that it lives."""
        return b"%b:{p%d}:epoch" % (self._prefix, partition)
