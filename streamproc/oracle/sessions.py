"""Figures of one broadcast, and of its panes, kept as plainly as can be."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from streamproc.events.comments import CommentPosted
from streamproc.events.orders import OrderPaid
from streamproc.events.registry import AnyEvent
from streamproc.events.viewers import ViewerJoined, ViewerLiked, ViewersCounted

PANE_MS = 10_000

Canonical = dict[str, Any]


@dataclass
class Figures:
    """Sums of a session or of one pane."""

    paid_lines: int = 0
    items_sold: int = 0
    pay_gmv_minor: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    comments: int = 0
    joins: int = 0
    likes: int = 0

    def add(self, event: AnyEvent, sign: int) -> None:
        """Count an event (sign 1) or take it back (sign -1)."""
        if isinstance(event, OrderPaid):
            self.paid_lines += sign
            self.items_sold += sign * event.quantity
            self.pay_gmv_minor[event.currency] += sign * event.paid_minor
        elif isinstance(event, CommentPosted):
            self.comments += 0 if event.mirrored else sign
        elif isinstance(event, ViewerJoined):
            self.joins += sign
        elif isinstance(event, ViewerLiked):
            self.likes += sign * event.count

    def canonical(self) -> Canonical:
        """The figures that are not zero."""
        return without_empty(
            {
                "paid_lines": self.paid_lines,
                "items_sold": self.items_sold,
                "pay_gmv_minor": without_empty(dict(self.pay_gmv_minor)),
                "comments": self.comments,
                "joins": self.joins,
                "likes": self.likes,
            }
        )


@dataclass
class Session:
    """Everything told about one broadcast of a host."""

    totals: Figures = field(default_factory=Figures)
    panes: dict[int, Figures] = field(default_factory=lambda: defaultdict(Figures))
    late: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    online: tuple[int, int, bool] | None = None

    def add(self, event: AnyEvent, sign: int, *, late: bool) -> None:
        """Count an event in the totals and, unless it is late, in the pane of its own time."""
        self.totals.add(event, sign)
        if not late:
            self.panes[event.occurred_at_ms // PANE_MS * PANE_MS].add(event, sign)
        if isinstance(event, ViewersCounted):
            reading = (event.occurred_at_ms, event.online, event.approximate is True)
            self.online = reading if self.online is None else max(self.online, reading)

    def canonical(self) -> Canonical:
        """The session without what is empty; a reading of online is never cut short."""
        online: Canonical = {}
        if self.online is not None:
            at_ms, count, approximate = self.online
            online = {"at_ms": at_ms, "count": count, "approximate": int(approximate)}
        panes = {str(start): pane.canonical() for start, pane in self.panes.items()}
        return without_empty(
            {
                "totals": self.totals.canonical(),
                "panes": without_empty(panes),
                "late": dict(self.late),
                "online": online,
            }
        )


def without_empty(mapping: dict[str, Any]) -> Canonical:
    """The mapping without zeros, empty texts and empty objects."""
    return {key: value for key, value in mapping.items() if value}
