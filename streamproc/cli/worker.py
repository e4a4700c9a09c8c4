"""``streamproc worker``: fold the input topics until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from streamproc.app import WorkerRun
from streamproc.cli.alert_limits import judge_of, limits_of
from streamproc.cli.comment_reading import FollowedReader
from streamproc.cli.config import AppId, Bootstrap, settings_of
from streamproc.cli.display import Display, display_for
from streamproc.cli.logs import libraries_silenced
from streamproc.cli.status import Status, status_of, write_status
from streamproc.cli.terminal import EXIT_OF_SIGNAL, end_at_once
from streamproc.errors import BadSetting, Stalled, StreamprocError
from streamproc.program.alert_view import AlertRow, alert_rows
from streamproc.program.live import LiveProgram
from streamproc.program.view import HostRow, host_rows
from streamproc.settings import Settings

SHOW_INTERVAL_S = 1.0
STOP_TIMEOUT_S = 50.0
"""With the next one less than the minute after which whatever told a worker to stop kills it."""
CANCEL_TIMEOUT_S = 5.0
"""So long a start that is given up may take to end."""
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""The last one comes when the terminal is closed."""


def worker(
    bootstrap: Bootstrap = None,
    app_id: AppId = None,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss",
            help="Go on although the log, or the changelog, lost data; count it as absent.",
        ),
    ] = False,
    status_file: Annotated[
        Path | None,
        typer.Option(help="Write how it goes into this file once a second, as JSON."),
    ] = None,
    table: Annotated[
        bool, typer.Option("--table/--no-table", help="A live table, where stdout is a terminal.")
    ] = True,
) -> None:
    """Fold the input topics into tallies; stop it at any time.

    SIGTERM and Ctrl-C end it in order, with exit code 0; a second one ends it at once. Ending it in
    any other way, kill -9 included, changes no total: the next worker goes on where the state stands.
    """
    settings = settings_of(
        kafka__bootstrap_servers=bootstrap,
        kafka__app_id=app_id,
        engine__accept_loss=accept_loss or None,
    )
    display = display_for(Console(highlight=False), table=table)
    asyncio.run(_until_told(settings, display, status_file))


async def _until_told(settings: Settings, display: Display, status_file: Path | None) -> None:
    with display, stop_on_signals(lambda: give_back(display)) as told:
        running = RunningWorker(settings, display, status_file=status_file)
        await running.start(told)
        await running.serve(told)
        display.note("stopping: flush, commit, leave the group")
        await running.stop()
    display.note("stopped")


