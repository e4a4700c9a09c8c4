"""A state made anew from the log: it takes the place of any other, and workers go on from it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streamproc.engine.digest import StateDigest
from streamproc.engine.fence import FENCE_KEY
from streamproc.engine.stamp import Epoch, stamp
from streamproc.errors import DigestMismatch, FenceOutsideLog, OlderState
from streamproc.oracle.batch import LogRecord
from streamproc.program.keys import Kind
from streamproc.provision.admin import ensure_topics
from tests.aged_log import aged_topics, send_as_of
from tests.changelog_view import read_changelog
from tests.command_line import running_worker, started, streamproc, verified
from tests.command_line import send as send_records
from tests.kafka_log import append_batch, delete_records, delete_topics, read_topic
from tests.log_records import COMMENTS, HOSTS, ORDERS, T0, LogBuilder
from tests.read_views import tallies_of_topic
from tests.servers import Broker
from tests.worker_process import WorkerProcess

pytestmark = pytest.mark.integration

PARTITIONS = 2
LATER_MS = T0 + 9 * 86_400_000
DEADLINE_S = 60.0
ABOVE_ALL = stamp(Epoch(3, 0, 0, 1, 1), 1)
"""What somebody writes whom no worker so far outranks."""


async def topics(broker: Broker, app_id: str) -> str:
    await ensure_topics(
        broker.bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=app_id
    )
    return f"{app_id}-state-changelog"


async def send(broker: Broker, builder: LogBuilder) -> None:
    await send_records(broker.bootstrap, builder.records)


def one_order() -> LogBuilder:
    return LogBuilder().comment().paid(1_999).profile("阿梅").raw(COMMENTS, b"h-1", b"nonsense")


async def until_folded(worker: WorkerProcess, orders: int) -> None:
    await worker.until(lambda said: said["durable"].get(f"{ORDERS}/0") == orders, "orders folded")


async def stopped(worker: WorkerProcess) -> None:
    worker.terminate()
    assert await worker.ended() == 0


async def rebuild(broker: Broker, app_id: str, *options: str) -> Any:  # noqa: ANN401
    return await streamproc(
        "state", "rebuild", "--bootstrap", broker.bootstrap, "--app-id", app_id, *options
    )


async def letters_of(broker: Broker) -> list[tuple[bytes | None, bytes | None]]:
    """The value and the origin's offset of each dead letter of comments."""
    found = await read_topic(broker.bootstrap, COMMENTS + ".dlq", range(PARTITIONS))
    return [(each.value, dict(each.headers)["dlq.origin.offset"]) for each in found]


async def test_a_damaged_state_is_refused_and_rebuilt_and_a_worker_goes_on_from_it(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id = "rebuild-damaged"
    changelog = await topics(kafka_broker, app_id)
    await send(kafka_broker, one_order())
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path) as worker:
        await until_folded(worker, 1)
        await stopped(worker)
    view = await read_changelog(kafka_broker.bootstrap, changelog, 0)
    lost = dict.fromkeys(list(view.state)[:2])
    extra = {b"\x01\x01h-9\x00o-9\x00": b"left over", b"\x0d\x06h-9\x00s-9\x00": b"\x01left over"}
    await append_batch(kafka_broker.bootstrap, changelog, 0, {**lost, **extra}, ABOVE_ALL)
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path) as worker:
        assert await worker.ended() == DigestMismatch.exit_code

    done = await rebuild(kafka_broker, app_id)

    assert done.code == 0, done.said
    assert "1 records of alerts or of what the log lost could not be read" in done.err
    found = await verified(kafka_broker.bootstrap, app_id)
    assert found["totals"]["h-1/s-1"]["pay_gmv_minor"] == {"CNY": 1_999}
    rebuilt = await read_changelog(kafka_broker.bootstrap, changelog, 0)
    assert rebuilt.state == view.state
    await send(kafka_broker, LogBuilder().paid(501, order_id="o-2"))
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path) as worker:
        await until_folded(worker, 2)
        await stopped(worker)
    found = await verified(kafka_broker.bootstrap, app_id)
    assert found["totals"]["h-1/s-1"]["pay_gmv_minor"] == {"CNY": 2_500}
    assert found["accounting"][COMMENTS]["0"]["rejected"] == 1


