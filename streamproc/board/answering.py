"""An answer on its way out: labelled, packed if that pays, or only said to be the same as before."""

from __future__ import annotations

import gzip
from typing import Final

from xxhash import xxh3_64_hexdigest

from streamproc.board.asgi import App, Headers, Message, Receive, Scope, Send
from streamproc.board.guards import SECURITY_HEADERS
from streamproc.board.problems import PROBLEM_JSON, Refused, problem

GZIP_FROM_BYTES: Final = 1024
GZIP_LEVEL: Final = 4
NO_BODY: Final = (204, 304)
NOT_MODIFIED: Final = 304
UNAUTHORIZED: Final = 401
NOT_ALLOWED: Final = 405

_NO_GZIP: Final = (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")


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

    def has(self, name: bytes) -> bool:
        """Whether there is a header of this name."""
        return any(each == name for each, _ in self.headers)


def etag_of(body: bytes) -> str:
    """The tag of a body; weak, for packed or not it is the same answer."""
    return f'W/"{xxh3_64_hexdigest(body)}"'


def refusal(path: str, refused: Refused) -> Answer:
    """The answer that a refusal is."""
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"cache-control", b"no-store")]
    if refused.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % round(refused.retry_after_s)))
    if refused.status == UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    if refused.status == NOT_ALLOWED:
        headers.append((b"allow", b"GET, HEAD"))
    return Answer(refused.status, headers, problem(refused.status, refused.detail, path))


async def collected(inner: App, scope: Scope, receive: Receive) -> Answer:
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


async def give(answer: Answer, method: str, asked: dict[bytes, bytes], send: Send) -> None:
    """Send an answer. Shapes: ``asked`` are the headers of the request."""
    status, body = answer.status, answer.body
    headers = [*answer.headers, *SECURITY_HEADERS]
    if answer.etag:
        headers.append((b"etag", answer.etag.encode()))
        if _matches(asked.get(b"if-none-match"), answer.etag):
            status, body = NOT_MODIFIED, b""
    if len(answer.body) >= GZIP_FROM_BYTES:
        headers.append((b"vary", b"accept-encoding"))
        if body and takes_gzip(asked.get(b"accept-encoding", b"")):
            body = answer.gzipped()
            headers.append((b"content-encoding", b"gzip"))
    if status not in NO_BODY:
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    sent = b"" if method == "HEAD" else body
    await send({"type": "http.response.body", "body": sent, "more_body": False})


def _matches(given: bytes | None, etag: str) -> bool:
    if given is None:
        return False
    weak = etag.removeprefix("W/").encode()
    return any(each.strip().removeprefix(b"W/") in (weak, b"*") for each in given.split(b","))


def takes_gzip(given: bytes) -> bool:
    """Whether an Accept-Encoding takes gzip."""
    for each in given.split(b","):
        name, _, weight = each.strip().partition(b";")
        if name.strip().lower() == b"gzip":
            return weight.replace(b" ", b"").lower() not in _NO_GZIP
    return False
