"""A stage for the page: its real files, and an API of the documented shapes that a test directs.

What a real board cannot be made to say on cue (200 hostile names, a silent line, a refused token) is
said here; that page and real board fit together is tested apart.
By hand: ``python -m tests.browser.stage`` serves a lively floor until Ctrl-C.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import random
import socket
import sys
import threading
import time
from collections import deque
from email.utils import formatdate
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import json

from streamproc.embedded.ports import LOOPBACK, free_port
from tests.browser import scene
from tests.browser.scene import Json

PAGE = Path(__file__).parents[2] / "streamproc" / "board" / "page"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; report-uri /csp"
)
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
BEAT_S = 0.5
RING = 500
_POLL_S = 0.05


def now_ms() -> int:
    """The clock of the stage."""
    return time.time_ns() // 1_000_000


class Stage:
    """The board as a test wants it; ``start`` and ``stop`` keep its port, as a restart does."""

    def __init__(self) -> None:
        self.port = 0
        self.cards: dict[str, Json] = {}
        self.alerts: dict[str, Json] = {}
        self.judged: list[tuple[str, Json]] = []
        self.csp_reports: list[str] = []
        self.resumed_from: list[str] = []
        self.token: str | None = None
        self.silent = threading.Event()
        self.refuse_verdicts = False
        self.reader: Json = {
            "scope": "operate",
            "host_id": None,
            "may_judge": True,
            "guarded": False,
        }
        self.redis = True
        self.beat_age_s = 0.2
        self.behind_s: dict[int, float] = {}
        self.paused: dict[int, dict[str, float]] = {}
        self._epoch = "e1"
        self._ring: deque[tuple[int, str, Json]] = deque(maxlen=RING)
        self._numbers = itertools.count(1)
        self._listeners: set[queue.Queue[tuple[int, str, Json] | None]] = set()
        self._lock = threading.Lock()
        self._lines: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Serve, on the port of before if there was one."""
        self.port = self.port or free_port()
        stage = self

        class Handler(_Handler):
            board = stage

        server = _Server((LOOPBACK, self.port), Handler)
        server.daemon_threads = True
        self._server = server
        threading.Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True).start()

    def stop(self, *, forget: bool = False) -> None:
        """End all connections; with ``forget`` the next start is another epoch, as a new process is."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        with self._lock:
            for listener in self._listeners:
                listener.put(None)
            self._listeners.clear()
            for line in list(self._lines):  # a kept-alive line would outlive the server
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            self._lines.clear()
            if forget:
                self._epoch = f"e{random.randrange(10**9)}"
                self._ring.clear()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def rooms(self, number: int) -> list[Json]:
        """Set up so many rooms."""
        found = [scene.card(n, now_ms()) for n in range(number)]
        self.cards = {each["host_id"]: each for each in found}
        return found

    def sell(self, host_id: str, minor: int, **changes: object) -> Json:
        """One order more in a room, told to everybody."""
        before = self.cards[host_id]
        paid = {"CNY": before["pay_gmv_minor"]["CNY"] + minor}
        moved = {
            "version": before["version"] + 1,
            "as_of_ms": now_ms(),
            "heard_ms": now_ms(),
            "pay_gmv_minor": paid,
            "orders_main": before["orders_main"] + 1,
        }
        self.cards[host_id] = before | moved | changes
        self.tell("cards", {"as_of_ms": now_ms(), "items": [self.cards[host_id]]})
        return self.cards[host_id]

    def raise_alert(self, name: str, host_id: str, **changes: object) -> Json:
        """An alert of a room, told to everybody."""
        raised = scene.alert(name, self.cards[host_id], now_ms()) | changes
        self.alerts[raised["alert_id"]] = raised
        self.tell("alert", raised)
        return raised

    def tell(self, name: str, data: Json) -> None:
        """An event for every stream."""
        with self._lock:
            event = (next(self._numbers), name, data)
            self._ring.append(event)
            for listener in self._listeners:
                listener.put(event)

    def listen(self, last_id: str) -> tuple[queue.Queue[tuple[int, str, Json] | None], bool]:
        """A queue of what comes, what was missed first; and whether all must be told again."""
        listener: queue.Queue[tuple[int, str, Json] | None] = queue.Queue()
        epoch, _, number = last_id.partition("-")
        with self._lock:
            known = epoch == self._epoch and number.isdigit()
            if known:
                self.resumed_from.append(last_id)
                for event in self._ring:
                    if event[0] > int(number):
                        listener.put(event)
            self._listeners.add(listener)
        return listener, not known

    def connections(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    def frame(self, name: str, data: Json, number: int = 0) -> bytes:
        """An event as it goes over the line."""
        return f"id: {self._epoch}-{number}\nevent: {name}\ndata: {json.encode(data).decode()}\n\n".encode()

    def health(self) -> Json:
        beats = [
            {
                **{"partition": n, "worker": "w1", "age_s": self.beat_age_s},
                **{"behind_s": self.behind_s.get(n), "paused": self.paused.get(n, {})},
            }
            for n in range(2)
        ]
        return {
            "status": "ok" if self.redis else "down",
            "redis": self.redis,
            "redis_age_s": 0.1,
            "as_of_ms": now_ms(),
            "hosts": len(self.cards),
            "open_alerts": len(self.alerts),
            "partitions": beats,
            "version": "0",
        }


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say what went wrong, unless a browser only went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one piece, or each answer waits for an acknowledgement
    board: Stage

    def setup(self) -> None:
        super().setup()
        self.board._lines.add(self.connection)

    def finish(self) -> None:
        self.board._lines.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *_args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if not address.path.startswith("/api/v1/"):
            self._file(address.path)
        elif not self._may():
            self._problem(401, "Unauthorized")
        elif address.path == "/api/v1/stream":
            self._stream(parse_qs(address.query)["hosts"][0])
        else:
            self._answer([unquote(part) for part in address.path.split("/")[3:]])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/csp":
            self.board.csp_reports.append(body.decode())
            self._send(204, b"")
        elif self.path == "/api/v1/session":
            self._session(json.decode(body))
        elif not self._may():
            self._problem(401, "Unauthorized")
        elif self.board.refuse_verdicts:
            self._problem(503, "Kafka does not answer")
        else:
            alert_id = unquote(self.path.split("/")[4])
            self.board.judged.append((alert_id, json.decode(body)))
            self._send(202, b"{}", "application/json")

    def _may(self) -> bool:
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("session")
        return self.board.token is None or (cookie is not None and cookie.value == self.board.token)

    def _session(self, body: Json) -> None:
        if body.get("token") != self.board.token:
            self._problem(401, "Unauthorized")
            return
        cookie = f"session={self.board.token}; HttpOnly; SameSite=Strict; Path=/"
        self._send(204, b"", headers={"Set-Cookie": cookie})

    def _answer(self, parts: list[str]) -> None:
        board = self.board
        match parts:
            case ["health"]:
                self._json(board.health())
            case ["session"]:
                self._json(board.reader)
            case ["definitions"]:
                self._json(scene.definitions())
            case ["alerts"]:
                self._json({"items": list(board.alerts.values())})
            case ["rollups", level]:
                items = scene.rollups(level, list(board.cards.values()))
                self._json({"level": level, "as_of_ms": now_ms(), "items": items})
            case ["hosts", host_id] if host_id in board.cards:
                alerts = [each for each in board.alerts.values() if each["host_id"] == host_id]
                self._json({"tally": scene.tally(board.cards[host_id]), "alerts": alerts})
            case ["hosts", host_id, "curve"] if host_id in board.cards:
                self._json(scene.curve(board.cards[host_id]))
            case _:
                self._problem(404, "Not Found")

    def _stream(self, hosts: str) -> None:
        board = self.board
        listener, whole = board.listen(self.headers.get("Last-Event-ID", ""))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        named = set() if hosts == "*" else set(hosts.split(","))
        try:
            self._begin(named, whole)
            self._go_on(listener, named)
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            board._listeners.discard(listener)

    def _begin(self, named: set[str], whole: bool) -> None:
        board = self.board
        hello = {"version": "0", "epoch": board._epoch, "reset": whole}
        self._write(board.frame("hello", hello))
        self._write(board.frame("health", board.health()))
        if not whole:
            return
        cards = [each for each in board.cards.values() if not named or each["host_id"] in named]
        self._write(board.frame("cards", {"as_of_ms": now_ms(), "items": cards}))
        for each in cards:
            if named:
                self._write(board.frame("tally", scene.tally(each)))
                self._write(board.frame("curve", scene.curve(each)))
        for transition in list(board.alerts.values()):
            if not named or transition["host_id"] in named:
                self._write(board.frame("alert", transition))

    def _go_on(self, listener: queue.Queue[tuple[int, str, Json] | None], named: set[str]) -> None:
        while True:
            try:
                event = listener.get(timeout=BEAT_S)
            except queue.Empty:
                if not self.board.silent.is_set():
                    self._write(b": beat\n\n")
                continue
            if event is None:
                return
            number, name, data = event
            hosts = {data.get("host_id"), *(each["host_id"] for each in data.get("items", []))}
            if not named or named & hosts:
                self._write(self.board.frame(name, data, number))
                if named and name == "cards":
                    for each in data["items"]:
                        self._write(self.board.frame("tally", scene.tally(each), number))

    def _write(self, frame: bytes) -> None:
        self.wfile.write(frame)
        self.wfile.flush()

    def _file(self, path: str) -> None:
        found = (PAGE / (path.lstrip("/") or "index.html")).resolve()
        if not found.is_relative_to(PAGE) or not found.is_file():
            self._problem(404, "Not Found")
            return
        self._send(200, found.read_bytes(), KINDS[found.suffix])

    def _json(self, data: Json) -> None:
        self._send(200, json.encode(data), "application/json")

    def _problem(self, status: int, title: str) -> None:
        problem = {"type": "about:blank", "title": title, "status": status}
        self._send(status, json.encode(problem), "application/problem+json")

    def _send(
        self, status: int, body: bytes, kind: str = "", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response_only(status)
        self.send_header("Date", formatdate(usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("X-Content-Type-Options", "nosniff")
        if kind:
            self.send_header("Content-Type", kind)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def lively(stage: Stage, rooms: int, ended: threading.Event) -> None:
    """Sell in all rooms until told to stop."""
    chance = random.Random(1)
    stage.rooms(rooms)
    while not ended.wait(0.15):
        host_id = chance.choice(list(stage.cards))
        before = stage.cards[host_id]
        stage.sell(
            host_id,
            chance.randrange(2_000, 900_000),
            online_now=max(0, before["online_now"] + chance.randrange(-20, 22)),
        )


if __name__ == "__main__":
    with Stage() as stage:
        print(stage.url)  # noqa: T201 - its only output
        lively(stage, 14, threading.Event())
