"""Boards that ask for the same port at once: one has it, and the other is told so at once."""

from __future__ import annotations

import asyncio

from fakeredis import FakeAsyncRedis, FakeServer

from streamproc.board.config import BoardConfig
from streamproc.board.run import BoardRun
from streamproc.embedded.ports import free_port
from streamproc.errors import PortTaken

AT_ONCE_S = 10.0


async def test_of_two_boards_that_start_at_once_the_second_is_told_that_the_port_is_taken() -> None:
    server = FakeServer()
    config = BoardConfig(port=free_port())
    first, second = (
        BoardRun(config, lambda: FakeAsyncRedis(server=server), None, now_ms=lambda: 0)
        for _ in range(2)
    )
    try:
        async with asyncio.timeout(AT_ONCE_S):
            started = await asyncio.gather(first.start(), second.start(), return_exceptions=True)
        assert started[0] is None
        assert isinstance(started[1], PortTaken)
        assert first.url == f"http://127.0.0.1:{config.port}"
    finally:
        await first.stop()
        await second.stop()
