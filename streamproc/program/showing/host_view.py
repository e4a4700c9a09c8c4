"""A host's tally as JSON, put together from what is JSON already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, cast

from msgspec import Raw, Struct, json

from streamproc.events.host_tally import OnShow
from streamproc.events.registry import ORDERS_TOPIC
from streamproc.program.showing.broadcast import Broadcast
from streamproc.tally.figures import OrderFigures
from streamproc.tally.lifecycle import Status
from streamproc.tally.profiles import Profile

_encode: Final = json.Encoder().encode
_VALUE: Final = len('{"figures":')
"""Where in an answer the value of its first field begins."""


class Rest(NamedTuple):
    """What is told of a broadcast beside its figures, windows and completeness."""

    status: str
    started_ms: int | None
    ended_ms: int | None
    heard_ms: int
    room_id: str
    venue_id: str
    contest_id: str
    on_show: OnShow | None
    intents: dict[str, int]
    intents_10m: dict[str, int]
    failed_by_reason: dict[str, int]


class _Session(Struct, gc=False):
    """As ``SessionTallied``; ``figures`` stands for all that is in an answer."""

    session_id: str
    status: str
    started_ms: int | None
    ended_ms: int | None
    heard_ms: int
    figures: Raw
    room_id: str
    venue_id: str
    contest_id: str
    on_show: OnShow | None
    intents: dict[str, int]
    intents_10m: dict[str, int]
    failed_by_reason: dict[str, int]


class _Host(Struct, gc=False):
    """As ``HostTally``, without the version."""

    host_id: str
    as_of_ms: int
    sessions: list[_Session]
    host_name: str
    village: str
    town: str
    district: str
    rejected: dict[str, int]


def rest_of(broadcast: Broadcast, as_of_ms: int) -> Rest:
    """What is told of a broadcast beside its answer, as of a time."""
    turns, signs = broadcast.tally.lifecycle, broadcast.signs
    start = None if turns is None else turns.started_last
    orders = cast("OrderFigures | None", broadcast.tally.totals[ORDERS_TOPIC])
    return Rest(
        signs.status.value,
        broadcast.started_ms,
        None if turns is None or signs.status is not Status.ENDED else turns.ended_ms,
        signs.heard_ms,
        broadcast.floor.room_id,
        "" if start is None else start.venue_id,
        "" if start is None else start.contest_id,
        broadcast.on_show(as_of_ms),
        broadcast.intents,
        broadcast.lately_asked(as_of_ms),
        {} if orders is None else orders.failed_by_reason(),
    )


def encoded(
    host_id: str,
    as_of_ms: int,
    broadcasts: Iterable[tuple[Broadcast, bytes, Rest]],
    profile: Profile | None,
    rejected: dict[str, int],
) -> bytes:
    """A host's tally as of a time, without its version.

    Shapes: of each broadcast its answer and the rest of what is told of it; ``rejected`` as ``HostTally``.
    """
    sessions = [
        _Session(
            broadcast.cells.session_id,
            rest.status,
            rest.started_ms,
            rest.ended_ms,
            rest.heard_ms,
            Raw(answer[_VALUE:-1]),
            rest.room_id,
            rest.venue_id,
            rest.contest_id,
            rest.on_show,
            rest.intents,
            rest.intents_10m,
            rest.failed_by_reason,
        )
        for broadcast, answer, rest in broadcasts
    ]
    named = ("", "", "", "")
    if profile is not None:
        named = (profile.name, profile.village, profile.town, profile.district)
    return _encode(_Host(host_id, as_of_ms, sessions, *named, rejected))
