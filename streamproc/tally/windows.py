"""What is published of a broadcast that goes on, built again every second at little cost.

The values are those of ``formulas`` and ``completeness``; what did not change since the last time is
neither computed nor encoded again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from zlib import crc32

from msgspec import Raw, structs

from streamproc.events.registry import ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.completeness import SOURCES, Completeness
from streamproc.tally.formulas import (
    WINDOWS,
    heard_ms,
    named_viewers,
    online_now,
    over_of,
    span_end_ms,
    topics_of,
)
from streamproc.tally.lifecycle import Over
from streamproc.tally.model import SessionTally
from streamproc.tally.sheets import Money
from streamproc.tally.spans import (
    LEAVES,
    NOBODY,
    Crowd,
    Sales,
    method_of,
    pulse_of,
    sales_of_orders,
    watch_method,
    without_zeros,
)
from streamproc.tally.timing import PANE_MS, PANES_PER_MINUTE
from streamproc.tally.windows_columns import AudienceColumns, SaleColumns
from streamproc.tally.windows_kept import WHOLE, KeptCompleteness, KeptCrowds, Topics
from streamproc.tally.windows_online import RollingOnline
from streamproc.tally.windows_parts import (
    NO_SALES_KEPT,
    Answer,
    DatedCompleteness,
    EncodedAnswer,
    Kept,
    Line,
    Lines,
    Windows,
    encode,
)
from streamproc.tally.windows_people import Counts, RollingPeople, SessionPeople
from streamproc.tally.windows_sums import LENGTHS, TEN_MINUTES, Elsewhere, RollingSums

Before = tuple[Any, Line, Kept[Sales], Kept[Crowd], Raw, str | None]
"""What the window before is made of, its line and parts, it as JSON, how its watch time is known."""

ROLLING: Final = ("1m", "5m", "10m", "60m")
PREVIOUS: Final = "previous_10m"
_SESSION: Final = len(LENGTHS)
"""The place of the session, behind the windows."""

_LENGTHS_MS: Final = tuple([panes * PANE_MS for panes in LENGTHS])


_BACK: Final = WINDOWS[PREVIOUS].back // PANES_PER_MINUTE
"""So many minutes lie between as_of and the window before."""

_NOWHERE: Final[Elsewhere] = frozenset()


class Rolling:
    """One broadcast that a program keeps open, published again and again.

    Shapes: reads a tally that goes on, in place. Whoever changes the tally says so by ``touched``
        before the next answer; what is never told of costs nothing. Any ``as_of_ms`` may follow on
        any other. Unique counts only grow, as long as their minute is held; who is in a minute is
        in the broadcast, too; nobody is taken back of ``unnamed_joins``; nothing is told of a time
        after ``seen_ms``. Counts of people are those of now while they are exact; an estimate is at
        most ten seconds old.
    """

    __slots__ = (
        "_audience",
        "_before",
        "_completeness",
        "_crowds",
        "_end_ms",
        "_is_said",
        "_online",
        "_orders",
        "_over",
        "_pane_no",
        "_people",
        "_period",
        "_phase_ms",
        "_said",
        "_sale",
        "_sales",
        "_session",
        "_sold",
        "_stale",
        "_told",
        "tally",
    )

    def __init__(self, tally: SessionTally) -> None:
        self.tally = tally
        self._sale = SaleColumns()
        self._orders = RollingSums(self._sale, tally.minutes, tally.totals)
        self._audience = RollingSums(AudienceColumns(), tally.minutes, tally.totals)
        self._online = RollingOnline(tally.minutes)
        self._people = RollingPeople(tally.minutes)
        self._session = SessionPeople()
        # Not all hosts renew their estimates in the same second.
        self._phase_ms = crc32(tally.host_id.encode()) % PANE_MS
        self._pane_no = self._period = self._end_ms = -1
        self._told: set[tuple[str, int | None]] = set()
        self._stale = set(SOURCES)
        self._sales: list[Kept[Sales]] = [NO_SALES_KEPT] * (_SESSION + 1)
        self._sold: Money | None = None
        self._over: Sequence[Over] = []
        self._crowds = KeptCrowds()
        self._before: Before | None = None
        self._completeness = KeptCompleteness(tally, (*ROLLING, PREVIOUS))
        self._said: EncodedAnswer | None = None
        self._is_said = False

    def touched(self, topic: str, number: int | None = None) -> None:
        """What a topic tells of the broadcast changed, and of the minute of that number.

        A fact that moves a pane: its minute; the totals moved with it, by as much, and that is not
        told apart. One that moves two panes, as a payment that another version replaces: both
        minutes. One that moves totals alone, since it is late or its minute is over: None, also if
        the same minute is told of for something else. A minute that is let go of: its number, after
        it went and before another may take its place. What belongs to no minute, as the turns of a
        broadcast, the count of now and the platform's totals: None. Once is enough for any number
        of changes of a kind between two answers.
        """
        self._told.add((topic, number))
        if number is not None and number not in self.tally.minutes:
            self._before = None
            self._orders.forget()
            self._audience.forget()
            self._people.forget()

    def changed(self, as_of_ms: int) -> bytes | None:
        """The answer as of a time as JSON; None: but for the time it is the one given last.

        Asking every second is meant: it costs little where nothing happened, and windows also change
        when nothing does.
        """
        said = self._said
        if said is not None and self._is_as_said(as_of_ms):
            return None
        answer = self._built(as_of_ms)
        self._is_said = True
        if (
            said is not None
            and said.figures == answer.figures
            and said.windows == answer.windows
            and said.completeness.rest == answer.completeness.rest
        ):
            return None
        self._said = answer
        return encode(answer)

    def encoded(self, as_of_ms: int) -> bytes:
        """The answer as of a time, as JSON."""
        self._said = answer = self._built(as_of_ms)
        self._is_said = True
        return encode(answer)

    def answer(self, as_of_ms: int) -> Answer:
        """The figures, windows and completeness as of a time."""
        lines, (_, line, sales, crowd, *_), completeness = self._renew(as_of_ms)
        crowds = [self._crowds.held(name) for name in (*ROLLING, WHOLE)]
        m1, m5, m10, m60, session = map(Line.sheet, lines, self._sales, crowds)
        windows = Windows(m1, m5, m10, line.sheet(sales, crowd), m60)
        return Answer(session, windows, structs.replace(completeness.held, as_of_ms=as_of_ms))

    def _built(self, as_of_ms: int) -> EncodedAnswer:
        (m1, m5, m10, m60, session), before, completeness = self._renew(as_of_ms)
        windows = Lines(m1, m5, m10, before[4], m60)
        return EncodedAnswer(session, windows, DatedCompleteness(as_of_ms, completeness.raw))

    def _is_as_said(self, as_of_ms: int) -> bool:
        """Whether nothing happened since the last answer that could make another one of it."""
        return (
            self._is_said
            and not self._told
            and as_of_ms // PANE_MS == self._pane_no
            and span_end_ms(self.tally, as_of_ms) == self._end_ms
            and (as_of_ms + self._phase_ms) // PANE_MS == self._period
        )

    def _renew(self, as_of_ms: int) -> tuple[list[Line], Before, Kept[Completeness]]:
        """The windows that roll and the session, the window before, and how complete they are."""
        tally, session, stale = self.tally, self._session, self._stale
        pane_no = as_of_ms // PANE_MS
        now = pane_no // PANES_PER_MINUTE
        sold, done = self._take(now)
        self._is_said = False
        self._period = period = (as_of_ms + self._phase_ms) // PANE_MS
        newest = heard_ms(tally) // PANE_MS
        self._end_ms = span_end_ms(tally, as_of_ms)
        if ROOMS_TOPIC in stale:
            self._turn(over_of(tally))
        self._online.renew(now)
        self._audience.renew(pane_no, newest, done)
        if pane_no != self._pane_no or ORDERS_TOPIC in stale:
            self._pane_no = pane_no
            self._orders.renew(pane_no, newest, sold)
            self._sell()
        session.renew(tally.uniques, period)
        topics = topics_of(tally)
        lines, methods = self._windows(topics, self._people.counts(now, period, session.exact))
        whole, method = self._whole(topics)
        lines.append(whole)
        before = self._held_before(topics)
        approximate = session.approximate(self._crowds.held(WHOLE).held, method)
        completeness = self._completeness.renewed(
            topics, approximate, (method, *methods, before[-1]), stale
        )
        stale.clear()
        return lines, before, completeness

    def _turn(self, over: Sequence[Over]) -> None:
        """Know when the broadcast was over."""
        if over != self._over:
            self._over, self._before = over, None
            self._online.turned(over)

    def _take(self, now: int) -> tuple[Elsewhere, Elsewhere]:
        """Note which topics told something.

        Shapes: the minutes other than that of as_of, of sales and of the audience.
        """
        sold, done = _NOWHERE, _NOWHERE
        for topic, number in self._told:
            self._stale.add(topic)
            if topic == VIEWERS_TOPIC and number is not None:
                self._online.touched(number)
            if number != now:
                if number is not None:
                    self._people.touched(topic, number)
                    if now - number >= _BACK:
                        self._before = None
                if topic == ORDERS_TOPIC:
                    sold = sold | {number}
                elif topic != ROOMS_TOPIC:
                    done = done | {number}
        self._told.clear()
        return sold, done

    def _sell(self) -> None:
        """Compute anew what orders alone give."""
        orders = topics_of(self.tally)[0]
        if orders is None:
            self._sales = [NO_SALES_KEPT] * (_SESSION + 1)
            self._sold = None
            return
        sums, columns, held = self._orders, self._sale, self._sales
        self._sold = columns.sold(sums.of_minutes())
        for window in range(_SESSION):
            row = sums.row(window)
            if held[window].of != row:
                held[window] = Kept(row, columns.sales(row))
        if ORDERS_TOPIC in self._stale:
            sales = sales_of_orders(orders)
            sales.unpaid_minor = without_zeros(orders.unpaid_minor)
            held[_SESSION] = Kept((), sales)

    def _windows(self, topics: Topics, counts: Counts) -> tuple[list[Line], list[str | None]]:
        """The windows that end with the pane of as_of, and how their mean watch times are known."""
        _, comments, viewers = topics
        told = (viewers is not None, comments is not None)
        has_entered = viewers is not None and viewers.joins != 0
        sums = self._audience
        total = sums.total
        entered, leaves = total[0], total[LEAVES]
        lines, methods = [], []
        watched = self._online.rolling(_LENGTHS_MS, (self._pane_no + 1) * PANE_MS, self._end_ms)
        for sales, outside, online in zip(self._sales, sums.outside, watched, strict=False):
            views = entered - outside[0] if has_entered else None
            line = pulse_of(Line, sales.held, told, total, outside, views, online)
            line.sales = sales.raw
            lines.append(line)
            methods.append(method_of(line.watch_mean_s, leaves - outside[LEAVES]))
        crowd = self._crowds.of_window("10m", topics, counts, self._sold, sums.of_minutes)
        lines[TEN_MINUTES].crowd = crowd.raw
        return lines, methods

    def _whole(self, topics: Topics) -> tuple[Line, str | None]:
        """The whole broadcast, and how its mean watch time is known."""
        tally, session, sales = self.tally, self._session, self._sales[_SESSION]
        _, comments, viewers = topics
        buyers, watching, commenters, interacting = session.counts
        views = watchers = entered = leaves = None
        if viewers is not None:
            views, leaves = viewers.joins, viewers.leaves
            if views:
                entered = named_viewers(viewers, watching)
            else:
                views, entered = tally.views_total, tally.viewers_total
            watchers = session.leavers + viewers.unnamed_leaves
        told = (viewers is not None, comments is not None)
        peak = None if tally.peak is None else tally.peak.viewers
        online = self._online.session(self._end_ms, peak)
        total = self._audience.total
        line = pulse_of(Line, sales.held, told, total, NOBODY, views, online, watchers)
        line.sales = sales.raw
        counts = (buyers, entered, commenters, interacting)
        line.crowd = self._crowds.of(WHOLE, topics, counts, sales.held.pay_gmv_minor).raw
        line.online_now = online_now(tally, self._over)
        return line, watch_method(leaves, online[2], views)

    def _held_before(self, topics: Topics) -> Before:
        """The window that changes only when as_of reaches another pane, or an older minute does."""
        window = WINDOWS[PREVIOUS]
        end = (self._pane_no + 1 - window.back) * PANE_MS
        orders, comments, viewers = topics
        told = (viewers is not None, comments is not None)
        has_entered = viewers is not None and viewers.joins != 0
        of = (self._pane_no, min(self._end_ms, end), told, orders is None, has_entered)
        if self._before is not None and self._before[0] == of:
            return self._before
        row, sums, columns = self._audience.previous, self._orders, self._sale
        sold = None if orders is None else columns.sold(sums.of_previous_minutes())
        sales = NO_SALES_KEPT if orders is None else Kept((), columns.sales(sums.previous))
        line = pulse_of(
            Line,
            sales.held,
            told,
            row,
            NOBODY,
            row[0] if has_entered else None,
            self._online.window(end - window.panes * PANE_MS, end, self._end_ms),
        )
        crowd = self._crowds.of_window(
            PREVIOUS, topics, self._people.previous(), sold, self._audience.of_previous_minutes
        )
        line.sales, line.crowd = sales.raw, crowd.raw
        method = method_of(line.watch_mean_s, row[LEAVES])
        self._before = of, line, sales, crowd, Raw(encode(line)), method
        return self._before
