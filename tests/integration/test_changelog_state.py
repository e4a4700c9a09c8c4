"""Who shows the state reads no more of the changelog than a recovery does, and sees the same."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from streamproc.changelog_state import State, read_state
from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import CLAIM_KEY, FENCE_KEY, VERSION, Fence
from streamproc.engine.stamp import Epoch, stamp
from streamproc.program.live import LiveProgram
from streamproc.provision.admin import ensure_topics
from streamproc.settings import Settings
from tests.builders import paid
from tests.folding import feed, log_of
from tests.kafka_log import append_batch
from tests.servers import Broker

pytestmark = pytest.mark.integration

APP_ID = "shown"
CHANGELOG = f"{APP_ID}-state-changelog"
PARTITIONS = 2
"""Nothing was ever written to the last one."""
ORDERS = 100


class Owner:
    """Writes the state of the first partition, as a worker does."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._flush_number = 0
        self.next_offset = 0

    async def append(self, records: Mapping[bytes, bytes | None]) -> None:
        """One flush of these."""
        by = stamp(Epoch(0, 1, 0, 1, 1), self._flush_number)
        await append_batch(self._bootstrap, CHANGELOG, 0, records, by)
        self._flush_number += 1
        self.next_offset += len(records)

    async def flush(
        self, state: dict[bytes, bytes], changed: dict[bytes, bytes], whole_from: int = 0
    ) -> None:
        """A flush of what changed, and the fence of the state."""
        digest = StateDigest(list(state.items())).value
        fence = Fence(VERSION, digest, {}, "worker 1", PARTITIONS, whole_from)
        await self.append({**changed, FENCE_KEY: fence.encode()})


async def read(bootstrap: str, *, skips: bool) -> tuple[State, int]:
    """The state as a reader sees it, and how many records that took."""
    counts = [0]

    def told(doing: str, records: int, of_about: int) -> None:
        assert doing == "changelog"
        assert of_about >= records
        counts.append(records)

    settings = Settings(kafka={"bootstrap_servers": bootstrap, "app_id": APP_ID})
    state = await read_state(settings, told, skips=skips)
    return state, counts[-1]


async def test_it_is_read_from_where_it_was_written_again_if_that_is_true(
    kafka_broker: Broker,
) -> None:
    bootstrap = kafka_broker.bootstrap
    await ensure_topics(bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=APP_ID)
    program = LiveProgram()
    feed(program, log_of([paid(order_id=f"o-{number}") for number in range(ORDERS)]))
    records = {key: value for key, value in program.take_dirty() if value is not None}
    owner = Owner(bootstrap)
    await owner.append({CLAIM_KEY: b"{}"})
    await owner.flush(records, records)

    whole, all_records = await read(bootstrap, skips=True)
    assert all_records == owner.next_offset  # no fence says otherwise yet
    assert dict(whole.by_partition[0]) == records
    assert (whole.by_partition[1], whole.differences) == ([], [])

    again_from = owner.next_offset
    await owner.flush(records, records, whole_from=again_from)
    part, read_records = await read(bootstrap, skips=True)
    assert read_records == owner.next_offset - again_from
    assert (dict(part.records), part.differences) == (records, [])
    assert (await read(bootstrap, skips=False))[1] == owner.next_offset

    await owner.flush(records, {}, whole_from=owner.next_offset)  # nothing of it stands there
    again, read_records = await read(bootstrap, skips=True)
    assert read_records == owner.next_offset
    assert (dict(again.records), again.differences) == (records, [])
