"""One broadcast under watch: its tally, brought up to date by what was written, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from streamproc.events.host_tally import OnShow
from streamproc.events.registry import COMMENTS_TOPIC, VIEWERS_TOPIC
from streamproc.program.keys import NUMBER_BYTES, TOPIC_OF_CODE, Kind
from streamproc.program.showing.cells import MINUTES, SESSIONS, Cells, Comments
from streamproc.program.showing.minutes import Minutes
from streamproc.program.showing.on_show import on_show
from streamproc.program.showing.signs import Signs
from streamproc.program.showing.spans import Span
from streamproc.program.showing.turned import turned_minutes
from streamproc.tally.beginning import begin_by_minutes_ms, started_by_minutes_ms
from streamproc.tally.figures import FIGURES
from streamproc.tally.floor import Floor
from streamproc.tally.formulas import over_of
from streamproc.tally.lifecycle import Over
from streamproc.tally.model import SessionTally
from streamproc.tally.people import UNIQUES
from streamproc.tally.retention import MINUTE_DAYS, SESSION_DAYS, day_of
from streamproc.tally.senses import REST
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.uniques import Uniques
from streamproc.tally.windows import Rolling

ASKED_MINUTES: Final = 10
"""Comments by what they ask are told of so many minutes, up to that of as_of."""
ASKED_REMEMBERED: Final = 24

_PANES_ALWAYS: Final = frozenset((COMMENTS_TOPIC, VIEWERS_TOPIC))
"""Topics whose facts move a pane, unless they are late."""
_NOT_BEGUN: Final = Floor()
NOTHING_SHOWN: Final[tuple[bool, OnShow | None]] = (False, None)
"""That nobody asked yet what is on show."""


class Broadcast:
    """One broadcast.

    Shapes: ``noted`` takes the keys of its records that were written or changed since ``renew``.
        ``is_told``: it was told of whole once. ``over`` is when it was over, as of the last
        ``renew``; ``turned`` are the minutes of which that one made the greatest count another;
        ``moved`` those that changed in any way and were not told since.
    """

    __slots__ = (
        "_answer",
        "_answered_ms",
        "_asked",
        "_asked_in",
        "_lately",
        "_met",
        "_on_show",
        "_since",
        "_span",
        "cells",
        "floor",
        "intents",
        "is_told",
        "minutes",
        "moved",
        "noted",
        "over",
        "rolling",
        "signs",
        "tally",
        "turned",
    )

    def __init__(self, cells: Cells, span: Span) -> None:
        self.cells = cells
        self.noted: set[bytes] = set()
        self._answer = b""
        self._answered_ms = -1
        self.is_told = False
        self._span = span
        self._begin()
        self.over: Sequence[Over] = over_of(self.tally)
        self.moved: set[int] = set()
        self.turned: set[int] = set()

    def _begin(self) -> None:
        """Read everything anew."""
        cells = self.cells
        self.minutes = Minutes(cells, self._span)
        self.tally = SessionTally(cells.host_id, cells.session_id, dict.fromkeys(FIGURES))
        self.tally.minutes = self.minutes
        self._since: dict[str, int] = {}
        self._met: dict[str, tuple[int, int]] = {}
        for topic in SESSIONS:
            self._read_session(topic)
        for topic in MINUTES:
            self._meet_people(topic)
            self._meet_open(topic)
        self._asked: Comments = cells.asked()
        self._asked_in: dict[int, Comments] = {}
        self.intents: dict[str, int] = self._count_intents()
        self._lately: tuple[int, dict[str, int]] | None = None
        self.floor = cells.floor() or _NOT_BEGUN
        self.tally.rejected = cells.rejected()
        self._on_show = NOTHING_SHOWN
        self.signs = Signs.of(self.tally.seen_ms, self.tally.lifecycle)
        self.rolling = Rolling(self.tally)

    # -- what it is like ---------------------------------------------------------------------------

    @property
    def begun_ms(self) -> int:
        """When it began."""
        return begin_by_minutes_ms(self.tally, self._first_minute())

    @property
    def started_ms(self) -> int | None:
        """When it started first; None: nobody told."""
        return started_by_minutes_ms(self.tally, self._first_minute())

    def _first_minute(self) -> int | None:
        return self._span.first if self._span.numbers() else None

    def lately_asked(self, as_of_ms: int) -> dict[str, int]:
        """Comments of the last ten minutes by what they ask."""
        last = as_of_ms // MINUTE_MS
        if self._lately is not None and self._lately[0] == last:
            return self._lately[1]
        numbers = range(last - ASKED_MINUTES + 1, last + 1)
        found: dict[str, int] = {}
        for number in numbers:
            _add_labels(found, self.asked_in(number))
        if len(self._asked_in) > ASKED_REMEMBERED:
            self._asked_in = {number: self._asked_in[number] for number in numbers}
        self._lately = last, found
        return found

    def on_show(self, as_of_ms: int) -> OnShow | None:
        """What the room shows at a time; None: nobody knows."""
        pins, (pinned, shown) = self.floor.pins, self._on_show
        is_last = bool(pins) and pins[-1][0] <= as_of_ms
        if not is_last or not pinned:
            shown = on_show(self.floor, as_of_ms)
            # What was pinned last stays until somebody tells of the floor.
            self._on_show = is_last, shown
        return shown

    def answer_changed(self, as_of_ms: int) -> bool:
        """Whether the answer as of a time is another one than that given last."""
        answer = self.rolling.changed(as_of_ms)
        if answer is None:
            return False
        self._answer, self._answered_ms = answer, as_of_ms
        return True

    def answer(self, as_of_ms: int) -> bytes:
        """What ``Rolling`` answers as of a time, as JSON."""
        if self._answered_ms != as_of_ms:
            self._answer, self._answered_ms = self.rolling.encoded(as_of_ms), as_of_ms
        return self._answer

    def asked_in(self, number: int) -> Comments:
        """How many comments of a minute asked what."""
        held = self._asked_in.get(number)
        if held is None:
            held = self._asked_in[number] = self.cells.asked_in(number)
        return held

    # -- what was written --------------------------------------------------------------------------

    def renew(self) -> None:
        """Bring the tally up to date."""
        changed = self._renew()
        before, self.over = self.over, over_of(self.tally)
        self.turned = turned_minutes(before, self.over, self._span.numbers(), self.cells.readings)
        self.moved |= changed | self.turned

    def _renew(self) -> set[int]:
        """Bring the tally up to date; the minutes of which something was written."""
        self._answered_ms = -1
        self.minutes.let_go()
        noted: dict[int, list[bytes]] = {}
        for key in self.noted:
            noted.setdefault(key[0], []).append(key)
        self.noted.clear()
        topics = {TOPIC_OF_CODE[key[1]] for key in noted.get(Kind.SESSION, ())}
        people = {TOPIC_OF_CODE[key[1]] for key in noted.get(Kind.PEOPLE, ())}
        minutes = [(TOPIC_OF_CODE[key[1]], _number(key)) for key in noted.get(Kind.MINUTE, ())]
        changed = {number for _, number in minutes} | self._renew_asked(noted)
        if Kind.FLOOR in noted:
            changed |= self._renew_floor()
        if Kind.REJECTED in noted:
            self._renew_rejected(noted[Kind.REJECTED])
        as_it_was = self._renew_sessions(topics, {topic for topic, _ in minutes})
        if not as_it_was or self._is_over(people, minutes):
            self._begin()
            return changed
        self._renew_people(people, minutes)
        if Kind.ASKED in noted or Kind.SENSES in noted:
            self.intents = self._count_intents()
        if topics:
            self.signs = Signs.of(self.tally.seen_ms, self.tally.lifecycle)
        return changed

    def _renew_people(self, people: set[str], minutes: list[tuple[str, int]]) -> None:
        """Bring unique counts up to date, and say which minutes moved."""
        for topic in people:
            self._meet_people(topic)
        for topic, number in minutes:
            self.rolling.touched(topic, number)
            if number == self.tally.seen_ms.get(topic, 0) // MINUTE_MS:
                self._meet_open(topic)

    def _renew_asked(self, noted: Mapping[int, list[bytes]]) -> set[int]:
        """Bring up to date what is asked; the minutes in which something was."""
        if Kind.ASKED in noted:
            self._asked = self.cells.asked()
        numbers = {_number(key) for key in noted.get(Kind.SENSES, ())}
        if numbers:
            self._lately = None
        for number in numbers:
            self._asked_in[number] = self.cells.asked_in(number)
        return numbers

    def _renew_floor(self) -> set[int]:
        """What is for sale now; the minutes in which other products were put on show."""
        before, self.floor = self.floor, self.cells.floor() or _NOT_BEGUN
        self._on_show = NOTHING_SHOWN
        if before.pins == self.floor.pins:
            return set()
        return {at_ms // MINUTE_MS for at_ms, _ in {*before.pins} ^ {*self.floor.pins}}

    def _renew_rejected(self, keys: list[bytes]) -> None:
        """Bring up to date what cannot be used."""
        self.tally.rejected = self.cells.rejected()
        for key in keys:
            self.rolling.touched(TOPIC_OF_CODE[key[1]])

    def _renew_sessions(self, topics: set[str], with_minutes: set[str]) -> bool:
        """Bring totals up to date; False: one of them begins anew."""
        tally = self.tally
        for topic in topics:
            late, since = tally.late.get(topic, 0), self._since.get(topic)
            if not self._read_session(topic):
                return False
            if since is not None and self._since[topic] - since > SESSION_DAYS:
                return False
            moved_a_pane = topic in with_minutes and tally.late[topic] == late
            if topic not in _PANES_ALWAYS or not moved_a_pane:
                self.rolling.touched(topic)
        return True

    def _is_over(self, people: set[str], minutes: list[tuple[str, int]]) -> bool:
        """Whether anything of what was counted was let go of, and perhaps begun anew."""
        for topic in people:
            if self.cells.people(topic) is None:
                return True
        today = max([self.cells.today(topic) for topic, _ in minutes], default=0)
        return any(day_of(number * MINUTE_MS) + MINUTE_DAYS - 1 <= today for _, number in minutes)

    def _read_session(self, topic: str) -> bool:
        """What a topic tells of the whole broadcast; False: nothing, and no more than before."""
        session, tally = self.cells.session(topic), self.tally
        if session is None:
            return tally.totals[topic] is None
        tally.totals[topic] = session.totals
        tally.late[topic] = session.late
        tally.seen_ms[topic] = session.seen_ms
        if session.begun_ms:
            tally.begun_ms[topic] = session.begun_ms
        self._since[topic] = session.since
        if not session.whole and topic not in tally.in_part:
            tally.in_part.append(topic)
        for name, told in zip(session.told._fields, session.told, strict=True):
            if told is not None:  # each of them is told by one topic
                setattr(tally, name, told)
        return True

    # -- people ------------------------------------------------------------------------------------

    def _meet_people(self, topic: str) -> None:
        """Count who was in the broadcast before its open minute."""
        people = self.cells.people(topic)
        if people is None:
            return
        for name, count in zip(UNIQUES[topic], people.members.counts(), strict=True):
            if count is not None:
                self._count(name).merge(count)

    def _meet_open(self, topic: str) -> None:
        """Count who is in its open minute."""
        number = self.tally.seen_ms.get(topic, 0) // MINUTE_MS
        minute = self.cells.minute(topic, number)
        if minute is None:
            return
        for name, count in zip(UNIQUES[topic], minute.members.counts(), strict=True):
            if count is None:
                continue
            size = count.exact_count()
            if size < 0:
                self._count(name).merge(count)
                continue
            met_in, met = self._met.get(name, (-1, 0))
            # Keys stay in the order in which they came: the new ones are the last.
            into = self._count(name).told
            for member in islice(
                reversed(count.told), max(0, size - met) if met_in == number else size
            ):
                into[member] = None
            self._met[name] = number, size

    def _count(self, name: str) -> Uniques:
        """A count of ours, which grows beside those of the records."""
        return self.tally.uniques.setdefault(name, Uniques())

    # -- what is asked -----------------------------------------------------------------------------

    def _count_intents(self) -> dict[str, int]:
        """Comments of the whole broadcast by what they ask."""
        found: dict[str, int] = {}
        _add_labels(found, self._asked)
        opened = self.tally.seen_ms.get(COMMENTS_TOPIC, 0) // MINUTE_MS
        pairs = self.asked_in(opened)
        _add_labels(found, {pair: count for pair, count in pairs.items() if pair[1] != REST})
        return found


def _number(key: bytes) -> int:
    return int.from_bytes(key[-NUMBER_BYTES:], "big")


def _add_labels(into: dict[str, int], comments: Comments) -> None:
    for (label, _), count in comments.items():
        if count:
            into[label] = into.get(label, 0) + count
