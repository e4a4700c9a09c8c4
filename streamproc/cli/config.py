"""``streamproc config show``: what can be set and what is; and the settings of every command."""

from __future__ import annotations

import os
from typing import Annotated

import msgspec
import typer

from streamproc.settings import Settings, every_setting, load_settings, shown

app = typer.Typer(no_args_is_help=True, help="What can be set, and what is.")

Bootstrap = Annotated[
    str | None,
    typer.Option(help="The broker: host:port, or several. [STREAMPROC_KAFKA__BOOTSTRAP_SERVERS]"),
]
AppId = Annotated[
    str | None,
    typer.Option(
        help="Consumer group and front of the changelog's name. [STREAMPROC_KAFKA__APP_ID]"
    ),
]


@app.callback()
def _config() -> None:
    """What can be set, and what is."""


def settings_of(**options: object) -> Settings:
    """The settings of this process: its environment, and the options that were given.

    Shapes: ``kafka__app_id=...`` sets ``app_id`` of group ``kafka``; ``None``: was not given.
    Errors: ``BadSetting``.
    """
    overrides: dict[str, dict[str, object]] = {}
    for name, value in options.items():
        if value is not None:
            group, _, setting = name.partition("__")
            overrides.setdefault(group, {})[setting] = value
    return load_settings(os.environ, overrides)


@app.command()
def show(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Print every setting that is in force, and its variable."""
    settings = settings_of()
    held = {
        one.variable: getattr(getattr(settings, one.group), one.name) for one in every_setting()
    }
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(held, enc_hook=shown)))
        return
    for one in every_setting():
        value = held[one.variable]
        line = f"{one.variable}={'' if value is None else shown(value)}"
        mark = "" if value == one.default else f"; default {shown(one.default)}"
        typer.echo(f"{line:<60} # {one.takes}{mark}")
