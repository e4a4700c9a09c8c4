"""Rolling sums of a broadcast: whole minutes in a few blocks, and the panes at their edges.

A window is never added up again: what comes in is added, what goes out is taken away. Nothing but
sums is held, so an hour weighs no more than a minute.
"""

from __future__ import annotations

from operator import add, sub
from typing import Final

from streamproc.tally.model import MinuteTally
from streamproc.tally.timing import PANES_PER_MINUTE
from streamproc.tally.windows_columns import Columns, Row

ROLLING: Final = ("1m", "5m", "10m", "60m")
"""The windows that end with the pane of as_of."""

PREVIOUS: Final = "previous_10m"

_BLOCKS: Final = (range(1, 5), range(5, 10), range(10, 11), range(11, 20), range(20, 60))
"""The minutes of each block, counted back from that of as_of. They follow on each other."""

_TAILS: Final = {"1m": 1, "5m": 5, "10m": 10, PREVIOUS: 20, "60m": 60}
"""Window -> its oldest minute, counted back; a tail of that one is in it."""

_OLDEST: Final = 60

_HEAD_OF_PREVIOUS: Final = 10
"""The minute of which a head is in the window before; counted back."""


class RollingSums:
    """The sums of some columns in every window of a broadcast.

    Shapes: ``minutes`` are those of a tally that goes on; ``touched`` tells each one that changed.
        ``fixed`` are sums by window, without ``head``, the panes of the minute of as_of so far;
        that of ``PREVIOUS`` is whole, as no such pane is in it.
    """

    __slots__ = (
        "_before",
        "_blocks",
        "_bodies",
        "_columns",
        "_earlier",
        "_is_fresh",
        "_minutes",
        "_now",
        "_older",
        "_pane_no",
        "_width",
        "fixed",
        "head",
    )

    def __init__(self, columns: Columns, minutes: dict[int, MinuteTally]) -> None:
        self._columns = columns
        self._width = columns.width
        self._minutes = minutes
        self._now = self._pane_no = -1
        self._older: set[int] = set()
        self._is_fresh = False
        self._blocks: list[Row] = []
        self._bodies: dict[str, Row] = {}
        self._earlier: list[Row] = []
        self.head = self._before = self._nothing()
        self.fixed: dict[str, Row] = {}

    def touched(self, number: int) -> None:
        """A minute changed."""
        if number == self._now:
            self._is_fresh = False
        else:
            self._older.add(number)

    def renew(self, pane_no: int) -> bool:
        """Bring the sums up to what is held, for windows that end with a pane.

        Shapes: False: nothing changed in any window.
        """
        index = pane_no % PANES_PER_MINUTE
        changed = False
        if pane_no != self._pane_no or self._older:
            changed = self._move(pane_no)
        elif self._is_fresh:
            return False
        changed = self._read_head(index) or changed
        return self._widen() or changed

    def row(self, window: str) -> list[int]:
        """The sums of a rolling window, as of the last ``renew``."""
        return list(map(add, self.fixed[window], self.head))

    def of_people(self, window: str, columns: int | None = None) -> list[int]:
        """The sums of the ten whole minutes of a window; the first so many columns, or all."""
        if window == PREVIOUS:
            return list(map(add, self._blocks[3][:columns], self._blocks[2]))
        panes = self._pane_no % PANES_PER_MINUTE + 1
        rest = self._read(self._now, panes, PANES_PER_MINUTE)
        if self._widen():
            return self.of_people(window, columns)
        body = list(map(add, self._bodies[window][:columns], self.head))
        return body if rest is None else list(map(add, body, rest))

    def _widen(self) -> bool:
        """Begin anew if a column came up that the sums do not have; False: none did."""
        widened = False
        while self._columns.width != self._width:
            self._width = self._columns.width
            self._now = -1
            self._move(self._pane_no)
            self._read_head(self._pane_no % PANES_PER_MINUTE)
            widened = True
        return widened

    def _move(self, pane_no: int) -> bool:
        """Bring all but the head up to what is held; False: nothing changed in it."""
        now, index = divmod(pane_no, PANES_PER_MINUTE)
        if self._now < 0 or not 0 <= now - self._now <= 1:
            self._now = now
            self._blocks = [self._sum(block) for block in _BLOCKS]
            changed = True
        else:
            changed = self._patch() if self._older else False
            if now != self._now:
                self._turn(now)
                changed = True
        if changed:
            self._combine()
            self._fix(index)
        elif pane_no == self._pane_no + 1:
            changed = self._shift(index)
        elif pane_no != self._pane_no:
            self._fix(index)
            changed = True
        self._pane_no = pane_no
        self._older.clear()
        return changed

    def _patch(self) -> bool:
        """Add up the blocks anew that some minutes are in; False: no window holds any of them."""
        distances = {self._now - number for number in self._older}
        for place, block in enumerate(_BLOCKS):
            if not distances.isdisjoint(block):
                self._blocks[place] = self._sum(block)
        return min(distances) <= _OLDEST and max(distances) > 0

    def _turn(self, now: int) -> None:
        """Let the next minute be that of as_of: each block passes one minute on."""
        self._now = now
        comes = self._read(now - 1, 0, PANES_PER_MINUTE)
        for place, block in enumerate(_BLOCKS):
            goes = self._read(now - block.stop, 0, PANES_PER_MINUTE)
            self._blocks[place] = _less(_plus(self._blocks[place], comes), goes)
            comes = goes

    def _combine(self) -> None:
        last_4, to_9, tenth, before, rest = self._blocks
        last_9 = _plus(last_4, to_9)
        whole = _plus(_plus(last_9, tenth), _plus(before, rest))
        nothing = self._nothing()
        self._bodies = {"1m": nothing, "5m": last_4, "10m": last_9, PREVIOUS: before, "60m": whole}

    def _fix(self, index: int) -> None:
        """Add the edges, for a pane of the minute of as_of."""
        panes = index + 1
        for window, oldest in _TAILS.items():
            tail = self._read(self._now - oldest, panes, PANES_PER_MINUTE)
            self.fixed[window] = _plus(self._bodies[window], tail)
        head = self._read(self._now - _HEAD_OF_PREVIOUS, 0, panes)
        self.fixed[PREVIOUS] = _plus(self.fixed[PREVIOUS], head)

    def _shift(self, index: int) -> bool:
        """Move the edges by one pane; False: none of them held anything there."""
        shifted = False
        for window, oldest in _TAILS.items():
            goes = self._read(self._now - oldest, index, index + 1)
            if goes is not None:
                self.fixed[window] = _less(self.fixed[window], goes)
                shifted = True
        comes = self._read(self._now - _HEAD_OF_PREVIOUS, index, index + 1)
        if comes is not None:
            self.fixed[PREVIOUS] = _plus(self.fixed[PREVIOUS], comes)
        return shifted or comes is not None

    def _read_head(self, index: int) -> bool:
        """Read the minute of as_of; False: its panes so far add up to what they did."""
        rows = self._rows(self._now, 0, index + 1)
        nothing = self._nothing()
        head = nothing
        if rows:
            last = rows.pop()
            if rows != self._earlier:
                self._earlier, self._before = rows, _total(rows, nothing)
            head = list(map(add, self._before, last)) if rows else last
        self._is_fresh = True
        if head == self.head:
            return False
        self.head = head
        return True

    def _nothing(self) -> Row:
        return (0,) * self._columns.width

    def _sum(self, block: range) -> Row:
        total = self._nothing()
        for distance in block:
            total = _plus(total, self._read(self._now - distance, 0, PANES_PER_MINUTE))
        return total

    def _read(self, number: int, begin: int, stop: int) -> Row | None:
        """The sums of some panes of a minute; None: nothing is in them."""
        rows = self._rows(number, begin, stop)
        return _total(rows, rows.pop()) if rows else None

    def _rows(self, number: int, begin: int, stop: int) -> list[Row]:
        minute = self._minutes.get(number)
        return [] if minute is None else self._columns.rows(minute, begin, stop)


def _total(rows: list[Row], total: Row) -> Row:
    for row in rows:
        total = list(map(add, total, row))
    return total


def _plus(row: Row, more: Row | None) -> Row:
    return row if more is None else list(map(add, row, more))


def _less(row: Row, less: Row | None) -> Row:
    return row if less is None else list(map(sub, row, less))
