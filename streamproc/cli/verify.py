"""``streamproc verify``: the state in the changelog against what the log adds up to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from streamproc.changelog_state import silent
from streamproc.cli.comment_reading import classifier_of
from streamproc.cli.config import AppId, Bootstrap, settings_of
from streamproc.cli.dead_letters import read_dead_letters
from streamproc.cli.logs import libraries_silenced
from streamproc.cli.terminal import output_console
from streamproc.errors import BadSetting, VerificationFailed
from streamproc.oracle.batch import LogRecord
from streamproc.settings import Settings
from streamproc.simulate.check import check
from streamproc.simulate.differences import Position
from streamproc.simulate.ledger import header_of
from streamproc.simulate.run import totals_path
from streamproc.simulate.truth import Totals, read_totals
from streamproc.verification import Log, Verification, in_a_thread, verify_state, words_of

COUNTS = ("applied", "duplicate", "rejected", "late", "ahead", "absent", "unaccounted")


def verify(
    bootstrap: Bootstrap = None,
    app_id: AppId = None,
    ledger: Annotated[
        Path | None,
        typer.Option(
            help="Also compare with the ledger of a simulation that alone wrote to the topics, and its"
            " garbage with the dead letters."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Compare the state with what the log adds up to, value by value and as one SHA-256.

    It reads the input topics from their start with a slow, plain computation that shares no code with
    the worker, and the changelog as any reader would. Workers may go on meanwhile: of each partition
    it compares what the state covers. What retention took from the log cannot be compared, and is
    noted. Exit 25 on a difference.
    """
    settings = settings_of(kafka__bootstrap_servers=bootstrap, kafka__app_id=app_id)
    console = output_console(stderr=as_json)
    found = asyncio.run(verified(settings, console, ledger))
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
    else:
        report(found, console)
    refuse_differences(found, where=settings.kafka.bootstrap_servers)


async def verified(settings: Settings, console: Console, ledger: Path | None) -> Verification:
    """The verification, with a progress bar on a terminal.

    Errors: as ``verify_state`` and :func:`ledger_differences`.
    """
    words = words_of(classifier_of(settings))
    if ledger is not None:  # told before minutes of reading, not after them
        _totals_of(ledger)
        header_of(ledger)
    with progress_bar(console) as bar, libraries_silenced():
        reading = Reading(bar)
        found = await verify_state(settings, reading, words)
        if ledger is not None:
            found.differences += [
                f"ledger: {line}" for line in await ledger_differences(settings, ledger, found)
            ]
    return found


async def ledger_differences(
    settings: Settings,
    ledger: Path,
    found: Verification,
    since: Mapping[tuple[str, int], int] | None = None,
) -> list[str]:
    """In what the ledger of a simulation differs from the state, and garbage from the dead letters.

    Shapes: ``since`` are the ends of the log before it, if there was anything: then only its own
    sessions and records are looked at.
    Errors: ``BadSetting`` if it or its totals cannot be read; ``BadInput`` if it does not hold what
        its totals tell of; what reading topics may raise.
    """
    totals = _totals_of(ledger)
    kafka = settings.kafka
    read = await read_dead_letters(kafka.bootstrap_servers, timeout_s=kafka.request_timeout_s)
    letters: set[Position] = {one.origin for one in read.letters}
    held = found.totals
    if since is not None:
        letters = {at for at in letters if at[2] >= since.get((at[0], at[1]), 0)}
        own = {f"{host}/{session}" for host, of in totals.hosts.items() for session in of}
        held = {name: figures for name, figures in held.items() if name in own}
    log = Log(kafka.bootstrap_servers, None, silent)

    def compared(entries: Iterator[LogRecord]) -> list[str]:
        return check(ledger, totals, held, letters, entries)

    return await in_a_thread(log.chunks(found.partitions), compared)


def _totals_of(ledger: Path) -> Totals:
    try:
        return read_totals(totals_path(ledger))
    except (OSError, msgspec.MsgspecError) as error:
        raise BadSetting(
            f"the totals of the ledger cannot be read: {error}",
            where=str(totals_path(ledger)),
            hint="name the ledger of `streamproc simulate`; its totals are beside it",
        ) from error


class Reading:
    """Shows how much of each topic is read."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, doing: str, records: int, of_about: int) -> None:
        """So many of about so many records are read."""
        if doing not in self._tasks:
            self._tasks[doing] = self._bar.add_task(f"reading {doing}", total=of_about)
        self._bar.update(self._tasks[doing], completed=records, total=max(records, of_about))


def progress_bar(console: Console) -> Progress:
    """A progress bar that is seen on a terminal only, and leaves nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def report(found: Verification, console: Console) -> None:
    """Print what was compared and what was found."""
    console.print(_accounting(found))
    for topic, by_partition in found.beyond_records.items():
        count = sum(by_partition.values())
        console.print(f"{count:,} records of {topic} are beyond the state: not folded yet")
    if found.stale_records:
        console.print(f"{found.stale_records:,} stale changelog records, ignored by every reader")
    for note in found.notes:
        console.print(Text(f"note: {note}", style="yellow"))
    console.print(
        f"{found.compared_records:,} log records against {found.state_records:,} state records"
        f" of {found.hosts:,} hosts in {found.partitions} partitions"
    )
    console.print(f"state  {found.state_sha256}\nlog    {found.log_sha256}")
    if found.is_equal:
        of = "every value that can be compared" if found.notes else "every value"
        console.print(Text(f"equal: {of}, and the digest", style="bold green"))
        return
    console.print(Text("differences (state | log):", style="bold red"))
    for line in found.differences:
        console.print(Text(f"  {line}"))


def refuse_differences(found: Verification, *, where: str) -> None:
    """Return if nothing differs.

    Errors: ``VerificationFailed`` that shows the first differences.
    """
    if found.is_equal:
        return
    shown = found.differences[:5]
    more = len(found.differences) - len(shown)
    raise VerificationFailed(
        "\n  ".join(
            ["the state is not what the log adds up to:", *shown]
            + ([f"and {more} more"] if more else [])
        ),
        where=where,
        hint="keep the topics as they are and report this; a restart does not change it",
    )


def _accounting(found: Verification) -> Table:
    table = Table(
        title="What became of every offset",
        box=box.SIMPLE_HEAD,
        title_justify="left",
        pad_edge=False,
    )
    table.add_column("topic", no_wrap=True)
    for name in ("offsets", *COUNTS):
        table.add_column(name, justify="right", no_wrap=True)
    for topic, by_partition in found.accounting.items():
        offsets = sum(each["next_offset"] - each["first_offset"] for each in by_partition.values())
        sums = [sum(each[name] for each in by_partition.values()) for name in COUNTS]
        table.add_row(topic, *(f"{count:,}" for count in (offsets, *sums)))
    return table
