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

_SHOWN: Final[dict[str, tuple[str, ...]]] = {
    ORDERS_TOPIC: ("buyers",),
    VIEWERS_TOPIC: ("viewers", "leavers"),
    COMMENTS_TOPIC: ("commenters",),
}
"""Topic -> its unique counts that are read as they are."""

_OF_ONE: Final = ("buyers", "viewers", "commenters")
"""Counts that are merged from one unique count, as ``Counts`` begins with them."""

_NONE: Final[frozenset[str]] = frozenset()
_TEN: Final = 10


class Counts(NamedTuple):
    """How many different people did what; as ``NAMES`` has them."""

    buyers: int
    viewers: int
    commenters: int
    interacting: int


NOBODY: Final = Counts(0, 0, 0, 0)


class MergedCount:
    """How many different people are in several counts, as long as those only grow."""

    __slots__ = ("_count", "_seen", "_whole", "exact")

    def __init__(self, counts: Iterable[Uniques] = (), known: int = -1) -> None:
        self._whole = Uniques()
        self._seen: list[int] = []
        self._count = 0
        for each in counts:
            self._whole.merge(each)
            if self._whole.exact and self._whole.count() == known:
                break  # nobody else is known
        self.exact = self._whole.exact

    def merge(self, count: Uniques) -> None:
        """Count what another counts, too."""
        self._whole.merge(count)
        self.exact = self._whole.exact
        self._seen = []

    def count(self, growing: Iterable[Uniques], period: int) -> int:
        """How many there are with those that may have grown since.

        Shapes: an estimate is renewed when ``period`` is another.
        """
        seen = [-1]
        if self.exact:
            for each in growing:
                if not each.exact:
                    seen = [period]
                    break
                seen.append(each.count())
        else:
            seen = [period]
        # A set that only grows is the same set while it is of the same size.
        if seen != self._seen:
            whole = self._whole
            for each in growing:
                whole.merge(each)
            self._count = whole.count()
            self.exact = whole.exact
            self._seen = seen if self.exact else [period]
        return self._count


class RollingPeople:
    """The people of the ten minutes up to that of as_of, and of the ten before them.

    Shapes: ``touched`` tells each minute that changed. Who is in a minute is in the broadcast, too.
    """

    __slots__ = (
        "_counts",
        "_known",
        "_merged",
        "_minutes",
        "_now",
        "_period",
        "_previous",
        "_stale",
    )

    def __init__(self, minutes: dict[int, MinuteTally]) -> None:
        self._minutes = minutes
        self._now = self._period = -1
        self._stale: set[str] = set()
        self._merged: dict[str, MergedCount] = {}
        self._counts = self._known = NOBODY
        self._previous: Counts | None = None

    def touched(self, topic: str, number: int) -> None:
        """What a topic tells of a minute changed."""
        distance = self._now - number
        if 0 <= distance < _TEN:
            self._stale.add(topic)
            minute = self._minutes.get(number)
            if minute is None:  # nothing can be taken from a count: all of them begin anew
                self._now = -1
            elif distance:
                for of in _TOLD_BY.get(topic, ()):
                    self._previously_seen(of, minute)
        elif _TEN <= distance < 2 * _TEN:
            self._previous = None

    def counts(self, now: int, period: int, whole: Counts) -> Counts:
        """How many there are in the ten minutes up to ``now``.

        Shapes: ``whole`` is how many there are in the broadcast; less than 0 where that is not
            exact.
        """
        if now != self._now:
            self._turn(now, whole)
        self._known = whole
        if period != self._period:
            self._period = period
            stale = frozenset(of for of, merged in self._merged.items() if not merged.exact)
        else:
            stale = _NONE
        if self._stale:
            stale = stale.union(*[_TOLD_BY.get(topic, ()) for topic in self._stale])
            self._stale.clear()
        if stale:
            minute = self._minutes.get(now)
            counts, merged = self._counts, self._merged
            self._counts = Counts(
                *[
                    merged[of].count(_told_of(minute, of), period)
                    # Whoever came is among those counted already where nobody else is known.
                    if of in stale and held != known
                    else held
                    for of, held, known in zip(NAMES, counts, whole, strict=True)
                ]
            )
        return self._counts

    def previous(self) -> Counts:
        """How many there were in the ten minutes before, as of the last ``counts``."""
        if self._previous is None:
            last = self._now - _TEN
            minutes = self._between(last - _TEN + 1, last)
            known = zip(NAMES, self._known, strict=True)
            self._previous = Counts(
                *[_merge(of, minutes, most).count((), -1) for of, most in known]
            )
        return self._previous

    def _turn(self, now: int, whole: Counts) -> None:
        self._now = now
        self._previous = None
        minutes = self._between(now - _TEN + 1, now - 1)
        self._merged = {
            of: _merge(of, minutes, known) for of, known in zip(NAMES, whole, strict=True)
        }
        self._counts = NOBODY
        self._stale = set(_TOLD_BY)

    def _between(self, first: int, last: int) -> list[MinuteTally]:
        minutes = self._minutes
        return [minutes[number] for number in range(first, last + 1) if number in minutes]

    def _previously_seen(self, of: str, minute: MinuteTally) -> None:
        for each in _told_of(minute, of):
            self._merged[of].merge(each)


class SessionPeople:
    """The people of a whole broadcast, whose counts only grow.

    Shapes: all as of the last ``renew``. ``exact`` is ``counts`` with less than 0 for those that are
        estimates; ``estimates`` names the unique counts that are.
    """

    __slots__ = ("_counts", "_interacting", "_period", "counts", "estimates", "exact")

    def __init__(self) -> None:
        self._interacting = MergedCount()
        self._period = -1
        self._counts = {"buyers": 0, "viewers": 0, "commenters": 0, "leavers": 0}
        self.counts = self.exact = NOBODY
        self.estimates: set[str] = set()

    @property
    def leavers(self) -> int:
        """How many left."""
        return self._counts["leavers"]

    @property
    def interacting_exact(self) -> bool:
        """Whether the count of those who liked, followed, shared or wrote is exact."""
        return self._interacting.exact

    def renew(self, uniques: dict[str, Uniques], stale: Iterable[str], period: int) -> None:
        """Count those that some topics told of, and estimate anew in another ``period``."""
        counts, estimates = self._counts, self.estimates
        if period != self._period:
            self._period = period
            estimates.clear()
            stale = _TOLD_BY
        for topic in stale:
            for name in _SHOWN.get(topic, ()):
                held = uniques.get(name)
                if held is not None and name not in estimates:
                    counts[name] = held.count()
                    if not held.exact:
                        estimates.add(name)
        interacting = [uniques[name] for name in NAMES["interacting"] if name in uniques]
        both = self._interacting.count(interacting, period)
        found = Counts(counts["buyers"], counts["viewers"], counts["commenters"], both)
        if found != self.counts or estimates or not self.interacting_exact:
            self.counts = self.exact = found
            if estimates or not self.interacting_exact:
                one_by_one = [-1 if name in estimates else counts[name] for name in _OF_ONE]
                one_by_one.append(both if self.interacting_exact else -1)
                self.exact = Counts(*one_by_one)


def _told_of(minute: MinuteTally | None, of: str) -> list[Uniques]:
    if minute is None:
        return []
    uniques = minute.uniques
    return [uniques[name] for name in NAMES[of] if name in uniques]


def _merge(of: str, minutes: Iterable[MinuteTally], known: int) -> MergedCount:
    """Who is in some minutes. Shapes: ``known`` is how many are in the whole broadcast, if exact."""
    told = [each for minute in minutes for each in _told_of(minute, of)]
    return MergedCount(told, known)
