"""The program ``streamproc``: its commands, and how an error leaves it.

A command's module is imported only when that command is asked for, so that ``--help`` is quick.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, NamedTuple, NoReturn

import structlog
import typer

from streamproc import __version__
from streamproc.cli.entry import listen_to_interrupts, write_what_can_be_written
from streamproc.cli.logs import configure_logging
from streamproc.errors import BrokerUnreachable, StreamprocError
from streamproc.memory import hold_many

LEVEL, FORMAT = "STREAMPROC_LOG__LEVEL", "STREAMPROC_LOG__FORMAT"


class Command(NamedTuple):
    """Where a command is: the name of its function, or of its typer app if it has commands."""

    module: str
    attribute: str
    help: str


COMMANDS: Mapping[str, Command] = {
    "demo": Command("demo", "demo", "Live tallies of a simulated broadcast, all in one command."),
    "worker": Command(
        "worker", "worker", "Fold the input topics into tallies; stop it at any time."
    ),
    "board": Command("board", "board", "Serve the board: page, API and events, from Redis."),
    "verify": Command("verify", "verify", "Compare the state with what the log adds up to."),
    "topics": Command("topics", "app", "The topics on the broker and their declaration."),
    "dlq": Command("dlq", "app", "Records that could not be used: list, look at, send again."),
    "simulate": Command(
        "simulate", "simulate", "Send a simulated broadcast, and keep a ledger of it."
    ),
    "ingest": Command("ingest", "ingest", "Send JSON lines into the right topics."),
    "replay": Command("replay", "replay", "Fold recorded events without Kafka."),
    "whatif": Command("whatif", "whatif", "Recorded alerts with other thresholds."),
    "export": Command("export", "export", "Figures as CSV or Parquet: places, sessions, contests."),
    "robots": Command(
        "robots", "robots", "Bring what Alertmanager tells to WeCom, DingTalk and Feishu."
    ),
    "state": Command("state", "app", "The state as a whole: make it anew from the log."),
    "comments": Command("comments", "app", "What viewers' comments mean, and why."),
    "redis": Command("redis", "app", "The view in Redis: load its functions, check the server."),
    "config": Command("config", "app", "What can be set, and what is."),
}


class Level(StrEnum):
    """The least that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line is logged."""

    CONSOLE = "console"
    JSON = "json"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every error of ours ends it with its own exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    hold_many(os.environ)
    write_what_can_be_written()
    try:
        program = build(given)
        listen_to_interrupts()
        program(args=given, prog_name="streamproc")
    except StreamprocError as error:
        _fail(error)
    except Exception as error:
        lost = _lost_broker(error)
        if lost is None:
            raise
        _fail(lost)


def _fail(error: StreamprocError) -> NoReturn:
    from streamproc.cli.terminal import tell

    try:
        tell(error)
    finally:
        sys.exit(error.exit_code)  # also where nobody can be told


def _lost_broker(error: Exception) -> BrokerUnreachable | None:
    """What a command is told to have failed of, if that is a Kafka client; else None."""
    client = sys.modules.get("aiokafka.errors")  # only then has it failed
    if client is None or not isinstance(error, client.KafkaError):
        return None
    structlog.get_logger(__name__).debug("Kafka failed", exc_info=error)
    return BrokerUnreachable(
        f"Kafka did not do what it was asked for: {error!r}",
        hint="look at the broker: is it up, and may you do this? What is done stays done; run it again",
    )


def build(arguments: Sequence[str]) -> typer.Typer:
    """The command line, with the command asked for in full and the others by name only."""
    app = typer.Typer(
        name="streamproc",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Exact rolling tallies of live sales rooms, from Kafka.",
    )
    app.callback()(_root)
    wanted = next((one for one in arguments if one in COMMANDS), None)
    for name, command in COMMANDS.items():
        _add(app, name, command, whole=name == wanted)
    return app


def _add(app: typer.Typer, name: str, command: Command, *, whole: bool) -> None:
    if not whole:
        app.command(name, help=command.help)(_by_name_only)
        return
    found = getattr(importlib.import_module(f"streamproc.cli.{command.module}"), command.attribute)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name, help=command.help)
    else:
        app.command(name)(found)


def _by_name_only() -> None:
    """Stands for a command that was not asked for."""


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"streamproc {__version__}")
        raise typer.Exit


def _root(
    log_level: Annotated[
        Level | None, typer.Option(help=f"The least that is logged, on stderr. [{LEVEL}; info]")
    ] = None,
    log_format: Annotated[
        LogFormat | None, typer.Option(help=f"How a line is logged. [{FORMAT}; console]")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    # what a variable holds is judged with all the other settings, by the commands that have any
    level = log_level or os.environ.get(LEVEL, "").lower()
    shape = log_format or os.environ.get(FORMAT, "").lower()
    configure_logging(
        level if level in list(Level) else Level.INFO,
        shape if shape in list(LogFormat) else LogFormat.CONSOLE,
    )
