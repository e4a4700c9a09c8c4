"""What one topic told about one broadcast of a host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from streamproc.tally.figures import Figures
from streamproc.tally.held import Held
from streamproc.tally.lifecycle import Lifecycle
from streamproc.tally.panes import NO_MINUTE, Minute
from streamproc.tally.session_sense import SessionSense
from streamproc.tally.sold import MinuteSold
from streamproc.tally.timing import MINUTE_MS, PANE_MS

COUNTED_REACH_MS: Final = 2 * MINUTE_MS
"""How far behind the platform's newest totals earlier ones are kept; the one before them is in any case."""


class Online(NamedTuple):
    """A count of viewers; the greatest tuple is the one that stands."""

    at_ms: int
    viewers: int
    approximate: bool


class Peak(NamedTuple):
    """The most viewers ever counted, and when that was first told."""

    viewers: int
    at_ms: int


class PlatformOrders(NamedTuple):
    """The platform's own totals of a broadcast; the greatest tuple is the one that stands.

    Units: ``paid_minor`` in minor units of ``currency``.
    """

    at_ms: int
    paid_lines: int
    paid_minor: int
    currency: str


class Told(NamedTuple):
    """What a topic told of a broadcast besides sums; None: it did not, or another topic does."""

    online: Online | None = None
    peak: Peak | None = None
    views_total: int | None = None
    viewers_total: int | None = None
    lifecycle: Lifecycle | None = None
    platform_orders: PlatformOrders | None = None


NOTHING_TOLD: Final = Told()
"""One for all sessions: it never changes."""


class Session:
    """Totals of a broadcast, in one topic.

    Shapes: ``seen_ms`` is the greatest event time applied, ``late`` how many applied events were
        late. ``opens_ms`` and ``closes_ms`` bound the minute of ``seen_ms``, the open one.
        ``minute`` is the one that the last event fell into, ``pane`` its pane if it is still the
        one to look at. ``sense`` is what is kept of its comments, ``sold`` what was sold in the minute that
        was last looked at, None while nobody did.
        ``counted_before`` are the platform's totals before those that stand, ascending, the latest of each
        pane. ``since`` is the day that its age is counted from. ``whole``: everything that is kept now was
        kept from its first event on; not so where an earlier version of the program began it. ``begun_ms``
        is the begin of the first minute that anything was told of, late or not; 0: nothing was, or an
        earlier version of the program began it.
    """

    __slots__ = (
        "begun_ms",
        "closes_ms",
        "counted_before",
        "dirty",
        "key",
        "late",
        "minute",
        "opens_ms",
        "pane",
        "seen_ms",
        "sense",
        "session_id",
        "since",
        "sold",
        "told",
        "totals",
        "whole",
    )

    def __init__(
        self,
        key: bytes,
        session_id: str,
        totals: Figures,
        seen_ms: int = 0,
        late: int = 0,
        told: Told | None = None,
        since: int = 0,
        whole: bool = True,
        counted_before: Sequence[PlatformOrders] = (),
        begun_ms: int = 0,
    ) -> None:
        self.key = key
        self.dirty = False
        self.session_id = session_id
        self.totals = totals
        self.seen_ms = seen_ms
        self.late = late
        self.told = NOTHING_TOLD if told is None else told
        self.since = since
        self.whole = whole
        self.counted_before = counted_before
        self.begun_ms = begun_ms
        self.minute: Minute = NO_MINUTE
        self.pane: Figures | None = None
        self.sense: SessionSense | None = None
        self.sold: Held[MinuteSold] | None = None
        self.opens_ms = self.closes_ms = 0
        if seen_ms:
            self.open(seen_ms)

    def begin(self, at_ms: int) -> None:
        """Let it begin no later than in the minute of that time, unless nobody knows when it did."""
        minute_ms = at_ms - at_ms % MINUTE_MS
        if self.begun_ms:
            self.begun_ms = min(self.begun_ms, minute_ms)
        elif not self.seen_ms:
            self.begun_ms = minute_ms

    def open(self, at_ms: int) -> None:
        """Let the minute of that time be the open one."""
        self.opens_ms = at_ms - at_ms % MINUTE_MS
        self.closes_ms = self.opens_ms + MINUTE_MS

    def count_online(
        self, reading: Online, views_total: int | None, viewers_total: int | None
    ) -> None:
        """Keep the latest count of viewers, the greatest, and the greatest running totals."""
        held = self.told
        peak = Peak(reading.viewers, reading.at_ms)
        self.told = held._replace(
            online=reading if held.online is None else max(held.online, reading),
            peak=peak if held.peak is None else max(held.peak, peak, key=_height),
            views_total=_greater(held.views_total, views_total),
            viewers_total=_greater(held.viewers_total, viewers_total),
        )

    def count_orders(self, counted: PlatformOrders) -> None:
        """Keep the platform's latest totals of orders, and a few before them.

        Shapes: what is kept does not depend on the order of counting: of each pane the greatest, and of
            those what is near the newest.
        """
        latest: dict[int, PlatformOrders] = {}
        for each in sorted((*self.platform_orders, counted)):
            latest[each.at_ms // PANE_MS] = each
        *before, newest = latest.values()
        reach_ms = newest.at_ms - COUNTED_REACH_MS
        self.counted_before = [
            each for each in before if each.at_ms >= reach_ms or each is before[-1]
        ]
        if newest is not self.told.platform_orders:
            self.told = self.told._replace(platform_orders=newest)

    @property
    def platform_orders(self) -> Sequence[PlatformOrders]:
        """The platform's own totals that are kept, the newest last."""
        newest = self.told.platform_orders
        return () if newest is None else (*self.counted_before, newest)

    def lifecycle(self) -> Lifecycle:
        """The turns of the broadcast, begun if none was told; to be changed in place."""
        held = self.told.lifecycle
        if held is None:
            held = Lifecycle(turns=[])
            self.told = self.told._replace(lifecycle=held)
        return held


def _height(peak: Peak) -> tuple[int, int]:
    return (peak.viewers, -peak.at_ms)


def _greater(held: int | None, told: int | None) -> int | None:
    return told if held is None else held if told is None else max(held, told)
