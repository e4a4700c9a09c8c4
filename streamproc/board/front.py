"""The front of the board: every request passes it, and most are answered here.

It says who asks and how often they may, keeps answers while nothing changed, packs and labels them.
What it does not know goes on to the application.
"""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from structlog import get_logger
from xxhash import xxh3_64_hexdigest

from streamproc.board.access import COOKIE, Access, Principal
from streamproc.board.application import API, PRINCIPAL
from streamproc.board.asgi import App, Headers, Message, Receive, Scope, Send
from streamproc.board.guards import SECURITY_HEADERS, is_foreign, is_local_name
from streamproc.board.limiter import Limiter
from streamproc.board.pages import Pages
from streamproc.board.problems import PROBLEM_JSON, Refused, problem

GZIP_FROM_BYTES: Final = 1024
GZIP_LEVEL: Final = 4
ANSWERS_MAX: Final = 512
QUERY_MAX: Final = 4096
STREAM: Final = f"{API}/stream"
FREE: Final = frozenset({f"{API}/openapi.json"})
"""Answered to everybody: it holds nothing of anybody."""

_REVALIDATE: Final = (b"cache-control", b"private, no-cache")
_log = get_logger(__name__)


class Answer:
    """An answer that may be given more than once. Shapes: ``packed`` is made when first asked for."""

    __slots__ = ("body", "etag", "headers", "packed", "status")

    def __init__(self, status: int, headers: Headers, body: bytes, *, etag: str = "") -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.etag = etag
        self.packed: bytes | None = None

    def gzipped(self) -> bytes:
        """The body, packed."""
        if self.packed is None:
            self.packed = gzip.compress(self.body, GZIP_LEVEL, mtime=0)
        return self.packed


class _Asked(NamedTuple):
    """A request, as far as the front reads it."""

    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    client: str

    def text(self, name: bytes) -> str | None:
        """A header; None: it is missing."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")


class Front:
    """An ASGI application around the others.

    Shapes: ``stamp`` is what kept answers belong to: they are given while it stays the same.
    """

    def __init__(
        self,
        inner: App,
        stream: Callable[[Scope, Receive, Send, Principal], Awaitable[None]],
        *,
        access: Access,
        limiter: Limiter,
        pages: Pages,
        stamp: Callable[[], int],
        ready: Callable[[], bool],
        openapi: Callable[[], bytes],
        trusted_proxies: frozenset[str] = frozenset(),
    ) -> None:
        self._inner = inner
        self._stream = stream
        self._access = access
        self._limiter = limiter
        self._pages = pages
        self._stamp = stamp
        self._ready = ready
        self._openapi = openapi
        self._trusted = trusted_proxies
        self._answers: dict[tuple[str, bytes, Principal], Answer] = {}
        self._answers_of = -1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or end it with a problem."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008, "reason": None})
            return
        asked = _asked(scope, self._trusted)
        try:
            answer = await self._answer(asked, scope, receive, send)
        except Refused as refused:
            answer = _refusal(asked.path, refused)
        except Exception as error:  # noqa: BLE001 - whatever fails must not take the connection with it
            _log.exception("an answer failed", path=asked.path, error=repr(error))
            answer = _refusal(asked.path, Refused(500, "a defect of ours; the log has the details"))
        if answer is not None:
            await _send(answer, asked, send)

    async def _answer(
        self, asked: _Asked, scope: Scope, receive: Receive, send: Send
    ) -> Answer | None:
        """The answer; None: it was sent already."""
        if self._access.open and not is_local_name(asked.text(b"host") or ""):
            raise Refused(403, "without tokens this board answers to localhost and 127.0.0.1 only")
        if not asked.path.startswith("/api/"):
            return self._plain(asked)
        if len(asked.query) > QUERY_MAX:
            raise Refused(414, f"a query has at most {QUERY_MAX} bytes")
        wait_s = self._limiter.wait_s(asked.client)
        if wait_s:
            raise Refused(429, "too many requests; wait a little", retry_after_s=max(1.0, wait_s))
        if asked.path in FREE:
            return self._document(asked)
        principal = self._principal(asked)
        if asked.path == STREAM and asked.method == "GET":
            await self._stream(scope, receive, send, principal)
            return None
        return await self._kept(asked, scope, receive, principal)

    def _principal(self, asked: _Asked) -> Principal:
        """Who asks. Errors: ``Refused`` if nobody we know, or a browser on another page's behalf."""
        if asked.method not in ("GET", "HEAD", "OPTIONS") and is_foreign(
            asked.text(b"origin"), asked.text(b"sec-fetch-site"), asked.text(b"host") or ""
        ):
            raise Refused(403, "a page of another origin may not ask this")
        if self._access.open:
            return self._access.everybody
        found = None
        given = asked.text(b"authorization")
        if given is not None:
            scheme, _, token = given.partition(" ")
            found = self._access.of_token(token.strip()) if scheme.lower() == "bearer" else None
        elif (cookie := _cookie(asked.text(b"cookie") or "")) is not None:
            found = self._access.of_cookie(cookie)
        if found is None and asked.path == f"{API}/session" and asked.method == "POST":
            return NOBODY
        if found is None:
            raise Refused(401, "show a token: Authorization: Bearer, or POST /api/v1/session")
        return found

    async def _kept(
        self, asked: _Asked, scope: Scope, receive: Receive, principal: Principal
    ) -> Answer:
        """An answer of the application, kept while nothing changes."""
        reading = asked.method in ("GET", "HEAD")
        key = (asked.path, asked.query, principal)
        stamp = self._stamp()
        if stamp != self._answers_of or len(self._answers) > ANSWERS_MAX:
            self._answers.clear()
            self._answers_of = stamp
        if reading and (held := self._answers.get(key)) is not None:
            return held
        inner = dict(scope)
        inner[PRINCIPAL] = principal
        if asked.method == "HEAD":
            inner["method"] = "GET"
        answer = await _collected(self._inner, inner, receive)
        if reading and answer.status == 200 and not _has(answer.headers, b"cache-control"):  # noqa: PLR2004 - OK
            answer.etag = f'W/"{xxh3_64_hexdigest(answer.body)}"'
            answer.headers.append(_REVALIDATE)
            if self._stamp() == stamp:
                self._answers[key] = answer
        return answer

    def _plain(self, asked: _Asked) -> Answer:
        """Probes and the page's files."""
        if asked.method not in ("GET", "HEAD"):
            raise Refused(405, "only GET and HEAD here")
        if asked.path == "/livez":
            return _probe(alive=True)
        if asked.path == "/readyz":
            return _probe(alive=self._ready())
        file = self._pages.file(asked.path)
        if file is None:
            raise Refused(404, "there is no such page")
        headers = [
            (b"content-type", file.content_type.encode()),
            (b"cache-control", b"no-cache"),
        ]
        return Answer(200, headers, file.body, etag=file.etag)

    def _document(self, asked: _Asked) -> Answer:
        if asked.method not in ("GET", "HEAD"):
            raise Refused(405, "only GET and HEAD here")
        body = self._openapi()
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-cache")]
        return Answer(200, headers, body, etag=f'W/"{xxh3_64_hexdigest(body)}"')


