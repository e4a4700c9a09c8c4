"""The routes of rooms: hosts, curves, ranks, sums. Each answers from the hall, in bytes."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import Response, get
from litestar.params import Parameter
from litestar.types import Scope
from redis.exceptions import RedisError

from streamproc.board import answers
from streamproc.board.cards import current
from streamproc.board.cursors import CURSOR, LENGTH_MAX, Place, cursor_of, place_of
from streamproc.board.desk import (
    HostId,
    answer,
    asked,
    encode,
    joined,
    room_of,
    seen,
)
from streamproc.board.hall import Room
from streamproc.board.leaderboard import standings, value_of
from streamproc.board.problems import Refused
from streamproc.board.rollups import rolled_up
from streamproc.board.told import told_of
from streamproc.board.urgency import urgency
from streamproc.events.host_tally import HostTally
from streamproc.events.view_keys import Figure, Window
from streamproc.tally.ranking import Place as Ranked
from streamproc.tally.rollups import Level

PAGE: Final = 50
PAGE_MAX: Final = 500
Cursor = Annotated[
    str | None,
    Parameter(
        pattern=CURSOR,
        max_length=LENGTH_MAX,
        description="`next_cursor` of the page before, with the same other parameters",
    ),
]
Limit = Annotated[int, Parameter(ge=1, le=PAGE_MAX, description="How many at most")]
Village = Annotated[str | None, Parameter(max_length=80, description="Only of this village")]
Sorted = Annotated[Figure, Parameter(description="The greatest of this first")]
Over = Annotated[Window, Parameter(description="How long back that figure is of")]
SessionId = Annotated[
    str | None, Parameter(min_length=1, max_length=64, description="None: the current broadcast")
]
_UNKNOWN: Final = 1
_KNOWN: Final = 0


@get("/hosts", tags=["hosts"], summary="All hosts as cards, page by page")
async def list_hosts(
    scope: Scope,
    sort: Sorted = Figure.PAY_GMV,
    window: Over = Window.SESSION,
    village: Village = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response[answers.Hosts]:
    """Hosts in order; those of whom the figure is unknown come last."""
    behind = None if cursor is None else place_of(cursor)

    def place(room: Room) -> Place:
        value = value_of(room.tally, sort, window)
        known = _UNKNOWN if value is None else _KNOWN
        return known, -(value or 0), room.tally.host_id

    rooms = sorted(
        (
            (place(room), room)
            for room in seen(scope)
            if village is None or room.tally.village == village
        ),
        key=lambda each: each[0],
    )
    if behind is not None:
        rooms = [each for each in rooms if each[0] > behind]
    page = rooms[:limit]
    following = cursor_of(page[-1][0]) if len(rooms) > limit else None
    tail = b',"next_cursor":%b,"as_of_ms":%d}' % (
        encode(following),
        asked(scope).desk.hall.as_of_ms,
    )
    return answer(joined(b"{", (room.card_json for _, room in page), tail))


@get("/hosts/{host_id:str}", tags=["hosts"], summary="One host, whole, with its alerts")
async def one_host(scope: Scope, host_id: HostId) -> Response[answers.Host]:
    """The tally of a host and its alerts, the most urgent first."""
    room = room_of(scope, host_id)
    alerts = sorted(room.alerts.values(), key=lambda held: urgency(held.alert))
    told = b",".join(held.json for held in alerts)
    return answer(b'{"tally":%b,"alerts":[%b]}' % (room.tally_json, told))


@get("/hosts/{host_id:str}/curve", tags=["hosts"], summary="A broadcast minute by minute")
async def curve(
    scope: Scope, host_id: HostId, session_id: SessionId = None
) -> Response[answers.Curve]:
    """All minutes of a broadcast; read from Redis when asked for."""
    room = room_of(scope, host_id)
    sessions = {each.session_id: each for each in room.tally.sessions}
    session = session_id or room.session_id
    if session not in sessions:
        raise Refused(404, f"there is no broadcast {session!r} of {host_id}")
    try:
        minutes = await asked(scope).desk.mirror.curve(host_id, session)
    except (RedisError, OSError, TimeoutError) as error:
        raise Refused(
            503, "the curve cannot be read: Redis does not answer", retry_after_s=2
        ) from error
    head = b'{"host_id":%b,"session_id":%b' % (encode(host_id), encode(session))
    tail = b'"as_of_ms":%d,"completeness":%b' % (
        room.tally.as_of_ms,
        encode(sessions[session].completeness),
    )
    return answer(b'%b,"minutes":[%b],%b}' % (head, b",".join(minutes), tail))


@get("/leaderboard", tags=["places"], summary="Who is ahead of whom")
async def leaderboard(
    scope: Scope,
    figure: Annotated[Figure, Parameter(description="By what")] = Figure.PAY_GMV,
    window: Over = Window.SESSION,
    limit: Limit = PAGE,
) -> Response[answers.Leaderboard]:
    """Hosts of whom the figure is known in that window, best first."""
    here = asked(scope)
    rooms = here.desk.hall.rooms
    places = standings((room.tally for room in rooms.values()), figure, window)
    items = [
        _place(place, rooms[place.host_id].tally, figure)
        for place in places
        if here.principal.may_see(place.host_id)
    ]
    return answer(
        encode(
            answers.Leaderboard(
                figure=figure,
                window=window,
                as_of_ms=asked(scope).desk.hall.as_of_ms,
                items=items[:limit],
            )
        )
    )


def _place(place: Ranked, tally: HostTally, figure: Figure) -> answers.Place:
    """A host's place, with what its broadcast leaves open."""
    told = told_of(current(tally))
    return answers.Place(
        rank=place.rank,
        host_id=place.host_id,
        host_name=tally.host_name,
        value=place.value,
        village=tally.village,
        late=told.late,
        rejected=told.rejected,
        approximate=[figure.value] if figure.value in told.approximate else [],
        missing_sources=told.missing_sources,
    )


@get("/rollups/{level:str}", tags=["places"], summary="Sums of villages, towns or districts")
async def rollup(
    scope: Scope,
    level: Annotated[Level, Parameter(description="What is summed by")],
) -> Response[answers.Rollup]:
    """The sums of all sessions shown, by where their hosts live."""
    tallies = [room.tally for room in seen(scope)]
    items = rolled_up(tallies, level)
    return answer(
        encode(answers.Rollup(level=level, as_of_ms=asked(scope).desk.hall.as_of_ms, items=items))
    )


ROUTES: Final = (list_hosts, one_host, curve, leaderboard, rollup)
