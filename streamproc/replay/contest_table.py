"""The result of a contest as a table: its boards, and how complete what each host has to show is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final, NamedTuple

from streamproc.program.refunds import refunds_of
from streamproc.replay.answer import Programs, host_at, sessions_of
from streamproc.replay.completeness import Completeness, completed, of_sessions
from streamproc.replay.swept import gone, may_be_gone
from streamproc.replay.tables import Row, Table, is_money, table_of
from streamproc.tally.beginning import begin_ms
from streamproc.tally.contests import Contest, Minutes, Refund, final_board, frozen_board
from streamproc.tally.formulas import session_answer, span_end_ms
from streamproc.tally.model import SessionTally
from streamproc.tally.ranking import Place

_NOBODY: Final = Place(0, "", 0, None)


class _Broadcast(NamedTuple):
    """A session and its minute curve."""

    tally: SessionTally
    curve: Minutes


def contest_table(
    programs: Programs,
    contest: Contest,
    as_of_ms: int | None,
    zone: tzinfo,
    *,
    is_swept: bool = False,
) -> Table:
    """A row for each place of each board of a contest.

    Shapes: board ``frozen`` once the freeze is past, then ``final``, which is ``provisional`` while
        the contest goes on; ``as_of_ms`` None: nothing ever happened.
    Errors: ``BadSetting`` if it is too old for programs that let go of old minutes.
    """
    now_ms = as_of_ms or 0
    if is_swept and may_be_gone(contest.start_ms, now_ms):
        raise gone(f"contest {contest.id}", "--contest")
    by_host: dict[str, list[_Broadcast]] = {}
    for tally in sessions_of(programs):
        found = _Broadcast(tally, session_answer(tally, now_ms)["curve"])
        by_host.setdefault(tally.host_id, []).append(found)
    rows = [
        completed(
            _row(programs, contest, board, place),
            _complete(contest, by_host.get(place.host_id, ()), as_of_ms),
        )
        for board, places in _boards(programs, contest, by_host, now_ms).items()
        for place in places
    ]
    shape = completed(_row(programs, contest, "", _NOBODY), _complete(contest, (), None))
    return table_of(shape, rows, [contest.measure], zone, currencies=[contest.currency])


def _boards(
    programs: Programs, contest: Contest, by_host: Mapping[str, Sequence[_Broadcast]], now_ms: int
) -> dict[str, list[Place]]:
    curves = {host_id: [each.curve for each in of] for host_id, of in by_host.items()}
    refunds: dict[str, list[Refund]] = {}
    for program in programs:
        for host_id, refund in refunds_of(program.records.items()):
            refunds.setdefault(host_id, []).append(refund)
    last = "final" if now_ms >= contest.end_ms else "provisional"
    boards = {last: final_board(contest, curves, refunds)}
    if now_ms >= contest.freeze_ms:
        boards = {"frozen": frozen_board(contest, curves, refunds), **boards}
    return boards


def _complete(
    contest: Contest, broadcasts: Sequence[_Broadcast], as_of_ms: int | None
) -> Completeness:
    """Of the broadcasts of a host that may have added to a contest; what it counts is never an estimate."""
    tallies = [each.tally for each in broadcasts if _takes_part(contest, each, as_of_ms or 0)]
    return of_sessions(tallies, as_of_ms)


def _takes_part(contest: Contest, broadcast: _Broadcast, now_ms: int) -> bool:
    """Whether a broadcast was on air during a contest, or something of it fell into that."""
    tally, curve = broadcast
    if begin_ms(tally) < contest.end_ms and span_end_ms(tally, now_ms) >= contest.start_ms:
        return True
    return any(contest.start_ms <= each["minute_ms"] < contest.end_ms for each in curve)


def _row(programs: Programs, contest: Contest, board: str, place: Place) -> Row:
    texts = {
        "contest_id": contest.id,
        "contest": contest.name,
        "board": board,
        **host_at(programs, place.host_id, contest.start_ms),
        "measure": contest.measure,
    }
    value: Any = place.value
    if is_money(contest.measure):
        value = {contest.currency: value}
    moments_ms = {"reached": place.reached_ms}
    return Row(texts, {"rank": place.rank}, moments_ms, {contest.measure: value})
