"""Figures by event time: six panes of ten seconds to a minute."""

from __future__ import annotations

from typing import Final

from streamproc.tally.figures import Figures
from streamproc.tally.timing import PANES_PER_MINUTE


class Minute:
    """One minute of one topic of a session.

    Shapes: ``number`` counts minutes since 1970; ``panes[i]`` is None while nothing fell into it.
    """

    __slots__ = ("dirty", "key", "number", "panes")

    def __init__(self, key: bytes, number: int, panes: list[Figures | None] | None = None) -> None:
        self.key = key
        self.dirty = False
        self.number = number
        self.panes: list[Figures | None] = panes or [None] * PANES_PER_MINUTE

    def pane(self, pane_no: int, figures: type[Figures]) -> Figures:
        """The pane of that number (since 1970), begun if it is new."""
        index = pane_no % PANES_PER_MINUTE
        pane = self.panes[index]
        if pane is None:
            pane = self.panes[index] = figures()
        return pane


NO_MINUTE: Final = Minute(b"", -1)
"""The minute of a session that nothing fell into yet."""
