"""What one topic told about one broadcast of a host."""

from __future__ import annotations

from typing import NamedTuple

from streamproc.tally.figures import Figures
from streamproc.tally.panes import NO_MINUTE, Minute


class Online(NamedTuple):
    """A count of viewers; the greatest tuple is the one that stands."""

    at_ms: int
    viewers: int
    approximate: bool


class Session:
    """Totals of a broadcast, in one topic.

    Shapes: ``seen_ms`` is the greatest event time applied, ``late`` how many applied events were
        late. ``minute`` is the one that the last event fell into, ``pane`` its pane if it is still
        the one to look at.
    """

    __slots__ = (
        "dirty",
        "key",
        "late",
        "minute",
        "online",
        "pane",
        "seen_ms",
        "session_id",
        "totals",
    )

    def __init__(
        self,
        key: bytes,
        session_id: str,
        totals: Figures,
        seen_ms: int = 0,
        late: int = 0,
        online: Online | None = None,
    ) -> None:
        self.key = key
        self.dirty = False
        self.session_id = session_id
        self.totals = totals
        self.seen_ms = seen_ms
        self.late = late
        self.online = online
        self.minute: Minute = NO_MINUTE
        self.pane: Figures | None = None

    def count_online(self, reading: Online) -> None:
        """Keep the latest count of viewers."""
        if self.online is None or reading > self.online:
            self.online = reading
