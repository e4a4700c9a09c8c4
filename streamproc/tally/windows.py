"""What is published of a broadcast that goes on, built again every second at little cost.

The values are those of ``formulas`` and ``completeness``; what did not change since the last time is
neither computed nor encoded again.
"""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

from msgspec import Raw, Struct, field, structs

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.completeness import SOURCES, Completeness, approximate_of, completeness_of
from streamproc.tally.figures import CommentFigures, OrderFigures, ViewerFigures
from streamproc.tally.formulas import WINDOWS, named_viewers, session_span, span_end_ms, topics_of
from streamproc.tally.model import SessionTally
from streamproc.tally.sheets import Money, Sheet
from streamproc.tally.spans import (
    NO_SALES,
    Crowd,
    People,
    Sales,
    Span,
    acts_of,
    crowd_of,
    pulse_of,
    ratio,
    sales_of_orders,
    watch_method,
    without_zeros,
)
from streamproc.tally.timing import PANE_MS, PANES_PER_MINUTE
from streamproc.tally.windows_columns import COMMENTS, JOINS, AudienceColumns, SaleColumns
from streamproc.tally.windows_online import RollingOnline
from streamproc.tally.windows_parts import (
    NO_CROWD_KEPT,
    NO_SALES_KEPT,
    EncodedAnswer,
    Kept,
    Lines,
    Part,
    encode,
)
from streamproc.tally.windows_people import Counts, RollingPeople, SessionPeople
from streamproc.tally.windows_sums import PREVIOUS, ROLLING, RollingSums

Topics = tuple[OrderFigures | None, CommentFigures | None, ViewerFigures | None]

_SESSION: Final = "session"
_OF_PEOPLE: Final = "10m"
"""The rolling window that people are counted of."""

_AUDIENCE: Final = frozenset((COMMENTS_TOPIC, VIEWERS_TOPIC))

_LENGTHS_MS: Final = tuple([WINDOWS[name].panes * PANE_MS for name in ROLLING])

_NOBODY: Final = People(None, None, None, None, None)


class Windows(Struct, gc=False):
    """The figures of each window."""

    m1: Sheet = field(name="1m")
    m5: Sheet = field(name="5m")
    m10: Sheet = field(name="10m")
    previous_10m: Sheet
    m60: Sheet = field(name="60m")


class Answer(Struct, gc=False):
    """What is published of a broadcast. Shapes: nothing is to be changed in it."""

    figures: Sheet
    windows: Windows
    completeness: Completeness


