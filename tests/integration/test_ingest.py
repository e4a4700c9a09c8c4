"""JSON lines from a file and from a pipe: the good ones arrive, the bad ones are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamproc.errors import BadInput, BadSetting, BrokerUnreachable
from streamproc.provision.admin import ensure_topics
from tests.command_line import streamproc
from tests.kafka_log import read_topic
from tests.log_records import COMMENTS, ORDERS, LogBuilder
from tests.servers import Broker

pytestmark = pytest.mark.integration

PARTITIONS = 2


def lines(log: LogBuilder) -> bytes:
    return b"\n".join(record.value or b"" for record in log.records)


async def arrived(broker: Broker, topic: str) -> list[tuple[bytes | None, bytes | None]]:
    records = await read_topic(broker.bootstrap, topic, range(PARTITIONS))
    return sorted((record.key, record.value) for record in records)


async def test_good_lines_arrive_and_each_bad_one_is_named(broker: Broker, tmp_path: Path) -> None:
    await ensure_topics(broker.bootstrap, partitions=PARTITIONS, replication_factor=1)
    log = LogBuilder().paid().paid(-5, order_id="o-2").raw(ORDERS, b"h-1", b"").comment()
    log.raw(COMMENTS, b"h-1", b"{nonsense [bold]")
    file = tmp_path / "events.jsonl"
    file.write_bytes(lines(log))

    done = await streamproc("ingest", str(file), "--bootstrap", broker.bootstrap)

    assert done.code == BadInput.exit_code, done.said
    assert "line 2: invalid: payable_minor" in done.err
    assert "line 5: malformed" in done.err
    assert "2 of 4 lines cannot be used" in done.err
    assert await arrived(broker, ORDERS) == [(b"h-1", log.records[0].value)]
    assert await arrived(broker, COMMENTS) == [(b"h-1", log.records[3].value)]


async def test_lines_come_from_a_pipe(embedded_broker: Broker) -> None:
    await ensure_topics(embedded_broker.bootstrap, partitions=PARTITIONS, replication_factor=1)
    log = LogBuilder().comment().comment(host_id="h-2")

    done = await streamproc(
        "ingest", "-", "--bootstrap", embedded_broker.bootstrap, answer=lines(log).decode() + "\n"
    )

    assert done.code == 0, done.said
    assert COMMENTS in done.out
    assert len(await arrived(embedded_broker, COMMENTS)) == 2


async def test_a_file_that_is_not_there_and_a_broker_that_is_not_are_told(tmp_path: Path) -> None:
    nothing = await streamproc("ingest", str(tmp_path / "none"))
    file = tmp_path / "events.jsonl"
    file.write_bytes(lines(LogBuilder().comment()))
    nobody = await streamproc("ingest", str(file), "--bootstrap", "127.0.0.1:1")

    assert nothing.code == BadSetting.exit_code
    assert "cannot be read" in nothing.err
    assert nobody.code == BrokerUnreachable.exit_code
    assert "127.0.0.1:1" in nobody.err
