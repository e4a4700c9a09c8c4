"""The routes of the board itself: its health, its definitions, and who asks."""

from __future__ import annotations

from typing import Final

from litestar import Controller, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody
from litestar.types import Scope

from streamproc.board import answers
from streamproc.board.access import COOKIE, COOKIE_AGE_S, Principal
from streamproc.board.definitions import definitions
from streamproc.board.desk import NO_STORE, answer, asked, encode
from streamproc.board.health import health_of
from streamproc.board.problems import Refused

_DEFINITIONS: Final = definitions()


@get("/health", tags=["board"], summary="How fresh everything is")
async def health(scope: Scope) -> Response[answers.Health]:
    """Whether Redis answers, how old everything is, who owns which partition."""
    desk = asked(scope).desk
    return answer(encode(health_of(desk.mirror, desk.streams, desk.now_ms)), **NO_STORE)


@get("/definitions", tags=["board"], summary="What figures and alerts mean")
async def define(scope: Scope) -> Response[answers.Definitions]:
    """Every figure and every kind of alert, from their registries."""
    asked(scope).stamp = _never
    return answer(_DEFINITIONS)


class SessionController(Controller):
    """Who asks: shown, begun and ended."""

    path = "/session"
    tags = ["session"]  # noqa: RUF012 - Litestar has it so

    @get(summary="Who asks, and what is open to them")
    async def who(self, scope: Scope) -> Response[answers.Session]:
        """What the token, or its cookie, opens."""
        here = asked(scope)
        told = _session(here.principal, guarded=not here.desk.access.open)
        return answer(encode(told), **NO_STORE)

    @post(summary="A cookie for a token", status_code=200)
    async def begin(self, scope: Scope, data: JSONBody[answers.Login]) -> Response[answers.Session]:
        """Set a cookie that stands for a token: browsers cannot send one with a stream of events."""
        desk = asked(scope).desk
        if desk.access.open:
            return answer(encode(_session(desk.access.everybody, guarded=False)), **NO_STORE)
        principal = desk.access.of_token(data.token)
        if principal is None:
            raise Refused(401, "nobody knows this token")
        response = answer(encode(_session(principal, guarded=True)), **NO_STORE)
        response.set_cookie(
            Cookie(
                key=COOKIE,
                value=desk.access.cookie_for(principal),
                path="/api/v1",
                max_age=COOKIE_AGE_S,
                httponly=True,
                secure=asked(scope).secure,
                samesite="strict",
            )
        )
        return response

    @delete(summary="Forget the cookie", status_code=204)
    async def end(self) -> Response[None]:
        """Take the cookie back."""
        response: Response[None] = Response(None, status_code=204, headers=NO_STORE)
        response.delete_cookie(COOKIE, path="/api/v1")
        return response


def _never() -> int:
    """The stamp of what does not change while we run."""
    return 0


def _session(principal: Principal, *, guarded: bool) -> answers.Session:
    return answers.Session(
        scope=principal.scope.value,
        host_id=principal.host_id,
        may_judge=principal.may_judge,
        guarded=guarded,
    )


ROUTES: Final = (health, define, SessionController)