class Rolling:
    """One broadcast that is published again and again.

    Shapes: reads a tally that goes on, in place. Its owner calls ``touched`` after each change and
        before the next answer, once for any number of changes of the same minute. Any ``as_of_ms``
        may follow on any other. Unique counts only grow, as long as their minute is held; who is
        in a minute is in the broadcast, too; nobody is taken back of ``unnamed_joins``. Counts of
        people are those of now while they are exact; an estimate is at most ten seconds old.
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
        self._sales: dict[str, Kept[Sales]] = {}
        self._sold: Money | None = None
        self._crowds: dict[str, Kept[Crowd]] = {}
        self._previous: tuple[Any, tuple[Part, Raw]] | None = None
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

    def answer(self, as_of_ms: int) -> Answer:
        """The figures, windows and completeness as of a time."""
        session, (m1, m5, m10, m60), (previous, _), completeness = self._parts(as_of_ms)
        figures = session.sheet()
        online = self.tally.online
        figures.online_now = None if online is None else online.viewers
        windows = Windows(m1.sheet(), m5.sheet(), m10.sheet(), previous.sheet(), m60.sheet())
        return Answer(figures, windows, structs.replace(completeness))

    def encoded(self, as_of_ms: int) -> bytes:
        """The answer as of a time, as JSON."""
        session, (m1, m5, m10, m60), (_, previous), completeness = self._parts(as_of_ms)
        online = self.tally.online
        figures = session.line(None if online is None else online.viewers)
        windows = Lines(m1.line(), m5.line(), m10.line(), previous, m60.line())
        return encode(EncodedAnswer(figures, windows, completeness))

    def _parts(self, as_of_ms: int) -> tuple[Part, list[Part], tuple[Part, Raw], Completeness]:
        """The session, the windows that roll, the one before, and how complete they are."""
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
        entered = topics[2] is not None and topics[2].joins != 0
        rolling = self._windows(topics, end_ms, counts, entered)
        previous = self._held_previous(topics, end_ms, entered)
        completeness = self._complete(as_of_ms, span)
        self._stale.clear()
        return self._whole(span), rolling, previous, completeness

    def _sell(self) -> None:
        """Compute anew what orders alone give."""
        orders = topics_of(self.tally)[0]
        if orders is None:
            self._sales = dict.fromkeys((*ROLLING, _SESSION), NO_SALES_KEPT)
            self._sold = None
            return
        sums, columns, held = self._orders, self._sale, self._sales
        # First, as it may find a currency that the windows know nothing of yet.
        self._sold = columns.sold(sums.of_people(_OF_PEOPLE))
        for name in ROLLING:
            row = sums.row(name)
            if name not in held or held[name].of != row:
                held[name] = Kept(row, columns.sales(row))
        if ORDERS_TOPIC in self._stale:
            sales = sales_of_orders(orders)
            sales.unpaid_minor = without_zeros(orders.unpaid_minor)
            held[_SESSION] = Kept((), sales)

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

    def _whole(self, span: Span) -> Part:
        comments, viewers, people = span.comments, span.viewers, span.people
        if people is None:
            people = _NOBODY
        sales = self._sales[_SESSION]
        pulse = pulse_of(
            sales.held,
            None if viewers is None else acts_of(viewers),
            None if comments is None else comments.comments,
            span.views,
            span.watched,
            span.watchers,
        )
        return Part(sales, self._crowd(_SESSION, *people[:4], sales.held.pay_gmv_minor), pulse)

    def _windows(self, topics: Topics, end_ms: int, counts: Counts, entered: bool) -> list[Part]:
        _, comments, viewers = topics
        sums, parts = self._audience, []
        end = (self._pane_no + 1) * PANE_MS
        watched = self._online.rolling(_LENGTHS_MS, end, end_ms)
        for name, online in zip(ROLLING, watched, strict=True):
            row = sums.row(name)
            sales, crowd = self._sales[name], NO_CROWD_KEPT
            if name == _OF_PEOPLE:
                crowd = self._crowd_of(name, topics, counts, self._sold)
            pulse = pulse_of(
                sales.held,
                None if viewers is None else row[JOINS:COMMENTS],
                None if comments is None else row[COMMENTS],
                row[0] if entered else None,
                online,
            )
            parts.append(Part(sales, crowd, pulse))
        return parts

    def _held_previous(self, topics: Topics, end_ms: int, entered: bool) -> tuple[Part, Raw]:
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
        sales = NO_SALES if orders is None else columns.sales(sums.fixed[PREVIOUS])
        pulse = pulse_of(
            sales,
            None if viewers is None else row[JOINS:COMMENTS],
            None if comments is None else row[COMMENTS],
            row[0] if entered else None,
            self._online.window(end - window.panes * PANE_MS, end, end_ms),
        )
        crowd = self._crowd_of(PREVIOUS, topics, self._people.previous(), sold)
        part = Part(Kept((), sales), crowd, pulse)
        self._previous = of, (part, Raw(encode(part.line())))
        return self._previous[1]

    def _crowd_of(
        self, name: str, topics: Topics, counts: Counts, sold: Money | None
    ) -> Kept[Crowd]:
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

    def _crowd(self, name: str, *of: Any) -> Kept[Crowd]:  # noqa: ANN401 - what ``crowd_of`` takes
        held = self._crowds.get(name)
        if held is None or held.of != of:
            crowd = crowd_of(*of)
            if name == _SESSION:
                crowd.conversion = ratio(crowd.buyers, crowd.viewers)
            held = self._crowds[name] = Kept(of, crowd)
        return held

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
