"""The watchdog ends what does not move."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from streamproc.engine.engine import Engine
from streamproc.engine.watchdog import Watchdog
from streamproc.errors import Stalled


def engine(**parts: Any) -> Any:  # noqa: ANN401  # stands in for an engine by its three readings
    readings = {"recovery": None, "partitions": {}, "durable": 0, "committed": 0, **parts}
    found = SimpleNamespace(**readings)
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
