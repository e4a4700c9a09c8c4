"""The routes as one Litestar application: it reads parameters, checks them, and tells its own document."""

from __future__ import annotations

from typing import Any, Final

from litestar import Litestar, Request, Response, Router
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from streamproc import __version__
from streamproc.board import api, api_alerts, api_board
from streamproc.board.problems import PROBLEM_JSON, Refused, problem

API: Final = "/api/v1"
BODY_MAX: Final = 16 << 10
_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *api.ROUTES,
    *api_alerts.ROUTES,
    *api_board.ROUTES,
)


def application() -> Litestar:
    """The application; what ``desk.asked`` finds must have been put into the scope."""
    return Litestar(
        route_handlers=[Router(path=API, route_handlers=_ROUTES)],
        logging_config=None,  # whoever runs a board says how it logs
        exception_handlers={Refused: _refused, HTTPException: _failed},
        openapi_config=OpenAPIConfig(
            title="streamproc board",
            version=__version__,
            description="Live sales rooms: tallies, ranks, sums, alerts. Reads the Redis view only.",
            tags=[
                Tag(name="hosts", description="Rooms and their hosts"),
                Tag(name="places", description="Ranks and sums"),
                Tag(name="alerts", description="What deserves attention"),
                Tag(name="board", description="The board itself"),
                Tag(name="session", description="Tokens and cookies"),
            ],
            render_plugins=[],
            path="/openapi",
        ),
        request_max_body_size=BODY_MAX,
        debug=False,
    )


def _refused(request: Request[Any, Any, Any], error: Refused) -> Response[bytes]:
    headers = {} if error.retry_after_s is None else {"retry-after": f"{error.retry_after_s:.0f}"}
    return _problem(request, error.status, error.detail, headers)


def _failed(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    told = [error.detail]
    if isinstance(error.extra, list):
        told += [
            f"{each.get('key', 'body')}: {each.get('message', '')}"
            for each in error.extra
            if isinstance(each, dict)
        ]
    return _problem(request, error.status_code, "; ".join(told), dict(error.headers or {}))


def _problem(
    request: Request[Any, Any, Any], status: int, detail: str, headers: dict[str, str]
) -> Response[bytes]:
    return Response(
        problem(status, detail, request.url.path),
        status_code=status,
        media_type=PROBLEM_JSON,
        headers=headers,
    )
