"""A free port, and whether a Kafka broker answers on one."""

from __future__ import annotations

import contextlib
import random
import socket
import struct

LOOPBACK = "127.0.0.1"

_FIRST_PORT, _PAST_LAST_PORT = 20_000, 32_000
_ANSWER_S = 2.0
_METADATA_V1 = struct.pack(">hhih", 3, 1, 1, -1)
_ANSWER_HEAD = struct.Struct(">iii")  # length, correlation, how many brokers follow


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now.

    Below the range of ephemeral ports: there an outgoing connection could take the port while its
    server is down, even a client's own connection to itself.
    """
    draw = random.SystemRandom()
    while True:
        port = draw.randrange(_FIRST_PORT, _PAST_LAST_PORT)
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of 127.0.0.1 now.

    Ask before starting one that is then waited for: else a stranger's answer passes for its own.
    """
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: past TIME_WAIT
        probe.bind((LOOPBACK, port))
        return True
    return False


def broker_count(port: int) -> int:
    """How many brokers the one on ``port`` of 127.0.0.1 knows; 0 while it does not answer.

    A broker lists itself once it can be given partitions. Asks for no topic by name: the embedded
    broker makes a topic that somebody asks about.
    """
    request = _METADATA_V1 + struct.pack(">i", 0)
    try:
        with socket.create_connection((LOOPBACK, port), timeout=_ANSWER_S) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as reader:
                answer = reader.read(_ANSWER_HEAD.size)
    except OSError:
        return 0
    if len(answer) < _ANSWER_HEAD.size:
        return 0
    return int(_ANSWER_HEAD.unpack(answer)[2])
