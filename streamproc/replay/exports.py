"""The tables that offices ask for: places, and one session. ``contest_table`` has that of a contest."""

from __future__ import annotations

from datetime import date, tzinfo
from typing import Final

from streamproc.errors import BadSetting
from streamproc.events.orders import FailReason
from streamproc.replay.answer import Programs, failed_by_reason, host_at, parts_of, sessions_of
from streamproc.replay.completeness import completed, estimates_of, of_group, of_sessions
from streamproc.replay.swept import gone, may_be_gone
from streamproc.replay.tables import Row, Table, moment, table_of
from streamproc.tally.beginning import begin_ms
from streamproc.tally.formulas import session_answer, span_end_ms
from streamproc.tally.model import SessionTally
from streamproc.tally.registry import FIGURE_IDS
from streamproc.tally.rollups import Group, Level, names_of, rolled_up
from streamproc.tally.timing import MINUTE_MS

_ONLINE: Final = frozenset({"online_now", "online_peak", "online_mean"})
_OF_A_SESSION: Final = frozenset({"online_now", "unpaid_minor", "conversion"})
"""Figures that a minute has not."""


def rollup_table(
    programs: Programs, level: Level, first: date, last: date, as_of_ms: int | None, zone: tzinfo
) -> Table:
    """A row for each place: the sessions that began from the first to the last day, both included."""
    tallies = [
        each
        for each in sessions_of(programs)
        if first <= moment(begin_ms(each), zone).date() <= last
    ]
    groups = rolled_up(parts_of(programs, tallies), level)
    nowhere = Group(("",) * len(names_of(level)), 0, 0, {}, [], {}, {}, {})
    shape, *rows = [
        completed(_rollup_row(level, each, first, last), of_group(each, as_of_ms))
        for each in (nowhere, *groups)
    ]
    return table_of(shape, rows, [each for each in FIGURE_IDS if each not in _ONLINE], zone)


def _rollup_row(level: Level, group: Group, first: date, last: date) -> Row:
    places = dict(zip(names_of(level), group.place, strict=True))
    days = {"from": first.isoformat(), "to": last.isoformat()}
    texts = {**places, **days, "approximate": "", "missing_sources": ""}
    return Row(texts, {"hosts": group.hosts, "sessions": group.sessions}, {}, group.figures)


def summary_table(
    programs: Programs,
    host_id: str,
    session_id: str,
    as_of_ms: int,
    zone: tzinfo,
    *,
    is_swept: bool = False,
) -> Table:
    """One row: a whole session.

    Shapes: ``is_swept``: the programs are workers', which let go of old minutes.
    Errors: ``BadSetting`` if it is not known.
    """
    tally = _session(programs, host_id, session_id)
    is_whole = not (is_swept and may_be_gone(begin_ms(tally), as_of_ms))
    said = session_answer(tally, as_of_ms, minutes_are_whole=is_whole)
    texts = {
        **host_at(programs, host_id, begin_ms(tally)),
        "session_id": session_id,
        "status": said["completeness"]["status"],
        "approximate": "",
    }
    moments_ms = {
        "begin": begin_ms(tally),
        "end": span_end_ms(tally, as_of_ms),
        "as_of": as_of_ms,
    }
    estimates = said["completeness"]["approximate"]
    complete = of_sessions([tally], as_of_ms, estimates)
    failed = failed_by_reason(tally)
    reasons = {
        f"failed_{each.value}": None if failed is None else failed.get(each.value, 0)
        for each in FailReason
    }
    row = completed(Row(texts, {}, moments_ms, said["figures"], last_counts=reasons), complete)
    return table_of(row, [row], FIGURE_IDS, zone)


def curve_table(
    programs: Programs,
    host_id: str,
    session_id: str,
    as_of_ms: int,
    zone: tzinfo,
    *,
    is_swept: bool = False,
) -> Table:
    """A row for each minute of a session in which there is anything.

    Errors: ``BadSetting`` if it is not known, or too old for programs that let go of old minutes.
    """
    tally = _session(programs, host_id, session_id)
    if is_swept and may_be_gone(begin_ms(tally), as_of_ms):
        raise gone(f"session {session_id}", "--curve")
    names = {"host_id": host_id, "session_id": session_id}
    whole = of_sessions([tally], as_of_ms)
    rows = []
    for each in session_answer(tally, as_of_ms)["curve"]:
        minute = tally.minutes[each["minute_ms"] // MINUTE_MS]
        complete = whole._replace(approximate=estimates_of(minute, each))
        rows.append(completed(Row(names, {}, {"minute": each["minute_ms"]}, each), complete))
    figures = [each for each in FIGURE_IDS if each not in _OF_A_SESSION]
    shape = completed(Row(names, {}, {"minute": None}, {}), whole)
    return table_of(shape, rows, figures, zone)


def _session(programs: Programs, host_id: str, session_id: str) -> SessionTally:
    known = [each for each in sessions_of(programs) if each.host_id == host_id]
    for each in known:
        if each.session_id == session_id:
            return each
    names = ", ".join(each.session_id for each in known[-5:])
    raise BadSetting(
        f"nothing is known of session {session_id} of host {host_id}",
        where="--session",
        hint=f"its last sessions are {names}" if names else "nothing is known of this host",
    )
