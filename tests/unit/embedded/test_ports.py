from __future__ import annotations

import socket
import threading

from streamproc.embedded.ports import LOOPBACK, broker_count, free_port, is_free


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()

        assert not is_free(taken.getsockname()[1])


def test_a_free_port_is_free_and_no_ephemeral_one() -> None:
    port = free_port()

    assert is_free(port)
    assert port < 32_768


def test_nobody_on_the_port_is_no_broker() -> None:
    assert broker_count(free_port()) == 0


def test_a_server_that_hangs_up_is_no_broker() -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        hang_up = threading.Thread(target=lambda: listener.accept()[0].close())
        hang_up.start()

        assert broker_count(listener.getsockname()[1]) == 0

        hang_up.join()