class RunningWorker:
    """A worker, and what is shown of it. ``tidy`` is called before a failure ends the process.

    Errors: ``BadSetting``, ``BadLexicon`` if a file that the settings name is wrong.
    """

    def __init__(
        self,
        settings: Settings,
        display: Display,
        *,
        status_file: Path | None = None,
        tidy: Callable[[], None] | None = None,
    ) -> None:
        self._settings = settings
        self._display = display
        self._status_file = status_file
        self._tidy = tidy
        self._judge = judge_of(limits_of(settings))
        self._reader = FollowedReader(settings, lambda error: display.note(str(error)))
        self.run = WorkerRun(
            settings,
            program=self._program,
            progress=display,
            failure=self._fail,
            told=display.note,
        )

    def _program(self) -> LiveProgram:
        """A new program that reads by the files as they are now."""
        return LiveProgram(self._reader.reader, self._judge, shown=True)

    def _fail(self, error: StreamprocError) -> NoReturn:
        try:
            give_back(self._display)
            if self._tidy is not None:
                self._tidy()
        finally:
            end_at_once(error)

    async def start(self, told: asyncio.Event) -> None:
        """Start, unless told to stop meanwhile.

        Errors: what the checks of the surroundings find.
        """
        self._display.note(f"connecting to {self._settings.kafka.bootstrap_servers}")
        self.show()
        with libraries_silenced():
            starting = asyncio.create_task(self.run.start())
            await first_of(starting, told)
            if not starting.done():
                starting.cancel()
                await asyncio.wait({starting}, timeout=CANCEL_TIMEOUT_S)
                if not starting.done():
                    self._fail(self._endless("the start did not end", CANCEL_TIMEOUT_S))
                with contextlib.suppress(asyncio.CancelledError):
                    await starting
                return
            try:
                await starting
            except StreamprocError as error:
                if not await self._stops_in_time():
                    self._fail(error)
                raise

    async def serve(self, told: asyncio.Event, beside: asyncio.Task[Any] | None = None) -> None:
        """Show how it goes until told to stop, or until what runs beside it is done.

        Errors: what made the worker crash, or the task beside it fail.
        """
        if told.is_set():
            return
        ended = asyncio.create_task(self.run.wait())
        stopping = asyncio.create_task(told.wait())
        following = asyncio.create_task(self._reader.follow(self._programs))
        tasks = {ended, stopping, following} | ({beside} if beside is not None else set())
        try:
            while not any(task.done() for task in tasks):
                self.show()
                await asyncio.wait(
                    tasks, timeout=SHOW_INTERVAL_S, return_when=asyncio.FIRST_COMPLETED
                )
            for task in tasks:
                if task.done():
                    await task
        finally:
            for task in (ended, stopping, following):
                task.cancel()

    async def stop(self) -> None:
        """Stop in order: flush, commit, leave the group; end the process if that does not end."""
        if not await self._stops_in_time():
            self._fail(self._endless("the worker did not stop", STOP_TIMEOUT_S))
        self.show(stopped=True)

    def _endless(self, what: str, timeout_s: float) -> Stalled:
        return Stalled(
            f"{what} in {timeout_s:.0f} s",
            where=self._settings.kafka.bootstrap_servers,
            hint="it is ended; what was not flushed is read again. Look at the broker",
        )

    async def _stops_in_time(self) -> bool:
        """Stop; False if that takes too long.

        Trap: whatever is left then, as a thread of the client, would keep the process alive for ever.
        """
        stopping = asyncio.create_task(self.run.stop())
        await asyncio.wait({stopping}, timeout=STOP_TIMEOUT_S)
        if not stopping.done():
            return False
        await stopping
        return True

    def show(self, *, stopped: bool = False) -> None:
        """Show the worker, and write the status file."""
        status, rows, alerts = self.now(stopped=stopped)
        self._display.show(status, rows, alerts)
        if self._status_file is not None:
            try:
                write_status(self._status_file, status)
            except OSError as error:
                raise BadSetting(
                    f"the status file cannot be written: {error.strerror}",
                    where=str(self._status_file),
                    hint="name a file in a folder that may be written to: --status-file",
                ) from error

    def now(self, *, stopped: bool = False) -> tuple[Status, list[HostRow], list[AlertRow]]:
        """How it goes; the hosts of the partitions that are ours, most money first; their open alerts."""
        engine = getattr(self.run, "engine", None)
        now_ms = time.time_ns() // 1_000_000
        status = status_of(engine, now_ms, stopped=stopped)
        if engine is None:
            return status, [], []
        programs = self._programs()
        for program in programs:
            self._tell_failures(program)
        return status, host_rows(programs), alert_rows(programs)

    def _tell_failures(self, program: LiveProgram) -> None:
        """Say where a rule failed: its room is left alone for a minute, all others go on."""
        failures = {} if program.judging is None else program.judging.failures
        for room, error in failures.items():
            notes = "; ".join(getattr(error, "__notes__", []))
            self._display.note(
                f"no alerts of {room} for a minute: {error!r} ({notes}). Please report it"
            )
        failures.clear()

    def _programs(self) -> list[Any]:
        return [each.program for each in self.run.engine.partitions.values()]


@contextlib.contextmanager
def stop_on_signals(tidy: Callable[[], None] = lambda: None) -> Iterator[asyncio.Event]:
    """An event that the first signal to stop sets; the second one ends the process.

    Shapes: ``tidy`` is called just before that; it is to be quick.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell(number: int) -> None:
        if told.is_set():
            try:
                tidy()
            finally:
                os._exit(EXIT_OF_SIGNAL + number)
        told.set()

    for number in STOPPING:
        loop.add_signal_handler(number, tell, number)
    try:
        yield told
    finally:
        for number in STOPPING:
            loop.remove_signal_handler(number)


def give_back(display: Display) -> None:
    """Give the terminal back, before a process ends without leaving the display in order."""
    display.__exit__(None, None, None)


async def first_of(task: asyncio.Task[None], told: asyncio.Event) -> None:
    """Return when the task is done or the event is set."""
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
