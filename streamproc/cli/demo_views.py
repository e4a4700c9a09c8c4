"""What a demo shows itself in: a Redis of its own where none is named, and a board."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import AsyncIterator

from streamproc.board.run import BoardRun
from streamproc.boarding import board_of
from streamproc.cli.display import Display
from streamproc.embedded.redis import EmbeddedRedis
from streamproc.errors import PortTaken
from streamproc.settings import Settings


@contextlib.asynccontextmanager
async def redis_of(given: Settings, display: Display) -> AsyncIterator[str]:
    """The URL of the Redis that was named, or of one of our own."""
    if given.redis.url is not None:
        yield given.redis.url
        return
    display.note("starting the embedded Redis")
    async with EmbeddedRedis() as redis:
        yield redis.url


@contextlib.asynccontextmanager
async def board_beside(
    settings: Settings, asked_port: int | None, display: Display
) -> AsyncIterator[str]:
    """A board over what the worker shows; its address.

    Errors: ``PortTaken`` if a port was asked for by number.
    """
    is_asked = asked_port is not None or "port" in settings.board.model_fields_set
    port = settings.board.port if asked_port is None else asked_port
    board = _board_at(settings, port)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        await board.start()
    except PortTaken:
        if is_asked:
            raise
        board = _board_at(settings, 0)
        await board.start()
    display.note(f"the board is open: {board.url}")
    try:
        yield board.url
    finally:
        await board.stop()


def _board_at(settings: Settings, port: int) -> BoardRun:
    board = settings.board.model_copy(update={"port": port})
    return board_of(settings.model_copy(update={"board": board}), now_ms=_now_ms)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
