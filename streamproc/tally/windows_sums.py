"""Rolling sums: what a window holds is what the whole broadcast holds, less what lies outside of it.

What is told of the pane of as_of is in the whole and in every window, so that nothing else moves with
it. What lies outside of a window moves when as_of reaches another pane, and when something is told of
a time that is not in the window. Nothing but sums is held, so an hour weighs no more than a minute.
"""

from __future__ import annotations

from operator import add, sub
from typing import Any, Final

from streamproc.tally.model import MinuteTally
from streamproc.tally.timing import PANES_PER_MINUTE
from streamproc.tally.windows_columns import Columns, Row

LENGTHS: Final = (6, 30, 60, 360)
"""How many panes the windows have that end with the pane of as_of: 1m, 5m, 10m, 60m."""

TEN_MINUTES: Final = 2
"""The window of ``LENGTHS`` that people are counted of, too."""

_PANES: Final = LENGTHS[TEN_MINUTES]
_MINUTES: Final = _PANES // PANES_PER_MINUTE

_STEPS: Final = 30
"""So many panes as_of moves on by one by one; further than that everything is added up."""

Elsewhere = frozenset[int | None]
"""Minutes by number that are not the one of as_of, None for a time that no minute holds."""


class RollingSums:
    """The sums of some columns in every window of a broadcast.

    Shapes: reads the minutes and totals of a tally that goes on. ``total`` is the whole broadcast,
        ``outside[i]`` what of it is not in window i of ``LENGTHS``, ``previous`` the ten minutes
        before the last ten.
    """

    __slots__ = (
        "_columns",
        "_minutes",
        "_newest",
        "_outside_minutes",
        "_pane_no",
        "_previous_minutes",
        "_totals",
        "_width",
        "outside",
        "previous",
        "total",
    )

    def __init__(
        self, columns: Columns, minutes: dict[int, MinuteTally], totals: dict[str, Any]
    ) -> None:
        self._columns = columns
        self._width = -1
        self._minutes = minutes
        self._totals = totals
        self._pane_no = self._newest = -1
        self._outside_minutes: Row | None = None
        self._previous_minutes: Row | None = None
        self.total: Row = ()
        self.outside: list[Row] = []
        self.previous: Row = ()

    def forget(self) -> None:
        """Add everything up when the sums are next asked for: something was let go of."""
        self._width = -1

    def renew(self, pane_no: int, newest: int, elsewhere: Elsewhere) -> None:
        """Bring the sums up to what is held, for windows that end with a pane.

        Shapes: ``newest`` is the last pane that anything was told of; ``elsewhere`` tells of what
            changed since the last time, but for the minute of as_of.
        """
        self.total = self._columns.whole(self._totals)
        is_ahead = newest > pane_no or self._newest > self._pane_no
        self._newest = newest
        if self._columns.width != self._width or not 0 <= pane_no - self._pane_no <= _STEPS:
            self._begin(pane_no)
        elif elsewhere or is_ahead or pane_no != self._pane_no:
            self._go_on(pane_no, elsewhere, is_ahead)
            if self._columns.width != self._width:
                self._begin(pane_no)

    def row(self, window: int) -> Row:
        """The sums of a window of ``LENGTHS``."""
        return list(map(sub, self.total, self.outside[window]))

    def of_minutes(self) -> Row:
        """The sums of the ten whole minutes up to that of as_of."""
        if self._outside_minutes is None:
            now, index = divmod(self._pane_no, PANES_PER_MINUTE)
            row = _less(self.row(TEN_MINUTES), self._rest_of(now - _MINUTES))
            if index != PANES_PER_MINUTE - 1:
                row = _plus(row, self._rest_of(now))
            self._outside_minutes = list(map(sub, self.total, row))
            return row
        return list(map(sub, self.total, self._outside_minutes))

    def of_previous_minutes(self) -> Row:
        """The sums of the ten whole minutes before those."""
        if self._previous_minutes is None:
            begin = self._pane_no // PANES_PER_MINUTE - _MINUTES
            row = _plus(self.previous, self._rest_of(begin))
            self._previous_minutes = _less(row, self._rest_of(begin - _MINUTES))
        return self._previous_minutes

    def _begin(self, pane_no: int) -> None:
        """Add everything up."""
        self._pane_no = pane_no
        self._outside_minutes = self._previous_minutes = None
        self._width = -1
        while self._width != self._columns.width:  # a pane may bring up another column
            self._width = self._columns.width
            self.total = self._columns.whole(self._totals)
            self.outside = [self.total] * len(LENGTHS)
            self._resum(len(LENGTHS))
            self._sum_previous()

    def _go_on(self, pane_no: int, elsewhere: Elsewhere, is_ahead: bool) -> None:
        """Let the windows end with a pane that is the same or comes a little later."""
        old, self._pane_no = self._pane_no, pane_no
        if elsewhere or old // PANES_PER_MINUTE != pane_no // PANES_PER_MINUTE:
            self._outside_minutes = self._previous_minutes = None
        for each in range(old + 1, pane_no + 1):
            self._step(each)
        oldest, now = old - LENGTHS[-1] + 1, pane_no // PANES_PER_MINUTE
        near, is_far = [], is_ahead
        for number in elsewhere:
            if number is None or not oldest // PANES_PER_MINUTE <= number <= now:
                is_far = True
            else:
                near.append(number)
        if near or is_far:
            self._correct(near, is_far)
            first, last = old - 2 * _PANES + 1, pane_no - _PANES
            if any(first // PANES_PER_MINUTE <= each <= last // PANES_PER_MINUTE for each in near):
                self._sum_previous()

    def _step(self, pane_no: int) -> None:
        """Let the windows end one pane later: what leaves them is outside from now on."""
        outside = self.outside
        for window, length in enumerate(LENGTHS):
            leaves = self._read_pane(pane_no - length)
            if leaves is not None:
                outside[window] = _plus(outside[window], leaves)
                if window == TEN_MINUTES:
                    self.previous = _plus(self.previous, leaves)
        self.previous = _less(self.previous, self._read_pane(pane_no - 2 * _PANES))

    def _correct(self, near: list[int], is_far: bool) -> None:
        """Take in what was told of other minutes.

        Shapes: ``near`` are those that windows may hold, ``is_far``: something was told of a time
            that none of them holds or held, or that they begin to hold just now.
        """
        oldest = min(near, default=self._pane_no) * PANES_PER_MINUTE
        windows = len(LENGTHS)
        holding = 0  # the shortest window that has all of ``near`` in it, as longer ones have
        while near and holding < windows and oldest <= self._pane_no - LENGTHS[holding]:
            holding += 1
        if holding == windows or not is_far:
            self._resum(holding)
            return
        before = self.outside[holding]
        self._resum(holding + 1)
        moved = list(map(sub, self.outside[holding], before))
        for window in range(holding + 1, windows):
            self.outside[window] = _plus(self.outside[window], moved)

    def _resum(self, windows: int) -> None:
        """Add up the shortest windows."""
        within: Row = (0,) * self._width
        last = self._pane_no
        for window in range(windows):
            first = self._pane_no - LENGTHS[window] + 1
            within = _plus(within, self._sum(first, last))
            last = first - 1
            self.outside[window] = _less(self.total, within)

    def _sum_previous(self) -> None:
        nothing = (0,) * self._width
        first = self._pane_no - 2 * _PANES + 1
        self.previous = _plus(nothing, self._sum(first, self._pane_no - _PANES))

    def _sum(self, first: int, last: int) -> Row | None:
        """The sums of the panes from one to another; None: nothing is in them."""
        total: Row | None = None
        begin_minute, end_minute = first // PANES_PER_MINUTE, last // PANES_PER_MINUTE
        for number in range(begin_minute, end_minute + 1):
            minute = self._minutes.get(number)
            if minute is not None:
                begin = number * PANES_PER_MINUTE
                rows = self._columns.rows(minute, max(0, first - begin), last - begin + 1)
                for row in rows:
                    total = row if total is None else list(map(add, total, row))
        return total

    def _rest_of(self, number: int) -> Row | None:
        """What a minute holds behind the place of as_of in its own."""
        begin = number * PANES_PER_MINUTE
        behind = self._pane_no % PANES_PER_MINUTE + 1
        return self._sum(begin + behind, begin + PANES_PER_MINUTE - 1)

    def _read_pane(self, pane_no: int) -> Row | None:
        number, index = divmod(pane_no, PANES_PER_MINUTE)
        minute = self._minutes.get(number)
        rows = None if minute is None else self._columns.rows(minute, index, index + 1)
        return rows[0] if rows else None


def _plus(row: Row, more: Row | None) -> Row:
    return row if more is None else list(map(add, row, more))


def _less(row: Row, less: Row | None) -> Row:
    return row if less is None else list(map(sub, row, less))
