"""``streamproc board``: the page, the API and the stream of events, until told to stop."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Annotated

import structlog
import typer

from streamproc.board.access import room_token
from streamproc.board.run import BoardRun
from streamproc.boarding import board_of
from streamproc.cli.config import Bootstrap, settings_of
from streamproc.cli.worker import first_of, stop_on_signals
from streamproc.errors import BadSetting
from streamproc.settings import Settings

_log = structlog.get_logger(__name__)


def board(
    redis: Annotated[
        str | None,
        typer.Option(
            help="The Redis that workers write to: redis://host:6379/0 [STREAMPROC_REDIS__URL]"
        ),
    ] = None,
    bootstrap: Bootstrap = None,
    host: Annotated[
        str | None,
        typer.Option(help="The address to listen on. [STREAMPROC_BOARD__HOST; 127.0.0.1]"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65_535, help="The port to listen on. [STREAMPROC_BOARD__PORT; 8080]"
        ),
    ] = None,
    room_token_of: Annotated[
        str | None,
        typer.Option(
            "--room-token", help="Print the token of one host's own room, and end.", metavar="HOST"
        ),
    ] = None,
) -> None:
    """Serve the board; stop it at any time.

    Kafka is only written to, when somebody judges an alert. On an address that others reach it wants
    tokens: STREAMPROC_BOARD__READ_TOKEN and STREAMPROC_BOARD__OPERATE_TOKEN, best as files of a secrets
    folder.
    """
    settings = settings_of(
        redis__url=redis,
        kafka__bootstrap_servers=bootstrap,
        board__host=host,
        board__port=port,
    )
    if room_token_of is not None:
        typer.echo(_room_token(settings, room_token_of))
        return
    asyncio.run(_until_told(board_of(settings, now_ms=_now_ms)))


async def _until_told(run: BoardRun) -> None:
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    with stop_on_signals() as told:
        await run.start()
        _log.info("the board is open", url=run.url)
        serving = asyncio.create_task(run.wait())
        try:
            await first_of(serving, told)
        finally:
            await run.stop()
        await serving


def _room_token(settings: Settings, host_id: str) -> str:
    secret = settings.board.room_secret
    if secret is None:
        raise BadSetting(
            "tokens of rooms are made from a secret, and there is none",
            where="STREAMPROC_BOARD__ROOM_SECRET",
            hint="set 16 characters or more, the same for the board that is to know these tokens",
        )
    return room_token(secret.get_secret_value().encode(), host_id)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
