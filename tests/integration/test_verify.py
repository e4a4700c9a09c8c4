"""Verification agrees with a state that is right, and names what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import FENCE_KEY
from streamproc.engine.stamp import Epoch, stamp
from streamproc.errors import VerificationFailed
from streamproc.program.keys import Kind, parse
from streamproc.provision.admin import ensure_topics
from tests.aged_log import aged_topics, send_as_of
from tests.changelog_view import read_changelog
from tests.command_line import Finished, running_worker, send, streamproc
from tests.kafka_log import append_batch, delete_records
from tests.log_records import COMMENTS, ORDERS, T0, LogBuilder
from tests.servers import Broker

pytestmark = pytest.mark.integration

PARTITIONS = 2
LATER_MS = T0 + 9 * 86_400_000
ABOVE_ALL = stamp(Epoch(9, 0, 0, 1, 1), 1)


async def folded(broker: Broker, app_id: str, folder: Path) -> None:
    """Comments, orders, a duplicate and a rejected record, folded by a worker that has ended."""
    await ensure_topics(
        broker.bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=app_id
    )
    builder = LogBuilder()
    builder.comment().comment().comment(event_id="e-1").paid(1_999).paid(501, order_id="o-2")
    builder.raw(COMMENTS, b"h-1", b"nonsense").profile("阿梅")
    await send(broker.bootstrap, builder.records)
    await folded_to(broker, app_id, folder, comments=4, orders=2)


async def folded_to(
    broker: Broker, app_id: str, folder: Path, *, comments: int, orders: int
) -> None:
    """So many comments and orders, and a profile, folded by a worker that has ended."""
    async with running_worker(broker.bootstrap, app_id, folder) as worker:
        await worker.until(
            lambda said: (
                said["durable"].get(f"{COMMENTS}/0") == comments
                and said["durable"].get(f"{ORDERS}/0") == orders
                and said["durable"].get("live.hosts.v1/0") == 1
            ),
            "all folded",
        )
        worker.terminate()
        assert await worker.ended() == 0


async def verify(broker: Broker, app_id: str) -> tuple[Finished, dict[str, Any]]:
    done = await streamproc("verify", "--json", "--bootstrap", broker.bootstrap, "--app-id", app_id)
    assert done.out, done.said
    return done, msgspec.json.decode(done.out)


async def test_a_folded_log_is_equal_and_what_came_since_is_counted_beside_it(
    broker: Broker, tmp_path: Path
) -> None:
    await folded(broker, "verify-equal", tmp_path)
    await send(broker.bootstrap, LogBuilder(host="h-2").comment().comment().records)

    done, found = await verify(broker, "verify-equal")

    assert done.code == 0, done.said
    assert found["differences"] == []
    assert found["state_sha256"] == found["log_sha256"]
    assert found["beyond_records"] == {COMMENTS: {"0": 2}}
    counts = found["accounting"][COMMENTS]["0"]
    assert {name: counts[name] for name in ("applied", "duplicate", "rejected", "unaccounted")} == {
        "applied": 2,
        "duplicate": 1,
        "rejected": 1,
        "unaccounted": 0,
    }
    money = found["totals"]["h-1/s-1"]["pay_gmv_minor"]
    assert money == {"CNY": 2_500}


async def test_a_state_that_lost_an_order_is_named_by_its_path(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id = "verify-lost"
    await folded(kafka_broker, app_id, tmp_path)
    await _drop_order_sessions(kafka_broker, f"{app_id}-state-changelog")

    done, found = await verify(kafka_broker, app_id)

    assert done.code == VerificationFailed.exit_code, done.said
    assert found["state_sha256"] != found["log_sha256"]
    assert any("totals / pay_gmv_minor: missing" in line for line in found["differences"])
    assert "what to do:" in done.err


async def test_what_retention_took_is_told_and_what_is_left_is_compared(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id = "verify-retention"
    await aged_topics(kafka_broker.bootstrap, app_id, PARTITIONS)
    evening = LogBuilder().comment().comment().paid(1_999).paid(501, order_id="o-2")
    evening.profile("阿梅")
    later = LogBuilder(session="s-2")
    later.comment(LATER_MS).paid(700, LATER_MS, order_id="o-3")
    await send_as_of(kafka_broker.bootstrap, evening.records, T0)
    await send_as_of(kafka_broker.bootstrap, later.records, LATER_MS)
    await folded_to(kafka_broker, app_id, tmp_path, comments=3, orders=3)
    assert (await verify(kafka_broker, app_id))[1]["notes"] == []
    await delete_records(kafka_broker.bootstrap, COMMENTS, 0, 1)
    await delete_records(kafka_broker.bootstrap, ORDERS, 0, 1)

    done, found = await verify(kafka_broker, app_id)

    assert done.code == 0, done.said
    assert (found["differences"], found["state_sha256"]) == ([], found["log_sha256"])
    assert any("1 broadcasts reach back" in note and "h-1/s-1" in note for note in found["notes"])
    assert found["accounting"][ORDERS]["0"]["gone"] == 1
    assert set(found["totals"]) == {"h-1/s-1", "h-1/s-2"}

    await _drop_order_sessions(kafka_broker, f"{app_id}-state-changelog")

    done, found = await verify(kafka_broker, app_id)

    assert done.code == VerificationFailed.exit_code, done.said
    lost = [line for line in found["differences"] if "totals / pay_gmv_minor: missing" in line]
    assert [line.split(" / ")[3] for line in lost] == ["s-2"]


async def _drop_order_sessions(broker: Broker, changelog: str) -> None:
    """Write a flush that deletes what holds the money, with a fence that fits what is left."""
    view = await read_changelog(broker.bootstrap, changelog, 0)
    assert view.fence is not None
    dropped = [key for key in view.state if (key[0], parse(key).topic) == (Kind.SESSION, ORDERS)]
    assert dropped
    left = [(key, value) for key, value in view.state.items() if key not in dropped]
    fence = msgspec.structs.replace(view.fence, digest=StateDigest(left).value)
    changes: dict[bytes, bytes | None] = dict.fromkeys(dropped)
    changes[FENCE_KEY] = fence.encode()
    await append_batch(broker.bootstrap, changelog, 0, changes, ABOVE_ALL)
