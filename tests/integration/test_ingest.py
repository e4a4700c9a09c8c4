"""JSON lines from a file and from a pipe: the good ones arrive, the bad ones are named."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from streamproc.errors import BadInput, BadSetting, BrokerUnreachable
from streamproc.provision.admin import ensure_topics
from tests.command_line import STREAMPROC, plain_environment, started, streamproc
from tests.kafka_log import read_topic
from tests.log_records import COMMENTS, ORDERS, LogBuilder
from tests.servers import Broker

pytestmark = pytest.mark.integration

PARTITIONS = 2
DEADLINE_S = 60.0
AT_ONCE_S = 20.0


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_at_once_while_the_pipe_stays_open_and_the_counts_are_told(
    embedded_broker: Broker, number: signal.Signals
) -> None:
    await ensure_topics(embedded_broker.bootstrap, partitions=PARTITIONS, replication_factor=1)
    text = lines(LogBuilder().comment().comment()) + b"\nnonsense\n" + b'{"type":"half'

    async with started("ingest", "-", "--bootstrap", embedded_broker.bootstrap) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(text)
        await process.stdin.drain()
        async with asyncio.timeout(DEADLINE_S):
            while len(await arrived(embedded_broker, COMMENTS)) < 2:
                pass  # asking takes its time
        process.send_signal(number)
        async with asyncio.timeout(AT_ONCE_S):
            assert await process.wait() == 128 + number
        out, err = (await process.stdout.read()).decode(), (await process.stderr.read()).decode()

    assert COMMENTS in out
    assert "Traceback" not in err
    assert (
        "Stopped. 4 lines read: 2 events sent, 0 not acknowledged, 1 lines not usable, 1 not sent"
        in err
    )


async def test_a_line_without_bound_is_one_bad_line(
    embedded_broker: Broker, tmp_path: Path
) -> None:
    await ensure_topics(embedded_broker.bootstrap, partitions=PARTITIONS, replication_factor=1)
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"x" * 20_000_000 + b"\n" + lines(LogBuilder().comment()))

    done = await streamproc("ingest", str(file), "--bootstrap", embedded_broker.bootstrap)

    assert done.code == BadInput.exit_code, done.said
    assert "line 1: too_large: the line is longer than 524288 bytes" in done.err
    assert len(await arrived(embedded_broker, COMMENTS)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that opens and cannot be read")
async def test_a_file_that_fails_while_it_is_read_is_told(embedded_broker: Broker) -> None:
    done = await streamproc("ingest", "/proc/self/mem", "--bootstrap", embedded_broker.bootstrap)

    assert done.code == BadSetting.exit_code, done.said
    assert "the file cannot be read: Input/output error" in done.err
    assert "/proc/self/mem" in done.err
    assert "Traceback" not in done.err


async def test_a_closed_stdin_is_told() -> None:
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", 'exec "$@" <&-', "sh", *STREAMPROC, "ingest", "-"),
        stderr=asyncio.subprocess.PIPE,
        env=plain_environment(),
    )
    _, err = await asyncio.wait_for(process.communicate(), DEADLINE_S)

    assert process.returncode == BadSetting.exit_code
    assert "stdin is closed" in err.decode()
