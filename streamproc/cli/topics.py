"""``streamproc topics plan|apply|verify``: the broker's topics against their declaration."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from streamproc.errors import TopicDrift
from streamproc.provision.actual import read_actual
from streamproc.provision.admin import apply as apply_topics
from streamproc.provision.admin import refuse_wrong_partitions
from streamproc.provision.catalog import (
    DEFAULT_APP_ID,
    TopicDeclaration,
    deployed,
    load_catalog,
)
from streamproc.provision.plan import Actual, Difference, differences, told, unchecked

T = TypeVar("T")

Bootstrap = Annotated[
    str,
    typer.Option(
        envvar="STREAMPROC_KAFKA__BOOTSTRAP_SERVERS", help="The broker: host:port, or several."
    ),
]
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
AppId = Annotated[
    str,
    typer.Option(
        envvar="STREAMPROC_KAFKA__APP_ID",
        help="The application's id: the changelog is <app-id>-state-changelog.",
    ),
]

app = typer.Typer(no_args_is_help=True, help="The topics on the broker and their declaration.")


@app.command()
def plan(
    bootstrap: Bootstrap = "127.0.0.1:9092",
    partitions: Partitions = None,
    replication_factor: Replicas = None,
    app_id: AppId = DEFAULT_APP_ID,
) -> None:
    """Show what apply would do. Changes nothing; exit 0 if there is nothing to do."""
    wanted = _wanted(partitions, replication_factor, app_id)
    _compare(bootstrap, wanted, app_id, hint="streamproc topics apply does what is not left")


@app.command()
def verify(
    bootstrap: Bootstrap = "127.0.0.1:9092",
    partitions: Partitions = None,
    replication_factor: Replicas = None,
    app_id: AppId = DEFAULT_APP_ID,
) -> None:
    """Check that the broker is as declared, and say what cannot be checked on it."""
    wanted = _wanted(partitions, replication_factor, app_id)
    console, actual = _compare(
        bootstrap, wanted, app_id, hint="streamproc topics plan shows what apply would do"
    )
    if not unchecked(actual):
        console.print("Every partition count, replica count and declared setting was checked.")


@app.command()
def apply(
    bootstrap: Bootstrap = "127.0.0.1:9092",
    partitions: Partitions = None,
    replication_factor: Replicas = None,
    app_id: AppId = DEFAULT_APP_ID,
) -> None:
    """Create missing topics and set drifted settings; never partitions, and nothing is deleted."""
    wanted = _wanted(partitions, replication_factor, app_id)
    done = _run(apply_topics(bootstrap, wanted, app_id=app_id))
    console = Console()
    for name in done.created:
        console.print(f"created  {name}", highlight=False)
    for name in done.altered:
        console.print(f"set      {name}", highlight=False)
    if not done.created and not done.altered:
        console.print("Nothing to do.")
    if done.left:
        console.print(_table("Left as they are", done.left))


def _wanted(
    partitions: int | None, replication_factor: int | None, app_id: str
) -> tuple[TopicDeclaration, ...]:
    return deployed(
        load_catalog(), partitions=partitions, replication_factor=replication_factor, app_id=app_id
    )


def _compare(
    bootstrap: str, wanted: tuple[TopicDeclaration, ...], app_id: str, *, hint: str
) -> tuple[Console, Actual]:
    actual = _run(read_actual(bootstrap))
    found = differences(wanted, actual, app_id=app_id)
    console = Console()
    for line in unchecked(actual):
        console.print(f"not checked: {line}", highlight=False)
    if not found:
        console.print(f"{len(wanted)} topics are as declared.", highlight=False)
        return console, actual
    console.print(_table(f"Differences on {bootstrap}", found))
    refuse_wrong_partitions(found)
    topics = dict.fromkeys(told(one).topic for one in found)
    raise TopicDrift(
        f"the broker differs from the declaration in {len(found)} points",
        where=", ".join(topics),
        hint=hint,
    )


def _table(title: str, found: Iterable[Difference]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("topic", "what"):
        table.add_column(name, no_wrap=True)
    for name in ("declared", "broker", "apply"):
        table.add_column(name, overflow="fold")
    for one in map(told, found):
        table.add_row(one.topic, one.what, one.declared, one.actual, one.apply)
    return table


def _run(work: Coroutine[Any, Any, T]) -> T:
    # what fails is raised and told once; the client would tell it too, in its own words
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return asyncio.run(work)
