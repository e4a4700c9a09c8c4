"""The receiver of Alertmanager's webhook: an ASGI application."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import structlog
from litestar import Litestar, Request, Response, get, post

from streamproc.robots.delivery import Robot
from streamproc.robots.notification import decode_notification

BODY_BYTES_MAX: Final = 1 << 20
_RETRY_AFTER_S: Final = "15"
_PROBLEM: Final = "application/problem+json"
_log: Final = structlog.stdlib.get_logger(__name__)


def application(robots: Sequence[Robot], token: str | None) -> Litestar:
    """The application: ``POST /alerts``, ``GET /livez``.

    Shapes: with a token, ``/alerts`` wants ``Authorization: Bearer <token>``. 200: every robot told it, or
        had; 503: some did not, ask again (the others do not tell it twice); 400: it is no notification.
    """

    @post("/alerts", status_code=200)
    async def alerts(request: Request[Any, Any, Any]) -> Response[Any]:
        if token is not None and not _knows(request.headers.get("authorization", ""), token):
            return _problem(401, "the token is missing or wrong", {"WWW-Authenticate": "Bearer"})
        try:
            notification = decode_notification(await request.body())
        except msgspec.DecodeError as error:  # a ValidationError is one too
            return _problem(400, f"no Alertmanager notification of version 4: {error}")
        if not notification.alerts:
            return _problem(400, "a notification without alerts")
        outcomes = await asyncio.gather(*(robot.tell(notification) for robot in robots))
        told = {robot.name: each.value for robot, each in zip(robots, outcomes, strict=True)}
        _log.info("notification", group=notification.group_key, status=notification.status, **told)
        if all(each.is_done for each in outcomes):
            return Response({"robots": told}, status_code=200)
        return _problem(503, "not every robot took it", {"Retry-After": _RETRY_AFTER_S}, told)

    @get("/livez", sync_to_thread=False)
    def livez() -> dict[str, str]:
        return {"status": "ok"}

    return Litestar(
        [alerts, livez],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=BODY_BYTES_MAX,
    )


def _knows(header: str, token: str) -> bool:
    return hmac.compare_digest(header.encode(), f"Bearer {token}".encode())


def _problem(
    status: int,
    detail: str,
    headers: dict[str, str] | None = None,
    robots: dict[str, str] | None = None,
) -> Response[Any]:
    body: dict[str, Any] = {"type": "about:blank", "status": status, "detail": detail}
    if robots is not None:
        body["robots"] = robots
    return Response(body, status_code=status, media_type=_PROBLEM, headers=headers)
