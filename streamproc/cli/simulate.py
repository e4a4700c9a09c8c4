"""``streamproc simulate``: a broadcast that never was, sent to Kafka with a ledger, or to a file."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console

from streamproc.cli.config import Bootstrap, settings_of
from streamproc.cli.moments import moment_ms
from streamproc.cli.simulate_views import shown, summary
from streamproc.cli.terminal import INTERRUPTED, error_console
from streamproc.errors import BadSetting, BrokerUnreachable
from streamproc.simulate.garbage import GARBAGE_KINDS
from streamproc.simulate.generator import default_start_ms
from streamproc.simulate.options import Options
from streamproc.simulate.progress import Progress
from streamproc.simulate.recording import write_records
from streamproc.simulate.run import run, totals_path, write_totals
from streamproc.simulate.scenario import Scenario, load_scenario, scenario_names

_STDOUT = Path("-")
_FAULTS = "Faults, as shares of everything sent"
_TIME = "Which part, how fast"


def simulate(
    scenario: Annotated[
        str, typer.Argument(help=f"One of {', '.join(scenario_names())}, or a .toml file.")
    ],
    bootstrap: Bootstrap = None,
    ledger: Annotated[
        Path, typer.Option(help="Where to write what is true, before it is sent.")
    ] = Path("ledger.jsonl"),
    to: Annotated[
        Path | None,
        typer.Option(help="Write JSON lines to this file, - for stdout, instead of sending."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same broadcast.")] = 1,
    audience_scale: Annotated[
        float, typer.Option(min=0, help="Thins comments and viewers; orders stay exact.")
    ] = 1.0,
    start: Annotated[
        str | None,
        typer.Option(
            help="Event time of the first moment, as 2026-11-23T20:00:00+08:00 or in milliseconds."
            " Left out, the last moment is sent at its own time.",
            rich_help_panel=_TIME,
        ),
    ] = None,
    seconds: Annotated[
        int | None,
        typer.Option(min=1, help="Only so many seconds of it.", rich_help_panel=_TIME),
    ] = None,
    from_second: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Begin here. Left out, a slice begins shortly before a stock-out.",
            rich_help_panel=_TIME,
        ),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            min=0, help="How often faster than life; 0: all at once.", rich_help_panel=_TIME
        ),
    ] = 1.0,
    rate: Annotated[
        float,
        typer.Option(min=0, help="At most so many a second; 0: no limit.", rich_help_panel=_TIME),
    ] = 0.0,
    duplicates: Annotated[float, typer.Option(help="Sent twice.", rich_help_panel=_FAULTS)] = 0.0,
    disorder: Annotated[
        float, typer.Option(help="Delayed, but not too late.", rich_help_panel=_FAULTS)
    ] = 0.0,
    lateness: Annotated[
        float, typer.Option(help="Later than any window waits.", rich_help_panel=_FAULTS)
    ] = 0.0,
    garbage: Annotated[float, typer.Option(help="Cannot be used.", rich_help_panel=_FAULTS)] = 0.0,
    garbage_kind: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Only this kind; may be repeated. {', '.join(GARBAGE_KINDS)}.",
            rich_help_panel=_FAULTS,
        ),
    ] = None,
) -> None:
    """Simulate a broadcast: send it to Kafka with a ledger of what is true, or write it to a file."""
    servers = settings_of(kafka__bootstrap_servers=bootstrap).kafka.bootstrap_servers
    wanted = load_scenario(scenario)
    now_ms = _ms(datetime.now(UTC))
    options = Options(
        start_ms=now_ms if start is None else moment_ms(start, option="--start"),
        seed=seed,
        audience_scale=audience_scale,
        seconds=seconds,
        from_s=from_second,
        speed=speed,
        rate_per_s=rate,
        duplicates=duplicates,
        disorder=disorder,
        lateness=lateness,
        garbage=garbage,
        garbage_kinds=tuple(garbage_kind or GARBAGE_KINDS),
    )
    if start is None:
        begin_ms = default_start_ms(wanted, options, now_ms)
        options = dataclasses.replace(options, start_ms=begin_ms)
    if to is None:
        _send(wanted, options, servers, ledger)
    else:
        _write(wanted, options, to)


def _send(scenario: Scenario, options: Options, bootstrap: str, ledger: Path) -> None:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # every outcome is told here
    has_begun = False
    with shown(scenario) as show:

        def on_progress(told: Progress) -> None:
            nonlocal has_begun
            has_begun = True
            show(told)

        sending = run(
            scenario, options, bootstrap=bootstrap, ledger_path=ledger, on_progress=on_progress
        )
        try:
            totals = asyncio.run(sending)
        except KeyboardInterrupt:
            held = f"{ledger} holds what was sent until now" if has_begun else "Nothing was sent"
            error_console().print(f"Stopped. {held}.")
            raise typer.Exit(INTERRUPTED) from None
    console = Console()
    console.print(summary(totals))
    beside = totals_path(ledger) if ledger.is_file() else None
    console.print(_places("Ledger", ledger, beside), highlight=False, soft_wrap=True)
    lost = totals.emitted - totals.outcomes["acked"]
    if lost:
        raise BrokerUnreachable(
            f"{lost} of {totals.emitted} records were not acknowledged",
            where=bootstrap,
            hint=f"{ledger} says which and why; start the broker and run it again",
        )


def _write(scenario: Scenario, options: Options, to: Path) -> None:
    try:
        with _opened(to) as file, shown(scenario) as on_progress:
            totals = write_records(scenario, options, file, on_progress)
    except BrokenPipeError:  # whoever read stdout has enough: no error
        raise
    except OSError as error:
        raise BadSetting(
            f"the file cannot be written: {error.strerror}",
            where="stdout" if to == _STDOUT else str(to),
            hint="name a file in a folder that exists, may be written and has room",
        ) from error
    if to == _STDOUT:
        return
    beside = write_totals(totals, to)
    console = Console()
    console.print(summary(totals))
    console.print(_places("Records", to, beside), highlight=False, soft_wrap=True)


def _places(what: str, path: Path, totals: Path | None) -> str:
    if totals is None:
        return f"{what} {path}; no totals, as that is no ordinary file."
    return f"{what} {path}, totals {totals}."


@contextlib.contextmanager
def _opened(to: Path) -> Iterator[IO[bytes]]:
    if to != _STDOUT:
        with to.open("wb") as file:
            yield file
        return
    if sys.stdout is None:
        raise BadSetting(
            "stdout is closed",
            where="--to -",
            hint="let it go to a file or a program, or name a file",
        )
    # a buffer of our own: what could not be written must not be tried again when the process ends
    with open(sys.stdout.fileno(), "wb", closefd=False) as file:
        yield file


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
