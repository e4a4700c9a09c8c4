"""A recovery that fails ends the process: Faust never asks what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from streamproc.embedded.ports import free_port
from streamproc.engine.changelog import Changelog
from streamproc.engine.config import EngineConfig
from streamproc.engine.engine import Engine
from streamproc.engine.recovery import Recovery
from streamproc.errors import BrokerUnreachable, StreamprocError
from tests.counting import CountingProgram


class Ended(BaseException):
    """Stands for the end of the process: nothing of ours may go on behind it."""

    def __init__(self, error: StreamprocError) -> None:
        self.error = error


def end(error: StreamprocError) -> NoReturn:
    raise Ended(error)


class Claimed(Changelog):
    """A changelog to which claims are written; whatever else is asked of it goes to the broker."""

    def __init__(self, config: EngineConfig, engine: Engine, *, error: Exception | None) -> None:
        super().__init__(config)
        self._engine, self._error = engine, error
        self.overtaken = False

    async def append(
        self, partition: int, records: Sequence[tuple[bytes, bytes | None]], stamp: bytes
    ) -> tuple[int, int]:
        if self.overtaken:
            self._engine.on_revoked()
        if self._error is not None:
            raise self._error
        return 0, 1


def engine_without_broker(
    error: Exception | None = None, *, viewers: Sequence[Any] = ()
) -> tuple[Engine, Claimed]:
    """An engine that was assigned a partition; nobody listens where its broker was."""
    config = EngineConfig(
        app_id="unit",
        bootstrap_servers=f"127.0.0.1:{free_port()}",
        inputs=("orders",),
        partitions=1,
    )
    nothing: Any = None
    told: Any = SimpleNamespace(recovering=lambda _: None, recovered=lambda *_: None)
    engine = Engine(config, CountingProgram, nothing, end, told, viewers)
    engine.group = nothing
    engine.changelog = changelog = Claimed(config, engine, error=error)
    engine.on_assigned(1, [0])
    return engine, changelog


async def failure_of(engine: Engine) -> StreamprocError:
    with pytest.raises(Ended) as ended:
        await engine.recover([0])
    assert engine.recovery is None
    return ended.value.error


async def test_a_broker_that_goes_away_under_a_recovery_ends_the_worker() -> None:
    engine, _ = engine_without_broker()

    error = await failure_of(engine)

    assert isinstance(error, BrokerUnreachable)
    assert "while partitions were recovered" in error.what
    assert "restart" in error.hint
    assert "report" not in error.hint


@pytest.mark.parametrize("error", [TimeoutError("slow"), OSError("gone")])
async def test_whatever_a_client_raises_is_a_broker_out_of_reach(error: Exception) -> None:
    engine, _ = engine_without_broker(error)

    assert isinstance(await failure_of(engine), BrokerUnreachable)


async def test_a_defect_in_a_recovery_ends_the_worker_and_asks_to_be_reported() -> None:
    engine, _ = engine_without_broker(ZeroDivisionError("a defect"))

    error = await failure_of(engine)

    assert type(error) is StreamprocError
    assert "report" in error.hint


async def test_what_fails_as_a_recovery_is_installed_ends_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def recovered(*_: object) -> list[Any]:
        return []

    class Viewer:
        is_broken = False

        def owned(self, partitions: Iterable[int]) -> None:
            if self.is_broken:
                raise ZeroDivisionError

    monkeypatch.setattr(Recovery, "take_over", recovered)
    viewer = Viewer()
    engine, _ = engine_without_broker(viewers=[viewer])
    viewer.is_broken = True

    assert type(await failure_of(engine)) is StreamprocError


@pytest.mark.parametrize("error", [None, ZeroDivisionError("a defect")])
async def test_the_failure_of_a_recovery_that_was_overtaken_does_not_count(
    error: Exception | None,
) -> None:
    engine, changelog = engine_without_broker(error)
    changelog.overtaken = True

    await engine.recover([0])

    assert engine.partitions == {}
