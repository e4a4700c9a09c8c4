"""Which minutes of a curve are others once it is known that a broadcast was over at other times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from streamproc.tally.lifecycle import Over
from streamproc.tally.online import Reading, is_over
from streamproc.tally.timing import MINUTE_MS


def most_online(readings: Iterable[Reading], over: Sequence[Over]) -> int | None:
    """The greatest count told while a broadcast was not over; None: none was."""
    return max([each.online for each in readings if not is_over(over, each.at_ms)], default=None)


def turned_minutes(
    before: Sequence[Over],
    after: Sequence[Over],
    numbers: range,
    readings: Callable[[int], Sequence[Reading]],
) -> set[int]:
    """Those of some minutes whose greatest count is another one after a turn than before it.

    Shapes: no ``readings`` are asked for of minutes before the first time that is in one of the two
        alone, nor after the last.
    """
    if before == after:  # nearly always
        return set()
    turned = {*before} ^ {*after}
    first = min(from_ms for from_ms, _ in turned) // MINUTE_MS
    ends_ms = [until_ms for _, until_ms in turned if until_ms is not None]
    last = max(ends_ms) // MINUTE_MS if len(ends_ms) == len(turned) else numbers.stop
    return {
        number
        for number in range(max(first, numbers.start), min(last + 1, numbers.stop))
        if most_online(told := readings(number), before) != most_online(told, after)
    }
