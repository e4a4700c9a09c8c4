"""A changelog that a real broker has compacted, as every one is after a day: nothing of it is missed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from streamproc.oracle.batch import LogRecord
from streamproc.provision.admin import ensure_topics
from tests.builders import T0, comment, joined, paid, record
from tests.changelog_view import read_changelogs
from tests.command_line import running_worker, send, streamproc, verified
from tests.compaction import compact_early
from tests.servers import Broker
from tests.worker_process import WorkerProcess

pytestmark = pytest.mark.integration

PARTITIONS = 2
LAG_MS = 4_000
STEP_MS = 5_000
"""Event time between two rounds: ids of events, panes and minutes go as it passes."""
DEADLINE_S = 120.0
"""Long enough for a broker to close a segment and to compact it, on a busy machine."""


class Rooms:
    """Two rooms, one a partition, in which something happens round by round."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self.sent = 0
        self._round = 0

    async def go_on(self) -> None:
        """Something more in both."""
        at_ms = T0 + self._round * STEP_MS
        self._round += 1
        records = []
        for number in range(PARTITIONS):
            where: dict[str, Any] = {"host_id": f"h-{number}", "session_id": f"s-{number}"}
            told = f"{number}-{self._round}"
            for event in (
                comment("好看", at_ms=at_ms, event_id=f"c-{told}", **where),
                joined(self._round, at_ms=at_ms, event_id=f"j-{told}", **where),
                paid(at_ms=at_ms, event_id=f"p-{told}", order_id=f"o-{told}", **where),
            ):
                topic, key, value, taken_ms = record(event)
                records.append(LogRecord(topic, number, 0, key, value, taken_ms))
        self.sent += await send(self._bootstrap, records)

    async def until_durable(self, worker: WorkerProcess) -> None:
        """Return once a worker has all of it."""
        await worker.until(
            lambda said: sum(said["durable"].values()) == self.sent, "all is durable"
        )


async def test_a_worker_that_crashed_goes_on_from_what_compaction_left(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id, bootstrap = "compacted", kafka_broker.bootstrap
    changelog = f"{app_id}-state-changelog"
    await ensure_topics(bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=app_id)
    await compact_early(bootstrap, changelog, LAG_MS)
    rooms = Rooms(bootstrap)
    async with running_worker(bootstrap, app_id, tmp_path) as worker, asyncio.timeout(DEADLINE_S):
        while True:
            await rooms.go_on()
            await rooms.until_durable(worker)
            views = await read_changelogs(bootstrap, changelog, PARTITIONS)
            assert [each.problems for each in views] == [[], []]
            if all(each.compacted for each in views):
                break
            await asyncio.sleep(0.2)
        worker.kill()

    before = await verified(bootstrap, app_id)
    async with running_worker(bootstrap, app_id, tmp_path) as worker:
        await rooms.go_on()
        await rooms.until_durable(worker)
        worker.terminate()
        assert await worker.ended() == 0

    after = await verified(bootstrap, app_id)
    for number in range(PARTITIONS):
        name = f"h-{number}/s-{number}"
        assert before["totals"][name]["comments"] + 1 == after["totals"][name]["comments"]
        assert after["totals"][name]["comments"] == after["totals"][name]["joins"]
    rebuilt = await streamproc("state", "rebuild", "--bootstrap", bootstrap, "--app-id", app_id)
    assert rebuilt.code == 0, rebuilt.said
    assert (await verified(bootstrap, app_id))["totals"] == after["totals"]
    views = await read_changelogs(bootstrap, changelog, PARTITIONS)
    assert [each.problems for each in views] == [[], []]
