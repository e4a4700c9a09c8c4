"""What is published of a broadcast that goes on, built again every second at little cost.

The values are those of ``formulas`` and ``completeness``; what did not change since the last time is
neither computed nor encoded again.
"""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

from msgspec import Raw, Struct, field, json

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.completeness import SOURCES, Completeness, approximate_of, completeness_of
from streamproc.tally.figures import CommentFigures, OrderFigures, ViewerFigures
from streamproc.tally.formulas import WINDOWS, named_viewers, session_span, span_end_ms, topics_of
from streamproc.tally.model import SessionTally
from streamproc.tally.sheets import Money, Sheet
from streamproc.tally.spans import (
    NO_CROWD,
    NO_SALES,
    Crowd,
    People,
    Sales,
    Span,
    acts_of,
    crowd_of,
    ratio,
    sales_of_orders,
    sheet_of,
    watch_method,
    without_zeros,
)
from streamproc.tally.timing import PANE_MS, PANES_PER_MINUTE
from streamproc.tally.windows_columns import COMMENTS, JOINS, AudienceColumns, Row, SaleColumns
from streamproc.tally.windows_online import RollingOnline
from streamproc.tally.windows_people import Counts, RollingPeople, SessionPeople
from streamproc.tally.windows_sums import PREVIOUS, ROLLING, RollingSums

Topics = tuple[OrderFigures | None, CommentFigures | None, ViewerFigures | None]

_SESSION: Final = "session"
_OF_PEOPLE: Final = "10m"
"""The rolling window that people are counted of."""

_AUDIENCE: Final = frozenset((COMMENTS_TOPIC, VIEWERS_TOPIC))

_LENGTHS_MS: Final = tuple([WINDOWS[name].panes * PANE_MS for name in ROLLING])

_NOBODY: Final = People(None, None, None, None, None)

_encode: Final = json.Encoder().encode


class Windows(Struct, gc=False):
    """The figures of each window. Shapes: those of ``previous_10m`` may be JSON already."""

    m1: Sheet = field(name="1m")
    m5: Sheet = field(name="5m")
    m10: Sheet = field(name="10m")
    previous_10m: Sheet | Raw
    m60: Sheet = field(name="60m")


class Answer(Struct, gc=False):
    """What is published of a broadcast.

    Shapes: parts are shared with the answers before and after. Nothing is to be changed in them,
        and they are to be read before the next is asked for.
    """

    figures: Sheet
    windows: Windows
    completeness: Completeness


