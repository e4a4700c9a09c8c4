"""A changelog of an earlier version is taken over by a worker, and that of a later one is refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY, VERSION
from streamproc.engine.stamp import Epoch, stamp
from streamproc.errors import NewerState
from streamproc.oracle.batch import LogRecord
from streamproc.program.live import LiveProgram
from streamproc.protocol import BatchReport
from streamproc.provision.admin import ensure_topics
from tests.changelog_view import read_changelog
from tests.command_line import running_worker, send, verified
from tests.folding import batch_of
from tests.golden.test_upgrade import FOLDED_BEFORE, LAST, before, recorded
from tests.kafka_log import append_batch, committed_offsets
from tests.log_records import COMMENTS, ORDERS
from tests.servers import Broker
from tests.spelled_reader import SpelledReader
from tests.worker_process import WorkerProcess

pytestmark = pytest.mark.integration

WRITER = Epoch(0, 1, 0, 1, 1)
"""The only worker of the version before."""


async def stand_where_the_version_before_did(broker: Broker, app_id: str) -> None:
    """The log, and a changelog that covers the first part of it, with a fence of version 1."""
    await ensure_topics(broker.bootstrap, partitions=1, replication_factor=1, app_id=app_id)
    await send(broker.bootstrap, recorded())
    changelog, state = f"{app_id}-state-changelog", before(LAST)
    fence = [
        1,
        StateDigest(state.items()).value,
        positions_of(recorded()[:FOLDED_BEFORE]),
        "streamproc pid-started 1",
    ]
    flush = {**state, FENCE_KEY: msgspec.msgpack.encode(fence)}
    await append_batch(broker.bootstrap, changelog, 0, {CLAIM_KEY: b"{}"}, stamp(WRITER, 0))
    await append_batch(broker.bootstrap, changelog, 0, flush, stamp(WRITER, 1))


def positions_of(log: Sequence[LogRecord]) -> dict[str, list[int]]:
    """How far a log goes, as version 1 told it: offsets and counts of each topic."""
    program = LiveProgram(SpelledReader())
    counts: dict[str, BatchReport] = defaultdict(BatchReport)
    for each in log:
        counts[each.topic].add(program.apply(each.topic, batch_of([each])))
    return {
        topic: [told.applied, 0, told.applied, told.duplicate, told.rejected, 0, told.late]
        for topic, told in counts.items()
    }


async def until_all_is_folded(worker: WorkerProcess) -> None:
    sent: dict[str, int] = defaultdict(int)
    for each in recorded():
        sent[f"{each.topic}/0"] += 1
    await worker.until(
        lambda said: all(said["durable"].get(at, 0) == end for at, end in sent.items()),
        "all folded",
    )
    worker.terminate()
    assert await worker.ended() == 0, worker.log


async def test_a_worker_goes_on_from_what_the_version_before_wrote(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id, bootstrap = "upgrade", kafka_broker.bootstrap
    await stand_where_the_version_before_did(kafka_broker, app_id)

    async with running_worker(bootstrap, app_id, tmp_path) as worker:
        await until_all_is_folded(worker)

    view = await read_changelog(bootstrap, f"{app_id}-state-changelog", 0)
    assert view.problems == []
    assert view.fence is not None
    assert (view.fence.version, view.fence.partitions) == (VERSION, 1)
    found = await verified(bootstrap, app_id)
    assert found["differences"] == []
    turns = [note for note in found["notes"] if "the turns of 1 broadcasts" in note]
    assert turns, "it went on from the state, which does not tell them all"
    counts = [counts["0"] for counts in found["accounting"].values()]
    assert sum(each["applied"] for each in counts) == len(recorded())
    assert not any(each["unaccounted"] for each in counts)


async def test_a_version_before_refuses_a_fence_that_it_cannot_read_and_acknowledges_nothing(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id, bootstrap = "downgrade", kafka_broker.bootstrap
    await stand_where_the_version_before_did(kafka_broker, app_id)
    changelog = f"{app_id}-state-changelog"
    view = await read_changelog(bootstrap, changelog, 0)
    assert view.fence is not None
    newer = msgspec.structs.replace(view.fence, version=VERSION + 1)
    await append_batch(bootstrap, changelog, 0, {FENCE_KEY: newer.encode()}, stamp(WRITER, 2))

    async with running_worker(bootstrap, app_id, tmp_path) as worker:
        assert await worker.ended() == NewerState.exit_code, worker.log

    committed = await committed_offsets(bootstrap, app_id, [ORDERS, COMMENTS], 1)
    assert set(committed.values()) == {None}
    assert "what to do: run the version that wrote it, or a newer one" in worker.log