async def test_what_is_bad_and_no_worker_has_met_is_kept_before_a_new_state_passes_it(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id = "rebuild-letters"
    await topics(kafka_broker, app_id)
    await send(kafka_broker, one_order())
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path) as worker:
        await until_folded(worker, 1)
        await stopped(worker)
    met = await letters_of(kafka_broker)
    unmet = LogBuilder().raw(COMMENTS, b"h-1", b"unmet").paid(501, order_id="o-2")
    await send(kafka_broker, unmet)

    done = await rebuild(kafka_broker, app_id)

    assert done.code == 0, done.said
    letters = await letters_of(kafka_broker)
    assert (met, letters) == ([(b"nonsense", b"1")], [*met, (b"unmet", b"2")])
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path) as worker:
        await worker.until(lambda said: said["caught_up"], "caught up")
        await stopped(worker)
    assert await letters_of(kafka_broker) == letters
    found = await verified(kafka_broker.bootstrap, app_id)
    assert found["accounting"][COMMENTS]["0"]["rejected"] == 2


async def test_a_state_of_an_older_version_is_refused_until_it_is_rebuilt(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id = "rebuild-older"
    changelog = await topics(kafka_broker, app_id)
    await send(kafka_broker, one_order())
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path) as worker:
        await until_folded(worker, 1)
        await stopped(worker)
    await _as_version_one(kafka_broker, changelog)
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path) as worker:
        assert await worker.ended() == OlderState.exit_code
        assert "streamproc state rebuild" in worker.log

    done = await rebuild(kafka_broker, app_id)

    assert done.code == 0, done.said
    assert (await verified(kafka_broker.bootstrap, app_id))["differences"] == []


async def test_a_rebuild_beside_a_worker_waits_until_it_is_gone(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id = "rebuild-beside"
    changelog = await topics(kafka_broker, app_id)
    await send(kafka_broker, one_order())
    command = ("state", "rebuild", "--bootstrap", kafka_broker.bootstrap, "--app-id", app_id)
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path) as worker:
        await until_folded(worker, 1)
        before = await read_changelog(kafka_broker.bootstrap, changelog, 0)
        async with started(*command) as process, asyncio.timeout(DEADLINE_S):
            assert process.stderr is not None
            assert b"caught up" in await process.stderr.readline()
            beside = await read_changelog(kafka_broker.bootstrap, changelog, 0)
            assert beside.epochs == before.epochs
            await send(kafka_broker, LogBuilder().paid(501, order_id="o-2"))
            await until_folded(worker, 2)
            await stopped(worker)
            assert await process.wait() == 0
    found = await verified(kafka_broker.bootstrap, app_id)
    assert found["totals"]["h-1/s-1"]["pay_gmv_minor"] == {"CNY": 2_500}
    assert found["beyond_records"] == {}


async def test_a_log_whose_beginning_is_gone_is_not_rebuilt_from_unless_told(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id = "rebuild-cut"
    changelog = await topics(kafka_broker, app_id)
    await send(kafka_broker, one_order().paid(501, order_id="o-2"))
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path) as worker:
        await until_folded(worker, 2)
        await stopped(worker)
    await delete_records(kafka_broker.bootstrap, ORDERS, 0, 1)
    before = await read_changelog(kafka_broker.bootstrap, changelog, 0)

    refused = await rebuild(kafka_broker, app_id)

    assert refused.code == FenceOutsideLog.exit_code, refused.said
    after = await read_changelog(kafka_broker.bootstrap, changelog, 0)
    assert len(after.records) == len(before.records)
    done = await rebuild(kafka_broker, app_id, "--accept-loss")
    assert done.code == 0, done.said
    assert "were taken over" in done.err
    found = await verified(kafka_broker.bootstrap, app_id)
    assert found["totals"]["h-1/s-1"]["pay_gmv_minor"] == {"CNY": 2_500}


