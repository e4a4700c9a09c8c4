from __future__ import annotations

import socket

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streamproc.embedded.broker import EmbeddedBroker
from streamproc.embedded.ports import LOOPBACK, broker_count, free_port
from streamproc.errors import PortTaken

pytestmark = pytest.mark.integration


async def test_what_is_sent_to_the_embedded_broker_can_be_read_from_it() -> None:
    async with EmbeddedBroker() as broker:
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
            await producer.send_and_wait("songs", b"one", partition=0)
        async with AIOKafkaConsumer(
            "songs", bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest"
        ) as consumer:
            record = await consumer.getone()

    assert record.value == b"one"


async def test_the_embedded_broker_listens_on_loopback_alone() -> None:
    async with EmbeddedBroker() as broker:
        assert broker.pid is not None
        listening = [
            connection.laddr
            for connection in psutil.Process(broker.pid).net_connections()
            if connection.status == psutil.CONN_LISTEN
        ]

        assert [f"{address.ip}:{address.port}" for address in listening] == [broker.bootstrap]
        assert broker.bootstrap.startswith(LOOPBACK)


async def test_the_embedded_broker_is_gone_when_its_context_ends() -> None:
    async with EmbeddedBroker() as broker:
        pid = broker.pid
        assert pid is not None
        assert psutil.pid_exists(pid)

    assert not psutil.pid_exists(pid)
    assert broker_count(int(broker.bootstrap.split(":")[1])) == 0


async def test_it_listens_on_the_port_that_is_given() -> None:
    port = free_port()

    async with EmbeddedBroker(port=port) as broker:
        assert broker.bootstrap == f"{LOOPBACK}:{port}"


async def test_a_given_port_that_another_broker_holds_is_refused_by_name() -> None:
    async with EmbeddedBroker() as first:
        port = int(first.bootstrap.split(":")[1])

        with pytest.raises(PortTaken, match=first.bootstrap):
            await EmbeddedBroker(port=port).start()

        assert broker_count(port) == 1


async def test_a_port_lost_to_somebody_else_is_replaced_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        ports = [taken.getsockname()[1], free_port()]
        expected = f"{LOOPBACK}:{ports[1]}"
        monkeypatch.setattr("streamproc.embedded.broker.free_port", lambda: ports.pop(0))
        # the other took it after we looked: what the broker itself says must be understood
        monkeypatch.setattr("streamproc.embedded.broker.is_free", lambda _port: True)

        async with EmbeddedBroker() as broker:
            assert broker.bootstrap == expected
