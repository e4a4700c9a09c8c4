"""The server: three pages, small requests, slow clients cut off, TLS with certificates of both sides."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from streamproc.errors import BadSetting, PortTaken
from streamproc.sinks.metrics import server
from streamproc.sinks.metrics.server import Answer, PageServer, Tls
from tests.certificates import Certificates, certificates

PAGE = b"x_total 1\n" * 1_000
HOST = "127.0.0.1"


def pages() -> dict[str, server.Page]:
    return {
        "/metrics": lambda: Answer(HTTPStatus.OK, "text/plain", PAGE),
        "/livez": lambda: Answer(HTTPStatus.SERVICE_UNAVAILABLE, "application/json", b"{}"),
    }


@contextlib.contextmanager
def serving(tls: Tls | None = None) -> Iterator[PageServer]:
    serves = PageServer(HOST, 0, pages(), tls)
    serves.start()
    try:
        yield serves
    finally:
        serves.stop()


def asked(
    port: int, path: str, method: str = "GET", body: bytes | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer, answer.read()


def spoken(port: int, words: bytes) -> bytes:
    """What a client that speaks as it likes is answered with, to the end."""
    with socket.create_connection((HOST, port), timeout=30) as line:
        line.sendall(words)
        found = b""
        with contextlib.suppress(ConnectionError):
            while part := line.recv(65_536):
                found += part
        return found


def test_it_serves_its_pages_and_no_others() -> None:
    with serving() as serves:
        answer, body = asked(serves.port, "/metrics?x=1")
        assert (answer.status, body) == (200, PAGE)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Python" not in (answer.headers["Server"] or "")
        assert asked(serves.port, "/livez")[0].status == 503
        assert asked(serves.port, "/state")[0].status == 404


def test_a_head_has_no_body_and_nothing_else_is_understood() -> None:
    with serving() as serves:
        answer, body = asked(serves.port, "/metrics", "HEAD")
        assert (answer.status, body) == (200, b"")
        assert answer.headers["Content-Length"] == str(len(PAGE))
        assert asked(serves.port, "/metrics", "POST")[0].status == 501
        assert asked(serves.port, "/metrics", "GET", b"x" * 10)[0].status == 413


def test_a_request_without_end_is_not_read_to_it() -> None:
    with serving() as serves:
        endless = b"GET /metrics HTTP/1.1\r\n" + b"X-A: b\r\n" * 100_000
        assert PAGE not in spoken(serves.port, endless)
        assert asked(serves.port, "/metrics")[0].status == 200


@pytest.mark.parametrize("words", [b"\xff\x00\r\n\r\n", b"GET\r\n\r\n", b"\r\n", b""])
def test_nonsense_harms_nobody_else(words: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTION_MAX_S", 0.3)
    with serving() as serves:
        spoken(serves.port, words)
        assert asked(serves.port, "/metrics")[0].status == 200


def test_whoever_is_slow_is_cut_off_and_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTION_MAX_S", 0.5)
    with serving() as serves, contextlib.ExitStack() as lines:
        slow = [
            lines.enter_context(socket.create_connection((HOST, serves.port)))
            for _ in range(server.CONNECTIONS_MAX + 3)
        ]
        deadline_s = time.monotonic() + 20
        while True:
            assert time.monotonic() < deadline_s
            for line in slow:
                with contextlib.suppress(OSError):
                    line.send(b"G")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if asked(serves.port, "/metrics")[0].status == 200:
                    return


def test_a_port_in_use_is_told() -> None:
    with serving() as serves, pytest.raises(PortTaken, match=str(serves.port)):
        PageServer(HOST, serves.port, pages()).start()


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(BadSetting, match="STREAMPROC_METRICS__HOST"):
        PageServer("192.0.2.1", 0, pages()).start()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("tls"))


def test_over_tls_only_clients_with_a_certificate_are_answered(held: Certificates) -> None:
    with serving(Tls(held.cert_file, held.key_file, held.ca_file)) as serves:
        trusting = ssl.create_default_context(cafile=held.ca_file)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            told_over(trusting, serves.port)
        trusting.load_cert_chain(held.cert_file, held.key_file)
        assert told_over(trusting, serves.port) == PAGE
        assert PAGE not in spoken(serves.port, b"GET /metrics HTTP/1.0\r\n\r\n")


def told_over(context: ssl.SSLContext, port: int) -> bytes:
    connection = http.client.HTTPSConnection(HOST, port, timeout=10, context=context)
    connection.request("GET", "/metrics")
    return connection.getresponse().read()


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")

    with pytest.raises(BadSetting, match="TLS_CERT_FILE"):
        PageServer(HOST, 0, pages(), Tls(empty, empty)).start()
