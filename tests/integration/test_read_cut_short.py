"""A broker that goes away while a command reads from it: the command says so, and ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from types import ModuleType
from typing import NoReturn

import pytest

from streamproc import verification
from streamproc.cli import dead_letters
from streamproc.engine.changelog import ChangelogCursor, changelog_cursor
from streamproc.errors import BrokerUnreachable
from streamproc.events.registry import COMMENTS_TOPIC
from streamproc.oracle.batch import LogRecord
from streamproc.provision.admin import ensure_topics
from tests.builders import comment, record
from tests.command_line import send
from tests.in_process import run
from tests.servers import KafkaServer, kafka_or_skip

pytestmark = pytest.mark.integration

PARTITIONS = 2
PATIENCE_S = 1.0
DEADLINE_S = 60.0


@pytest.fixture
def kafka() -> Iterator[KafkaServer]:
    """A node of its own: it is killed."""
    for server in kafka_or_skip():
        asyncio.run(
            ensure_topics(
                server.bootstrap,
                partitions=PARTITIONS,
                replication_factor=1,
                app_id="streamproc",
            )
        )
        yield server


async def read_on(cursor: ChangelogCursor) -> NoReturn:
    while True:
        await cursor.read(range(PARTITIONS))


@pytest.mark.parametrize(
    ("module", "command"),
    [(verification, ("verify",)), (dead_letters, ("dlq", "list"))],
    ids=["verify", "dlq list"],
)
def test_a_broker_that_dies_while_a_command_reads_is_named(
    kafka: KafkaServer,
    module: ModuleType,
    command: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def cut_off(
        bootstrap: str, topic: str, positions: Mapping[int, int]
    ) -> AbstractAsyncContextManager[ChangelogCursor]:
        kafka.kill()
        return changelog_cursor(bootstrap, topic, positions)

    monkeypatch.setattr(module, "changelog_cursor", cut_off)

    ended = run(capsys, *command, "--bootstrap", kafka.bootstrap)

    assert ended.code == BrokerUnreachable.exit_code
    assert "Kafka did not do what it was asked for: KafkaConnectionError" in ended.err


async def test_a_log_of_which_nothing_comes_any_more_is_not_waited_for_without_end(
    kafka: KafkaServer,
) -> None:
    topic, key, value, at_ms = record(comment("好看"))
    await send(kafka.bootstrap, [LogRecord(topic, 1, 0, key, value, at_ms)])
    starts = dict.fromkeys(range(PARTITIONS), -1)

    async with (
        asyncio.timeout(DEADLINE_S),
        changelog_cursor(kafka.bootstrap, COMMENTS_TOPIC, starts, patience_s=PATIENCE_S) as cursor,
    ):
        bounds = await cursor.bounds()
        assert [end - first for first, end in bounds.values()] == [0, 1]
        await cursor.assign(starts)
        kafka.kill()
        with pytest.raises(BrokerUnreachable, match="nothing came from the broker"):
            await read_on(cursor)
