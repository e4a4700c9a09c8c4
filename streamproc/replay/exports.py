"""The tables that offices ask for: places, one session, the result of a contest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, tzinfo
from typing import Any, Final

from streamproc.errors import BadSetting
from streamproc.program.refunds import refunds_of
from streamproc.replay.answer import Programs, home_of, parts_of, profiles_of, sessions_of
from streamproc.replay.tables import Row, Table, is_money, moment, table_of
from streamproc.tally.beginning import begin_ms
from streamproc.tally.contests import Contest, Refund, final_board, frozen_board
from streamproc.tally.formulas import session_answer, span_end_ms
from streamproc.tally.model import SessionTally
from streamproc.tally.ranking import Place
from streamproc.tally.registry import FIGURE_IDS
from streamproc.tally.retention import MINUTE_DAYS, day_of
from streamproc.tally.rollups import Group, Level, names_of, profile_at, rolled_up

_ONLINE: Final = frozenset({"online_now", "online_peak", "online_mean"})
_OF_A_SESSION: Final = frozenset({"online_now", "unpaid_minor", "conversion"})
"""Figures that a minute has not."""


def rollup_table(programs: Programs, level: Level, first: date, last: date, zone: tzinfo) -> Table:
    """A row for each place: the sessions that began from the first to the last day, both included."""
    tallies = [
        each
        for each in sessions_of(programs)
        if first <= moment(begin_ms(each), zone).date() <= last
    ]
    groups = rolled_up(parts_of(programs, tallies), level)
    shape = _rollup_row(level, Group(("",) * len(names_of(level)), 0, 0, {}, [], {}), first, last)
    rows = [_rollup_row(level, each, first, last) for each in groups]
    return table_of(shape, rows, [each for each in FIGURE_IDS if each not in _ONLINE], zone)


def _rollup_row(level: Level, group: Group, first: date, last: date) -> Row:
    places = dict(zip(names_of(level), group.place, strict=True))
    texts = {**places, "from": first.isoformat(), "to": last.isoformat()}
    texts["approximate"] = " ".join(group.approximate)
    missing = (f"{topic}={sessions}" for topic, sessions in group.missing_sources.items())
    texts["missing_sources"] = " ".join(missing)
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
    may_be_gone = is_swept and _may_be_gone(begin_ms(tally), as_of_ms)
    said = session_answer(tally, as_of_ms, minutes_are_whole=not may_be_gone)
    texts = {
        **_who(programs, host_id, begin_ms(tally)),
        "session_id": session_id,
        "status": said["completeness"]["status"],
        "approximate": " ".join(said["completeness"]["approximate"]),
    }
    moments_ms = {
        "begin": begin_ms(tally),
        "end": span_end_ms(tally, as_of_ms),
        "as_of": as_of_ms,
    }
    row = Row(texts, {}, moments_ms, said["figures"])
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
    if is_swept and _may_be_gone(begin_ms(tally), as_of_ms):
        raise _gone(f"session {session_id}", "--curve")
    curve = session_answer(tally, as_of_ms)["curve"]
    names = {"host_id": host_id, "session_id": session_id}
    rows = [Row(names, {}, {"minute": each["minute_ms"]}, each) for each in curve]
    figures = [each for each in FIGURE_IDS if each not in _OF_A_SESSION]
    return table_of(Row(names, {}, {"minute": None}, {}), rows, figures, zone)


def contest_table(
    programs: Programs,
    contest: Contest,
    as_of_ms: int,
    zone: tzinfo,
    *,
    is_swept: bool = False,
) -> Table:
    """A row for each place of each board of a contest.

    Shapes: board ``frozen`` once the freeze is past, then ``final``, which is ``provisional`` while
        the contest goes on.
    Errors: ``BadSetting`` if it is too old for programs that let go of old minutes.
    """
    if is_swept and _may_be_gone(contest.start_ms, as_of_ms):
        raise _gone(f"contest {contest.id}", "--contest")
    curves: dict[str, list[Any]] = {}
    for tally in sessions_of(programs):
        curve = session_answer(tally, as_of_ms)["curve"]
        curves.setdefault(tally.host_id, []).append(curve)
    refunds: dict[str, list[Refund]] = {}
    for program in programs:
        for host_id, refund in refunds_of(program.records.items()):
            refunds.setdefault(host_id, []).append(refund)
    ended = as_of_ms >= contest.end_ms
    boards = {"final" if ended else "provisional": final_board(contest, curves, refunds)}
    if as_of_ms >= contest.freeze_ms:
        boards = {"frozen": frozen_board(contest, curves, refunds), **boards}
    rows = [
        _contest_row(programs, contest, board, place)
        for board, places in boards.items()
        for place in places
    ]
    shape = _contest_row(programs, contest, "", Place(0, "", 0, None))
    return table_of(shape, rows, [contest.measure], zone, currencies=[contest.currency])


def _contest_row(programs: Programs, contest: Contest, board: str, place: Place) -> Row:
    texts = {
        "contest_id": contest.id,
        "contest": contest.name,
        "board": board,
        **_who(programs, place.host_id, contest.start_ms),
        "measure": contest.measure,
    }
    value: Any = place.value
    if is_money(contest.measure):
        value = {contest.currency: value}
    moments_ms = {"reached": place.reached_ms}
    return Row(texts, {"rank": place.rank}, moments_ms, {contest.measure: value})


def _who(programs: Programs, host_id: str, at_ms: int) -> Mapping[str, str]:
    """A host and its place, as they were at a time."""
    profile = profile_at(profiles_of(programs, host_id), at_ms)
    name = "" if profile is None else profile.name
    return {"host_id": host_id, "name": name, **home_of(programs, host_id, at_ms)._asdict()}


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


def _may_be_gone(begin_ms: int, as_of_ms: int) -> bool:
    """Whether a worker may have let go of minutes since a time: when it sweeps is its own affair."""
    return day_of(as_of_ms) - day_of(begin_ms) > MINUTE_DAYS


def _gone(what: str, where: str) -> BadSetting:
    return BadSetting(
        f"{what} began more than {MINUTE_DAYS} days before the last event: its minutes are no longer kept",
        where=where,
        hint="export it from its recorded events: --events FILE",
    )
