"""A demo that is ended by two Ctrl-Cs, one on the other: it ends at once, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import heard, started
from tests.servers import Broker
from tests.waiting import until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at in /proc"),
]

SAID_DEADLINE_S = 120.0
AGAIN_S = 0.02
END_DEADLINE_S = 5.0


def children_of(pid: int) -> Iterator[int]:
    """The processes that a process started and that still run."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.mark.parametrize(
    ("said", "servers"),
    [(b"starting the embedded Redis", 1), (b"recovered", 2)],
    ids=["while it starts", "while it runs"],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_second_signal_ends_a_demo_at_once_and_nothing_is_left(
    embedded_broker: Broker, tmp_path: Path, said: bytes, servers: int, number: signal.Signals
) -> None:
    async with started(
        "demo", "--headless", "--seconds", "600", variables={"TMPDIR": str(tmp_path)}
    ) as process:
        assert process.stderr is not None
        async with asyncio.timeout(SAID_DEADLINE_S):
            await heard(said, process)
        children = list(children_of(process.pid))
        async with asyncio.timeout(END_DEADLINE_S):
            while process.returncode is None:
                # a Popen would look first whether it has ended, and keep its exit code from asyncio
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, number)
                await asyncio.sleep(AGAIN_S)
        rest = await process.stderr.read()

    assert len(children) >= servers
    # 0: on a machine that is busy it may be through before the second signal comes
    assert process.returncode in (128 + number, 0), rest
    assert b"Traceback" not in rest
    assert left_in(tmp_path) == []
    await until(lambda: not any(map(runs, children)), "the servers of the demo are gone")
