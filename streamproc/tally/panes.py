"""Figures by event time: six panes of ten seconds to a minute, and who and how many were there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streamproc.tally.figures import Figures
from streamproc.tally.online import Reading, Readings
from streamproc.tally.people import Members
from streamproc.tally.timing import PANES_PER_MINUTE


class Minute:
    """One minute of one topic of a session.

    Shapes: ``number`` counts minutes since 1970; ``panes[i]`` is None while nothing fell into it;
        ``members`` are the unique counts of the topic, ``since`` is the day that its age is counted
        from.
    """

    __slots__ = ("_packed", "_readings", "dirty", "key", "members", "number", "panes", "since")

    def __init__(
        self,
        key: bytes,
        number: int,
        members: Members,
        since: int = 0,
        panes: list[Figures | None] | None = None,
        readings: bytes | None = None,
    ) -> None:
        self.key = key
        self.dirty = False
        self.number = number
        self.members = members
        self.since = since
        self.panes: list[Figures | None] = panes or [None] * PANES_PER_MINUTE
        self._readings: Readings | None = None
        self._packed = readings

    def pane(self, pane_no: int, figures: type[Figures]) -> Figures:
        """The pane of that number (since 1970), begun if it is new."""
        index = pane_no % PANES_PER_MINUTE
        pane = self.panes[index]
        if pane is None:
            pane = self.panes[index] = figures()
        return pane

    def read(self, reading: Reading) -> None:
        """Keep a count of viewers of this minute."""
        self._begun().put(reading)

    def readings(self) -> Sequence[Reading]:
        """The counts of viewers, by time."""
        told = self._packed is not None or self._readings is not None
        return self._begun().ordered() if told else ()

    def packed_readings(self) -> bytes | None:
        """The counts of viewers as bytes; None if there are none."""
        return self._packed if self._readings is None else self._readings.pack()

    def _begun(self) -> Readings:
        held = self._readings
        if held is None:
            packed = self._packed
            held = Readings(self.number) if packed is None else Readings.unpack(self.number, packed)
            self._readings = held
        return held


NO_MINUTE: Final = Minute(b"", -1, Members(0))
"""The minute of a session that nothing fell into yet."""
