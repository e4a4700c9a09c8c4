"""The watchdog ends what does not move."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from streamproc.engine.engine import Engine
from streamproc.engine.watchdog import Watchdog
from streamproc.errors import Stalled


def engine(**parts: Any) -> Any:  # noqa: ANN401  # stands in for an engine by its readings
    readings = {"recovery": None, "partitions": {}, "durable": 0, "committed": 0, **parts}
    found = SimpleNamespace(**{"assigned": frozenset(), "is_deciding": False, **readings})
    found.measured = SimpleNamespace(rebalances=1)
    found.commit_progress = lambda: (found.durable, found.committed)
    return found


def watch(watched: Any) -> Watchdog:  # noqa: ANN401
    return Watchdog(cast(Engine, watched), stall_timeout_s=60.0)


def test_an_idle_engine_may_rest_for_ever() -> None:
    dog = watch(engine(durable=5, committed=5))

    for now_s in (0.0, 1000.0, 2000.0):
        dog.check(now_s)


def test_a_recovery_that_reads_nothing_is_ended() -> None:
    dog = watch(engine(recovery=SimpleNamespace(records=7)))
    dog.check(0.0)
    dog.check(59.0)

    with pytest.raises(Stalled, match="recovery"):
        dog.check(61.0)


def test_a_recovery_that_reads_may_take_its_time() -> None:
    watched = engine(recovery=SimpleNamespace(records=7))
    dog = watch(watched)

    for step in range(20):
        watched.recovery.records += 1
        dog.check(step * 50.0)


def test_assigned_partitions_that_nothing_recovers_are_ended() -> None:
    dog = watch(engine(assigned=frozenset({0, 2})))
    dog.check(0.0)
    dog.check(59.0)

    with pytest.raises(Stalled, match="nothing recovers them"):
        dog.check(61.0)


@pytest.mark.parametrize(
    "parts",
    [
        {"is_deciding": True},
        {"partitions": {0: SimpleNamespace(number=0, flush_started_s=None)}},
        {"assigned": frozenset()},
    ],
    ids=["a rebalance goes on", "they are installed", "it has no partition"],
)
def test_who_waits_for_nothing_of_its_own_may_wait(parts: dict[str, Any]) -> None:
    dog = watch(engine(**{"assigned": frozenset({0}), **parts}))

    for now_s in (0.0, 1000.0, 2000.0):
        dog.check(now_s)


def test_each_assignment_has_its_own_time() -> None:
    watched = engine(assigned=frozenset({0}))
    dog = watch(watched)

    for step in range(20):
        watched.measured.rebalances += 1
        dog.check(step * 50.0)


def test_a_flush_that_never_comes_back_is_ended() -> None:
    dog = watch(engine(partitions={4: SimpleNamespace(number=4, flush_started_s=10.0)}))
    dog.check(69.0)

    with pytest.raises(Stalled, match="partition 4"):
        dog.check(71.0)


def test_a_state_that_moves_while_nothing_is_committed_is_ended() -> None:
    watched = engine(durable=5, committed=3)
    dog = watch(watched)
    dog.check(0.0)
    watched.durable = 50

    with pytest.raises(Stalled, match="committed"):
        dog.check(61.0)


def test_commits_that_lag_but_move_are_fine() -> None:
    watched = engine(durable=5, committed=3)
    dog = watch(watched)

    for step in range(10):
        watched.durable += 10
        watched.committed += 10
        dog.check(step * 50.0)
