"""Bad surroundings: one screen that says what, where and what to do, a code of its own, nothing acked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from streamproc.embedded.ports import free_port
from streamproc.engine.fence import FENCE_KEY, VERSION, Fence, TopicPosition
from streamproc.engine.stamp import Epoch, stamp
from streamproc.errors import (
    BadSetting,
    BrokerUnreachable,
    ChangelogLost,
    DigestMismatch,
    FenceOutsideLog,
    NewerState,
    PartitionCountWrong,
    StreamprocError,
    TopicMissing,
)
from streamproc.events.outputs import OUTPUTS
from streamproc.events.registry import INPUT_TOPICS
from streamproc.provision.admin import ensure_topics
from streamproc.sinks.kafka_outputs import SUFFIX
from tests.command_line import SHORT_SESSIONS, Finished, running_worker, send, streamproc
from tests.kafka_log import (
    append_batch,
    committed_offsets,
    delete_records,
    delete_topics,
    make_topics,
)
from tests.log_records import COMMENTS, LogBuilder
from tests.servers import Broker

pytestmark = pytest.mark.integration

PARTITIONS = 2
SCREEN_LINES = 24
LETTERS = [topic + SUFFIX for topic in INPUT_TOPICS]
AN_OLD_STAMP = stamp(Epoch(0, 0, 0, 1, 1), 1)


def assert_told(done: Finished, kind: type[StreamprocError], *words: str) -> None:
    """One screen on stderr with what, where and what to do; and the error's own code."""
    assert done.code == kind.exit_code, done.said
    for word in ("streamproc: ", "where:", "what to do:", f"({kind.__name__},", *words):
        assert word in done.err, done.said
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) <= SCREEN_LINES, done.said


async def start_worker(broker: Broker, app_id: str, *options: str) -> Finished:
    """A worker that is expected to refuse."""
    where = ("--bootstrap", broker.bootstrap, "--app-id", app_id)
    return await streamproc(
        "--log-level", "error", "worker", *where, *options, variables=SHORT_SESSIONS
    )


async def fold(
    broker: Broker, app_id: str, folder: Path, comments: int, durable: int | None = None
) -> None:
    """Send so many comments, and run a worker until they are durable; it ends in order."""
    builder = LogBuilder()
    for _ in range(comments):
        builder.comment()
    await send(broker.bootstrap, builder.records)
    async with running_worker(broker.bootstrap, app_id, folder) as worker:
        wanted = comments if durable is None else durable
        await worker.until(
            lambda said: said["durable"].get(f"{COMMENTS}/0") == wanted, f"{wanted} durable"
        )
        worker.terminate()
        assert await worker.ended() == 0, worker.log


async def recreate(broker: Broker, app_id: str, topic: str) -> None:
    """Delete a topic and make it again."""
    await delete_topics(broker.bootstrap, [topic])
    assert await ensure_topics(
        broker.bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=app_id
    ) == [topic]


async def made_topics(broker: Broker, app_id: str) -> None:
    await ensure_topics(
        broker.bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=app_id
    )


async def test_a_bad_setting_is_told_before_anything_is_done() -> None:
    done = await streamproc(
        "worker",
        variables={
            "STREAMPROC_KAFKA__SESSION_TIMEOUT_S": "soon",
            "STREAMPROC_KAFKA__BOOTSTRAP": "127.0.0.1:9092",
        },
    )

    assert_told(
        done,
        BadSetting,
        "STREAMPROC_KAFKA__SESSION_TIMEOUT_S=soon: takes a number from 1 to 1800",
        "STREAMPROC_KAFKA__BOOTSTRAP: there is no such setting",
    )


@pytest.mark.parametrize("command", [["worker"], ["verify"], ["dlq", "list"]])
async def test_without_a_broker_every_command_says_so(command: list[str]) -> None:
    nobody = f"127.0.0.1:{free_port()}"

    done = await streamproc(*command, "--bootstrap", nobody)

    assert_told(done, BrokerUnreachable, nobody)


async def test_missing_topics_are_all_named(broker: Broker) -> None:
    done = await start_worker(broker, "missing")

    assert_told(done, TopicMissing, "streamproc topics apply", *INPUT_TOPICS)


async def test_a_missing_topic_for_dead_letters_is_told_before_anything_is_folded(
    kafka_broker: Broker,
) -> None:
    changelog = "letterless-state-changelog"
    await make_topics(
        kafka_broker.bootstrap, [*INPUT_TOPICS, *LETTERS[1:], *OUTPUTS, changelog], PARTITIONS, {}
    )

    done = await start_worker(kafka_broker, "letterless")

    assert_told(done, TopicMissing, LETTERS[0])
    assert LETTERS[1] not in done.err


