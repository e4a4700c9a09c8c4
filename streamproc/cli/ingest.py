"""``streamproc ingest``: JSON lines from any source into the right topics."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
)
from rich.table import Table

from streamproc.cli.config import Bootstrap, settings_of
from streamproc.cli.ingest_source import Blocks, opened, size_of
from streamproc.cli.terminal import EXIT_OF_SIGNAL, error_console
from streamproc.errors import BadInput, BrokerUnreachable
from streamproc.ingest.cutting import LineCutter
from streamproc.ingest.lines import BadLine, LineReader
from streamproc.simulate.ledger import Acked, Outcome
from streamproc.simulate.sender import Outgoing, Sender

_STOPPING = (signal.SIGINT, signal.SIGTERM)


def ingest(
    file: Annotated[str, typer.Argument(help="A file of JSON lines, or - for stdin.")],
    bootstrap: Bootstrap = None,
) -> None:
    """Send JSON lines into the right topics, each line one event with its "type" and "host_id".

    A line that cannot be used is named on stderr and left out; then the exit code is 26. Ctrl-C ends
    it once what was handed over is acknowledged, a second one at once; the counts are told either way.
    """
    servers = settings_of(kafka__bootstrap_servers=bootstrap).kafka.bootstrap_servers
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # every outcome is told here
    with opened(file) as source:
        bar = _bar()
        run = _Ingest(file, bar, size=size_of(source))
        try:
            with bar:
                stopped_by = asyncio.run(run.until_told(source, servers))
        finally:
            if run.has_begun:
                Console().print(run.summary())
    if stopped_by:
        error_console().print(f"Stopped. {run.counts()}")
        raise typer.Exit(EXIT_OF_SIGNAL + stopped_by)
    if run.not_acked:
        raise BrokerUnreachable(
            f"{run.not_acked} events were not acknowledged",
            where=servers,
            hint="run it again: what is sent twice within two minutes is counted once",
        )
    if run.bad:
        raise BadInput(
            f"{run.bad} of {run.bad + run.good} lines cannot be used; the others were sent",
            where=file,
            hint="correct the lines named above and send only these",
        )


class _Ingest:
    """One run: what was read and what became of it."""

    def __init__(self, file: str, bar: Progress, *, size: int | None) -> None:
        self._file = file
        self._bar = bar
        self._task = bar.add_task("ingest", total=size)
        self._reader = LineReader()
        self._cutter = LineCutter()
        self.has_begun = False
        self._acked: Counter[str] = Counter()
        self.lines = 0
        self.good = 0
        self.bad = 0
        self.left = 0

    @property
    def not_acked(self) -> int:
        """Events that were handed over and that the log may hold or not."""
        return self.good - self._acked.total()

    async def until_told(self, source: IO[bytes], bootstrap: str) -> int:
        """Send every line that can be; the signal that ended it before, or 0.

        Errors: ``BadSetting`` if it cannot be read to its end; what a ``Sender`` raises.
        """
        loop, told = asyncio.get_running_loop(), list[int]()
        sending = asyncio.create_task(self._all_of(source, bootstrap))

        def stop(number: int) -> None:
            if self.has_begun and not told:
                waits = (
                    "Stopping: what is under way is still awaited; a second signal ends it at once"
                )
                self._bar.console.print(waits)
            told.append(number)
            sending.cancel()

        for number in _STOPPING:
            loop.add_signal_handler(number, stop, number)
        try:
            await asyncio.wait({sending})
        finally:
            for number in _STOPPING:
                loop.remove_signal_handler(number)
        if not sending.cancelled():
            sending.result()
        return told[0] if told else 0

    def summary(self) -> Table:
        """How many events each topic took, and what became of the others."""
        table = Table("topic", "events", title="Ingested")
        table.columns[1].justify = "right"
        for topic, count in sorted(self._acked.items()):
            table.add_row(topic, f"{count:,}")
        table.add_row("not usable", f"{self.bad:,}")
        for name, count in (("not acknowledged", self.not_acked), ("not sent", self.left)):
            if count:
                table.add_row(name, f"{count:,}")
        return table

    def counts(self) -> str:
        """The same in one line."""
        return (
            f"{self.lines:,} lines read: {self._acked.total():,} events sent,"
            f" {self.not_acked:,} not acknowledged, {self.bad:,} lines not usable,"
            f" {self.left:,} not sent"
        )

    async def _all_of(self, source: IO[bytes], bootstrap: str) -> None:
        async with Sender(bootstrap, self._settled) as sender:
            self.has_begun = True
            blocks = Blocks(self._file, source)
            try:
                async for block in blocks:
                    await sender.send(list(self._records(self._cutter.cut(block))))
                    self._bar.advance(self._task, len(block))
                await sender.send(list(self._records(self._cutter.last())))
            finally:
                self._leave(blocks)

    def _leave(self, blocks: Blocks) -> None:
        """Count what was taken from a pipe, where it is no more, and was not looked at."""
        lines = [line for block in blocks.left() for line in self._cutter.cut(block)]
        lines += self._cutter.last()
        self.lines += len(lines)
        self.left += len(lines)

    def _records(self, lines: list[bytes]) -> Iterator[Outgoing]:
        now_ms = int(datetime.now(UTC).timestamp() * 1000)
        for line in lines:
            self.lines += 1
            found = self._reader.read(line, now_ms)
            if isinstance(found, BadLine):
                self._tell(found)
            elif found is not None:
                self.good += 1
                yield Outgoing(self.lines, found.topic, found.key, found.value)

    def _tell(self, bad: BadLine) -> None:
        self.bad += 1
        where = f"[bold red]line {self.lines}:[/] "
        self._bar.console.print(
            f"{where}{escape(bad.what)}\n  [dim]what to do:[/] {escape(bad.hint)}"
        )

    def _settled(self, outcome: Outcome) -> None:
        if isinstance(outcome, Acked):
            self._acked[outcome.topic] += len(outcome.seqs)


def _bar() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    return Progress(*columns, console=error_console())
