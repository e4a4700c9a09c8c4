"""What the handlers of the API work with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

from litestar import MediaType, Response
from litestar.params import Parameter
from litestar.types import Scope
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


class Asked:
    """What stands in the scope of a request beside what ASGI says.

    Shapes: ``stamp`` tells what the answer belongs to: while it says the same, the answer may be given
        again. ``secure``: it came by TLS, as far as we or a proxy that we trust can tell.
    """

    __slots__ = ("desk", "principal", "secure", "stamp")

    def __init__(
        self, desk: Desk, principal: Principal, stamp: Callable[[], int], *, secure: bool = False
    ) -> None:
        self.secure = secure
        self.desk = desk
        self.principal = principal
        self.stamp = stamp


ASKED: Final = "streamproc.asked"


def asked(scope: Scope) -> Asked:
    """Who asks what of whom. It is no dependency of Litestar's: those take a group of tasks each time."""
    return cast("Asked", cast("Any", scope)[ASKED])


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


def room_of(scope: Scope, host_id: str) -> Room:
    """A room that may be seen; the answer stands while it does not change.

    Errors: ``Refused`` if there is none, or it may not be seen.
    """
    here = asked(scope)
    rooms = here.desk.hall.rooms
    if not here.principal.may_see(host_id):
        raise Refused(403, f"this token opens only the room of {here.principal.host_id}")
    room = rooms.get(host_id)
    if room is None:
        raise Refused(404, f"there is no host {host_id!r}; GET /api/v1/hosts lists them")
    here.stamp = lambda: room.revision if rooms.get(host_id) is room else -1
    return room


def alert_of(scope: Scope, alert_id: str) -> HeldAlert:
    """An alert that may be seen. Errors: ``Refused`` if there is none."""
    here = asked(scope)
    held = here.desk.hall.alert(alert_id)
    if held is None or not here.principal.may_see(held.alert.host_id):
        raise Refused(404, f"there is no alert {alert_id!r}; GET /api/v1/alerts lists them")
    return held


def seen(scope: Scope) -> Iterator[Room]:
    """The rooms that may be seen."""
    here = asked(scope)
    rooms = here.desk.hall.rooms.items()
    return (room for host_id, room in rooms if here.principal.may_see(host_id))
