"""All that is answered about one broadcast, computed from its tally alone: plain, whole, and slow.

What is published every second is built by ``windows`` instead, to the same values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar, cast

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.completeness import completeness
from streamproc.tally.figures import (
    FIGURES,
    CommentFigures,
    Figures,
    OrderFigures,
    Sum,
    ViewerFigures,
)
from streamproc.tally.lifecycle import Over, Status
from streamproc.tally.model import MinuteTally, SessionTally
from streamproc.tally.online import Reading, on_air, peak_online, watched_online
from streamproc.tally.spans import (
    NOBODY_WATCHED,
    People,
    Span,
    Value,
    Watched,
    figures_of,
    ratio,
)
from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE
from streamproc.tally.uniques import Uniques, union

F = TypeVar("F", bound=Figures)

_SIGNS: Final = (COMMENTS_TOPIC, VIEWERS_TOPIC, ROOMS_TOPIC)
"""What tells that a broadcast is alive."""


class Window(NamedTuple):
    """A rolling window.

    Shapes: ``panes`` long, ending ``back`` panes before the pane of as_of, which is part of it when
        ``back`` is 0; ``people``: whether people are counted, over its whole minutes.
    """

    panes: int
    back: int = 0
    people: bool = False


WINDOWS: Final[dict[str, Window]] = {
    "1m": Window(6),
    "5m": Window(30),
    "10m": Window(60, people=True),
    "previous_10m": Window(60, back=60, people=True),
    "60m": Window(360),
}


def session_answer(
    tally: SessionTally, as_of_ms: int, *, minutes_are_whole: bool = True
) -> dict[str, Any]:
    """The figures, windows, curve and completeness of a broadcast, as of a time.

    Shapes: where minutes may be gone, who was online is told of the whole broadcast alone, by what is kept
        with it.
    """
    end_ms = span_end_ms(tally, as_of_ms)
    readings = readings_of(tally) if minutes_are_whole else []
    if minutes_are_whole:
        watched = watched_session(tally, readings, end_ms)
    else:
        watched = watched_as_kept(tally, end_ms)
    people = people_of(tally, tally.uniques)
    span = session_span(tally, watched, people, _count(tally.uniques, "leavers"))
    windows = {
        name: window_span(tally, window, as_of_ms, readings, end_ms)
        for name, window in WINDOWS.items()
    }
    figures = session_figures(tally, span)
    return {
        "figures": figures,
        "windows": {name: figures_of(each) for name, each in windows.items()},
        "curve": [
            minute_entry(tally, each, readings, end_ms)
            for _, each in sorted(tally.minutes.items())
            if holds_anything(each)
        ],
        "completeness": completeness(tally, as_of_ms, figures, span, windows),
    }


def span_end_ms(tally: SessionTally, as_of_ms: int) -> int:
    """When the broadcast ended, or last gave a sign of life; never after as_of."""
    turns = tally.lifecycle
    if turns is not None and turns.ended_ms is not None and turns.status() is Status.ENDED:
        return min(turns.ended_ms, as_of_ms)
    return min(alive_ms(tally.seen_ms), as_of_ms)


def alive_ms(seen_ms: Mapping[str, int]) -> int:
    """When a broadcast last gave a sign of life, by when each topic told of it; 0: never.

    Orders give none, since money is given back for weeks after it; they count where nothing else was told.
    """
    signs = [seen_ms[topic] for topic in _SIGNS if topic in seen_ms]
    return max(signs) if signs else max(seen_ms.values(), default=0)


def heard_ms(tally: SessionTally) -> int:
    """When the broadcast was last heard of; 0: never."""
    return max(tally.seen_ms.values(), default=0)


def over_of(tally: SessionTally) -> list[Over]:
    """When the broadcast was over, by time."""
    return [] if tally.lifecycle is None else tally.lifecycle.over()


def online_now(tally: SessionTally, over: Sequence[Over]) -> int | None:
    """The latest count; None where the broadcast was over since then, or at that time."""
    online = tally.online
    if online is None or any(until is None or until > online.at_ms for _, until in over):
        return None
    return online.viewers


def readings_of(tally: SessionTally) -> list[Reading]:
    """Every reading that was not late, by time, as ``on_air`` has them."""
    readings = (reading for minute in tally.minutes.values() for reading in minute.readings)
    return on_air(readings, over_of(tally))


def watched_between(readings: list[Reading], begin_ms: int, end_ms: int, stop_ms: int) -> Watched:
    """Who was online in a span of time; mean and integral end at ``stop_ms`` if that comes first."""
    if not readings:
        return NOBODY_WATCHED
    mean, online_ms = watched_online(readings, begin_ms, min(end_ms, stop_ms))
    return Watched(mean, peak_online(readings, begin_ms, end_ms), online_ms)


def watched_session(tally: SessionTally, readings: list[Reading], end_ms: int) -> Watched:
    """Who was online from the first reading on; the peak is that of any reading, also a late one."""
    begin_ms = readings[0].at_ms if readings else end_ms
    watched = watched_between(readings, begin_ms, end_ms, end_ms)
    return watched._replace(peak=None if tally.peak is None else tally.peak.viewers)


def watched_as_kept(tally: SessionTally, end_ms: int) -> Watched:
    """The same by what is kept with the session; mean and integral None where that does not tell."""
    known = None if tally.watching is None else tally.watching.until(end_ms, over_of(tally))
    mean, online_ms = (None, None) if known is None else known
    return Watched(mean, None if tally.peak is None else tally.peak.viewers, online_ms)


def people_of(
    tally: SessionTally,
    uniques: dict[str, Uniques],
    minutes: Iterable[MinuteTally] | None = None,
) -> People:
    """How many different people did what; of the whole broadcast, or of these minutes.

    Shapes: None for those whose topic told nothing, and for viewers none of whom has a key.
    """
    orders, comments, viewers = topics_of(tally)
    if minutes is not None:
        minutes = list(minutes)
        orders = None if orders is None else minutes_sum(minutes, OrderFigures, ORDERS_TOPIC)
        entries = viewers is not None and viewers.joins
        viewers = minutes_sum(minutes, ViewerFigures, VIEWERS_TOPIC) if entries else None
    known = {name: each.count() for name, each in uniques.items()}
    return People(
        None if orders is None else known.get("buyers", 0),
        None if viewers is None else named_viewers(viewers, known.get("viewers", 0)),
        None if comments is None else known.get("commenters", 0),
        interacting(tally, uniques),
        orders,
    )


def interacting(tally: SessionTally, uniques: dict[str, Uniques]) -> int | None:
    """How many different people liked, followed, shared or wrote; None where a topic is missing."""
    if tally.totals.get(VIEWERS_TOPIC) is None or tally.totals.get(COMMENTS_TOPIC) is None:
        return None
    return union(uniques[name] for name in ("active", "commenters") if name in uniques).count()


def named_viewers(viewers: ViewerFigures, count: int) -> int | None:
    """How many viewers there were by their keys; None where people came and none had a key."""
    return None if viewers.joins and viewers.joins == viewers.unnamed_joins else count


def session_span(tally: SessionTally, watched: Watched, people: People, leavers: int) -> Span:
    """The sums of a whole broadcast. Shapes: without any join, what the platform counted stands."""
    orders, comments, viewers = topics_of(tally)
    views = None
    watchers = None
    if viewers is not None:
        views = viewers.joins or tally.views_total
        watchers = leavers + viewers.unnamed_leaves
        if not viewers.joins:
            people = people._replace(viewers=tally.viewers_total)
    return Span(orders, comments, viewers, watched, people, views, watchers)


def session_figures(tally: SessionTally, span: Span) -> dict[str, Value]:
    """Every figure of a whole broadcast."""
    found = figures_of(span)
    if span.orders is not None:
        unpaid = span.orders.unpaid_minor.items()
        found["unpaid_minor"] = {currency: minor for currency, minor in unpaid if minor}
    found["online_now"] = online_now(tally, over_of(tally))
    if span.people is not None:
        found["conversion"] = ratio(span.people.buyers, span.people.viewers)
    return found


def window_span(
    tally: SessionTally, window: Window, as_of_ms: int, readings: list[Reading], end_ms: int
) -> Span:
    """The sums of a rolling window."""
    last = as_of_ms // PANE_MS - window.back
    first = last - window.panes + 1
    people = None
    if window.people:
        last_minute = (as_of_ms // PANE_MS - window.back) // PANES_PER_MINUTE
        numbers = range(last_minute - window.panes // PANES_PER_MINUTE + 1, last_minute + 1)
        minutes = [tally.minutes[number] for number in numbers if number in tally.minutes]
        people = people_of(tally, minutes_uniques(minutes), minutes)
    watched = watched_between(readings, first * PANE_MS, (last + 1) * PANE_MS, end_ms)
    return _span(tally, range(first, last + 1), watched, people)


def minute_entry(
    tally: SessionTally, minute: MinuteTally, readings: list[Reading], end_ms: int
) -> dict[str, Any]:
    """Every figure of one minute, an entry of the curve."""
    begin_ms = minute.number * MINUTE_MS
    watched = watched_between(readings, begin_ms, begin_ms + MINUTE_MS, end_ms)
    first = minute.number * PANES_PER_MINUTE
    people = people_of(tally, minute.uniques, (minute,))
    span = _span(tally, range(first, first + PANES_PER_MINUTE), watched, people)
    return {"minute_ms": begin_ms, **figures_of(span)}


def minutes_uniques(minutes: Iterable[MinuteTally]) -> dict[str, Uniques]:
    """Who was told of in any of the minutes, by name."""
    found: dict[str, Uniques] = {}
    for minute in minutes:
        for name, uniques in minute.uniques.items():
            found.setdefault(name, Uniques()).merge(uniques)
    return found


def minutes_sum(minutes: Iterable[MinuteTally], kind: type[F], topic: str) -> F:
    """The sums of a topic over whole minutes."""
    total = kind()
    for minute in minutes:
        for pane in minute.panes.get(topic, ()):
            if pane is not None:
                total.plus(pane)
    return total


def topics_of(
    tally: SessionTally,
) -> tuple[OrderFigures | None, CommentFigures | None, ViewerFigures | None]:
    """The totals of the topics that have sums; None: it told nothing of this broadcast."""
    totals: dict[str, Any] = tally.totals  # each topic has figures of its own
    return totals.get(ORDERS_TOPIC), totals.get(COMMENTS_TOPIC), totals.get(VIEWERS_TOPIC)


def holds_anything(minute: MinuteTally) -> bool:
    """Whether anything is left of what was told of a minute: what was taken back leaves zeros."""
    if minute.readings or any(each.count() for each in minute.uniques.values()):
        return True
    panes = (pane for of_topic in minute.panes.values() for pane in of_topic if pane is not None)
    return any(_is_something(each) for pane in panes for each in pane.row())


def _is_something(held: Sum) -> bool:
    return any(held.values()) if isinstance(held, dict) else held != 0


def _span(tally: SessionTally, panes: range, watched: Watched, people: People | None) -> Span:
    sums: list[Any] = []
    for topic in (ORDERS_TOPIC, COMMENTS_TOPIC, VIEWERS_TOPIC):
        told = tally.totals.get(topic) is not None
        sums.append(_panes_sum(tally, topic, panes) if told else None)
    orders, comments, viewers = sums
    entries = viewers is not None and cast("ViewerFigures", tally.totals[VIEWERS_TOPIC]).joins
    views = viewers.joins if entries else None
    return Span(orders, comments, viewers, watched, people, views)


def _panes_sum(tally: SessionTally, topic: str, panes: range) -> Figures:
    total = FIGURES[topic]()
    for number in panes:
        minute = tally.minutes.get(number // PANES_PER_MINUTE)
        held = minute.panes.get(topic) if minute is not None else None
        pane = held[number % PANES_PER_MINUTE] if held else None
        if pane is not None:
            total.plus(pane)
    return total


def _count(uniques: dict[str, Uniques], name: str) -> int:
    return uniques[name].count() if name in uniques else 0
