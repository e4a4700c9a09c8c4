"""What the handlers of the API work with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from litestar import MediaType, Response
from litestar.params import Dependency, Parameter
from msgspec import json

from streamproc.board.access import Access, Principal
from streamproc.board.hall import Hall, HeldAlert, Room
from streamproc.board.health import StreamCounts
from streamproc.board.mirror import Mirror
from streamproc.board.ports import VerdictPublisher
from streamproc.board.problems import Refused

NO_STORE: Final = {"cache-control": "no-store"}
HOST_ID: Final = r"^[A-Za-z0-9_.:-]+$"
encode: Final = json.Encoder().encode


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything an answer is made of. Shapes: ``publisher`` None: verdicts cannot leave."""

    hall: Hall
    mirror: Mirror
    access: Access
    streams: StreamCounts
    publisher: VerdictPublisher | None
    now_ms: Callable[[], int]


DeskHere = Annotated[Desk, Dependency(skip_validation=True)]
PrincipalHere = Annotated[Principal, Dependency(skip_validation=True)]
HostId = Annotated[
    str, Parameter(min_length=1, max_length=64, pattern=HOST_ID, description="Name of a host")
]
AlertId = Annotated[str, Parameter(min_length=1, max_length=160, description="Name of an alert")]


def answer(body: bytes, **headers: str) -> Response[Any]:
    """An answer that is JSON already."""
    return Response(body, media_type=MediaType.JSON, headers=headers)


def joined(before: bytes, items: Iterable[bytes], after: bytes = b"}") -> bytes:
    """An object whose last field but those of ``after`` is ``items``."""
    return b'%b"items":[%b]%b' % (before, b",".join(items), after)


def room_of(hall: Hall, principal: Principal, host_id: str) -> Room:
    """A room that may be seen. Errors: ``Refused`` if there is none, or it may not."""
    if not principal.may_see(host_id):
        raise Refused(403, f"this token opens only the room of {principal.host_id}")
    room = hall.rooms.get(host_id)
    if room is None:
        raise Refused(404, f"there is no host {host_id!r}; GET /api/v1/hosts lists them")
    return room


def alert_of(hall: Hall, principal: Principal, alert_id: str) -> HeldAlert:
    """An alert that may be seen. Errors: ``Refused`` if there is none."""
    held = hall.alert(alert_id)
    if held is None or not principal.may_see(held.alert.host_id):
        raise Refused(404, f"there is no alert {alert_id!r}; GET /api/v1/alerts lists them")
    return held


def seen(hall: Hall, principal: Principal) -> Iterator[Room]:
    """The rooms that may be seen."""
    return (room for host_id, room in hall.rooms.items() if principal.may_see(host_id))
