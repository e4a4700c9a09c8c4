"""The HTTP server of one worker, in a thread of its own, so that it answers when the event loop does not.

It is the standard library's: ``prometheus_client``'s knows one page, and a probe must not depend on a
framework's loop. Three paths, GET and HEAD, no body, few connections at a time, each with a deadline.
Nothing is packed: that would cost a quarter of what 2,000 rooms do, for 3 MB in a data centre.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable
from errno import EADDRINUSE
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import AF_INET, AF_INET6, SHUT_RDWR, socket
from typing import Any, Final, NamedTuple, cast

from streamproc.errors import BadSetting, PortTaken

CONNECTIONS_MAX: Final = 16
"""More are closed at once: whoever asks too often must not cost a worker its threads."""
REQUEST_MAX_BYTES: Final = 16_384
CONNECTION_MAX_S: Final = 10.0
"""Whoever takes longer to ask and to listen is cut off."""


class Answer(NamedTuple):
    """What a path is answered with."""

    status: HTTPStatus
    content_type: str
    body: bytes


Page = Callable[[], Answer]
"""What makes the answer of a path."""


class Tls(NamedTuple):
    """How to serve over TLS.

    Shapes: with ``client_ca_file`` only clients with a certificate of it may ask.
    """

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None


class PageServer:
    """Serves a few pages until stopped.

    Shapes: ``pages`` maps a path to what makes its answer, in the thread of the request.
    """

    def __init__(
        self, host: str, port: int, pages: dict[str, Page], tls: Tls | None = None
    ) -> None:
        self._at = host, port
        self._pages = pages
        self._tls = tls
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens at."""
        return int(self._server.server_address[1]) if self._server is not None else 0

    def start(self) -> None:
        """Listen and answer.

        Errors: ``PortTaken``; ``BadSetting`` for a host or certificate that cannot be used.
        """
        context = None if self._tls is None else _context(self._tls)
        self._server = _bound(*self._at, self._pages, context)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    # a restarted worker takes its port at once, but two never share one
    allow_reuse_port = False

    def __init__(
        self,
        at: tuple[str, int],
        pages: dict[str, Page],
        context: ssl.SSLContext | None,
    ) -> None:
        self.address_family = AF_INET6 if ":" in at[0] else AF_INET
        self.pages = pages
        self._context = context
        self._free = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._since_s: dict[socket, float] = {}
        super().__init__(at, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver has it
        """Answer in a thread, if there is one to spare."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread could be started
            self._free.release()
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Answer one connection."""
        try:
            self._since_s[request] = time.monotonic()
            request.settimeout(CONNECTION_MAX_S)
            # here and not where it is accepted: a client that shakes no hand must hold up nobody else
            secured = request if self._context is None else _secured(self._context, request)
            if secured is not None:
                super().process_request_thread(secured, client_address)
        finally:
            self._since_s.pop(request, None)
            self._free.release()

    def service_actions(self) -> None:
        """Cut off whoever is slow; called twice a second."""
        before_s = time.monotonic() - CONNECTION_MAX_S
        for request, since_s in self._since_s.copy().items():
            if since_s < before_s:
                with contextlib.suppress(OSError):
                    request.shutdown(SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Nothing: a client that goes away, or speaks no HTTP, is its own affair."""


class _Handler(BaseHTTPRequestHandler):
    # one request a connection: an idle one would keep a thread
    protocol_version = "HTTP/1.0"
    server_version = "streamproc"
    sys_version = ""
    server: _Server

    def setup(self) -> None:
        """Read no more of a request than one may be long."""
        super().setup()
        self.rfile = cast("Any", _Bounded(self.rfile, REQUEST_MAX_BYTES))

    def do_GET(self) -> None:
        """Answer with the page."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer with its headers."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        page = self.server.pages.get(self.path.partition("?")[0])
        if self.headers.get("Content-Length", "0") != "0" or self.headers.get("Transfer-Encoding"):
            answer = _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "no body, please\n")
        elif page is None:
            answer = _plain(HTTPStatus.NOT_FOUND, "/metrics, /livez or /readyz\n")
        else:
            answer = page()
        body = answer.body
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing: a scrape is no event."""


class _Bounded:
    """The lines of a request, as many bytes as it may have; behind them it seems to end."""

    def __init__(self, file: Any, left_bytes: int) -> None:  # noqa: ANN401 - as socketserver has it
        self._file = file
        self._left_bytes = left_bytes

    def readline(self, limit: int = -1) -> bytes:
        """The next line, or what is left of it."""
        most = self._left_bytes if limit < 0 else min(limit, self._left_bytes)
        line: bytes = self._file.readline(most)
        self._left_bytes -= len(line)
        return line

    def close(self) -> None:
        """Close what is read."""
        self._file.close()


def _plain(status: HTTPStatus, words: str) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", words.encode())


def _bound(host: str, port: int, pages: dict[str, Page], context: ssl.SSLContext | None) -> _Server:
    where = f"STREAMPROC_METRICS__HOST={host}, STREAMPROC_METRICS__PORT={port}"
    try:
        return _Server((host, port), pages, context)
    except OSError as error:
        if error.errno == EADDRINUSE:
            raise PortTaken(
                f"port {port} for metrics is in use",
                where=where,
                hint="is another worker running here? Give each its own port, or 0 for none",
            ) from error
        raise BadSetting(
            f"metrics cannot be served there: {error.strerror or error}",
            where=where,
            hint="name an address of this machine; 127.0.0.1 is seen from this machine only",
        ) from error


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file)
        if tls.client_ca_file is not None:
            context.load_verify_locations(tls.client_ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise BadSetting(
            f"the certificate for metrics cannot be used: {error}",
            where="STREAMPROC_METRICS__TLS_CERT_FILE, __TLS_KEY_FILE, __TLS_CLIENT_CA_FILE",
            hint="name PEM files that this user may read, the key without a password",
        ) from error
    return context


def _secured(context: ssl.SSLContext, request: socket) -> socket | None:
    try:
        return context.wrap_socket(request, server_side=True)
    except (OSError, ssl.SSLError):
        request.close()
        return None
