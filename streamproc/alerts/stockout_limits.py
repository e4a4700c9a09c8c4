"""When a product counts as out of stock."""

from __future__ import annotations

from msgspec import Struct

from streamproc.alerts.bounds import Count, DurationMs, Share, Weight, ascending


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """The thresholds of a stock-out."""

    min_users: Weight = 3
    """Weighed viewers in two minutes who ask for more or say that it is out, at least."""
    min_share: Share = 0.005
    """Of all who write, so many, if those are more."""
    desync_users: Weight = 5
    """Weighed viewers who say so although the feed tells of stock."""
    seen_ms: DurationMs = 5_000
    """A fresh zero that old is believed."""
    quiet_ms: DurationMs = 8_000
    """No line for so long, at least, is silence,"""
    expected_lines: Weight = 5
    """and for so long that so many lines were expected."""
    fallen_share: Share = 0.1
    """Or less than this of what was sold before, in a minute for which as many lines were expected."""
    refused_attempts: Count = 3
    """Attempts refused for lack of stock in a minute, without a line since, say as much."""
    settle_ms: DurationMs = 180_000
    """Rates of a broadcast are compared when it has run for so long without a break,"""
    pinned_ms: DurationMs = 60_000
    """and so long after what is on show changed."""
    house_ms: DurationMs = 180_000
    """So long it holds what host or staff said."""
    sold_before_ms: DurationMs = 300_000
    """What was sold so shortly before it ran out is wanted."""
    no_demand_ms: DurationMs = 180_000
    """What nobody asks for or tries to order for so long is not wanted any more."""
    for_ms: DurationMs = 5_000
    """So long what is only suspected must last."""
    page_after_ms: DurationMs = 90_000
    """Out for so long, it is no batch that is sold out: then somebody is paged."""
    hold_ms: DurationMs = 30_000
    """An alert ends when nothing speaks for it for so long."""

    def __post_init__(self) -> None:
        ascending(min_users=self.min_users, desync_users=self.desync_users)
        ascending(seen_ms=self.seen_ms, page_after_ms=self.page_after_ms)
