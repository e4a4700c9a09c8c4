"""A room at a moment: all that a rule may look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from streamproc.alerts.history import History
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.figures import OrderFigures
from streamproc.tally.floor import Floor
from streamproc.tally.lifecycle import Lifecycle, Status
from streamproc.tally.pulse import Pulse
from streamproc.tally.session_sense import SessionSense
from streamproc.tally.sessions import Online, PlatformOrders

TOPICS: Final = (ORDERS_TOPIC, COMMENTS_TOPIC, VIEWERS_TOPIC, ROOMS_TOPIC)
SUPERSEDED_AFTER_MS: Final = 30_000
"""A broadcast that fell silent no later after its host began another, and for so long, is over."""
_NO_FLOOR: Final = Floor()
_NO_PULSE: Final = Pulse()
_NO_SENSE: Final = SessionSense(b"")
_NO_LIFECYCLE: Final = Lifecycle()


class Room:
    """One broadcast, as it is at ``now_ms``; whoever judges fills it in, rules only read.

    Shapes: ``seen_ms`` is the latest event time by topic, a topic that told nothing is missing;
        ``begun_ms`` that of the first minute known. ``sold`` are the order sums of the whole broadcast,
        ``paid_day`` the paid lines of the host in the last day, ``platform_orders`` the platform's own
        totals that are kept, the newest last. ``said`` is what is kept of single comments;
        ``open_subjects`` are those for which an alert of the rule that is asked now is open, so that it can
        say what becomes of them. ``next_ms`` is when the host began another broadcast, 0: none did.
    Units: event time, UTC.
    """

    __slots__ = (
        "begun_ms",
        "floor",
        "history",
        "host_id",
        "lifecycle",
        "next_ms",
        "now_ms",
        "online",
        "open_subjects",
        "paid_day",
        "peak_online",
        "platform_orders",
        "pulse",
        "room_id",
        "said",
        "seen_ms",
        "session_id",
        "sold",
    )

    def __init__(self, host_id: str, session_id: str, now_ms: int) -> None:
        self.host_id = host_id
        self.session_id = session_id
        self.room_id = ""
        self.now_ms = now_ms
        self.begun_ms = 0
        self.seen_ms: Mapping[str, int] = {}
        self.lifecycle: Lifecycle = _NO_LIFECYCLE
        self.floor: Floor = _NO_FLOOR
        self.pulse: Pulse = _NO_PULSE
        self.said: SessionSense = _NO_SENSE
        self.history = History()
        self.sold = OrderFigures()
        self.paid_day = 0
        self.platform_orders: Sequence[PlatformOrders] = ()
        self.online: Online | None = None
        self.peak_online = 0
        self.open_subjects: Sequence[str] = ()
        self.next_ms = 0

    @property
    def status(self) -> Status:
        """What the broadcast is doing; one that nobody started is live while it is heard.

        Shapes: one in whose place another goes on has ended, though nobody said so.
        """
        if 0 < self.superseded_ms <= self.now_ms:
            return Status.ENDED
        told = self.lifecycle.status()
        return Status.LIVE if told is Status.UNKNOWN else told

    @property
    def ended_ms(self) -> int | None:
        """When it ended; None: it has not, as far as is known."""
        return self.on_air_ms if self.superseded_ms else self.lifecycle.ended_ms

    @property
    def on_air_ms(self) -> int:
        """The time of the latest event but orders, which go on when a broadcast is over; 0: none."""
        seen_ms = self.seen_ms.get
        return max(seen_ms(COMMENTS_TOPIC, 0), seen_ms(VIEWERS_TOPIC, 0), seen_ms(ROOMS_TOPIC, 0))

    @property
    def superseded_ms(self) -> int:
        """From when on it counts as over because its host began another broadcast; 0: it does not.

        Trap: a host may be live on two platforms at once, so the other one alone says nothing.
        """
        if not self.next_ms or self.lifecycle.status() is Status.ENDED:
            return 0
        on_air_ms = self.on_air_ms
        if not on_air_ms or on_air_ms > self.next_ms + SUPERSEDED_AFTER_MS:
            return 0
        return max(on_air_ms, self.next_ms) + SUPERSEDED_AFTER_MS

    @property
    def heard_ms(self) -> int:
        """The time of the latest event of any topic; 0: none."""
        return max(self.seen_ms.values(), default=0)

    @property
    def live_since_ms(self) -> int:
        """Since when it runs without a break: its start or its last resumption."""
        held = self.lifecycle
        started_ms = held.started_last.at_ms if held.started_last else self.begun_ms
        return max(started_ms, held.resumed_ms or 0)

    @property
    def acted_ms(self) -> int:
        """When host or staff last did something that is seen: wrote, pinned, listed, reported by hand."""
        spoke_ms = self.said.spoken[-1].at_ms if self.said.spoken else 0
        return max(spoke_ms, self.floor.acted_ms)

    @property
    def venue_id(self) -> str:
        """The hall that it is in; empty: unknown."""
        return self.lifecycle.started_last.venue_id if self.lifecycle.started_last else ""
