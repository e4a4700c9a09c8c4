"""``streamproc redis setup``: the functions and the configuration that the view in Redis needs."""

from __future__ import annotations

from typing import Annotated

import typer

from streamproc.cli.config import settings_of
from streamproc.cli.terminal import output_console
from streamproc.errors import BadSetting, RedisNotReady
from streamproc.sinks.redis_view.config import RedisConfig
from streamproc.sinks.redis_view.setup import set_up

PASSWORD = "STREAMPROC_REDIS__PASSWORD"  # noqa: S105 - the name of a variable

app = typer.Typer(no_args_is_help=True, help="The view in Redis.")


@app.callback()
def _redis() -> None:
    """The view in Redis."""


@app.command()
def setup(
    url: Annotated[
        str | None, typer.Option(help="The address of Redis. [STREAMPROC_REDIS__URL]")
    ] = None,
    username: Annotated[
        str | None,
        typer.Option(help=f"Who may load functions; the password is {PASSWORD}."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Load nothing, and say what is missing.")
    ] = False,
) -> None:
    """Load the functions and look at the server's configuration; 0 if all is as it should be."""
    redis = settings_of(redis__url=url, redis__username=username).redis
    if redis.url is None:
        raise BadSetting(
            "no address of Redis was given",
            where="STREAMPROC_REDIS__URL",
            hint="set it, or give --url redis://host:6379/0",
        )
    found = set_up(RedisConfig(**redis.plain()), load=not check)
    console = output_console()
    if not check or found.was_there:
        did = "was there" if found.was_there else "loaded"
        console.print(f"functions    {found.library}: {did}")
    for library in found.others:
        console.print(
            f"left         {library}: of another release; FUNCTION DELETE it when none runs"
        )
    for line in found.unchecked:
        console.print(f"not checked  {line}")
    for line in found.wrong:
        console.print(f"wrong        {line}")
    if found.wrong:
        raise RedisNotReady(
            f"Redis is not as it should be in {len(found.wrong)} points",
            where=redis.url,
            hint="docs/redis.md says how to set it up",
        )
    console.print("Redis is ready for the view.")
