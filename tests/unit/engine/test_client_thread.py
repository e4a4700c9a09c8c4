"""The thread of the Kafka client: asked before the client is made, and stopped while its broker is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher

from streamproc.engine.transport import BatchThread

NEVER_S = 60.0

Client = Any
"""A client's thread that never runs, of classes without types."""


@pytest.fixture
async def thread() -> AsyncIterator[Client]:
    """One whose client is made and not started."""
    made: Any = object.__new__(BatchThread)
    made._method_queue = None
    consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1", group_id="unit")
    made._consumer = consumer
    yield made
    consumer._closed = True  # else it complains, though there is nothing to close


async def test_a_client_that_is_not_made_yet_is_assigned_nothing(thread: Client) -> None:
    thread._consumer = None

    assert thread.assignment() == set()


async def test_a_client_that_has_not_started_has_not_failed(thread: Client) -> None:
    assert thread.group_failure() is None


async def test_a_client_is_closed_by_its_own_thread_alone(thread: Client) -> None:
    others = asyncio.all_tasks()
    thread.app = type("App", (), {"loop": asyncio.get_running_loop()})  # where Faust would close it

    thread.close()
    await asyncio.sleep(0)

    assert not thread._consumer._closed
    assert asyncio.all_tasks() == others


async def test_a_client_stops_while_a_fetch_waits_to_be_tried_again(thread: Client) -> None:
    consumer, waiting = thread._consumer, asyncio.create_task(asyncio.sleep(NEVER_S))
    fetcher: Any = object.__new__(Fetcher)
    fetcher._fetch_task = asyncio.create_task(asyncio.sleep(NEVER_S))
    fetcher._fetch_waiters, fetcher._pending_tasks = set(), {waiting}
    consumer._fetcher = fetcher
    await asyncio.sleep(0)

    await thread.on_thread_stop()

    assert consumer._closed
    assert waiting.cancelled()


async def test_a_stop_that_is_itself_cancelled_stays_so(thread: Client) -> None:
    thread._consumer.stop = lambda: asyncio.sleep(NEVER_S)
    stopping = asyncio.create_task(thread.on_thread_stop())
    await asyncio.sleep(0)

    stopping.cancel()

    with pytest.raises(asyncio.CancelledError):
        await stopping
