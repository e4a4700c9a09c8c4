"""Views: shown once they are durable, under versions that only grow, within a share of the time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from streamproc.engine.showing import (
    NOTHING,
    OFFSET_BITS,
    Budget,
    Seen,
    Showing,
    incarnation_above,
    version_of,
)
from streamproc.engine.stamp import Epoch
from streamproc.protocol import Published, View


class Clock:
    """Time that a test moves on."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Rooms:
    """A program of which something is always to be seen."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def take_views(self, most: int) -> list[View]:
        self.asked.append(most)
        return [View(b"h-1", b"{}")] if len(self.asked) == 1 else []

    def show_again(self) -> None:
        self.asked.clear()

    def take_told_again(self) -> list[Published]:
        return [Published("live.alerts.v1", b"h-2", b"{}")]


class Wall:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, int, list[bytes]]] = []
        self.again: list[tuple[int, int, list[bytes]]] = []
        self.ours: list[frozenset[int]] = []

    def show(self, partition: int, version: int, views: Sequence[View]) -> None:
        self.shown.append((partition, version, [each.key for each in views]))

    def told(self, partition: int, version: int, records: Sequence[Published]) -> None:
        self.shown.append((partition, version, [each.key for each in records]))

    def told_again(self, partition: int, version: int, records: Sequence[Published]) -> None:
        self.again.append((partition, version, [each.key for each in records]))

    def owned(self, partitions: frozenset[int]) -> None:
        self.ours.append(partitions)


class Lock:
    """A lock that somebody holds or not."""

    def __init__(self, held: bool) -> None:
        self.held = held

    def locked(self) -> bool:
        return self.held


def partition(incarnation: int = 0, offset: int = 7, **more: object) -> Any:  # noqa: ANN401 - a stand-in
    ownership = SimpleNamespace(epoch=Epoch(incarnation, 1, 0, 0, 1), applied_offset=offset)
    held = {"discarded": False, "needs_flush": False, "writing": Lock(False), "program": Rooms()}
    held["follows"] = True
    return SimpleNamespace(number=3, ownership=ownership, **(held | more))


def test_a_later_place_in_the_changelog_is_a_greater_version() -> None:
    assert version_of(partition(offset=7)) < version_of(partition(offset=8))


def test_another_incarnation_outranks_every_place_before_it() -> None:
    before = partition(incarnation=1, offset=(1 << OFFSET_BITS) - 1)
    assert version_of(before) < version_of(partition(incarnation=2, offset=0))
    assert incarnation_above(version_of(before)) == 2


def test_a_version_is_a_number_that_every_reader_of_json_holds() -> None:
    assert version_of(partition(incarnation=511, offset=(1 << OFFSET_BITS) - 1)) < 2**53


def test_what_time_alone_changes_is_shown_of_a_partition_at_rest() -> None:
    wall = Wall()
    Showing([wall], 0.5).show_idle(partition())
    assert wall.shown == [(3, 7, [b"h-1"])]
    assert wall.again == [(3, 7, [b"h-2"])]


def test_nothing_is_shown_that_is_not_durable_yet() -> None:
    wall = Wall()
    showing = Showing([wall], 0.5)
    showing.show_idle(partition(needs_flush=True))
    showing.show_idle(partition(writing=Lock(True)))
    assert wall.shown == []


def test_nothing_is_shown_of_a_partition_that_is_not_ours_any_more() -> None:
    wall = Wall()
    Showing([wall], 0.5).show(partition(discarded=True), Seen([View(b"h-1", b"{}")], ()))
    assert wall.shown == []


def test_without_anybody_who_looks_no_view_is_made() -> None:
    of = partition()
    assert Showing([], 0.5).taken(of) == NOTHING
    assert of.program.asked == []


class Slow(Rooms):
    """A program whose views take their time."""

    def take_views(self, most: int) -> list[View]:
        super().take_views(most)
        time.sleep(0.02)
        return [View(b"h-%d" % number, b"{}") for number in range(most)]


def test_views_that_take_long_are_not_made_all_at_once() -> None:
    slow = partition(program=Slow())
    Showing([Wall()], 0.03).taken(slow)
    assert len(slow.program.asked) <= 2


def test_while_it_is_behind_a_partition_shows_little() -> None:
    made = {}
    for follows in (True, False):
        slow = partition(program=Slow(), follows=follows)
        showing = Showing([Wall()], 0.5)
        made[follows] = len(showing.taken(slow).views)
    assert made[False] < made[True]


def test_a_view_that_fails_stops_neither_folding_nor_other_partitions() -> None:
    class Broken(Rooms):
        def take_views(self, most: int) -> list[View]:
            super().take_views(most)
            raise ZeroDivisionError

    broken, well = partition(program=Broken()), partition()
    showing = Showing([Wall()], 0.5)

    assert [showing.taken(broken), showing.taken(broken)] == [NOTHING, NOTHING]
    assert (showing.failed, broken.program.asked) == (1, [])
    well.number = 4
    assert len(showing.taken(well).views) == 1


def test_whoever_looks_learns_what_is_ours() -> None:
    wall = Wall()
    Showing([wall], 0.5).owned([4, 1])
    assert wall.ours == [frozenset((1, 4))]


def test_making_views_takes_no_more_than_its_share_of_the_time() -> None:
    clock = Clock()
    budget = Budget(0.1, clock)
    each_s, made = 0.004, 0
    for _ in range(1_000):
        most = budget.most()
        began_s = clock.now_s
        clock.now_s += most * each_s
        budget.spend(began_s)
        made += most
        clock.now_s += 0.01
    assert 0.05 <= made * each_s / clock.now_s <= 0.13


def test_who_has_spent_too_much_waits() -> None:
    clock = Clock()
    budget = Budget(0.1, clock)
    assert budget.most() > 0
    began_s = clock.now_s
    clock.now_s += 1
    budget.spend(began_s)
    assert budget.most() == 0
    clock.now_s += 20
    assert budget.most() > 0
