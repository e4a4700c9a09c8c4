"""People of the windows that count them, and of the session: merged once, read every second.

A count that is exact is always the one of now. An estimate costs as much as all else together, so it
is renewed every ten seconds: it stands for at most as long.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

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

_TOLD_BY: Final[dict[str, tuple[str, ...]]] = {
    ORDERS_TOPIC: ("buyers",),
    VIEWERS_TOPIC: ("viewers", "interacting"),
    COMMENTS_TOPIC: ("commenters", "interacting"),
}
"""Topic -> the counts that it has a part in."""

_TEN: Final = 10


class Counts(NamedTuple):
    """How many different people did what; as ``NAMES`` has them."""

    buyers: int
    viewers: int
    commenters: int
    interacting: int


class MergedCount:
    """How many different people are in several counts, as long as those only grow."""

    __slots__ = ("_count", "_seen", "_whole")

    def __init__(self, counts: Iterable[Uniques] = ()) -> None:
        self._whole = Uniques()
        self._seen: tuple[int, ...] = ()
        self._count = 0
        for each in counts:
            self._whole.merge(each)

    @property
    def exact(self) -> bool:
        """Whether the count is exact."""
        return self._whole.exact

    def merge(self, count: Uniques) -> None:
        """Count what another counts, too."""
        self._whole.merge(count)
        self._seen = ()

    def count(self, growing: Iterable[Uniques], period: int) -> int:
        """How many there are with those that may have grown since.

        Shapes: an estimate is renewed when ``period`` is another.
        """
        whole, seen = self._whole, [-1]
        exact = whole.exact
        for each in growing:
            exact = exact and each.exact
            seen.append(each.count() if exact else 0)
        # A set that only grows is the same set while it is of the same size.
        now = tuple(seen) if exact else (period,)
        if now != self._seen:
            for each in growing:
                whole.merge(each)
            self._count = whole.count()
            self._seen = now if whole.exact else (period,)
        return self._count


class RollingPeople:
    """The people of the ten minutes up to that of as_of, and of the ten before them.

    Shapes: ``touched`` tells each minute that changed.
    """

    __slots__ = ("_counts", "_merged", "_minutes", "_now", "_period", "_previous", "_stale")

    def __init__(self, minutes: dict[int, MinuteTally]) -> None:
        self._minutes = minutes
        self._now = self._period = -1
        self._stale: set[str] = set()
        self._merged: dict[str, MergedCount] = {}
        self._counts = dict.fromkeys(NAMES, 0)
        self._previous: Counts | None = None

    def touched(self, topic: str, number: int) -> None:
        """What a topic tells of a minute changed."""
        told = _TOLD_BY.get(topic, ())
        distance = self._now - number
        if 0 <= distance < _TEN:
            minute = self._minutes.get(number)
            if minute is None:  # nothing can be taken from a count: all of them begin anew
                self._now = -1
                return
            self._stale.update(told)
            for of in told if distance else ():
                for each in _told_of(minute, of):
                    self._merged[of].merge(each)
        elif _TEN <= distance < 2 * _TEN:
            self._previous = None

    def counts(self, now: int, period: int) -> Counts:
        """How many there are in the ten minutes up to ``now``."""
        if now != self._now:
            self._turn(now)
        if period != self._period:
            self._period = period
            self._stale.update(of for of, merged in self._merged.items() if not merged.exact)
        if self._stale:
            minute = self._minutes.get(now)
            for of in self._stale:
                self._counts[of] = self._merged[of].count(_told_of(minute, of), period)
            self._stale.clear()
        return Counts(**self._counts)

    def previous(self) -> Counts:
        """How many there were in the ten minutes before, as of the last ``counts``."""
        if self._previous is None:
            last = self._now - _TEN
            merged = {of: self._merge(of, range(last - _TEN + 1, last + 1)) for of in NAMES}
            self._previous = Counts(**{of: each.count((), -1) for of, each in merged.items()})
        return self._previous

    def _turn(self, now: int) -> None:
        self._now = now
        self._previous = None
        self._merged = {of: self._merge(of, range(now - _TEN + 1, now)) for of in NAMES}
        self._stale = set(NAMES)

    def _merge(self, of: str, numbers: range) -> MergedCount:
        minutes = (self._minutes.get(number) for number in numbers)
        return MergedCount(each for minute in minutes for each in _told_of(minute, of))


class SessionPeople:
    """The people of a whole broadcast, whose counts only grow."""

    __slots__ = ("_estimates", "_interacting")

    def __init__(self) -> None:
        self._estimates: dict[str, tuple[int, int]] = {}
        self._interacting = MergedCount()

    def count(self, uniques: dict[str, Uniques], name: str, period: int) -> int:
        """How many there are of a name."""
        held = uniques.get(name)
        if held is None:
            return 0
        if held.exact:
            return held.count()
        renewed, estimate = self._estimates.get(name, (-1, 0))
        if renewed != period:
            estimate = held.count()
            self._estimates[name] = period, estimate
        return estimate

    def interacting(self, uniques: dict[str, Uniques], period: int) -> int:
        """How many liked, followed, shared or wrote."""
        told = [uniques[name] for name in NAMES["interacting"] if name in uniques]
        return self._interacting.count(told, period)

    @property
    def interacting_exact(self) -> bool:
        """Whether the last count of those is exact."""
        return self._interacting.exact


def _told_of(minute: MinuteTally | None, of: str) -> list[Uniques]:
    if minute is None:
        return []
    uniques = minute.uniques
    return [uniques[name] for name in NAMES[of] if name in uniques]
