"""``streamproc export``: figures as files, for the office the morning after."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from streamproc.changelog_state import whole_state
from streamproc.cli.config import AppId, Bootstrap, settings_of
from streamproc.cli.export_asked import Asked, made_of
from streamproc.cli.logs import libraries_silenced
from streamproc.cli.recordings import Lines, played
from streamproc.cli.terminal import output_console
from streamproc.cli.verdicts import alerts_of_recording, alerts_of_topic
from streamproc.errors import BadSetting
from streamproc.events.outputs import AlertTransition
from streamproc.program.live import LiveProgram
from streamproc.replay.answer import Programs
from streamproc.replay.contest_files import zone_of
from streamproc.replay.playback import Playback, last_event_ms
from streamproc.replay.verdict_table import verdict_table
from streamproc.replay.writing import Format, require_writable, write_table
from streamproc.settings import Settings
from streamproc.tally.rollups import Level

_WHAT: Final = "What, one of them"
_ROLLUP: Final = "With --rollup"
_SESSION: Final = "With --session"
_CONTEST: Final = "With --contest"


def export(
    out: Annotated[Path, typer.Option(help="The file to write.")],
    rollup: Annotated[
        Level | None, typer.Option(help="A row for each place.", rich_help_panel=_WHAT)
    ] = None,
    session: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="HOST SESSION", help="One session.", rich_help_panel=_WHAT),
    ] = None,
    contest: Annotated[
        str | None,
        typer.Option(metavar="ID", help="A contest's boards.", rich_help_panel=_WHAT),
    ] = None,
    verdicts: Annotated[
        bool,
        typer.Option(
            "--verdicts",
            help="What people said of alerts, as labelled data; from the topic of alerts.",
            rich_help_panel=_WHAT,
        ),
    ] = False,
    from_day: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DATE", help="The first day, 2026-11-21.", rich_help_panel=_ROLLUP
        ),
    ] = None,
    to_day: Annotated[
        str | None,
        typer.Option("--to", metavar="DATE", help="The last day.", rich_help_panel=_ROLLUP),
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="A row for each minute.", rich_help_panel=_SESSION)
    ] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="One row, all of it.", rich_help_panel=_SESSION)
    ] = False,
    contests: Annotated[
        Path | None, typer.Option(help="The contests file, TOML.", rich_help_panel=_CONTEST)
    ] = None,
    events: Annotated[
        str | None,
        typer.Option(help="Recorded events, - for stdin. Left out, the workers' state in Kafka."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.CSV,
    bom: Annotated[
        bool, typer.Option("--bom", help="CSV that Excel takes for UTF-8, without formulas.")
    ] = False,
    timezone: Annotated[str, typer.Option(help="Of days and times.")] = "Asia/Shanghai",
    bootstrap: Bootstrap = None,
    app_id: AppId = None,
) -> None:
    """Write into a file: the sums of places, one session, the boards of a contest, or verdicts.

    Money is written in minor units and as decimal text, by currency. A line of --events that cannot
    be used is named on stderr and left out; then the exit code is 26.
    """
    asked = Asked(
        rollup,
        session,
        contest,
        from_day,
        to_day,
        contests,
        verdicts=verdicts,
        curve=curve,
        summary=summary,
    )
    asked.require_one_thing()
    _require_writable(out, form, {"--events": events, "--contests": contests})
    zone = zone_of(timezone)
    settings = settings_of(kafka__bootstrap_servers=bootstrap, kafka__app_id=app_id)
    lines: Lines | None = None
    if verdicts:
        lines, steps = _steps(settings, events)
        table = verdict_table(steps, zone)
    else:
        made = made_of(asked, is_swept=events is None)
        if events is None:
            with libraries_silenced():
                programs = asyncio.run(_state(settings))
        else:
            playback = Playback()
            lines = played(events, playback)
            programs = playback.programs
        try:
            table = made(programs, last_event_ms(programs), zone)
        except BadSetting as error:
            if lines is not None:  # what is asked for may stand in a line that cannot be used
                lines.refuse_bad(where=events or "", unanswered=error.what)
            raise
    write_table(table, out, form, bom=bom, timezone=timezone)
    told = f"{len(table.rows):,} rows in {out}"
    if rollup is not None and not table.rows:
        told += f": no session began from {from_day} to {to_day}"
    output_console().print(told, markup=False)
    if lines is not None:
        lines.refuse_bad(where=events or "")


def _require_writable(out: Path, form: Format, read: Mapping[str, str | Path | None]) -> None:
    """Return if the file can be written and is none of those that are read, by their options.

    Errors: ``BadSetting``.
    """
    require_writable(out, form)
    for option, name in read.items():
        if name is not None and out.exists() and Path(name).exists() and out.samefile(name):
            raise BadSetting(
                f"the file would be written over: it is what {option} reads",
                where=str(out),
                hint="name another file with --out",
            )


def _steps(settings: Settings, events: str | None) -> tuple[Lines | None, list[AlertTransition]]:
    return (
        (None, alerts_of_topic(settings))
        if events is None
        else alerts_of_recording(settings, events)
    )


async def _state(settings: Settings) -> Programs:
    """What the workers' changelog holds, read as anybody may read it beside them."""
    state = await whole_state(settings)
    program = LiveProgram()
    program.restore(state.records)
    return [program]