class Rolling:
    """One broadcast that is published again and again.

    Shapes: reads a tally that goes on. Its owner calls ``touched`` after each change and before the
        next answer, once for any number of changes of the same minute. Unique counts only grow. Any
        ``as_of_ms`` may follow on any other. Counts of people are those of now while they are
        exact; an estimate is at most ten seconds old.
    """

    __slots__ = (
        "_audience",
        "_completeness",
        "_crowds",
        "_online",
        "_orders",
        "_pane_no",
        "_people",
        "_phase_ms",
        "_previous",
        "_sale",
        "_sales",
        "_session",
        "_sold",
        "_stale",
        "_unpaid",
        "tally",
    )

    def __init__(self, tally: SessionTally) -> None:
        self.tally = tally
        self._sale = SaleColumns()
        self._orders = RollingSums(self._sale, tally.minutes)
        self._audience = RollingSums(AudienceColumns(), tally.minutes)
        self._online = RollingOnline(tally.minutes)
        self._people = RollingPeople(tally.minutes)
        self._session = SessionPeople()
        # Not all hosts renew their estimates in the same second.
        self._phase_ms = crc32(tally.host_id.encode()) % PANE_MS
        self._pane_no = -1
        self._stale = set(SOURCES)
        self._sales: dict[str, tuple[Row, Sales]] = {}
        self._sold: Money | None = None
        self._unpaid: Money | None = None
        self._crowds: dict[str, tuple[Any, Crowd]] = {}
        self._previous: tuple[Any, Sheet, Raw] | None = None
        self._completeness: tuple[Any, Completeness] | None = None

    def touched(self, topic: str, number: int | None = None) -> None:
        """What a topic tells of the broadcast changed, and of the minute of that number.

        Shapes: a number for panes, unique counts and readings of a minute, also for one that is let
            go of; None where only what belongs to the whole broadcast changed: totals, late facts,
            unique counts, turns.
        """
        self._stale.add(topic)
        if number is None:
            return
        if number != self._pane_no // PANES_PER_MINUTE:
            self._previous = None
        if topic == ORDERS_TOPIC:
            self._orders.touched(number)
        elif topic != ROOMS_TOPIC:
            self._audience.touched(number)
            if topic == VIEWERS_TOPIC:
                self._online.touched(number)
        self._people.touched(topic, number)

    def encoded(self, as_of_ms: int) -> bytes:
        """The answer as of a time, as JSON."""
        found = self.answer(as_of_ms)
        if self._previous is not None:
            found.windows.previous_10m = self._previous[2]
        return _encode(found)

    def answer(self, as_of_ms: int) -> Answer:
        """The figures, windows and completeness as of a time."""
        tally = self.tally
        self._pane_no = pane_no = as_of_ms // PANE_MS
        now = pane_no // PANES_PER_MINUTE
        period = (as_of_ms + self._phase_ms) // PANE_MS
        end_ms = span_end_ms(tally, as_of_ms)
        self._online.renew(now)
        self._audience.renew(pane_no)
        if self._orders.renew(pane_no) or ORDERS_TOPIC in self._stale:
            self._sell()
        session = self._session
        session.renew(tally.uniques, self._stale, period)
        topics = topics_of(tally)
        span = self._span(topics, end_ms)
        counts = self._people.counts(now, period, session.exact)
        windows = self._windows(topics, end_ms, counts)
        completeness = self._complete(as_of_ms, span)
        self._stale.clear()
        return Answer(self._figures(span), windows, completeness)

    def _sell(self) -> None:
        """Compute anew what orders alone give."""
        orders = topics_of(self.tally)[0]
        if orders is None:
            self._sales = dict.fromkeys((*ROLLING, _SESSION), ((), NO_SALES))
            self._sold = self._unpaid = None
            return
        sums, columns, held = self._orders, self._sale, self._sales
        # First, as it may find a currency that the windows know nothing of yet.
        self._sold = columns.sold(sums.of_people(_OF_PEOPLE))
        for name in ROLLING:
            row = sums.row(name)
            if name not in held or held[name][0] != row:
                held[name] = row, columns.sales(row)
        if ORDERS_TOPIC in self._stale:
            held[_SESSION] = (), sales_of_orders(orders)
            self._unpaid = without_zeros(orders.unpaid_minor)

    def _span(self, topics: Topics, end_ms: int) -> Span:
        """The sums of the whole broadcast."""
        tally, counts = self.tally, self._session.counts
        peak = tally.peak
        orders, comments, viewers = topics
        watched = self._online.session(end_ms, None if peak is None else peak.viewers)
        people = People(
            None if orders is None else counts.buyers,
            None if viewers is None else named_viewers(viewers, counts.viewers),
            None if comments is None else counts.commenters,
            None if viewers is None or comments is None else counts.interacting,
            orders,
        )
        return session_span(tally, watched, people, self._session.leavers)

    def _figures(self, span: Span) -> Sheet:
        comments, viewers, people = span.comments, span.viewers, span.people
        if people is None:
            people = _NOBODY
        sales = self._sales[_SESSION][1]
        found = sheet_of(
            sales,
            None if viewers is None else acts_of(viewers),
            None if comments is None else comments.comments,
            span.views,
            span.watched,
            self._crowd(_SESSION, *people[:4], sales.sold_minor),
            span.watchers,
        )
        online = self.tally.online
        found.online_now = None if online is None else online.viewers
        found.unpaid_minor = self._unpaid
        found.conversion = ratio(people.buyers, people.viewers)
        return found

    def _windows(self, topics: Topics, end_ms: int, counts: Counts) -> Windows:
        _, comments, viewers = topics
        entered = viewers is not None and viewers.joins != 0
        end, sums = (self._pane_no + 1) * PANE_MS, self._audience
        watched = self._online.rolling(_LENGTHS_MS, end, end_ms)
        sheets: list[Sheet] = []
        for place, name in enumerate(ROLLING):
            row = sums.row(name)
            crowd = NO_CROWD
            if name == _OF_PEOPLE:
                crowd = self._crowd_of(name, topics, counts, self._sold)
            sheets.append(
                sheet_of(
                    self._sales[name][1],
                    None if viewers is None else row[JOINS:COMMENTS],
                    None if comments is None else row[COMMENTS],
                    row[0] if entered else None,
                    watched[place],
                    crowd,
                )
            )
        m1, m5, m10, m60 = sheets
        return Windows(m1, m5, m10, self._held_previous(topics, end_ms, entered), m60)

    def _held_previous(self, topics: Topics, end_ms: int, entered: bool) -> Sheet:
        """The window that changes only when as_of moves on by a pane, or an older minute does."""
        window = WINDOWS[PREVIOUS]
        end = (self._pane_no + 1 - window.back) * PANE_MS
        told = [topic is not None for topic in topics]
        of = (self._pane_no, min(end_ms, end), told, entered)
        if self._previous is not None and self._previous[0] == of:
            return self._previous[1]
        orders, comments, viewers = topics
        sums, columns = self._orders, self._sale
        row = self._audience.fixed[PREVIOUS]
        sold = None if orders is None else columns.sold(sums.of_people(PREVIOUS))
        sheet = sheet_of(
            NO_SALES if orders is None else columns.sales(sums.fixed[PREVIOUS]),
            None if viewers is None else row[JOINS:COMMENTS],
            None if comments is None else row[COMMENTS],
            row[0] if entered else None,
            self._online.window(end - window.panes * PANE_MS, end, end_ms),
            self._crowd_of(PREVIOUS, topics, self._people.previous(), sold),
        )
        self._previous = of, sheet, Raw(_encode(sheet))
        return sheet

    def _crowd_of(self, name: str, topics: Topics, counts: Counts, sold: Money | None) -> Crowd:
        """What is made of the people of a window."""
        orders, comments, viewers = topics
        watching = None
        if viewers is not None and viewers.joins:
            watching = counts.viewers
            if viewers.unnamed_joins:
                joins, unnamed = self._audience.of_people(name, JOINS)
                watching = None if joins and joins == unnamed else watching
        return self._crowd(
            name,
            None if orders is None else counts.buyers,
            watching,
            None if comments is None else counts.commenters,
            None if viewers is None or comments is None else counts.interacting,
            sold,
        )

    def _crowd(self, name: str, *of: Any) -> Crowd:  # noqa: ANN401 - what ``crowd_of`` takes
        held = self._crowds.get(name)
        if held is None or held[0] != of:
            held = self._crowds[name] = of, crowd_of(*of)
        return held[1]

    def _complete(self, as_of_ms: int, span: Span) -> Completeness:
        tally, session = self.tally, self._session
        comments, viewers = span.comments, span.viewers
        leaves = None if viewers is None else viewers.leaves
        method = watch_method(leaves, span.watched.online_ms, span.views)
        estimates = approximate_of(session.estimates, session.interacting_exact)
        of = (
            method,
            estimates,
            tally.online,
            None if viewers is None else viewers.unnamed_joins,
            None if comments is None else comments.unnamed_comments,
            list(tally.late.values()),
        )
        held = self._completeness
        # The rest comes of orders and rooms, and of what is told after the end.
        ended = tally.lifecycle is not None and tally.lifecycle.ended_ms is not None
        if held is None or held[0] != of or ended or not self._stale <= _AUDIENCE:
            held = self._completeness = of, completeness_of(tally, estimates, method)
        held[1].as_of_ms = as_of_ms
        return held[1]
