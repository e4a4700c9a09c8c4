"""A worker that would go on lives, whatever its surroundings do; one that is behind is not ready."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from streamproc.engine.ports import SourcePartition
from streamproc.sinks.metrics.health import STILL_MAX_S, TICK_MAX_S, Health, Reason
from streamproc.sinks.metrics.pulse import FoldProgress, LoopLag

TOPIC = "live.orders.v1"
SOURCE = SourcePartition(TOPIC, 0)


class Position:
    """How far a source is read."""

    def __init__(self, next_offset: int) -> None:
        self.next_offset = next_offset


class Partition:
    """A partition by what is looked at."""

    def __init__(self, at: int = 10, end: int = 10) -> None:
        self.number = 0
        self.positions = {TOPIC: Position(at)}
        self.ends = {TOPIC: end}
        self.flush_started_s: float | None = None
        self.follows = False
        self.newest_ms: dict[str, int] = {}

    def lag(self, topic: str) -> int:
        return max(0, self.ends[topic] - self.positions[topic].next_offset)

    def grow(self) -> None:
        self.ends[TOPIC] += 5

    def move(self) -> None:
        self.positions[TOPIC].next_offset += 1


def engine(partition: Partition | None) -> Any:  # noqa: ANN401 - stands in for an engine by its readings
    return SimpleNamespace(
        config=SimpleNamespace(inputs=(TOPIC,)),
        partitions={} if partition is None else {0: partition},
        assigned=frozenset({0}),
        is_deciding=False,
        paused={},
    )


def health(of: Any) -> Health:  # noqa: ANN401
    return Health(lambda: of, LoopLag(), FoldProgress(), behind_max_s=60.0)


def still_s(of: Any, steps: list[tuple[float, Any]]) -> float:  # noqa: ANN401
    progress = FoldProgress()
    for now_s, change in steps:
        if change is not None:
            change()
        progress.look(of, now_s)
    return progress.still_s


def test_what_grows_and_does_not_move_stands_still() -> None:
    partition = Partition(at=5)

    assert still_s(engine(partition), [(0, None), (30, partition.grow), (90, None)]) == 90


def test_a_broker_that_is_away_is_not_our_standing_still() -> None:
    partition = Partition(at=5)

    assert still_s(engine(partition), [(0, None), (600, None)]) == 0, "nothing new came"


def test_a_write_that_hangs_is_the_watchdogs() -> None:
    partition = Partition(at=5)
    partition.flush_started_s = 1.0

    assert still_s(engine(partition), [(0, None), (30, partition.grow), (90, None)]) == 0


def test_what_moves_does_not_stand_still_though_it_falls_behind() -> None:
    partition = Partition(at=5)

    def both() -> None:
        partition.grow()
        partition.move()

    assert still_s(engine(partition), [(step * 30.0, both) for step in range(9)]) == 0


def test_a_record_that_came_just_now_is_not_late_because_nothing_came_for_long() -> None:
    partition = Partition(at=10, end=10)

    assert still_s(engine(partition), [(0, None), (3_600, partition.grow)]) == 0


def test_a_paused_source_does_not_count() -> None:
    partition = Partition(at=5)
    paused = engine(partition)
    paused.paused = {SOURCE: "too many"}

    assert still_s(paused, [(0, None), (30, partition.grow), (90, None)]) == 0


def test_it_lives_while_its_loop_ticks_however_long_it_recovers() -> None:
    recovering = health(engine(None))

    assert recovering.not_live() is None
    assert recovering.not_ready() is Reason.RECOVERING


@pytest.mark.parametrize(
    ("tick_age_s", "still", "reason"),
    [
        (TICK_MAX_S - 1, STILL_MAX_S - 1, None),
        (TICK_MAX_S + 1, 0, Reason.LOOP_STALLED),
        (0, STILL_MAX_S + 1, Reason.NO_PROGRESS),
    ],
)
def test_it_does_not_live_when_loop_or_fold_stand_still(
    tick_age_s: float, still: float, reason: Reason | None
) -> None:
    lag, progress = LoopLag(), FoldProgress()
    lag.ticked_s = time.monotonic() - tick_age_s
    progress.still_s = still

    assert Health(lambda: None, lag, progress, 60.0).not_live() is reason


def test_it_is_not_ready_before_it_knows_what_is_its_own() -> None:
    deciding = engine(None)
    deciding.is_deciding = True

    assert health(None).not_ready() is Reason.NOT_ASSIGNED
    assert health(deciding).not_ready() is Reason.NOT_ASSIGNED


def test_a_worker_without_partitions_is_ready_to_take_over() -> None:
    spare = engine(None)
    spare.assigned = frozenset()

    assert health(spare).not_ready() is None


def test_whoever_is_far_behind_is_not_ready() -> None:
    partition = Partition(at=5)
    of = health(engine(partition))
    assert of.not_ready() is Reason.BEHIND, "nobody knows how old what it reads is"

    partition.newest_ms[TOPIC] = time.time_ns() // 1_000_000 - 61_000
    assert of.not_ready() is Reason.BEHIND

    partition.newest_ms[TOPIC] += 2_000
    assert of.not_ready() is None


def test_whoever_follows_is_ready_though_its_newest_record_is_old() -> None:
    partition = Partition(at=5)
    partition.newest_ms[TOPIC] = 1
    partition.follows = True

    assert health(engine(partition)).not_ready() is None


def test_the_greatest_delay_of_the_loop_is_forgotten_after_a_minute() -> None:
    now_s = [0.0]
    lag = LoopLag(clock=lambda: now_s[0])
    for late_s in (0.0, 0.5, 0.1):
        now_s[0] += 0.25 + late_s
        lag.tick(0.25)
    assert lag.greatest_s == pytest.approx(0.5)

    now_s[0] += 59.95
    lag.tick(59.95)

    assert lag.greatest_s == pytest.approx(0.1)
    assert sum(lag.histogram.counts) == 4