async def test_what_the_log_lost_is_taken_over_and_goes_on(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id, bootstrap = "rebuild-retention", kafka_broker.bootstrap
    await aged_topics(bootstrap, app_id, PARTITIONS)
    builder = LogBuilder().comment().comment().paid(1_999).paid(501, order_id="o-2").profile("阿梅")
    await send_as_of(bootstrap, builder.records, T0)
    late_show = LogBuilder(session="s-2").comment(LATER_MS, event_id="l-1")
    late_show.paid(700, LATER_MS, order_id="o-3").profile("阿兰", LATER_MS, LATER_MS)
    await send_as_of(bootstrap, late_show.records, LATER_MS)
    async with running_worker(bootstrap, app_id, tmp_path) as worker:
        await until_folded(worker, 3)
        await worker.until(
            lambda said: (
                said["durable"].get(f"{COMMENTS}/0") == 3 and said["durable"].get(f"{HOSTS}/0") == 2
            ),
            "all folded",
        )
        await stopped(worker)
    for topic, gone in ((COMMENTS, 2), (ORDERS, 1), (HOSTS, 1)):
        await delete_records(bootstrap, topic, 0, gone)
    unread = LogBuilder(session="s-2").comment(LATER_MS + 1, event_id="l-2")
    await send_as_of(bootstrap, [*unread.records, *_refund("o-1", 99)], LATER_MS)

    done = await rebuild(kafka_broker, app_id, "--accept-loss")

    assert done.code == 0, done.said
    found = await verified(kafka_broker.bootstrap, app_id)
    assert any("h-1/s-1" in note for note in found["notes"])
    assert found["totals"]["h-1/s-1"] | SOLD == found["totals"]["h-1/s-1"]
    assert found["totals"]["h-1/s-2"] | {"comments": 2} == found["totals"]["h-1/s-2"]
    view = await read_changelog(bootstrap, f"{app_id}-state-changelog", 0)
    assert len([key for key in view.state if key[0] == Kind.PROFILE]) == 2
    await send_as_of(bootstrap, _refund("o-2", 10), LATER_MS)
    async with running_worker(bootstrap, app_id, tmp_path) as worker:
        await until_folded(worker, 5)
        await stopped(worker)
    found = await verified(kafka_broker.bootstrap, app_id)
    assert found["totals"]["h-1/s-1"]["refunded_minor"] == {"CNY": 109}
    assert "orphan_refunds" not in found["totals"]["h-1/s-1"]


SOLD = {"comments": 2, "pay_gmv_minor": {"CNY": 2_500}, "refunded_minor": {"CNY": 99}}


def _refund(order_id: str, refund_minor: int) -> list[LogRecord]:
    money = {"refund_id": "f-1", "refund_minor": refund_minor, "currency": "CNY"}
    of = {"order_id": order_id, "line_id": "1", **money}
    return LogBuilder().event("order.refunded", LATER_MS, event_id=order_id, **of).records


@pytest.mark.parametrize("rebuilt", [False, True], ids=["read again", "rebuilt"])
async def test_a_lost_changelog_takes_no_view_back(
    rebuilt: bool, kafka_broker: Broker, tmp_path: Path
) -> None:
    app_id = "rebuild-lost"
    changelog = await topics(kafka_broker, app_id)
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path) as worker:
        for number in range(3):
            await send(kafka_broker, LogBuilder().paid(1_000, order_id=f"o-{number}"))
            await until_folded(worker, number + 1)
        await _seen(kafka_broker, 3_000)
        await stopped(worker)
    await delete_topics(kafka_broker.bootstrap, [changelog])
    await topics(kafka_broker, app_id)

    if rebuilt:
        done = await rebuild(kafka_broker, app_id)
        assert done.code == 0, done.said
    options = () if rebuilt else ("--accept-loss",)
    async with running_worker(kafka_broker.bootstrap, app_id, tmp_path, *options) as worker:
        await send(kafka_broker, LogBuilder().paid(500, order_id="o-9"))
        await _seen(kafka_broker, 3_500)


async def _seen(broker: Broker, minor: int) -> None:
    """Return once that is what a reader, who keeps the greatest version, knows of the host."""
    async with asyncio.timeout(DEADLINE_S):
        while not await _pays(broker, minor):  # noqa: ASYNC110 - a topic tells nobody
            await asyncio.sleep(0.2)


async def _pays(broker: Broker, minor: int) -> bool:
    tally = (await tallies_of_topic(broker.bootstrap, range(PARTITIONS))).get("h-1")
    return tally is not None and tally.sessions[0].figures["pay_gmv_minor"] == {"CNY": minor}


async def _as_version_one(broker: Broker, changelog: str) -> None:
    """Write every record again as if a program of version 1 had, with a fence that fits."""
    view = await read_changelog(broker.bootstrap, changelog, 0)
    assert view.fence is not None
    older = {key: b"\x01" + value[1:] for key, value in view.state.items()}
    fence = msgspec.structs.replace(view.fence, digest=StateDigest(older.items()).value)
    changes: dict[bytes, bytes | None] = {**older, FENCE_KEY: fence.encode()}
    await append_batch(broker.bootstrap, changelog, 0, changes, ABOVE_ALL)
