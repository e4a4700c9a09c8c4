"""Showing what programs know: after the flush that holds it, and never at the cost of folding.

Source: docs/adr/0015-views.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import structlog

from streamproc.engine.partition import Partition
from streamproc.engine.ports import Viewer
from streamproc.protocol import Published, Shown, View

log = structlog.get_logger(__name__)

OFFSET_BITS: Final = 44
"""Of a version: the place in the changelog; above it the incarnation, in the 9 bits that are left of the 53
that every reader of JSON can hold."""

BEHIND: Final = 0.2
"""The part of its share that making views may take while a partition is behind: what is old is hardly worth
a look, and folding catches up the sooner."""
AT_ONCE: Final = 2
"""So many views are made before it is asked whether there is time for more: one may take long."""
REST_S: Final = 60.0
"""So long a partition shows nothing after its views failed."""

_MOST: Final = 64
"""So many views are made in one go: a batch must not wait for more."""


def version_of(partition: Partition) -> int:
    """The version of what is durable of a partition. Shapes: below 2**53, and it only grows."""
    owned = partition.ownership
    return (owned.epoch.incarnation << OFFSET_BITS) + owned.applied_offset


def incarnation_above(version: int) -> int:
    """The first incarnation whose versions are all greater than this one."""
    return (version >> OFFSET_BITS) + 1


class Seen(NamedTuple):
    """What is to be seen of a partition: views, and records that are told once more."""

    views: Sequence[View]
    again: Sequence[Published]


NOTHING: Final = Seen((), ())


class Budget:
    """How many views may be made now, so that making them takes no more than a share of the time.

    Units: ``share`` of one core, from 0 to 1.
    """

    def __init__(self, share: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self._share = share
        self._clock = clock
        self._at_s = clock()
        self._left_s = share
        self.spent_s = 0.0

    def most(self) -> int:
        """How many may be made now; not more than a batch may wait for."""
        now_s = self._clock()
        self._left_s = min(self._share, self._left_s + (now_s - self._at_s) * self._share)
        self._at_s = now_s
        return _MOST if self.is_left else 0

    @property
    def is_left(self) -> bool:
        """Whether there is time left."""
        return self._left_s > 0

    def spend(self, began_s: float) -> None:
        """Some were made since then."""
        took_s = self._clock() - began_s
        self._left_s -= took_s
        self.spent_s += took_s


class Showing:
    """What the viewers are told of, and when.

    Shapes: ``made`` counts the views that were made, ``failed`` how often making them did.
    """

    def __init__(self, viewers: Sequence[Viewer], share: float) -> None:
        self._viewers = viewers
        self._budget = Budget(share)
        self._behind = Budget(share * BEHIND)
        self._rests_until_s: dict[int, float] = {}
        self.made = 0
        self.failed = 0

    def taken(self, partition: Partition) -> Seen:
        """What is to be seen of the state in memory as it is now; to be told of once it is durable."""
        program = partition.program
        if not self._viewers or not isinstance(program, Shown):
            return NOTHING
        budget = self._budget if partition.follows else self._behind
        most = budget.most()
        if not most or time.perf_counter() < self._rests_until_s.get(partition.number, 0):
            return NOTHING
        views: list[View] = []
        try:
            while len(views) < most and budget.is_left:
                began_s = time.perf_counter()
                made = program.take_views(min(AT_ONCE, most - len(views)))
                budget.spend(began_s)
                views += made
                if not made:
                    break
            again = program.take_told_again()
        except Exception as error:  # noqa: BLE001  # a defect of a view may raise anything
            self._fail(partition, program, error)
            return NOTHING
        self.made += len(views)
        return Seen(views, again)

    def _fail(self, partition: Partition, program: Shown, error: Exception) -> None:
        """Make no views of a partition for a while: what is only seen must not stop what is counted."""
        self.failed += 1
        self._rests_until_s[partition.number] = time.perf_counter() + REST_S
        log.error("views failed", partition=partition.number, rest_s=REST_S, exc_info=error)
        program.show_again()

    @property
    def spent_s(self) -> float:
        """How long making them took in all."""
        return self._budget.spent_s + self._behind.spent_s

    def show(self, partition: Partition, seen: Seen) -> None:
        """The state that this is of is durable."""
        if partition.discarded:
            return
        number, version = partition.number, version_of(partition)
        for viewer in self._viewers:
            if seen.views:
                viewer.show(number, version, seen.views)
            if seen.again:
                viewer.told_again(number, version, seen.again)

    def told(self, partition: Partition, records: Sequence[Published]) -> None:
        """These records of a partition are out."""
        for viewer in self._viewers:
            viewer.told(partition.number, version_of(partition), records)

    def show_idle(self, partition: Partition) -> None:
        """Show what changes by time alone, of a partition that has nothing to flush."""
        if not partition.needs_flush and not partition.writing.locked():
            self.show(partition, self.taken(partition))

    def owned(self, partitions: Iterable[int]) -> None:
        """These partitions are ours now, and no others."""
        numbers = frozenset(partitions)
        for viewer in self._viewers:
            viewer.owned(numbers)


def show_again(partitions: Iterable[Partition]) -> None:
    """Have all that is to be seen of these partitions told again."""
    for partition in partitions:
        if isinstance(partition.program, Shown):
            partition.program.show_again()
