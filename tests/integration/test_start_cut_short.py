"""A broker that goes away while a worker starts: the worker says so, and leaves nothing open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, NoReturn

import pytest
from aiokafka.client import AIOKafkaClient

from streamproc import app
from streamproc.engine.changelog import Changelog
from streamproc.engine.preflight import check_topics
from streamproc.errors import BrokerUnreachable, StreamprocError
from streamproc.events.registry import INPUT_TOPICS
from streamproc.program.live import LiveProgram
from streamproc.provision.admin import ensure_topics
from streamproc.settings import Settings
from streamproc.sinks.kafka_outputs import KafkaOutputs
from tests.servers import Broker, KafkaServer, kafka_or_skip

pytestmark = pytest.mark.integration

DEADLINE_S = 60.0


@pytest.fixture
def kafka() -> Iterator[KafkaServer]:
    """A node of its own: it is killed."""
    yield from kafka_or_skip()


class Silent:
    """Nobody is told how it goes."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_args, **_more: None


def refuse(error: StreamprocError) -> NoReturn:
    raise AssertionError(error)


@pytest.mark.parametrize(
    ("where", "step"),
    [(app, "check_topics"), (KafkaOutputs, "start"), (Changelog, "start")],
    ids=["behind the checks", "behind the outputs", "behind the changelog"],
)
async def test_a_broker_that_dies_between_two_steps_of_a_start_is_named(
    kafka: KafkaServer,
    where: Any,  # noqa: ANN401 - a module or a class
    step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await ensure_topics(kafka.bootstrap, partitions=2, replication_factor=1, app_id="unit")
    made = getattr(where, step)

    @wraps(made)
    async def last(*arguments: object, **options: object) -> object:
        answer = await made(*arguments, **options)
        kafka.kill()
        return answer

    monkeypatch.setattr(where, step, last)
    loop, complaints = asyncio.get_running_loop(), list[dict[str, Any]]()
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    settings = Settings.model_validate(
        {"kafka": {"bootstrap_servers": kafka.bootstrap, "app_id": "unit"}, "metrics": {"port": 0}}
    )
    silent: Any = Silent()
    run = app.WorkerRun(
        settings, program=LiveProgram, progress=silent, failure=refuse, told=lambda _: None
    )

    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(BrokerUnreachable, match="went away while the worker started"):
            await run.start()
        await run.stop()

    assert complaints == []


@pytest.mark.parametrize("answers", range(3))
async def test_a_broker_that_falls_silent_while_topics_are_counted_is_not_taken_to_have_none(
    broker: Broker, answers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    app_id = f"silent-{answers}"
    await ensure_topics(broker.bootstrap, partitions=2, replication_factor=1, app_id=app_id)
    asks, asked = AIOKafkaClient._metadata_update, 0

    async def answered_so_often(client: AIOKafkaClient, *about: object) -> object:
        nonlocal asked
        asked += 1
        return asked <= answers and await asks(client, *about)

    monkeypatch.setattr(AIOKafkaClient, "_metadata_update", answered_so_often)
    changelog = f"{app_id}-state-changelog"
    try:
        found = await check_topics(broker.bootstrap, INPUT_TOPICS, changelog, timeout_s=DEADLINE_S)
    except BrokerUnreachable:
        assert asked > answers
    else:
        assert found == 2
