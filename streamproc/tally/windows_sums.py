"""Rolling sums of one topic of a broadcast: whole minutes once, and the panes at their edges."""

from __future__ import annotations

from operator import add, sub
from typing import Any, Final, NamedTuple

from streamproc.tally.figures import FIGURES, Figures
from streamproc.tally.model import MinuteTally
from streamproc.tally.timing import PANES_PER_MINUTE

Money = dict[str, list[int]]

_COLUMNS: Final = 3
"""Of the money of orders all but the last: what is unpaid is not a figure of a window."""

_NOTHING: Final = [0] * _COLUMNS

_TAILS: Final = {"1m": 1, "5m": 5, "10m": 10, "previous_10m": 20, "60m": 60}
"""Window -> its oldest minute, counted back from that of as_of; a tail of that one is in it."""

_BODIES: Final = {
    "1m": range(1, 1),
    "5m": range(1, 5),
    "10m": range(1, 10),
    "previous_10m": range(11, 20),
    "60m": range(1, 60),
}
"""Window -> its minutes that are whole wherever as_of lies in its minute; counted back."""

_ROLLING: Final = ("1m", "5m", "10m", "60m")

_OLDEST: Final = 60

_HEAD_OF_PREVIOUS: Final = 10
"""The minute of which a head is in the window before; counted back."""


class Sums(NamedTuple):
    """A row of sums that can be added up. Shapes: ``money`` by currency, in columns."""

    counts: list[int]
    money: Money

    def plus(self, other: Sums) -> Sums:
        """Both together, as new sums."""
        money = self.money
        if other.money:
            money = money.copy()
            for currency, columns in other.money.items():
                held = money.get(currency)
                money[currency] = columns if held is None else list(map(add, held, columns))
        return Sums(list(map(add, self.counts, other.counts)), money)

    def minus(self, other: Sums) -> Sums:
        """What is left without the other, as new sums."""
        money = self.money.copy()
        for currency, columns in other.money.items():
            money[currency] = list(map(sub, money.get(currency, _NOTHING), columns))
        return Sums(list(map(sub, self.counts, other.counts)), money)

    def __bool__(self) -> bool:
        """Whether anything is in it."""
        return any(self.counts) or any(map(any, self.money.values()))


