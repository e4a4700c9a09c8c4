"""What the keys are called. Those of a host share a slot, as do all leaderboards.

Source: docs/redis.md.
"""

from __future__ import annotations

from typing import Final

FIGURES: Final = (
    "pay_gmv_minor",
    "net_gmv_minor",
    "orders_main",
    "orders_sku",
    "items_sold",
    "buyers",
    "viewers",
    "comments",
    "likes",
    "online_now",
)
"""What hosts are ranked by; money in CNY."""

WINDOWS: Final = ("session", "1m", "5m", "10m", "60m")
"""Over what: the whole of the current session, or its last minutes."""


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
            for window in WINDOWS
            for figure in FIGURES
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
