"""``streamproc ingest``: JSON lines from any source into the right topics."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import stat
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
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

from streamproc.cli.terminal import error_console
from streamproc.errors import BadInput, BadSetting, BrokerUnreachable
from streamproc.ingest.lines import BadLine, LineReader
from streamproc.simulate.ledger import Acked, Outcome
from streamproc.simulate.sender import Outgoing, Sender

_STDIN = "-"
_BLOCK_BYTES = 1 << 18


def ingest(
    file: Annotated[str, typer.Argument(help="A file of JSON lines, or - for stdin.")],
    bootstrap: Annotated[
        str,
        typer.Option(
            envvar="STREAMPROC_KAFKA__BOOTSTRAP_SERVERS", help="The broker: host:port, or several."
        ),
    ] = "127.0.0.1:9092",
) -> None:
    """Send JSON lines into the right topics, each line one event with its "type" and "host_id".

    A line that cannot be used is named on stderr and left out; then the exit code is 26.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # every outcome is told here
    with _opened(file) as source, _bar() as bar:
        run = _Ingest(bar, size=_size(source))
        asyncio.run(run.all_of(source, bootstrap))
    Console().print(run.summary())
    if run.not_acked:
        raise BrokerUnreachable(
            f"{run.not_acked} events were not acknowledged",
            where=bootstrap,
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

    def __init__(self, bar: Progress, *, size: int | None) -> None:
        self._bar = bar
        self._task = bar.add_task("ingest", total=size)
        self._reader = LineReader()
        self._sent: Counter[str] = Counter()
        self._line = 0
        self.good = 0
        self.bad = 0
        self.not_acked = 0

    async def all_of(self, source: IO[bytes], bootstrap: str) -> None:
        """Send every line that can be."""
        async with Sender(bootstrap, self._settled) as sender:
            async for lines in _blocks(source):
                await sender.send(list(self._records(lines)))
                self._bar.advance(self._task, sum(map(len, lines)) + len(lines))

    def summary(self) -> Table:
        """How many events each topic took."""
        table = Table("topic", "events", title="Ingested")
        table.columns[1].justify = "right"
        for topic, count in sorted(self._sent.items()):
            table.add_row(topic, f"{count:,}")
        table.add_row("not usable", f"{self.bad:,}")
        return table

    def _records(self, lines: list[bytes]) -> Iterator[Outgoing]:
        now_ms = int(datetime.now(UTC).timestamp() * 1000)
        for line in lines:
            self._line += 1
            found = self._reader.read(line, now_ms)
            if isinstance(found, BadLine):
                self._tell(found)
            elif found is not None:
                self.good += 1
                yield Outgoing(self._line, found.topic, found.key, found.value)

    def _tell(self, bad: BadLine) -> None:
        self.bad += 1
        where = f"[bold red]line {self._line}:[/] "
        self._bar.console.print(
            f"{where}{escape(bad.what)}\n  [dim]what to do:[/] {escape(bad.hint)}"
        )

    def _settled(self, outcome: Outcome) -> None:
        count = len(outcome.seqs)
        if isinstance(outcome, Acked):
            self._sent[outcome.topic] += count
        else:
            self.not_acked += count


async def _blocks(source: IO[bytes]) -> AsyncIterator[list[bytes]]:
    """Lines as they come in, also from a pipe that somebody still writes to."""
    rest = b""
    while block := await asyncio.to_thread(_read, source):
        *lines, rest = (rest + block).split(b"\n")
        if lines:
            yield lines
    if rest:
        yield [rest]


def _read(source: IO[bytes]) -> bytes:
    return os.read(source.fileno(), _BLOCK_BYTES)


@contextlib.contextmanager
def _opened(file: str) -> Iterator[IO[bytes]]:
    if file == _STDIN:
        yield sys.stdin.buffer
        return
    path = Path(file)
    try:
        source = path.open("rb")
    except OSError as error:
        raise BadSetting(
            f"the file cannot be read: {error.strerror}",
            where=file,
            hint="name a file of JSON lines, or - for stdin",
        ) from error
    with source:
        yield source


def _size(source: IO[bytes]) -> int | None:
    """Of a file; a pipe has none."""
    status = os.fstat(source.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _bar() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    return Progress(*columns, console=error_console())
