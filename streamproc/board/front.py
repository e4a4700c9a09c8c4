"""The front of the board: every request passes it, and most are answered here.

It says who asks and how often they may, and keeps answers while nothing changed. What it does not know goes
on to the application.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from structlog import get_logger

from streamproc.board.access import COOKIE, Principal
from streamproc.board.access import Scope as Granted
from streamproc.board.answering import Answer, collected, etag_of, give, refusal
from streamproc.board.application import API
from streamproc.board.asgi import App, Headers, Receive, Scope, Send
from streamproc.board.desk import ASKED, Asked, Desk
from streamproc.board.documents import Document
from streamproc.board.guards import DOCUMENT_HEADERS, is_foreign, is_local_name
from streamproc.board.limiter import Limiter
from streamproc.board.pages import Pages
from streamproc.board.problems import Refused

ANSWERS_MAX: Final = 1024
QUERY_MAX: Final = 4096
STREAM: Final = f"{API}/stream"
SESSION: Final = f"{API}/session"
DOCUMENT: Final = f"{API}/openapi.json"
READING: Final = ("GET", "HEAD")
NOBODY: Final = Principal(Granted.ROOM, "")
"""Who has no token yet: may see the room of nobody."""

_OK: Final = 200
_REVALIDATE: Final = (b"cache-control", b"private, no-cache")
_log = get_logger(__name__)


class _Request(NamedTuple):
    """A request, as far as the front reads it."""

    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    client: str
    secure: bool

    def text(self, name: bytes) -> str | None:
        """A header; None: it is missing."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")


class _Kept(NamedTuple):
    """An answer, and what it belongs to: it stands while ``stamp`` still says ``at``."""

    answer: Answer
    stamp: Callable[[], int]
    at: int


