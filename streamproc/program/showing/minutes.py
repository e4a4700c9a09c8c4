"""The minutes of a broadcast as its tally holds them, without holding them.

An hour of a busy room as objects weighs more than all else of the room; as records it is there anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streamproc.program.showing.cells import MINUTES, Cells
from streamproc.program.showing.spans import Span
from streamproc.tally.model import MinuteTally
from streamproc.tally.panes import Minute
from streamproc.tally.people import UNIQUES


class MinuteRead(MinuteTally):
    """A minute whose parts are unpacked when they are asked for. Shapes: ``asked`` and ``sold`` are not."""

    __slots__ = ("_found",)

    def __init__(self, number: int, found: list[tuple[str, Minute]]) -> None:
        self.number = number
        self._found = found

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any part of a minute
        # Called only for a slot that nothing was put into yet.
        part: Any
        match name:
            case "panes":
                part = {topic: minute.panes for topic, minute in self._found}
            case "uniques":
                part = {
                    name: count
                    for topic, minute in self._found
                    for name, count in zip(UNIQUES[topic], minute.members.counts(), strict=True)
                    if count is not None
                }
            case "readings":
                part = [each for _, minute in self._found for each in minute.readings()]
            case _:
                raise AttributeError(name)
        setattr(self, name, part)
        return part


class Minutes(dict[int, MinuteTally]):
    """The minutes of a broadcast, each as it is now.

    Shapes: a minute that was asked for is the same object until ``let_go``, which whoever waits between
        two questions calls. All are in ``span``.
    """

    def __init__(self, cells: Cells, span: Span) -> None:
        super().__init__()
        self._cells = cells
        self._span = span

    def let_go(self) -> None:
        """Look at records again from now on."""
        self.clear()

    def numbers(self) -> Iterator[int]:
        """The numbers of all minutes that anything was told of, ascending."""
        return filter(self._cells.holds_minute, self._span.numbers())

    def get(self, number: int, default: Any = None) -> Any:  # noqa: ANN401
        """The minute of a number, or the default."""
        held = super().get(number)
        if held is not None:
            return held
        minutes = [(topic, self._cells.minute(topic, number)) for topic in MINUTES]
        found = [(topic, minute) for topic, minute in minutes if minute is not None]
        if not found:
            return default
        self[number] = read = MinuteRead(number, found)
        return read

    def __missing__(self, number: int) -> MinuteTally:
        """The minute of a number that was not asked for yet."""
        found: MinuteTally | None = self.get(number)
        if found is None:
            raise KeyError(number)
        return found

    def __contains__(self, number: object) -> bool:
        return super().__contains__(number) or (
            isinstance(number, int) and self._cells.holds_minute(number)
        )

    def __iter__(self) -> Iterator[int]:
        return self.numbers()

    def __bool__(self) -> bool:
        return next(self.numbers(), None) is not None

    def values(self) -> Any:  # noqa: ANN401 - to be gone through, not a view
        """Every minute, ascending."""
        return [self[number] for number in self.numbers()]
