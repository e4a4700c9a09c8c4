"""People of the windows that count them, and of the session: merged once, read every second.

A count that is exact is always the one of now. An estimate costs as much as all else together, so it
is renewed every ten seconds: it stands for at most as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.tally.completeness import INTERACTING, approximate_of
from streamproc.tally.model import MinuteTally
from streamproc.tally.spans import Crowd
from streamproc.tally.uniques import Uniques

Counts = list[int]
"""How many different people there are of each of ``NAMES``."""

NAMES: Final = (("buyers",), ("viewers",), ("commenters",), ("active", "commenters"))
"""The unique counts that are merged to count buyers, viewers, commenters, and who interacted."""

_TOLD_BY: Final[dict[str, tuple[int, ...]]] = {
    ORDERS_TOPIC: (0,),
    VIEWERS_TOPIC: (1, 3),
    COMMENTS_TOPIC: (2, 3),
}
"""Topic -> the places in ``NAMES`` of what it tells."""

_SHOWN: Final = ("buyers", "viewers", "commenters", "leavers")
"""The unique counts of a broadcast that are read as they are; in the order of ``NAMES``."""

_LEAVERS: Final = 3
"""The place of those who left among them."""

_NOTHING: Final = (0, True)
"""How many counts are estimates, and whether that of who interacted is exact: none is."""

_EMPTY: Final[dict[str, Uniques]] = {}
_TEN: Final = 10


class MergedCount:
    """How many different people are in several counts, as long as those only grow.

    Shapes: ``exact``: the count is, as of the last ``count``.
    """

    __slots__ = ("_count", "_names", "_period", "_read", "_sizes", "_whole", "exact")

    def __init__(
        self, names: tuple[str, ...], counts: Iterable[Uniques] = (), known: int = -1
    ) -> None:
        self._names = tuple(enumerate(names))
        self._sizes = [0] * len(names)
        self._read: list[dict[int, None] | None] = [None] * len(names)
        self._period = -1
        told: dict[int, None] = {}
        self._whole = Uniques(told)
        for each in counts:
            if each.exact_count() < 0:
                self._whole.merge(each)
            else:
                self._whole.told.update(each.told)
            if len(told) == known:
                break  # nobody else is known
        self._count = self._whole.exact_count()
        self.exact = self._count >= 0

    def merge(self, uniques: Mapping[str, Uniques]) -> None:
        """Count those of some unique counts by name."""
        for _, name in self._names:
            if name in uniques:
                self._whole.merge(uniques[name])
        if self.exact:
            self._count = self._whole.exact_count()
            self.exact = self._count >= 0

    def count(self, growing: Mapping[str, Uniques], period: int) -> int:
        """How many there are with those of unique counts that may have grown since.

        Shapes: an estimate is renewed when ``period`` is another.
        """
        if self.exact:
            sizes = self._sizes
            for place, name in self._names:
                each = growing.get(name)
                # A set that only grows is the same set while it is of the same size.
                if each is not None and (each.sketched or len(each.told) != sizes[place]):
                    self._read_on(place, each)
        if not self.exact and period != self._period:
            self._period = period
            self.merge(growing)
            self._count = self._whole.count()
        return self._count

    def _read_on(self, place: int, count: Uniques) -> None:
        """Count whom a growing count was told of since it was last read."""
        told, whole = count.told, self._whole
        size = len(told)
        if told is self._read[place] and not count.sketched:
            into = whole.told
            # Keys stay in the order in which they came: the new ones are the last.
            for member in islice(reversed(told), size - self._sizes[place]):
                into[member] = None
        else:
            self._read[place] = told
            whole.merge(count)
        self._sizes[place] = size
        self._count = whole.exact_count()
        self.exact = self._count >= 0


class RollingPeople:
    """The people of the ten minutes up to that of as_of, and of the ten before them.

    Shapes: ``touched`` tells each minute that changed. Who is in a minute is in the broadcast, too.
    """

    __slots__ = ("_counts", "_known", "_merged", "_minutes", "_now", "_previous")

    def __init__(self, minutes: dict[int, MinuteTally]) -> None:
        self._minutes = minutes
        self._now = -1
        self._merged: list[MergedCount] = []
        self._counts: Counts = []
        self._known: Counts = []
        self._previous: Counts | None = None

    def touched(self, topic: str, number: int) -> None:
        """What a topic tells of a minute changed."""
        distance = self._now - number
        if 0 < distance < _TEN:
            minute = self._minutes.get(number)
            if minute is not None and self._now >= 0:
                for place in _TOLD_BY.get(topic, ()):
                    self._merged[place].merge(minute.uniques)
        elif _TEN <= distance < 2 * _TEN:
            self._previous = None

    def forget(self) -> None:
        """Count anew: something was let go of, and nothing can be taken from a count."""
        self._now = -1

    def counts(self, now: int, period: int, whole: Counts) -> Counts:
        """How many there are in the ten minutes up to ``now``.

        Shapes: ``whole`` is how many there are in the broadcast; less than 0 where that is not
            exact.
        """
        if now != self._now:
            self._turn(now, whole)
        self._known = whole
        held = self._counts
        # Whoever came is among those counted already where nobody else is known.
        if held != whole:
            minute = self._minutes.get(now)
            uniques = _EMPTY if minute is None else minute.uniques
            for place, merged in enumerate(self._merged):
                if held[place] != whole[place]:
                    held[place] = merged.count(uniques, period)
        return held

    def previous(self) -> Counts:
        """How many there were in the ten minutes before, as of the last ``counts``."""
        if self._previous is None:
            last = self._now - _TEN
            merged = self._merge(last - _TEN + 1, last, self._known)
            self._previous = [each.count(_EMPTY, 0) for each in merged]
        return self._previous

    def _turn(self, now: int, whole: Counts) -> None:
        self._now = now
        self._previous = None
        self._merged = self._merge(now - _TEN + 1, now - 1, whole)
        self._counts = [0] * len(NAMES)

    def _merge(self, first: int, last: int, known: Counts) -> list[MergedCount]:
        """Who is in some minutes. Shapes: ``known`` as ``counts`` takes it."""
        minutes = self._minutes
        told = [minutes[each].uniques for each in range(first, last + 1) if each in minutes]
        return [
            MergedCount(
                names, [each[name] for each in told for name in names if name in each], most
            )
            for names, most in zip(NAMES, known, strict=True)
        ]


class SessionPeople:
    """The people of a whole broadcast, whose counts only grow.

    Shapes: all as of the last ``renew``. ``exact`` is ``counts`` with less than 0 for those that are
        estimates.
    """

    __slots__ = (
        "_estimated",
        "_estimates",
        "_from_estimates",
        "_interacting",
        "_period",
        "_shown",
        "counts",
        "exact",
    )

    def __init__(self) -> None:
        self._interacting = MergedCount(NAMES[-1])
        self._period = -1
        self._shown = [0] * len(_SHOWN)
        self._estimates: set[str] = set()
        self.counts: Counts = [0] * len(NAMES)
        self.exact: Counts = self.counts
        self._estimated = _NOTHING
        self._from_estimates: list[str] = []

    @property
    def leavers(self) -> int:
        """How many left."""
        return self._shown[_LEAVERS]

    def approximate(self, crowd: Crowd, watch_method: str | None) -> list[str]:
        """The figures that are known and made of estimates.

        Shapes: ``crowd`` is made of all these people; how the watch time is known, if it is.
        """
        return [
            name
            for name in self._from_estimates
            if getattr(crowd, name, watch_method) is not None  # the watch time is no part of it
        ]

    def renew(self, uniques: Mapping[str, Uniques], period: int) -> None:
        """Count those that were told of, and estimate anew in another ``period``."""
        shown, estimates = self._shown, self._estimates
        for place, name in enumerate(_SHOWN):
            held = uniques.get(name)
            if held is not None and (held.sketched or len(held.told) != shown[place]):
                exact = held.exact_count()
                if exact >= 0:
                    shown[place] = exact
                elif period != self._period or name not in estimates:
                    estimates.add(name)
                    shown[place] = held.count()
        self._period = period
        both = self._interacting.count(uniques, period)
        found = [*shown[:_LEAVERS], both]
        estimated = (len(estimates), self._interacting.exact)
        if found != self.counts or estimated != self._estimated:
            self.counts = self.exact = found
            self._estimated = estimated
            if estimated != _NOTHING:
                self._tell_estimates(estimates)

    def _tell_estimates(self, estimates: set[str]) -> None:
        exact = self._interacting.exact
        self._from_estimates = approximate_of(estimates if exact else {*estimates, INTERACTING})
        is_exact = [*[name not in estimates for name in _SHOWN[:_LEAVERS]], exact]
        counts = zip(self.counts, is_exact, strict=True)
        self.exact = [count if known else -1 for count, known in counts]