NOBODY: Final = Principal(scope="", host_id="")  # type: ignore[arg-type]


def _asked(scope: Scope, trusted: frozenset[str]) -> _Asked:
    headers = dict(scope["headers"])
    client = (scope.get("client") or ("", 0))[0]
    if client in trusted:
        told = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
        others = [each.strip() for each in told if each.strip() and each.strip() not in trusted]
        client = others[-1] if others else client
    return _Asked(scope["method"], scope["path"], scope.get("query_string", b""), headers, client)


def _cookie(given: str) -> str | None:
    for each in given.split(";"):
        name, _, value = each.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def _has(headers: Headers, name: bytes) -> bool:
    return any(each == name for each, _ in headers)


def _probe(*, alive: bool) -> Answer:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    return Answer(200 if alive else 503, headers, b"ok\n" if alive else b"not yet\n")


def _refusal(path: str, refused: Refused) -> Answer:
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"cache-control", b"no-store")]
    if refused.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % round(refused.retry_after_s)))
    if refused.status == 401:  # noqa: PLR2004 - unauthorized
        headers.append((b"www-authenticate", b"Bearer"))
    if refused.status == 405:  # noqa: PLR2004 - method not allowed
        headers.append((b"allow", b"GET, HEAD"))
    return Answer(refused.status, headers, problem(refused.status, refused.detail, path))


async def _collected(inner: App, scope: Scope, receive: Receive) -> Answer:
    """What an application answers, whole."""
    status, headers, body = 500, [], b""

    async def take(message: Message) -> None:
        nonlocal status, headers, body
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = [
                (name.lower(), value)
                for name, value in message["headers"]
                if name.lower() != b"content-length"
            ]
        elif message["type"] == "http.response.body":
            body += message["body"]

    await inner(scope, receive, take)
    return Answer(status, headers, body)


async def _send(answer: Answer, asked: _Asked, send: Send) -> None:
    """Send an answer, packed if that pays, or only that it is still the same."""
    status, body = answer.status, answer.body
    headers = [*answer.headers, *SECURITY_HEADERS]
    if answer.etag:
        headers.append((b"etag", answer.etag.encode()))
        if _matches(asked.text(b"if-none-match"), answer.etag):
            status, body = 304, b""
    if len(answer.body) >= GZIP_FROM_BYTES:
        headers.append((b"vary", b"accept-encoding"))
        if body and _takes_gzip(asked.headers.get(b"accept-encoding", b"")):
            body = answer.gzipped()
            headers.append((b"content-encoding", b"gzip"))
    if status not in (204, 304):
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    sent = b"" if asked.method == "HEAD" else body
    await send({"type": "http.response.body", "body": sent, "more_body": False})


def _matches(given: str | None, etag: str) -> bool:
    if given is None:
        return False
    weak = etag.removeprefix("W/")
    return any(each.strip().removeprefix("W/") in (weak, "*") for each in given.split(","))


def _takes_gzip(given: bytes) -> bool:
    for each in given.split(b","):
        name, _, weight = each.strip().partition(b";")
        if name.strip().lower() == b"gzip":
            return weight.replace(b" ", b"").lower() not in (
                b"q=0",
                b"q=0.0",
                b"q=0.00",
                b"q=0.000",
            )
    return False
