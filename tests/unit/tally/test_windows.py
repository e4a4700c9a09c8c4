"""What is published every second equals what a plain scan of the whole tally gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec import json, to_builtins

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.figures import FIGURES, CommentFigures, Figures, OrderFigures, ViewerFigures
from streamproc.tally.formulas import session_answer
from streamproc.tally.lifecycle import Lifecycle, Started
from streamproc.tally.model import MinuteTally, SessionTally
from streamproc.tally.online import Reading, Readings
from streamproc.tally.people import UNIQUES
from streamproc.tally.sessions import Online, Peak
from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE
from streamproc.tally.uniques import Uniques
from streamproc.tally.windows import Rolling

BEGIN_MS = 30_000_000 * MINUTE_MS
SPAN_MS = 90 * MINUTE_MS
TOPICS = (ORDERS_TOPIC, COMMENTS_TOPIC, VIEWERS_TOPIC)


class Broadcast:
    """A tally that goes on, and whoever publishes it."""

    def __init__(self) -> None:
        self.tally = SessionTally("h-1", "s-1", dict.fromkeys(FIGURES))
        self.rolling = Rolling(self.tally)

    def minute(self, topic: str, at_ms: int) -> MinuteTally:
        number = at_ms // MINUTE_MS
        if self.tally.totals[topic] is None:
            self.tally.totals[topic] = FIGURES[topic]()
        self.tally.seen_ms[topic] = max(at_ms, self.tally.seen_ms.get(topic, 0))
        if number not in self.tally.minutes:
            self.tally.minutes[number] = MinuteTally(number)
            ordered = sorted(self.tally.minutes.items())
            self.tally.minutes.clear()
            self.tally.minutes.update(ordered)
        return self.tally.minutes[number]

    def add(self, topic: str, at_ms: int, figures: Figures, sign: int) -> None:
        minute = self.minute(topic, at_ms)
        panes = minute.panes.setdefault(topic, [None] * PANES_PER_MINUTE)
        index = at_ms // PANE_MS % PANES_PER_MINUTE
        pane = panes[index] = panes[index] or FIGURES[topic]()
        pane.plus(figures, sign)
        self._total(topic, figures, sign)
        self.rolling.touched(topic, minute.number)

    def _total(self, topic: str, figures: Figures, sign: int) -> None:
        total = self.tally.totals[topic] = self.tally.totals[topic] or FIGURES[topic]()
        total.plus(figures, sign)

    def add_late(self, topic: str, figures: Figures, sign: int) -> None:
        """Add to the broadcast what its minutes no longer take in."""
        self._total(topic, figures, sign)
        self.tally.late[topic] = self.tally.late.get(topic, 0) + 1
        self.rolling.touched(topic)

    def meet(self, topic: str, name: str, member: int, at_ms: int) -> None:
        minute = self.minute(topic, at_ms)
        minute.uniques.setdefault(name, Uniques()).add(member)
        self.tally.uniques.setdefault(name, Uniques()).add(member)
        self.rolling.touched(topic, minute.number)

    def read(self, at_ms: int, online: int) -> None:
        minute = self.minute(VIEWERS_TOPIC, at_ms)
        held = Readings(minute.number)
        for reading in (*minute.readings, Reading(at_ms, online, False)):
            held.put(reading)
        minute.readings = held.ordered()
        tally = self.tally
        tally.online = max(tally.online or Online(0, 0, False), Online(at_ms, online, False))
        tally.peak = max(tally.peak or Peak(0, 0), Peak(online, at_ms))
        self.rolling.touched(VIEWERS_TOPIC, minute.number)

    def count(self, views: int, viewers: int) -> None:
        """Let the platform tell its own totals."""
        self.tally.totals[VIEWERS_TOPIC] = self.tally.totals[VIEWERS_TOPIC] or ViewerFigures()
        self.tally.views_total, self.tally.viewers_total = views, viewers
        self.rolling.touched(VIEWERS_TOPIC)

    def turn(self, turns: Lifecycle) -> None:
        self.tally.totals[ROOMS_TOPIC] = FIGURES[ROOMS_TOPIC]()
        self.tally.lifecycle = turns
        self.rolling.touched(ROOMS_TOPIC)

    def forget(self, number: int) -> None:
        """Let go of a minute."""
        if self.tally.minutes.pop(number, None) is not None:
            for topic in TOPICS:
                self.rolling.touched(topic, number)

    def check(self, as_of_ms: int) -> None:
        plain = session_answer(self.tally, as_of_ms)
        del plain["curve"]
        assert json.decode(self.rolling.encoded(as_of_ms)) == plain
        assert to_builtins(self.rolling.answer(as_of_ms)) == plain


counts = st.integers(0, 50)
money = st.dictionaries(st.sampled_from(["CNY", "HKD", "USD"]), st.integers(0, 10**9), max_size=2)
figures = {
    ORDERS_TOPIC: st.builds(OrderFigures, *[money] * 4, *[counts] * 13),
    COMMENTS_TOPIC: st.builds(CommentFigures, *[counts] * 3),
    VIEWERS_TOPIC: st.builds(ViewerFigures, *[counts] * len(ViewerFigures.__slots__)),
}
# How far behind as_of: most of it is near, some of it at the edges of windows, some of it long ago,
# some of it ahead.
ages = st.one_of(
    st.integers(0, 2 * MINUTE_MS),
    st.sampled_from([1, 5, 10, 20, 60]).flatmap(
        lambda minutes: st.integers(minutes * MINUTE_MS - 60_000, minutes * MINUTE_MS + 60_000)
    ),
    st.integers(-2 * MINUTE_MS, SPAN_MS),
)
waits = st.one_of(
    st.integers(0, 15_000),
    st.integers(0, 3 * MINUTE_MS),
    st.just(70 * MINUTE_MS),
    st.integers(-3 * MINUTE_MS, 0),
    st.integers(-40 * MINUTE_MS, 0),
)
KINDS = ("add", "add", "add late", "take back", "meet", "read", "count", "turn", "forget", "wait")


class Play:
    """A broadcast to which one thing after another happens, and where as_of moves as it likes."""

    def __init__(
        self,
        draw: Callable[[st.SearchStrategy[Any]], Any],
        ages: st.SearchStrategy[int] = ages,
    ) -> None:
        self.draw, self.ages = draw, ages
        self.broadcast, self.as_of_ms = Broadcast(), BEGIN_MS + SPAN_MS
        self.taken: list[tuple[str, int, Figures]] = []

    def step(self, kind: str) -> None:
        """Let something happen near as_of, or as_of move."""
        at_ms = self.as_of_ms - self.draw(self.ages)
        match kind:
            case "add" | "add late" | "take back":
                self._add(kind, at_ms)
            case "forget":
                self.broadcast.forget(at_ms // MINUTE_MS)
            case "wait":
                self.as_of_ms += self.draw(waits)
            case _:
                self._tell(kind, at_ms)

    def _add(self, kind: str, at_ms: int) -> None:
        topic = self.draw(st.sampled_from(TOPICS))
        some = self.draw(figures[topic])
        if kind == "add late":
            self.broadcast.add_late(topic, some, 1)
        elif kind == "add":
            self.taken.append((topic, at_ms, some))
            self.broadcast.add(topic, at_ms, some, 1)
        elif self.taken:
            topic, at_ms, some = self.taken.pop()
            if at_ms // MINUTE_MS in self.broadcast.tally.minutes:
                self.broadcast.add(topic, at_ms, some, -1)

    def _tell(self, kind: str, at_ms: int) -> None:
        draw, broadcast = self.draw, self.broadcast
        if kind == "meet":
            topic = draw(st.sampled_from(TOPICS))
            name = draw(st.sampled_from(UNIQUES[topic]))
            broadcast.meet(topic, name, draw(counts), at_ms)
        elif kind == "read":
            broadcast.read(at_ms, draw(counts))
        elif kind == "count":
            broadcast.count(draw(counts), draw(counts))
        elif kind == "turn":
            started = Started(
                at_ms - draw(st.sampled_from([MINUTE_MS, -MINUTE_MS, -7 * MINUTE_MS]))
            )
            ended_ms = draw(st.sampled_from([None, at_ms]))
            broadcast.turn(Lifecycle(at_ms, started, None, None, ended_ms, 1))


@settings(max_examples=150, deadline=None, phases=(Phase.generate, Phase.reuse, Phase.shrink))
@given(st.data())
def test_what_is_built_piece_by_piece_equals_the_plain_scan(data: st.DataObject) -> None:
    play = Play(data.draw)
    for kind in data.draw(st.lists(st.sampled_from(KINDS), max_size=25)):
        play.step(kind)
        if data.draw(st.booleans()):
            play.broadcast.check(play.as_of_ms)
    play.broadcast.check(play.as_of_ms)


@settings(max_examples=60, deadline=None, phases=(Phase.generate, Phase.reuse, Phase.shrink))
@given(st.data())
def test_an_answer_is_given_when_it_differs_from_the_last_one_but_for_its_time(
    data: st.DataObject,
) -> None:
    play = Play(data.draw)
    given_last: dict[str, Any] = {}
    for kind in data.draw(st.lists(st.sampled_from((*KINDS, "wait", "nothing")), max_size=25)):
        if kind != "nothing":
            play.step(kind)
        if data.draw(st.booleans()):  # somebody else may ask in between
            play.broadcast.rolling.answer(play.as_of_ms)
        told = play.broadcast.rolling.changed(play.as_of_ms)
        plain = session_answer(play.broadcast.tally, play.as_of_ms)
        del plain["curve"]
        timeless = plain | {"completeness": plain["completeness"] | {"as_of_ms": 0}}
        assert (told is None) == (timeless == given_last)
        if told is not None:
            assert json.decode(told) == plain
        given_last = timeless


@settings(max_examples=15, deadline=None, phases=(Phase.generate, Phase.reuse, Phase.shrink))
@given(st.data())
def test_every_second_of_an_hour_that_goes_on_equals_the_plain_scan(data: st.DataObject) -> None:
    play = Play(data.draw)
    step_ms = data.draw(st.sampled_from([1_000, 3_700, 10_000, 29_000]))
    for number in range(60):
        play.step("add" if number % 3 else data.draw(st.sampled_from(["meet", "read"])))
        play.broadcast.check(play.as_of_ms)
        play.as_of_ms += step_ms


@settings(max_examples=15, deadline=None, phases=(Phase.generate, Phase.reuse, Phase.shrink))
@given(st.data())
def test_every_second_of_a_room_in_which_things_happen_just_now_equals_the_plain_scan(
    data: st.DataObject,
) -> None:
    play = Play(data.draw, st.sampled_from([0, 0, 0, 0, 2_000, 11_000, -1_000, 61_000]))
    for _ in range(data.draw(st.sampled_from([20, 90]))):
        for kind in ("add", "add", data.draw(st.sampled_from(["meet", "read", "take back"]))):
            play.step(kind)
        play.broadcast.check(play.as_of_ms)
        play.as_of_ms += data.draw(st.sampled_from([1_000, 1_000, 9_000]))


@settings(max_examples=40, deadline=None, phases=(Phase.generate, Phase.reuse, Phase.shrink))
@given(st.data())
def test_an_estimate_is_that_of_now_ten_seconds_after_the_last_change(
    data: st.DataObject,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamproc.tally.uniques.EXACT_MEMBERS", 4)
        play = Play(data.draw)
        for topic in TOPICS:
            play.broadcast.add(topic, play.as_of_ms - SPAN_MS, FIGURES[topic](), 1)
        for _ in range(data.draw(st.integers(1, 30))):
            play.step(data.draw(st.sampled_from(["meet", "meet", "meet", "wait"])))
            play.broadcast.rolling.answer(play.as_of_ms)
        play.broadcast.check(play.as_of_ms + PANE_MS)


def test_a_currency_that_is_first_seen_ahead_of_as_of_is_counted_where_it_belongs() -> None:
    broadcast, as_of_ms = Broadcast(), BEGIN_MS + SPAN_MS
    broadcast.add(ORDERS_TOPIC, as_of_ms, OrderFigures({}, {"CNY": 5}), 1)
    broadcast.meet(ORDERS_TOPIC, "buyers", 1, as_of_ms)
    broadcast.check(as_of_ms)
    broadcast.add(ORDERS_TOPIC, as_of_ms + PANE_MS, OrderFigures({}, {"USD": 7}), 1)
    broadcast.check(as_of_ms)
    assert broadcast.rolling.answer(as_of_ms).windows.m10.aov_buyer_minor is None
    broadcast.check(as_of_ms + PANE_MS)


def test_what_comes_after_the_end_is_told_at_once() -> None:
    broadcast, as_of_ms = Broadcast(), BEGIN_MS + SPAN_MS
    broadcast.turn(Lifecycle(as_of_ms, None, None, None, as_of_ms - 2 * MINUTE_MS, 1))
    broadcast.add(COMMENTS_TOPIC, as_of_ms, CommentFigures(1), 1)
    broadcast.check(as_of_ms)
    broadcast.add(COMMENTS_TOPIC, as_of_ms, CommentFigures(2), 1)
    assert broadcast.rolling.answer(as_of_ms).completeness.after_end == 3
    broadcast.check(as_of_ms)


def test_how_the_watch_time_of_a_window_is_known_changes_as_time_passes() -> None:
    broadcast, as_of_ms = Broadcast(), BEGIN_MS + SPAN_MS
    broadcast.read(as_of_ms, 10)
    left = ViewerFigures(joins=1, leaves=1, watched_ms=9_000)
    broadcast.add(VIEWERS_TOPIC, as_of_ms, left, 1)
    broadcast.check(as_of_ms)
    assert broadcast.rolling.answer(as_of_ms).completeness.watch_methods == {}
    as_of_ms += MINUTE_MS
    broadcast.add(VIEWERS_TOPIC, as_of_ms, ViewerFigures(joins=1), 1)
    broadcast.check(as_of_ms)
    assert broadcast.rolling.answer(as_of_ms).completeness.watch_methods == {"1m": "littles_law"}
    broadcast.check(as_of_ms + MINUTE_MS)
    assert broadcast.rolling.answer(as_of_ms + MINUTE_MS).completeness.watch_methods == {}
