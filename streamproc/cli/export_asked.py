"""What ``streamproc export`` is asked for: checked, and as something that makes a table of a state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from streamproc.errors import BadSetting
from streamproc.replay.answer import Programs
from streamproc.replay.contest_files import contests_of, day_of
from streamproc.replay.contest_table import contest_table
from streamproc.replay.exports import curve_table, rollup_table, summary_table
from streamproc.replay.tables import Table
from streamproc.tally.rollups import Level

Made = Callable[[Programs, int | None, tzinfo], Table]
"""Makes a table of a state as of a time, or of one in which nothing ever happened, with times in a zone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The options, as they were given."""

    rollup: Level | None
    session: tuple[str, str] | None
    contest: str | None
    from_day: str | None
    to_day: str | None
    contests: Path | None
    verdicts: bool
    curve: bool
    summary: bool

    def require_one_thing(self) -> None:
        """Return if one thing is asked for, by options that belong to it.

        Errors: ``BadSetting``.
        """
        given = {
            "--rollup": self.rollup is not None,
            "--session": self.session is not None,
            "--contest": self.contest is not None,
            "--verdicts": self.verdicts,
        }
        if sum(given.values()) != 1:
            raise misused("what to export is not one thing", f"give one of {', '.join(given)}")
        besides = {
            "--from": (self.from_day is not None, "--rollup"),
            "--to": (self.to_day is not None, "--rollup"),
            "--curve": (self.curve, "--session"),
            "--summary": (self.summary, "--session"),
            "--contests": (self.contests is not None, "--contest"),
        }
        for option, (is_given, whose) in besides.items():
            if is_given and not given[whose]:
                raise misused(f"{option} goes with {whose}", f"leave {option} out")


def made_of(asked: Asked, *, is_swept: bool) -> Made:
    """What makes the table that is asked for. Shapes: ``is_swept``: of a worker's state.

    Errors: ``BadSetting``.
    """
    if asked.rollup is not None:
        return _rollup(asked.rollup, asked.from_day, asked.to_day)
    if asked.session is not None:
        host_id, session_id = asked.session
        return _session(
            host_id, session_id, curve=asked.curve, summary=asked.summary, is_swept=is_swept
        )
    return _contest(asked.contest or "", asked.contests, is_swept=is_swept)


def _rollup(level: Level, from_day: str | None, to_day: str | None) -> Made:
    if from_day is None or to_day is None:
        raise misused("--rollup without days", "give --from and --to, as 2026-11-21")
    first, last = day_of(from_day, where="--from"), day_of(to_day, where="--to")
    if first > last:
        raise misused(f"{last} is before {first}", "give --from the earlier day")
    return lambda programs, as_of_ms, zone: rollup_table(
        programs, level, first, last, as_of_ms, zone
    )


def _session(host_id: str, session_id: str, *, curve: bool, summary: bool, is_swept: bool) -> Made:
    if curve is summary:
        raise misused("what of the session is not one thing", "give --curve or --summary")
    made = curve_table if curve else summary_table
    return lambda programs, as_of_ms, zone: made(
        programs, host_id, session_id, as_of_ms or 0, zone, is_swept=is_swept
    )


def _contest(contest_id: str, file: Path | None, *, is_swept: bool) -> Made:
    if file is None:
        raise misused("--contest without a contests file", "give --contests FILE")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise BadSetting(
            f"the contests cannot be read: {why}",
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


def misused(what: str, hint: str) -> BadSetting:
    """What is told of options that cannot be meant."""
    return BadSetting(what, where="export", hint=hint)
