"""A platform's side of a robot: a real HTTP server that keeps what is posted and answers as told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

TAKEN = {"errcode": 0, "code": 0}


class Posted(NamedTuple):
    """One request."""

    path: str
    query: dict[str, str]
    body: dict[str, Any]
    size: int


class StandIn:
    """What came in, and what is answered: ``answers`` one after the other, then ``TAKEN``."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.answers: list[tuple[int, bytes]] = []
        self.came = threading.Condition()
        self.url = ""

    def answer(self, *told: object, status: int = 200) -> None:
        self.answers += [(status, json.dumps(each).encode()) for each in told]

    def await_posts(self, count: int, deadline_s: float = 20.0) -> list[Posted]:
        with self.came:
            assert self.came.wait_for(lambda: len(self.posted) >= count, deadline_s), self.posted
            return list(self.posted)


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """A running stand-in."""
    platform = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            split = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(split.query).items()}
            status, told = 200, json.dumps(TAKEN).encode()
            with platform.came:
                platform.posted.append(Posted(split.path, query, json.loads(body), len(body)))
                if platform.answers:
                    status, told = platform.answers.pop(0)
                platform.came.notify_all()
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            if status in range(300, 400):
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    platform.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


def signed(key: str, text: str) -> str:
    """HMAC-SHA256 as base64, spelled out from the platforms' pages."""
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()