class RollingSums:
    """The sums of one topic in every window of a broadcast.

    Shapes: the minutes are those of a tally that goes on: ``patched`` tells which of them changed,
        but for the minute of as_of, which is read anew each time.
    """

    __slots__ = (
        "_bodies",
        "_fixed",
        "_found",
        "_head",
        "_kind",
        "_minutes",
        "_money",
        "_nothing",
        "_now",
        "_pane",
        "_patched",
        "_people",
        "_rows",
        "_topic",
    )

    def __init__(self, topic: str, minutes: dict[int, MinuteTally]) -> None:
        self._topic = topic
        self._kind = FIGURES[topic]
        self._money = len(self._kind.MONEY)
        self._minutes = minutes
        self._nothing = self._head = Sums([0] * (len(self._kind.__slots__) - self._money), {})
        self._now = self._pane = -1
        self._rows: dict[int, Sums] = {}
        self._patched: set[int] = set()
        self._bodies: dict[str, Sums] = {}
        self._fixed: dict[str, Sums] = {}
        self._found: dict[str, Any] | None = None
        self._people: dict[str, Any] = {}

    def patched(self, number: int) -> None:
        """A minute changed."""
        self._patched.add(number)

    def windows(self, pane_no: int) -> dict[str, Any]:
        """The sums of each window that ends with a pane. Shapes: figures of the topic, by window."""
        now, panes = divmod(pane_no, PANES_PER_MINUTE)
        moved = self._now != now
        if moved:
            self._turn(now)
        patched = self._patch() if self._patched else False
        if moved or patched or self._pane != pane_no:
            self._pane = pane_no
            self._fix(panes + 1)
            self._people.clear()
            self._found = None
        head = self._read(now, 0, panes + 1)
        if self._found is None or head != self._head:
            self._head = head
            self._people.pop("10m", None)
            fixed = self._fixed
            found = {name: self._figures(fixed[name].plus(head)) for name in _ROLLING}
            found["previous_10m"] = self._figures(fixed["previous_10m"])
            self._found = found
        return self._found

    def of_people(self, name: str) -> Any:  # noqa: ANN401 - the figures of the topic
        """The sums of the ten whole minutes of a window, as of the last ``windows``."""
        rest = self._nothing
        if name != "previous_10m":
            panes = self._pane % PANES_PER_MINUTE + 1
            rest = self._read(self._now, panes, PANES_PER_MINUTE)
        elif name in self._people:
            return self._people[name]
        if rest is not self._nothing:  # as_of lies behind what is known: nothing is kept of that
            return self._figures(self._bodies[name].plus(self._head).plus(rest))
        if name not in self._people:
            previous = name == "previous_10m"
            more = self._rows[self._now - _HEAD_OF_PREVIOUS] if previous else self._head
            self._people[name] = self._figures(self._bodies[name].plus(more))
        return self._people[name]

    def _turn(self, now: int) -> None:
        """Let another minute be that of as_of."""
        # What was the minute of as_of changed unannounced, and whatever lies ahead of it may have.
        stale = {number for number in self._rows if number >= self._now or number < now - _OLDEST}
        for number in stale | self._patched:
            self._rows.pop(number, None)
        self._patched.clear()
        self._now = now
        for number in range(now - _OLDEST + 1, now):
            if number not in self._rows:
                self._rows[number] = self._read(number, 0, PANES_PER_MINUTE)
        for name, distances in _BODIES.items():
            body = self._nothing
            for distance in distances:
                row = self._rows[now - distance]
                if row is not self._nothing:
                    body = body.plus(row)
            self._bodies[name] = body

    def _patch(self) -> bool:
        """Bring what is held to the minutes that changed; False: no window did."""
        changed = False
        for number in self._patched:
            distance = self._now - number
            if distance == _OLDEST:
                changed = True
            elif 0 < distance < _OLDEST:
                row = self._read(number, 0, PANES_PER_MINUTE)
                moved = row.minus(self._rows[number])
                if moved:
                    changed = True
                    self._rows[number] = row
                    for name, distances in _BODIES.items():
                        if distance in distances:
                            self._bodies[name] = self._bodies[name].plus(moved)
        self._patched.clear()
        return changed

    def _fix(self, panes: int) -> None:
        """Add the tails of the oldest minutes, all but so many panes of each."""
        now = self._now
        for name, oldest in _TAILS.items():
            tail = self._read(now - oldest, panes, PANES_PER_MINUTE)
            self._fixed[name] = self._bodies[name].plus(tail)
        head = self._read(now - _HEAD_OF_PREVIOUS, 0, panes)
        self._fixed["previous_10m"] = self._fixed["previous_10m"].plus(head)

    def _read(self, number: int, begin: int, stop: int) -> Sums:
        """The sums of some panes of a minute."""
        minute = self._minutes.get(number)
        held = minute.panes.get(self._topic) if minute is not None else None
        if held is None:
            return self._nothing
        counts: list[int] | None = None
        money: Money = {}
        columns = self._money
        for pane in held[begin:stop]:
            if pane is not None:
                row = pane.row()
                told = row[columns:] if columns else row
                counts = list(told) if counts is None else list(map(add, counts, told))
                if columns:
                    _add_money(money, row)
        return self._nothing if counts is None else Sums(counts, money)

    def _figures(self, sums: Sums) -> Figures:
        """Sums as the figures of the topic."""
        if not self._money:
            return self._kind.of(sums.counts)
        columns: list[dict[str, int]] = [{} for _ in range(self._money)]
        for currency, minors in sums.money.items():
            for column, minor in zip(columns, minors, strict=False):
                column[currency] = minor
        return self._kind.of([*columns, *sums.counts])


def _add_money(money: Money, row: tuple[Any, ...]) -> None:
    for column in range(_COLUMNS):
        for currency, minor in row[column].items():
            money.setdefault(currency, [0] * _COLUMNS)[column] += minor
