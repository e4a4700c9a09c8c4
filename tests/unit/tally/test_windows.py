"""What is published every second equals what a plain scan of the whole tally gives."""

from __future__ import annotations

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.figures import FIGURES, CommentFigures, Figures, OrderFigures, ViewerFigures
from streamproc.tally.formulas import session_answer
from streamproc.tally.model import MinuteTally, SessionTally
from streamproc.tally.online import Reading, Readings
from streamproc.tally.people import UNIQUES
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

    def changed(self, topic: str, at_ms: int, as_of_ms: int) -> None:
        if at_ms // MINUTE_MS != as_of_ms // MINUTE_MS:
            self.rolling.patched(topic, at_ms // MINUTE_MS)

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

    def add(self, topic: str, at_ms: int, as_of_ms: int, figures: Figures, sign: int) -> None:
        minute = self.minute(topic, at_ms)
        panes = minute.panes.setdefault(topic, [None] * PANES_PER_MINUTE)
        index = at_ms // PANE_MS % PANES_PER_MINUTE
        pane = panes[index] = panes[index] or FIGURES[topic]()
        pane.plus(figures, sign)
        total = self.tally.totals[topic]
        assert total is not None
        total.plus(figures, sign)
        self.changed(topic, at_ms, as_of_ms)

    def meet(self, topic: str, name: str, member: int, at_ms: int, as_of_ms: int) -> None:
        minute = self.minute(topic, at_ms)
        minute.uniques.setdefault(name, Uniques()).add(member)
        self.tally.uniques.setdefault(name, Uniques()).add(member)
        self.changed(topic, at_ms, as_of_ms)

    def read(self, at_ms: int, online: int, as_of_ms: int) -> None:
        minute = self.minute(VIEWERS_TOPIC, at_ms)
        held = Readings(minute.number)
        for reading in (*minute.readings, Reading(at_ms, online, False)):
            held.put(reading)
        minute.readings = held.ordered()
        self.changed(VIEWERS_TOPIC, at_ms, as_of_ms)

    def check(self, as_of_ms: int) -> None:
        plain = session_answer(self.tally, as_of_ms)
        built = self.rolling.answer(as_of_ms)
        assert built["figures"] == plain["figures"]
        assert built["windows"] == plain["windows"]


counts = st.integers(0, 50)
money = st.dictionaries(st.sampled_from(["CNY", "USD"]), st.integers(0, 10**9), max_size=2)
figures = {
    ORDERS_TOPIC: st.builds(
        OrderFigures, money, money, money, money, counts, counts, counts, counts, counts
    ),
    COMMENTS_TOPIC: st.builds(CommentFigures, counts),
    VIEWERS_TOPIC: st.builds(ViewerFigures, *[counts] * len(ViewerFigures.__slots__)),
}
# How far behind as_of: most of it is near, some of it at the edges of windows, some of it long ago.
ages = st.one_of(
    st.integers(0, 2 * MINUTE_MS),
    st.sampled_from([1, 5, 10, 20, 60]).flatmap(
        lambda minutes: st.integers(minutes * MINUTE_MS - 60_000, minutes * MINUTE_MS + 60_000)
    ),
    st.integers(0, SPAN_MS),
)
waits = st.one_of(st.integers(0, 15_000), st.integers(0, 3 * MINUTE_MS), st.just(70 * MINUTE_MS))


@settings(max_examples=60, deadline=None, phases=(Phase.generate,))
@given(st.data())
def test_what_is_built_piece_by_piece_equals_the_plain_scan(data: st.DataObject) -> None:
    broadcast, as_of_ms = Broadcast(), BEGIN_MS + SPAN_MS
    taken: list[tuple[str, int, Figures]] = []
    for _ in range(data.draw(st.integers(1, 25))):
        kind = data.draw(st.sampled_from(["add", "add", "take back", "meet", "read", "wait"]))
        at_ms = as_of_ms - data.draw(ages)
        topic = data.draw(st.sampled_from(TOPICS))
        if kind == "add":
            some = data.draw(figures[topic])
            taken.append((topic, at_ms, some))
            broadcast.add(topic, at_ms, as_of_ms, some, 1)
        elif kind == "take back" and taken:
            topic, at_ms, some = taken.pop()
            broadcast.add(topic, at_ms, as_of_ms, some, -1)
        elif kind == "meet":
            name = data.draw(st.sampled_from(UNIQUES[topic]))
            broadcast.meet(topic, name, data.draw(counts), at_ms, as_of_ms)
        elif kind == "read":
            broadcast.read(at_ms, data.draw(counts), as_of_ms)
        else:
            as_of_ms += data.draw(waits)
        if data.draw(st.booleans()):
            broadcast.check(as_of_ms)
    broadcast.check(as_of_ms)
