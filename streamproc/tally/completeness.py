"""What the figures of a broadcast leave open: what is missing, late, rejected, estimated or held back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from msgspec import Struct, to_builtins

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.figures import CommentFigures, Figures, OrderFigures, ViewerFigures
from streamproc.tally.lifecycle import Status
from streamproc.tally.model import SessionTally
from streamproc.tally.spans import Span, Value, watch_method
from streamproc.tally.timing import MINUTE_MS, PANE_MS
from streamproc.tally.uniques import Uniques, union

SOURCES: Final = (ORDERS_TOPIC, COMMENTS_TOPIC, VIEWERS_TOPIC, ROOMS_TOPIC)

INTERACTING: Final = "interacting"
"""The count of those who are active or wrote."""

_MADE_OF: Final[dict[str, frozenset[str]]] = {
    "buyers": frozenset({"buyers"}),
    "aov_buyer_minor": frozenset({"buyers"}),
    "viewers": frozenset({"viewers"}),
    "watch_mean_s": frozenset({"leavers"}),
    "commenters": frozenset({"commenters"}),
    "conversion": frozenset({"buyers", "viewers"}),
    "gpm_viewers_minor": frozenset({"viewers"}),
    "uv_value_minor": frozenset({"viewers"}),
    "interaction_rate": frozenset({INTERACTING, "viewers"}),
}
"""Figure -> the unique counts that it is made of."""

_FACTS: Final[dict[type[Figures], tuple[str, ...]]] = {
    OrderFigures: (
        "created_lines",
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
"""Columns that count what happens in a broadcast; what was ordered in it is rightly paid, and given back,
after it."""


class Unnamed(Struct, gc=False):
    """What was told without whose it is."""

    paid_lines: int | None
    joins: int | None
    comments: int | None


class Completeness(Struct, gc=False):
    """How complete the figures of a broadcast are.

    Shapes: counts of a topic that told nothing are None. ``rejected`` counts by topic the records that
        name the broadcast and cannot be used. ``approximate`` names the known figures that are, or
        are made of, estimates of how many people there are. ``watch_methods`` has the windows whose
        mean watch time is known in another way than that of the broadcast, ``watch_method``.
    """

    as_of_ms: int
    status: str
    missing_sources: list[str]
    late: dict[str, int]
    rejected: dict[str, int]
    approximate: list[str]
    online_at_ms: int | None
    online_approximate: bool | None
    watch_method: str | None
    watch_methods: dict[str, str]
    orphan_refunds: int | None
    contradicted_lines: int | None
    unnamed: Unnamed
    after_end: int


def completeness(
    tally: SessionTally,
    as_of_ms: int,
    figures: Mapping[str, Value],
    span: Span,
    windows: Mapping[str, Span],
) -> dict[str, Any]:
    """How complete the ``figures`` of a broadcast are, whose sums ``span`` and its ``windows`` hold.

    Shapes: a ``Completeness``.
    """
    methods = {name: _method_of(each) for name, each in windows.items()}
    found = completeness_of(tally, approximate(tally.uniques, figures), _method_of(span), methods)
    found.as_of_ms = as_of_ms
    plain: dict[str, Any] = to_builtins(found)
    return plain


def _method_of(span: Span) -> str | None:
    leaves = None if span.viewers is None else span.viewers.leaves
    return watch_method(leaves, span.watched.online_ms, span.views)


def completeness_of(
    tally: SessionTally,
    estimates: list[str],
    method: str | None,
    methods: Mapping[str, str | None],
) -> Completeness:
    """How complete the figures of a broadcast are, as of the begin of time.

    Shapes: ``estimates`` as ``approximate`` has them, ``method`` as ``watch_method``, ``methods``
        likewise by window.
    """
    online, turns, totals = tally.online, tally.lifecycle, tally.totals
    orders: Any = totals.get(ORDERS_TOPIC)
    comments: Any = totals.get(COMMENTS_TOPIC)
    viewers: Any = totals.get(VIEWERS_TOPIC)
    return Completeness(
        0,
        str(Status.UNKNOWN if turns is None else turns.status()),
        missing_sources(tally),
        {topic: late for topic, late in sorted(tally.late.items()) if late},
        dict(sorted(tally.rejected.items())),
        estimates,
        None if online is None else online.at_ms,
        None if online is None else online.approximate,
        method,
        {name: each for name, each in methods.items() if each is not None and each != method},
        None if orders is None else orders.orphan_refunds,
        None if orders is None else orders.contradicted_lines,
        Unnamed(
            None if orders is None else orders.unnamed_paid_lines,
            None if viewers is None else viewers.unnamed_joins,
            None if comments is None else comments.unnamed_comments,
        ),
        after_end(tally),
    )


def missing_sources(tally: SessionTally) -> list[str]:
    """The topics that told nothing of a broadcast."""
    return [topic for topic in SOURCES if tally.totals.get(topic) is None]


def summed_by_topic(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts by topic, summed. Shapes: ascending by topic, without those that are 0."""
    found: dict[str, int] = {}
    for each in counts:
        for topic, count in each.items():
            found[topic] = found.get(topic, 0) + count
    return {topic: count for topic, count in sorted(found.items()) if count}


def approximate(uniques: Mapping[str, Uniques], figures: Mapping[str, Value]) -> list[str]:
    """Those of some figures that are known and made of estimates among the unique counts."""
    interacting = union(uniques[name] for name in ("active", "commenters") if name in uniques)
    estimates = {name for name, count in uniques.items() if not count.exact}
    if not interacting.exact:
        estimates.add(INTERACTING)
    return [name for name in approximate_of(estimates) if figures[name] is not None]


def approximate_of(estimates: Collection[str]) -> list[str]:
    """The figures that are made of estimates, where they are known.

    Shapes: ``estimates`` names the unique counts that are, as ``INTERACTING`` that of those who interacted.
    """
    return [name for name, counts in _MADE_OF.items() if not counts.isdisjoint(estimates)]


def after_end(tally: SessionTally) -> int:
    """How much happened, not late, in panes that begin at the end or after it; likes by their increment.

    Shapes: an order line counts once, when it was ordered; one that was never told created, when it was
        paid. 0 of a broadcast that is not over, also of one that was started again.
    """
    turns = tally.lifecycle
    if turns is None or turns.ended_ms is None or turns.status() is not Status.ENDED:
        return 0
    last_minute = turns.ended_ms // MINUTE_MS
    return sum(
        getattr(pane, column)
        for minute in tally.minutes.values()
        if minute.number >= last_minute
        for panes in minute.panes.values()
        for index, pane in enumerate(panes)
        if pane is not None and minute.number * MINUTE_MS + index * PANE_MS >= turns.ended_ms
        for column in _FACTS.get(type(pane), ())
    )
