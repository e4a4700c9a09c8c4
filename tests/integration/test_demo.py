"""The demo as a stranger runs it: exit 0 only if state, ledger and dead letters agree; nothing is left."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path

import pytest

from streamproc.embedded.ports import LOOPBACK, free_port
from streamproc.errors import PortTaken
from tests.command_line import Finished, heard, started, streamproc
from tests.servers import Broker

pytestmark = pytest.mark.integration

SLICE = ("demo", "--headless", "--check", "--seconds", "8", "--speed", "2")
SHARES = ("--duplicates", "0.05", "--disorder", "0.05", "--garbage", "0.01")
SAID_DEADLINE_S = 120.0


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def assert_equal(done: Finished) -> None:
    assert done.code == 0, done.said
    for words in ("equal: every value, and the digest", "the dead letters are exactly the garbage"):
        assert words in done.out, done.said


@pytest.mark.parametrize("shares", [(), SHARES], ids=["clean", "disturbed"])
async def test_a_headless_demo_agrees_with_its_ledger_and_leaves_nothing_behind(
    embedded_broker: Broker, tmp_path: Path, shares: tuple[str, ...]
) -> None:
    # the fixture only tells whether there is an embedded broker; the demo starts its own
    done = await streamproc(*SLICE, *shares, variables={"TMPDIR": str(tmp_path)})

    assert_equal(done)
    assert left_in(tmp_path) == []


async def test_a_demo_on_a_broker_of_the_user_is_checked_beside_what_was_there(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    where = (
        "--bootstrap",
        kafka_broker.bootstrap,
        "--partitions",
        "3",
        "--replication-factor",
        "1",
    )

    first = await streamproc(*SLICE, *SHARES, *where, variables={"TMPDIR": str(tmp_path)})
    second = await streamproc(
        *SLICE, *SHARES, *where, "--seed", "2", variables={"TMPDIR": str(tmp_path)}
    )

    assert_equal(first)
    assert_equal(second)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_demo_that_is_stopped_ends_in_order(
    embedded_broker: Broker, tmp_path: Path, number: signal.Signals
) -> None:
    async with started(
        "demo", "--headless", "--seconds", "600", variables={"TMPDIR": str(tmp_path)}
    ) as process:
        assert process.stderr is not None
        async with asyncio.timeout(SAID_DEADLINE_S):
            await heard(b"recovered", process)
            process.send_signal(number)
            said = await process.stderr.read()
            code = await process.wait()

    assert code == 0, said
    assert b"Traceback" not in said
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("seconds", "said", "code"),
    [("600", b"recovered", 130), ("4", b"the broadcast is over", 0)],
    ids=["before its end", "at its end"],
)
async def test_a_demo_that_is_watched_is_checked_only_if_the_broadcast_was_sent_whole(
    embedded_broker: Broker, tmp_path: Path, seconds: str, said: bytes, code: int
) -> None:
    async with started(
        "demo", "--check", "--seconds", seconds, variables={"TMPDIR": str(tmp_path)}
    ) as process:
        assert process.stderr is not None
        async with asyncio.timeout(SAID_DEADLINE_S):
            await heard(said, process)
            process.send_signal(signal.SIGINT)
            rest = await process.stderr.read()
            ended = await process.wait()

    assert ended == code, rest
    assert left_in(tmp_path) == []


async def test_a_port_that_is_taken_is_told(embedded_broker: Broker, tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server((LOOPBACK, port)):
        done = await streamproc("demo", "--port", str(port), variables={"TMPDIR": str(tmp_path)})

    assert done.code == PortTaken.exit_code, done.said
    assert f"{LOOPBACK}:{port}" in done.err
    assert "choose another port" in done.err
    assert left_in(tmp_path) == []
