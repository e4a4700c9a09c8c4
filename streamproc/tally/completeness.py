"""What the figures of a broadcast leave open: what is missing, late, estimated or held back."""

from __future__ import annotations

from typing import Any, Final

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.figures import CommentFigures, Figures, OrderFigures, ViewerFigures
from streamproc.tally.lifecycle import Status
from streamproc.tally.model import SessionTally
from streamproc.tally.spans import Span, watch_mean_s
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.uniques import Uniques, union

SOURCES: Final = (ORDERS_TOPIC, COMMENTS_TOPIC, VIEWERS_TOPIC, ROOMS_TOPIC)

_OF_ONE_COUNT: Final[tuple[str, ...]] = ("buyers", "viewers", "commenters")

_FACTS: Final[dict[type[Figures], tuple[str, ...]]] = {
    OrderFigures: (
        "created_lines",
        "paid_lines",
        "refunded_lines",
        "orphan_refunds",
        "failed_out_of_stock",
        "failed_coupon_invalid",
        "failed_pay_declined",
        "failed_risk",
        "failed_other",
    ),
    CommentFigures: ("comments", "mirrored"),
    ViewerFigures: (
        "joins",
        "likes",
        "follows",
        "shares",
        "exposures",
        "clicks",
        "cart_adds",
        "leaves",
    ),
}
"""Columns that count what happened, each happening in one of them."""


def completeness(tally: SessionTally, as_of_ms: int, span: Span) -> dict[str, Any]:
    """How complete the figures of a broadcast are, whose sums ``span`` holds.

    Shapes: counts of a topic that told nothing are None. ``approximate`` names the figures of
        people that are estimates.
    """
    online, turns = tally.online, tally.lifecycle
    orders, comments, viewers = span.orders, span.comments, span.viewers
    return {
        "as_of_ms": as_of_ms,
        "status": str(Status.UNKNOWN if turns is None else turns.status()),
        "missing_sources": [topic for topic in SOURCES if tally.totals.get(topic) is None],
        "late": {topic: late for topic, late in sorted(tally.late.items()) if late},
        "approximate": approximate(tally.uniques),
        "online_at_ms": None if online is None else online.at_ms,
        "online_approximate": None if online is None else online.approximate,
        "watch_method": watch_mean_s(span)[1],
        "orphan_refunds": None if orders is None else orders.orphan_refunds,
        "contradicted_lines": None if orders is None else orders.contradicted_lines,
        "unnamed": {
            "paid_lines": None if orders is None else orders.unnamed_paid_lines,
            "joins": None if viewers is None else viewers.unnamed_joins,
            "comments": None if comments is None else comments.unnamed_comments,
        },
        "after_end": after_end(tally),
    }


def approximate(uniques: dict[str, Uniques]) -> list[str]:
    """The figures of people that are estimates."""
    found: list[str] = [
        name for name in _OF_ONE_COUNT if name in uniques and not uniques[name].exact
    ]
    interacting = union(uniques[name] for name in ("active", "commenters") if name in uniques)
    return found if interacting.exact else [*found, "interaction_rate"]


def after_end(tally: SessionTally) -> int:
    """How much happened, not late, in minutes that begin after the end; likes by their increment."""
    turns = tally.lifecycle
    if turns is None or turns.ended_ms is None:
        return 0
    return sum(
        getattr(pane, column)
        for minute in tally.minutes.values()
        if minute.number * MINUTE_MS > turns.ended_ms
        for panes in minute.panes.values()
        for pane in panes
        if pane is not None
        for column in _FACTS.get(type(pane), ())
    )
