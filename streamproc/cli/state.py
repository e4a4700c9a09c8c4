"""``streamproc state rebuild``: a new state from the log, with the program that runs now."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Annotated, Final

import typer
from rich.console import Console

from streamproc.app import rebuild_of
from streamproc.cli.comment_reading import reader_of
from streamproc.cli.config import AppId, Bootstrap, settings_of
from streamproc.cli.logs import libraries_silenced
from streamproc.cli.terminal import output_console
from streamproc.cli.verdicts import last_steps
from streamproc.cli.verify import Reading, progress_bar
from streamproc.engine.preflight import check_topics
from streamproc.engine.rebuild import Rebuild
from streamproc.events.outputs import ALERTS_TOPIC
from streamproc.program.live import LiveProgram
from streamproc.provision.group import GroupWatch
from streamproc.settings import Settings

POLL_S: Final = 1.0
CAUGHT_UP_RECORDS: Final = 10_000

app = typer.Typer(no_args_is_help=True, help="The state as a whole.")


@app.callback()
def _state() -> None:
    """The state as a whole."""


@app.command()
def rebuild(
    bootstrap: Bootstrap = None,
    app_id: AppId = None,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss",
            help="Rebuild although retention deleted the log's beginning: what it told is taken over.",
        ),
    ] = False,
) -> None:
    """Make the state anew from the input topics, beside running workers, and put it in place.

    The log is folded from its start by this version's program and followed. Once it is caught up, the
    old workers are to be stopped; as soon as none is left in the group, the new state takes the place
    of the old one as a new incarnation, and workers of this version may start. Until then nothing is
    written, and Ctrl-C changes nothing.
    """
    settings = settings_of(
        kafka__bootstrap_servers=bootstrap,
        kafka__app_id=app_id,
        engine__accept_loss=accept_loss or None,
    )
    asyncio.run(_rebuilt(settings, output_console(stderr=True)))


async def _rebuilt(settings: Settings, console: Console) -> None:
    kafka = settings.kafka
    watch = GroupWatch(kafka.bootstrap_servers, kafka.app_id, timeout_s=kafka.request_timeout_s)
    program = partial(LiveProgram, reader_of(settings))
    with progress_bar(console) as bar, libraries_silenced():
        await check_topics(
            kafka.bootstrap_servers, (), ALERTS_TOPIC, timeout_s=kafka.request_timeout_s
        )
        making = await rebuild_of(
            settings, program, started_us=time.time_ns() // 1000, told=Reading(bar)
        )
        async with making, watch:
            while await making.follow() > CAUGHT_UP_RECORDS:
                pass
            await _until_empty(making, watch, console)
            await making.follow()
            done = await making.replace(await last_steps(settings))
    if done.unread:
        console.print(
            f"{done.unread:,} records of alerts or of what the log lost could not be read and are gone:"
            " episodes of such alerts begin anew",
            highlight=False,
        )
    if done.damaged:
        console.print(
            f"the state of {done.damaged:,} partitions was damaged: what the log tells no more was taken"
            " over from it as it stood, and may lack something",
            highlight=False,
        )
    if done.taken:
        console.print(
            f"{done.taken:,} records of what the log tells no more, or in part, were taken over",
            highlight=False,
        )
    console.print(
        f"the state is new: {done.written:,} records written, {done.deleted:,} deleted,"
        f" incarnation {done.incarnation}. Workers of this version may start",
        highlight=False,
    )


async def _until_empty(making: Rebuild, watch: GroupWatch, console: Console) -> None:
    """Follow the log until no worker is left."""
    asked = False
    while members := await watch.members():
        if not asked:
            asked = True
            console.print(
                f"caught up. {members} members are in the group: stop the workers, and the new state"
                " takes the place of theirs at once",
                highlight=False,
            )
        await making.follow()
        await asyncio.sleep(POLL_S)
