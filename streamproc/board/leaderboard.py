"""Who is ahead of whom, by one figure of one window of everybody's current broadcast."""

from __future__ import annotations

from collections.abc import Iterable

from streamproc.board.cards import HOME_CURRENCY, current
from streamproc.events.host_tally import HostTally, Value
from streamproc.events.view_keys import Figure, Window
from streamproc.tally.ranking import Place, Score, ranked


def value_of(tally: HostTally, figure: Figure, window: Window) -> int | None:
    """What a host has of a figure; None: unknown, or not counted in that window.

    Shapes: of money that in CNY; 0 where only other money was paid.
    """
    session = current(tally)
    figures = session.figures if window is Window.SESSION else session.windows.get(window.value, {})
    return _whole(figures.get(figure.value))


def standings(tallies: Iterable[HostTally], figure: Figure, window: Window) -> list[Place]:
    """Everybody of whom the figure is known, the greatest first, equal ones by host id.

    Shapes: equal values share a rank, and the next is left out; who was there first is not known.
    """
    values = ((tally.host_id, value_of(tally, figure, window)) for tally in tallies)
    return ranked(Score(host_id, value, None) for host_id, value in values if value is not None)


def _whole(value: Value) -> int | None:
    if isinstance(value, dict):
        return value.get(HOME_CURRENCY, 0)
    return value if isinstance(value, int) else None