class Front:
    """An ASGI application around the others."""

    def __init__(
        self,
        inner: App,
        stream: Callable[[Scope, Receive, Send, Principal], Awaitable[None]],
        desk: Desk,
        *,
        limiter: Limiter,
        pages: Pages,
        document: Document,
        trusted_proxies: frozenset[str] = frozenset(),
    ) -> None:
        self._inner = inner
        self._stream = stream
        self._desk = desk
        self._access = desk.access
        self._limiter = limiter
        self._pages = pages
        self._document = document
        self._trusted = trusted_proxies
        self._kept: dict[tuple[str, bytes, Principal], _Kept] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or end it with a problem."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008, "reason": None})
            return
        request = _request(scope, self._trusted)
        try:
            answer = await self._answer(request, scope, receive, send)
        except Refused as refused:
            answer = refusal(request.path, refused)
        except Exception as error:  # noqa: BLE001 - whatever fails must not take the connection with it
            _log.exception("an answer failed", path=request.path, error=repr(error))
            answer = refusal(request.path, Refused(500, "a defect of ours; see the log"))
        if answer is not None:
            await give(answer, request.method, request.headers, send)

    async def _answer(
        self, request: _Request, scope: Scope, receive: Receive, send: Send
    ) -> Answer | None:
        """The answer; None: it was sent already."""
        if self._access.open and not is_local_name(request.text(b"host") or ""):
            raise Refused(403, "without tokens this board answers to localhost and 127.0.0.1 only")
        if not request.path.startswith("/api/"):
            return self._plain(request)
        if len(request.query) > QUERY_MAX:
            raise Refused(400, f"a query has at most {QUERY_MAX} bytes")
        wait_s = self._limiter.wait_s(request.client)
        if wait_s:
            raise Refused(429, "too many requests; wait a little", retry_after_s=max(1.0, wait_s))
        if request.path == DOCUMENT and request.method in READING:
            return _file("application/json", self._document.body)
        principal = self._principal(request)
        if request.method == "OPTIONS":
            return self._options(request)
        if request.path == STREAM and request.method == "GET":
            await self._stream(scope, receive, send, principal)
            return None
        return await self._api(request, scope, receive, principal)

    def _principal(self, request: _Request) -> Principal:
        """Who asks. Errors: ``Refused`` if nobody we know, or a browser on another page's behalf."""
        if request.method not in (*READING, "OPTIONS") and is_foreign(
            request.text(b"origin"), request.text(b"sec-fetch-site"), request.text(b"host") or ""
        ):
            raise Refused(403, "a page of another origin may not ask this")
        if self._access.open:
            return self._access.everybody
        found = None
        given = request.text(b"authorization")
        if given is not None:
            scheme, _, token = given.partition(" ")
            found = self._access.of_token(token.strip()) if scheme.lower() == "bearer" else None
        elif (cookie := _cookie(request.text(b"cookie") or "")) is not None:
            found = self._access.of_cookie(cookie)
        if found is None and request.path == SESSION and request.method == "POST":
            return NOBODY
        if found is None:
            raise Refused(401, "show a token: Authorization: Bearer, or POST /api/v1/session")
        return found

    async def _api(
        self, request: _Request, scope: Scope, receive: Receive, principal: Principal
    ) -> Answer:
        """An answer of the application, given again while what it is made of stays the same."""
        reading = request.method in READING
        key = (request.path, request.query, principal)
        if reading and (kept := self._kept.get(key)) is not None:
            if kept.stamp() == kept.at:
                return kept.answer
            del self._kept[key]
        hall = self._desk.hall
        inner = dict(scope)
        asked = inner[ASKED] = Asked(
            self._desk, principal, lambda: hall.revision, secure=request.secure
        )
        if reading:
            inner["method"] = "GET"
        before = hall.revision
        answer = await collected(self._inner, inner, receive)
        if reading and answer.status == _OK and not answer.has(b"cache-control"):
            answer.etag = etag_of(answer.body)
            answer.headers.append(_REVALIDATE)
            if hall.revision == before:
                if len(self._kept) >= ANSWERS_MAX:
                    self._kept.clear()
                self._kept[key] = _Kept(answer, asked.stamp, asked.stamp())
        return answer

    def _options(self, request: _Request) -> Answer:
        """What may be asked here."""
        methods = self._document.methods(request.path)
        if not methods:
            raise Refused(404, "there is no such path; GET /api/v1/openapi.json lists them")
        allow = (b"allow", ", ".join(methods).encode())
        return Answer(204, [allow, (b"cache-control", b"no-store")], b"")

    def _plain(self, request: _Request) -> Answer:
        """Probes and the page's files."""
        if request.method not in READING:
            raise Refused(405, "only GET and HEAD here")
        if request.path == "/livez":
            return _probe(alive=True)
        if request.path == "/readyz":
            return _probe(alive=self._desk.mirror.filled)
        file = self._pages.file(request.path)
        if file is None:
            raise Refused(404, "there is no such page")
        return _file(file.content_type, file.body, etag=file.etag)


def _file(content_type: str, body: bytes, *, etag: str = "") -> Answer:
    headers: Headers = [
        (b"content-type", content_type.encode()),
        (b"cache-control", b"no-cache"),
        *DOCUMENT_HEADERS,
    ]
    return Answer(_OK, headers, body, etag=etag or etag_of(body))


def _request(scope: Scope, trusted: frozenset[str]) -> _Request:
    headers = dict(scope["headers"])
    client = (scope.get("client") or ("", 0))[0]
    secure = scope.get("scheme") == "https"
    if client in trusted:
        secure = secure or headers.get(b"x-forwarded-proto") == b"https"
        told = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
        others = [each.strip() for each in told if each.strip() and each.strip() not in trusted]
        client = others[-1] if others else client
    query = scope.get("query_string", b"")
    return _Request(scope["method"], scope["path"], query, headers, client, secure)


def _cookie(given: str) -> str | None:
    for each in given.split(";"):
        name, _, value = each.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def _probe(*, alive: bool) -> Answer:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    return Answer(_OK if alive else 503, headers, b"ok\n" if alive else b"not yet\n")
