"""Dead letters: told once by origin, shown byte for byte, sent again as they came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from streamproc.provision.admin import ensure_topics
from tests.command_line import running_worker, send, streamproc
from tests.kafka_log import producing, read_topic
from tests.log_records import COMMENTS, ORDERS, LogBuilder
from tests.servers import Broker

pytestmark = pytest.mark.integration

PARTITIONS = 2
NOT_JSON = b"\xff\x00[bold]{nonsense\x1b]0;title\x07"


async def listed(broker: Broker, *options: str) -> list[dict[str, Any]]:
    done = await streamproc("dlq", "list", "--json", "--bootstrap", broker.bootstrap, *options)
    assert done.code == 0, done.said
    return [msgspec.json.decode(line) for line in done.out.splitlines()]


async def rejected(broker: Broker, app_id: str, folder: Path) -> None:
    """Three records that cannot be used, of three kinds, among one that can; folded."""
    await ensure_topics(
        broker.bootstrap, partitions=PARTITIONS, replication_factor=1, app_id=app_id
    )
    builder = LogBuilder()
    builder.comment().raw(COMMENTS, b"h-1", NOT_JSON).raw(COMMENTS, b"h-1", None)
    builder.paid(order_id="")
    await send(broker.bootstrap, builder.records)
    async with running_worker(broker.bootstrap, app_id, folder) as worker:
        await worker.until(
            lambda said: (
                said["durable"].get(f"{COMMENTS}/0") == 3
                and said["durable"].get(f"{ORDERS}/0") == 1
            ),
            "all folded",
        )
        worker.terminate()
        assert await worker.ended() == 0


async def test_dead_letters_are_counted_by_reason_and_shown_as_they_came(
    broker: Broker, tmp_path: Path
) -> None:
    await rejected(broker, "dlq-shown", tmp_path)

    letters = await listed(broker)
    people = await streamproc("dlq", "list", "--bootstrap", broker.bootstrap)
    raw = await streamproc(
        "dlq", "show", f"{COMMENTS}-0-1", "--raw", "--bootstrap", broker.bootstrap
    )
    shown = await streamproc("dlq", "show", f"{COMMENTS}-0-1", "--bootstrap", broker.bootstrap)

    assert [(one["origin"], one["reason"]) for one in letters] == [
        (f"{COMMENTS}-0-1", "malformed"),
        (f"{COMMENTS}-0-2", "tombstone"),
        (f"{ORDERS}-0-0", "invalid"),
    ]
    assert "malformed" in people.out
    assert raw.out_bytes == NOT_JSON
    assert "ff 00 5b 62 6f 6c 64 5d" in shown.out
    assert "\x1b" not in shown.out + people.out


async def test_a_letter_written_twice_counts_once(kafka_broker: Broker, tmp_path: Path) -> None:
    await rejected(kafka_broker, "dlq-twice", tmp_path)
    copies = await read_topic(kafka_broker.bootstrap, f"{COMMENTS}.dlq", range(PARTITIONS))
    async with producing(kafka_broker.bootstrap) as producer:
        for one in copies:
            await producer.send_and_wait(
                one.topic,
                key=one.key,
                value=one.value,
                headers=list(one.headers),
                partition=one.partition,
            )

    letters = await listed(kafka_broker)
    people = await streamproc("dlq", "list", "--bootstrap", kafka_broker.bootstrap)

    assert len(letters) == 3
    assert "2 copies" in people.out


async def test_a_retried_letter_goes_back_byte_for_byte_without_our_headers(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    await rejected(kafka_broker, "dlq-retry", tmp_path)
    to = ("--bootstrap", kafka_broker.bootstrap, "--origin", f"{COMMENTS}-0-1")

    declined = await streamproc("dlq", "retry", *to, answer="n\n")
    untouched = await read_topic(kafka_broker.bootstrap, COMMENTS, range(PARTITIONS))
    accepted = await streamproc("dlq", "retry", *to, "--yes")
    log = await read_topic(kafka_broker.bootstrap, COMMENTS, range(PARTITIONS))

    assert declined.code == 1
    assert len(untouched) == 3
    assert accepted.code == 0, accepted.said
    assert "1 records sent" in accepted.out
    [again] = [one for one in log if (one.partition, one.offset) not in {(0, 0), (0, 1), (0, 2)}]
    assert (again.key, again.value, again.headers) == (b"h-1", NOT_JSON, ())


async def test_a_letter_that_does_not_exist_is_told(kafka_broker: Broker, tmp_path: Path) -> None:
    await rejected(kafka_broker, "dlq-gone", tmp_path)

    gone = await streamproc(
        "dlq", "show", f"{COMMENTS}-0-99", "--bootstrap", kafka_broker.bootstrap
    )
    typo = await streamproc(
        "dlq", "list", "--topic", "live.comment", "--bootstrap", kafka_broker.bootstrap
    )

    assert (gone.code, typo.code) == (10, 10)
    assert "there is no such dead letter" in gone.err
    assert "this is no input topic" in typo.err
