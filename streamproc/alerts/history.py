"""The last half hour of a room, as rules look at it: counts by panes of ten seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

from streamproc.tally.online import Reading
from streamproc.tally.senses import OF_PRODUCT, Asked, Pair
from streamproc.tally.sold import MinuteSold
from streamproc.tally.timing import MINUTE_MS, PANE_MS, PANES_PER_MINUTE
from streamproc.tally.uniques import Uniques, union

T = TypeVar("T")

MINUTES: Final = 31
"""How far back rules look: the open minute and thirty before it."""
PEOPLE_MINUTES: Final = 6
"""How far back it is known who asked and wrote, and not only how many."""

NO_PANES: Final = (0,) * PANES_PER_MINUTE


class Row:
    """One minute of a room, over all topics.

    Shapes: tuples of six are by pane; ``paid_minor`` is what was paid, by currency, as ``pay_gmv_minor``
        counts it. ``failed_by`` counts failed attempts by reason; ``asked`` who asked
        what, ``commenters`` who wrote, both only of the newest ``PEOPLE_MINUTES``; ``asked_users`` how many
        weighed users asked, by label, of any minute.
    """

    __slots__ = (
        "_most",
        "_most_of",
        "_named",
        "_named_of",
        "_questions",
        "asked",
        "asked_users",
        "clicks",
        "commenters",
        "comments",
        "created",
        "failed",
        "failed_by",
        "number",
        "paid",
        "paid_minor",
        "readings",
        "sold",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self._most_of: Sequence[Reading] = ()
        self._most = 0
        self._named_of: Mapping[Pair, Asked] | None = None
        self._named: Sequence[tuple[Pair, Asked]] = ()
        self._questions: dict[str, tuple[object, Any]] = {}
        self.created: Sequence[int] = NO_PANES
        self.paid: Sequence[int] = NO_PANES
        self.paid_minor: Mapping[str, Sequence[int]] = {}
        self.failed: Sequence[int] = NO_PANES
        self.comments: Sequence[int] = NO_PANES
        self.clicks: Sequence[int] = NO_PANES
        self.failed_by: Mapping[str, int] = {}
        self.readings: Sequence[Reading] = ()
        self.sold: MinuteSold | None = None
        self.asked: Mapping[Pair, Asked] = {}
        self.asked_users: Mapping[str, int] = {}
        self.commenters: Uniques | None = None

    def once(self, name: str, made: Callable[[Row], T]) -> T:
        """What is made of who asked what, under a name: once while nobody else asks.

        Shapes: rules look at the same minutes each second, and only the open one changes.
        """
        held = self._questions.get(name)
        if held is None or held[0] is not self.asked:
            held = self._questions[name] = (self.asked, made(self))
        return cast("T", held[1])

    def named(self) -> Sequence[tuple[Pair, Asked]]:
        """Who asked what of products that they named; found once while nobody else asks."""
        asked = self.asked
        if asked is not self._named_of:
            # a shared nothing, for of most minutes it is nothing, and rules look at many minutes
            self._named = [
                each for each in asked.items() if each[0][1].startswith(OF_PRODUCT)
            ] or ()
            self._named_of = asked
        return self._named

    def most_online(self) -> int:
        """The greatest count of viewers of the minute, found once for the same readings; 0: none."""
        readings = self.readings
        if readings is not self._most_of:
            self._most = max([each.online for each in readings], default=0)
            self._most_of = readings
        return self._most


class History:
    """A room's newest minutes.

    Shapes: ``rows`` by number of the minute; one that is missing is empty. ``asked_back`` is the newest in
        which money was asked back, by its number, for whoever puts records into rows to keep; -1: none.
    """

    __slots__ = ("asked_back", "rows")

    def __init__(self, rows: dict[int, Row] | None = None) -> None:
        self.rows: dict[int, Row] = {} if rows is None else rows
        asked_back = (
            number for number, row in self.rows.items() if row.sold and row.sold.requested
        )
        self.asked_back = max(asked_back, default=-1)

    def count(self, column: str, start_ms: int, end_ms: int) -> int:
        """The sum of a column (``created``, ``paid``, ``failed``, ``comments``, ``clicks``) over panes.

        Units: of the panes that begin at or after ``start_ms`` and before ``end_ms``.
        """
        first, last = -(-start_ms // PANE_MS), -(-end_ms // PANE_MS)
        total = 0
        for number in range(first // PANES_PER_MINUTE, (last - 1) // PANES_PER_MINUTE + 1):
            row = self.rows.get(number)
            if row is None:
                continue
            panes: Sequence[int] = getattr(row, column)
            if panes is NO_PANES:
                continue
            begin = number * PANES_PER_MINUTE
            total += sum(panes[max(0, first - begin) : last - begin])
        return total

    def minutes(self, start_ms: int, end_ms: int) -> list[Row]:
        """The minutes of which any part lies in a span, ascending, without empty ones."""
        numbers = range(start_ms // MINUTE_MS, -(-end_ms // MINUTE_MS))
        return [self.rows[number] for number in numbers if number in self.rows]

    def readings(self, start_ms: int, end_ms: int) -> list[Reading]:
        """The counts of viewers of a span, ascending."""
        return [
            reading
            for row in self.minutes(start_ms, end_ms)
            for reading in row.readings
            if start_ms <= reading.at_ms < end_ms
        ]

    def most_online(self, first: int, last: int) -> int:
        """The greatest count of viewers from one minute to another, both whole, by number; 0: none."""
        rows = [self.rows[number] for number in range(first, last + 1) if number in self.rows]
        return max([row.most_online() for row in rows], default=0)

    def commenters(self, start_ms: int, end_ms: int) -> int:
        """How many different viewers wrote in the minutes of a span; it must be a short one."""
        wrote = (row.commenters for row in self.minutes(start_ms, end_ms))
        return union(each for each in wrote if each is not None).count()

    def asked(self, label: str, start_ms: int, end_ms: int) -> dict[str, Uniques]:
        """Who asked what of a label in the minutes of a span, by subject; those who weigh."""
        found: dict[str, Uniques] = {}
        for row in self.minutes(start_ms, end_ms):
            for (told, subject), asked in row.asked.items():
                if told == label:
                    found.setdefault(subject, Uniques()).merge(asked.people()[1])
        return found
