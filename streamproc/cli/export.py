"""``streamproc export``: figures as files, for the office the morning after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from streamproc.cli.config import AppId, Bootstrap, settings_of
from streamproc.cli.logs import libraries_silenced
from streamproc.cli.recordings import Lines, played
from streamproc.cli.terminal import output_console
from streamproc.cli.verdicts import alerts_of_recording, alerts_of_topic
from streamproc.engine.preflight import check_topics
from streamproc.errors import BadSetting, DigestMismatch
from streamproc.events.outputs import AlertTransition
from streamproc.events.registry import INPUT_TOPICS
from streamproc.program.live import LiveProgram
from streamproc.replay.answer import Programs
from streamproc.replay.contest_files import contests_of, day_of, zone_of
from streamproc.replay.contest_table import contest_table
from streamproc.replay.exports import curve_table, rollup_table, summary_table
from streamproc.replay.playback import Playback, last_event_ms
from streamproc.replay.tables import Table
from streamproc.replay.verdict_table import verdict_table
from streamproc.replay.writing import Format, write_table
from streamproc.settings import Settings
from streamproc.tally.rollups import Level
from streamproc.verification import read_state, silent

_WHAT: Final = "What, one of them"
_ROLLUP: Final = "With --rollup"
_SESSION: Final = "With --session"
_CONTEST: Final = "With --contest"

_Made = Callable[[Programs, int | None, tzinfo], Table]
"""Makes a table of a state as of a time, or of one in which nothing ever happened, with times in a zone."""


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
    given = {
        "--rollup": rollup,
        "--session": session,
        "--contest": contest,
        "--verdicts": verdicts or None,
    }
    if sum(each is not None for each in given.values()) != 1:
        raise _misused("what to export is not one thing", f"give one of {', '.join(given)}")
    zone = zone_of(timezone)
    settings = settings_of(kafka__bootstrap_servers=bootstrap, kafka__app_id=app_id)
    lines: Lines | None = None
    if verdicts:
        lines, steps = _steps(settings, events)
        table = verdict_table(steps, zone)
    else:
        made = _made_of(
            given,
            from_day,
            to_day,
            curve=curve,
            summary=summary,
            contests=contests,
            is_swept=events is None,
        )
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
    output_console().print(f"{len(table.rows):,} rows in {out}", markup=False)
    if lines is not None:
        lines.refuse_bad(where=events or "")


def _steps(settings: Settings, events: str | None) -> tuple[Lines | None, list[AlertTransition]]:
    return (
        (None, alerts_of_topic(settings))
        if events is None
        else alerts_of_recording(settings, events)
    )


def _made_of(
    given: Mapping[str, Any],
    from_day: str | None,
    to_day: str | None,
    *,
    curve: bool,
    summary: bool,
    contests: Path | None,
    is_swept: bool,
) -> _Made:
    if given["--rollup"] is not None:
        return _rollup(given["--rollup"], from_day, to_day)
    if given["--session"] is not None:
        return _session(*given["--session"], curve=curve, summary=summary, is_swept=is_swept)
    return _contest(given["--contest"], contests, is_swept=is_swept)


def _rollup(level: Level, from_day: str | None, to_day: str | None) -> _Made:
    if from_day is None or to_day is None:
        raise _misused("--rollup without days", "give --from and --to, as 2026-11-21")
    first, last = day_of(from_day, where="--from"), day_of(to_day, where="--to")
    if first > last:
        raise _misused(f"{last} is before {first}", "give --from the earlier day")
    return lambda programs, as_of_ms, zone: rollup_table(
        programs, level, first, last, as_of_ms, zone
    )


def _session(host_id: str, session_id: str, *, curve: bool, summary: bool, is_swept: bool) -> _Made:
    if curve is summary:
        raise _misused("what of the session is not one thing", "give --curve or --summary")
    made = curve_table if curve else summary_table
    return lambda programs, as_of_ms, zone: made(
        programs, host_id, session_id, as_of_ms or 0, zone, is_swept=is_swept
    )


def _contest(contest_id: str, file: Path | None, *, is_swept: bool) -> _Made:
    if file is None:
        raise _misused("--contest without a contests file", "give --contests FILE")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(
            f"the contests cannot be read: {error}",
            where=str(file),
            hint="name a TOML file; docs/contests.md shows one",
        ) from error
    known = contests_of(text, where=str(file))
    if contest_id not in known:
        raise BadSetting(
            f"no contest is called {contest_id}",
            where=str(file),
            hint=f"it knows {', '.join(sorted(known))}",
        )
    found = known[contest_id]
    return lambda programs, as_of_ms, zone: contest_table(
        programs, found, as_of_ms, zone, is_swept=is_swept
    )


def _misused(what: str, hint: str) -> BadSetting:
    return BadSetting(what, where="export", hint=hint)


async def _state(settings: Settings) -> Programs:
    """What the workers' changelog holds, read as anybody may read it beside them."""
    kafka = settings.kafka
    changelog = settings.engine_config(1).changelog
    partitions = await check_topics(
        kafka.bootstrap_servers, INPUT_TOPICS, changelog, timeout_s=kafka.request_timeout_s
    )
    state = await read_state(kafka.bootstrap_servers, changelog, partitions, silent)
    if state.differences:
        raise DigestMismatch(
            "the state in the changelog is not whole:\n  " + "\n  ".join(state.differences),
            where=changelog,
            hint="run `streamproc verify`",
        )
    program = LiveProgram()
    program.restore(state.records)
    return [program]
