"""The figures and windows of a broadcast that goes on, built again every second at little cost.

The values are those of ``formulas``; what did not change since the last time is not computed again.
"""

from __future__ import annotations

from typing import Any, Final

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.figures import CommentFigures, OrderFigures, ViewerFigures
from streamproc.tally.formulas import (
    WINDOWS,
    named_viewers,
    session_figures,
    session_span,
    span_end_ms,
    topics_of,
)
from streamproc.tally.model import SessionTally
from streamproc.tally.spans import People, Span, Value, figures_of
from streamproc.tally.timing import PANE_MS, PANES_PER_MINUTE
from streamproc.tally.windows_online import RollingOnline
from streamproc.tally.windows_people import RollingPeople, SessionPeople
from streamproc.tally.windows_sums import RollingSums

Topics = tuple[OrderFigures | None, CommentFigures | None, ViewerFigures | None]

_SUMMED: Final = (ORDERS_TOPIC, COMMENTS_TOPIC, VIEWERS_TOPIC)
_PREVIOUS: Final = "previous_10m"
_NO_SUMS: Final[dict[str, Any]] = {}


class Rolling:
    """One broadcast that is published again and again.

    Shapes: reads a tally that goes on, whose maker tells by ``patched`` which minutes changed. The
        minute of as_of need not be told of. Estimates of people are at most one pane old.
    """

    __slots__ = ("_online", "_people", "_previous", "_session", "_sums", "tally")

    def __init__(self, tally: SessionTally) -> None:
        self.tally = tally
        self._sums = {topic: RollingSums(topic, tally.minutes) for topic in _SUMMED}
        self._online = RollingOnline(tally.minutes)
        self._people = {
            "10m": RollingPeople(tally.minutes, grows=True),
            _PREVIOUS: RollingPeople(tally.minutes, grows=False),
        }
        self._session = SessionPeople()
        self._previous: tuple[Any, dict[str, Value]] | None = None

    def patched(self, topic: str, number: int) -> None:
        """What a topic tells of a minute changed."""
        self._previous = None
        if topic in self._sums:
            self._sums[topic].patched(number)
            for people in self._people.values():
                people.patched(topic, number)
        if topic == VIEWERS_TOPIC:
            self._online.patched(number)

    def answer(self, as_of_ms: int) -> dict[str, Any]:
        """The figures and windows as of a time."""
        tally = self.tally
        pane_no = as_of_ms // PANE_MS
        end_ms = span_end_ms(tally, as_of_ms)
        self._online.renew(pane_no // PANES_PER_MINUTE)
        sums = [
            self._sums[topic].windows(pane_no) if tally.totals.get(topic) is not None else _NO_SUMS
            for topic in _SUMMED
        ]
        topics = topics_of(tally)
        return {
            "figures": self._figures(topics, pane_no, end_ms),
            "windows": {
                name: self._held_previous(topics, sums, pane_no, end_ms)
                if name == _PREVIOUS
                else self._window(name, topics, sums, pane_no, end_ms)
                for name in WINDOWS
            },
        }

    def _held_previous(
        self, topics: Topics, sums: list[dict[str, Any]], pane_no: int, end_ms: int
    ) -> dict[str, Value]:
        """The window that changes only when as_of moves on by a pane, or an older minute does."""
        window_end_ms = (pane_no + 1 - WINDOWS[_PREVIOUS].back) * PANE_MS
        told = [topic is not None for topic in topics]
        entered = topics[2] is not None and topics[2].joins > 0
        of = (pane_no, min(end_ms, window_end_ms), told, entered)
        if self._previous is None or self._previous[0] != of:
            self._previous = of, self._window(_PREVIOUS, topics, sums, pane_no, end_ms)
        return self._previous[1].copy()

    def _figures(self, topics: Topics, pane_no: int, end_ms: int) -> dict[str, Value]:
        tally, session = self.tally, self._session
        peak, uniques = tally.peak, tally.uniques
        watched = self._online.session(end_ms)
        watched = watched._replace(peak=None if peak is None else peak.viewers)
        orders, comments, viewers = topics

        def count(name: str) -> int:
            return session.count(uniques, name, pane_no)

        both = viewers is not None and comments is not None
        people = People(
            None if orders is None else count("buyers"),
            None if viewers is None else named_viewers(viewers, count("viewers")),
            None if comments is None else count("commenters"),
            session.interacting(uniques, pane_no) if both else None,
            orders,
        )
        return session_figures(tally, session_span(tally, watched, people, count("leavers")))

    def _window(
        self,
        name: str,
        topics: Topics,
        sums: list[dict[str, Any]],
        pane_no: int,
        end_ms: int,
    ) -> dict[str, Value]:
        window = WINDOWS[name]
        orders: OrderFigures | None = sums[0].get(name)
        comments: CommentFigures | None = sums[1].get(name)
        viewers: ViewerFigures | None = sums[2].get(name)
        last = pane_no - window.back
        begin_ms = (last - window.panes + 1) * PANE_MS
        watched = self._online.window(begin_ms, (last + 1) * PANE_MS, end_ms)
        people = self._people_of(name, topics, last, pane_no) if window.people else None
        entered = topics[2] is not None and topics[2].joins
        views = viewers.joins if viewers is not None and entered else None
        return figures_of(Span(orders, comments, viewers, watched, people, views))

    def _people_of(self, name: str, topics: Topics, last: int, pane_no: int) -> People:
        orders, comments, viewers = topics
        counts = self._people[name].counts(last // PANES_PER_MINUTE, pane_no)
        watching = None
        if viewers is not None and viewers.joins:
            entered = self._sums[VIEWERS_TOPIC].of_people(name)
            watching = named_viewers(entered, counts["viewers"])
        both = viewers is not None and comments is not None
        return People(
            None if orders is None else counts["buyers"],
            watching,
            None if comments is None else counts["commenters"],
            counts["interacting"] if both else None,
            None if orders is None else self._sums[ORDERS_TOPIC].of_people(name),
        )
