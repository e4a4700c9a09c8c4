"""``streamproc topics plan|apply|verify``: the broker's topics against their declaration."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from dataclasses import astuple
from typing import Annotated, Any, Final, TypeVar

import typer
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from streamproc.cli.config import AppId, Bootstrap, settings_of
from streamproc.cli.terminal import output_console
from streamproc.errors import TopicDrift
from streamproc.provision.actual import read_actual
from streamproc.provision.admin import apply as apply_topics
from streamproc.provision.admin import refuse_wrong_partitions
from streamproc.provision.catalog import TopicDeclaration, deployed, load_catalog
from streamproc.provision.plan import Actual, Difference, differences, told, unchecked
from streamproc.settings import Kafka

T = TypeVar("T")

_COLUMNS: Final = ("topic", "what", "declared", "broker", "apply")
_LISTS: Final = "broker"
_UNLIMITED: Final = 100_000

Partitions = Annotated[
    int | None,
    typer.Option(min=1, help="Partitions of every topic, instead of the declared number."),
]
Replicas = Annotated[
    int | None,
    typer.Option(
        "--replication-factor",
        min=1,
        help="Replicas of every topic, instead of the declared number; 1 on a single broker.",
    ),
]

app = typer.Typer(no_args_is_help=True, help="The topics on the broker and their declaration.")


@app.command()
def plan(
    bootstrap: Bootstrap = None,
    partitions: Partitions = None,
    replication_factor: Replicas = None,
    app_id: AppId = None,
) -> None:
    """Show what apply would do. Changes nothing; exit 0 if there is nothing to do."""
    kafka = _kafka(bootstrap, app_id)
    wanted = _wanted(partitions, replication_factor, kafka)
    _compare(kafka, wanted, hint="streamproc topics apply does what is not left")


@app.command()
def verify(
    bootstrap: Bootstrap = None,
    partitions: Partitions = None,
    replication_factor: Replicas = None,
    app_id: AppId = None,
) -> None:
    """Check that the broker is as declared, and say what cannot be checked on it."""
    kafka = _kafka(bootstrap, app_id)
    wanted = _wanted(partitions, replication_factor, kafka)
    console, actual = _compare(
        kafka, wanted, hint="streamproc topics plan shows what apply would do"
    )
    if not unchecked(actual):
        _line(console, "Every partition count, replica count and declared setting was checked.")


@app.command()
def apply(
    bootstrap: Bootstrap = None,
    partitions: Partitions = None,
    replication_factor: Replicas = None,
    app_id: AppId = None,
) -> None:
    """Create missing topics and set drifted settings; never partitions, and nothing is deleted."""
    kafka = _kafka(bootstrap, app_id)
    wanted = _wanted(partitions, replication_factor, kafka)
    done = _run(apply_topics(kafka.bootstrap_servers, wanted, app_id=kafka.app_id))
    console = output_console()
    for name in done.created:
        _line(console, f"created  {name}")
    for name in done.altered:
        _line(console, f"set      {name}")
    if not done.created and not done.altered:
        _line(console, "Nothing to do.")
    if done.left:
        print_differences(console, "Left as they are", done.left)


def print_differences(console: Console, title: str, found: Iterable[Difference]) -> None:
    """A table where the console is wide enough for every name and value, else a paragraph for each."""
    rows = [astuple(told(one)) for one in found]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, cells in zip(_COLUMNS, zip(*rows, strict=True), strict=True):
        # only the broker's side may be a list, and is parted between its words
        whole = name != _LISTS
        parts = cells if whole else " ".join(cells).split()
        table.add_column(name, no_wrap=whole, min_width=max(map(cell_len, (name, *parts))))
    for row in rows:
        table.add_row(*map(Text, row))
    _line(console, title)
    needed = Measurement.get(console, console.options.update(width=_UNLIMITED), table).minimum
    if needed <= console.width:
        console.print(table)
        return
    for topic, what, *values in rows:
        _line(console, f"{topic}: {what}")
        for name, value in zip(_COLUMNS[2:], values, strict=True):
            _line(console, f"  {name:<9} {value}")


def _line(console: Console, text: str) -> None:
    # the terminal folds what is too long, so that a name can still be copied in one piece
    console.print(Text(text), soft_wrap=True)


def _kafka(bootstrap: str | None, app_id: str | None) -> Kafka:
    return settings_of(kafka__bootstrap_servers=bootstrap, kafka__app_id=app_id).kafka


def _wanted(
    partitions: int | None, replication_factor: int | None, kafka: Kafka
) -> tuple[TopicDeclaration, ...]:
    return deployed(
        load_catalog(),
        partitions=partitions,
        replication_factor=replication_factor,
        app_id=kafka.app_id,
    )


def _compare(
    kafka: Kafka, wanted: tuple[TopicDeclaration, ...], *, hint: str
) -> tuple[Console, Actual]:
    actual = _run(read_actual(kafka.bootstrap_servers))
    found = differences(wanted, actual, app_id=kafka.app_id)
    console = output_console()
    for line in unchecked(actual):
        _line(console, f"not checked: {line}")
    if not found:
        _line(console, f"{len(wanted)} topics are as declared.")
        return console, actual
    print_differences(console, f"Differences on {kafka.bootstrap_servers}", found)
    refuse_wrong_partitions(found)
    topics = dict.fromkeys(told(one).topic for one in found)
    raise TopicDrift(
        f"the broker differs from the declaration in {len(found)} points",
        where=", ".join(topics),
        hint=hint,
    )


def _run(work: Coroutine[Any, Any, T]) -> T:
    # what fails is raised and told once; the client would tell it too, in its own words
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return asyncio.run(work)