async def test_inputs_that_differ_in_their_partitions_are_refused(kafka_broker: Broker) -> None:
    others = [topic for topic in INPUT_TOPICS if topic != COMMENTS]
    changelog = "differ-state-changelog"
    await make_topics(
        kafka_broker.bootstrap, [*others, *LETTERS, *OUTPUTS, changelog], PARTITIONS, {}
    )
    await make_topics(kafka_broker.bootstrap, [COMMENTS], PARTITIONS + 1, {})

    done = await start_worker(kafka_broker, "differ")

    assert_told(done, PartitionCountWrong, f"{COMMENTS} {PARTITIONS + 1}")


async def test_a_changelog_with_another_number_of_partitions_is_refused(
    kafka_broker: Broker,
) -> None:
    await make_topics(kafka_broker.bootstrap, [*INPUT_TOPICS, *LETTERS, *OUTPUTS], PARTITIONS, {})
    await make_topics(kafka_broker.bootstrap, ["other-state-changelog"], PARTITIONS + 1, {})

    done = await start_worker(kafka_broker, "other")

    assert_told(done, PartitionCountWrong, f"other-state-changelog {PARTITIONS + 1}")


async def test_a_lost_changelog_is_refused_and_nothing_is_acked(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id = "lost-changelog"
    await made_topics(kafka_broker, app_id)
    await fold(kafka_broker, app_id, tmp_path, 5)
    before = await committed_offsets(kafka_broker.bootstrap, app_id, INPUT_TOPICS, PARTITIONS)
    assert before[COMMENTS, 0] == 5
    await recreate(kafka_broker, app_id, f"{app_id}-state-changelog")

    done = await start_worker(kafka_broker, app_id)

    assert_told(done, ChangelogLost, COMMENTS, "--accept-loss")
    after = await committed_offsets(kafka_broker.bootstrap, app_id, INPUT_TOPICS, PARTITIONS)
    assert after == before


async def _delete_unread(broker: Broker, app_id: str) -> None:
    builder = LogBuilder()
    for _ in range(5):
        builder.comment()
    await send(broker.bootstrap, builder.records)
    await delete_records(broker.bootstrap, COMMENTS, 0, 8)


async def _make_anew(broker: Broker, app_id: str) -> None:
    await recreate(broker, app_id, COMMENTS)


@pytest.mark.parametrize(
    ("happens", "words", "goes_on_at"),
    [
        (_delete_unread, "3 records were deleted before they were read", 10),
        (_make_anew, "the topic was made anew, or its end was lost", 0),
    ],
    ids=["data deleted unread", "topic made anew"],
)
async def test_a_fence_outside_the_log_is_refused_until_the_loss_is_accepted(
    kafka_broker: Broker,
    tmp_path: Path,
    happens: Callable[[Broker, str], Awaitable[None]],
    words: str,
    goes_on_at: int,
) -> None:
    app_id = f"fence-{goes_on_at}"
    await made_topics(kafka_broker, app_id)
    await fold(kafka_broker, app_id, tmp_path, 5)
    await happens(kafka_broker, app_id)

    refused = await start_worker(kafka_broker, app_id)

    assert_told(refused, FenceOutsideLog, words, f"{COMMENTS}, partition 0", "--accept-loss")
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path, "--accept-loss") as worker:
        await worker.until(
            lambda said: said["durable"].get(f"{COMMENTS}/0") == goes_on_at, "going on"
        )
        await send(kafka_broker.bootstrap, LogBuilder(host="h-2").comment().records)
        await worker.until(
            lambda said: said["durable"].get(f"{COMMENTS}/0") == goes_on_at + 1, "one more"
        )
        worker.terminate()
        assert await worker.ended() == 0, worker.log


@pytest.mark.parametrize(
    ("version", "digest", "kind", "words"),
    [
        (VERSION + 1, 0, NewerState, f"the state has version {VERSION + 1}"),
        (VERSION, 1, DigestMismatch, "is not the state that was written"),
    ],
    ids=["newer version", "other digest"],
)
async def test_a_state_that_cannot_be_trusted_is_refused(
    kafka_broker: Broker, version: int, digest: int, kind: type[StreamprocError], words: str
) -> None:
    app_id = f"forged-{digest}"
    await made_topics(kafka_broker, app_id)
    fence = Fence(version, digest, {COMMENTS: TopicPosition(0, 0)}, "somebody")
    changelog = f"{app_id}-state-changelog"
    await append_batch(
        kafka_broker.bootstrap, changelog, 1, {FENCE_KEY: fence.encode()}, AN_OLD_STAMP
    )

    done = await start_worker(kafka_broker, app_id)

    assert_told(done, kind, words, f"{changelog}, partition 1")
