"""People of the windows that count them, and of the session: merged once, read every second.

A count that is exact is always the one of now. An estimate costs as much as all else together, so it
is renewed once per pane of as_of: it stands for at most ten seconds.
"""

from __future__ import annotations

from typing import Final

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.model import MinuteTally
from streamproc.tally.uniques import Uniques

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "buyers": ("buyers",),
    "viewers": ("viewers",),
    "commenters": ("commenters",),
    "interacting": ("active", "commenters"),
}
"""Whom a count is of -> the unique counts that it is merged from."""

_TEN: Final = 10

_TOPIC_OF: Final = {
    "buyers": ORDERS_TOPIC,
    "viewers": VIEWERS_TOPIC,
    "active": VIEWERS_TOPIC,
    "commenters": COMMENTS_TOPIC,
}


class MergedCount:
    """How many different people are in several counts, as long as those only grow."""

    __slots__ = ("_count", "_seen", "_whole")

    def __init__(self) -> None:
        self._whole = Uniques()
        self._seen: tuple[int, ...] = ()
        self._count = 0

    def merge(self, count: Uniques) -> None:
        """Count what another counts, too."""
        self._whole.merge(count)
        self._seen = ()

    def count(self, growing: list[Uniques], pane_no: int) -> int:
        """How many there are with those that may have grown since."""
        exact = self._whole.exact and all([each.exact for each in growing])
        # A set that only grows is the same set while it is of the same size.
        seen = (-1, *[each.count() for each in growing]) if exact else (pane_no,)
        if seen != self._seen:
            for each in growing:
                self._whole.merge(each)
            self._count = self._whole.count()
            self._seen = seen
        return self._count


class RollingPeople:
    """The people of ten whole minutes.

    Shapes: the newest minute may grow unannounced, ``patched`` tells what changed of the others.
    """

    __slots__ = ("_counts", "_grows", "_last", "_minutes")

    def __init__(self, minutes: dict[int, MinuteTally], *, grows: bool) -> None:
        self._minutes = minutes
        self._grows = grows
        self._last = -1
        self._counts: dict[str, MergedCount] = {}

    def patched(self, topic: str, number: int) -> None:
        """What a topic tells of a minute changed."""
        if self._last - _TEN < number <= self._last and number in self._minutes:
            uniques = self._minutes[number].uniques
            for of, names in NAMES.items():
                for name in names:
                    if _TOPIC_OF[name] == topic and name in uniques:
                        self._counts[of].merge(uniques[name])

    def counts(self, last: int, pane_no: int) -> dict[str, int]:
        """How many there are in the ten minutes up to ``last``."""
        if last != self._last:
            self._turn(last)
        minute = self._minutes.get(last) if self._grows else None
        uniques = minute.uniques if minute is not None else {}
        return {
            of: self._counts[of].count(
                [uniques[each] for each in names if each in uniques], pane_no
            )
            for of, names in NAMES.items()
        }

    def _turn(self, last: int) -> None:
        self._last = last
        self._counts = {of: MergedCount() for of in NAMES}
        for number in range(last - _TEN + 1, last + 1):
            minute = self._minutes.get(number)
            if minute is not None:
                for of, names in NAMES.items():
                    for name in names:
                        if name in minute.uniques:
                            self._counts[of].merge(minute.uniques[name])


class SessionPeople:
    """The people of a whole broadcast, whose counts only grow."""

    __slots__ = ("_estimates", "_interacting")

    def __init__(self) -> None:
        self._estimates: dict[str, tuple[int, int]] = {}
        self._interacting = MergedCount()

    def count(self, uniques: dict[str, Uniques], name: str, pane_no: int) -> int:
        """How many there are of a name."""
        held = uniques.get(name)
        if held is None:
            return 0
        if held.exact:
            return held.count()
        renewed, estimate = self._estimates.get(name, (-1, 0))
        if renewed != pane_no:
            estimate = held.count()
            self._estimates[name] = pane_no, estimate
        return estimate

    def interacting(self, uniques: dict[str, Uniques], pane_no: int) -> int:
        """How many liked, followed, shared or wrote."""
        told = [uniques[name] for name in NAMES["interacting"] if name in uniques]
        return self._interacting.count(told, pane_no)
