"""Kafka clients: connected or closed, and disconnected also while their broker is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any


async def connected(producer: Any) -> Any:
    """The same producer, connected. Errors: those of its start; then it is closed, or it would complain."""
    try:
        await producer.start()
    except BaseException:
        await producer.stop()
        raise
    return producer


async def disconnected(stopping: Awaitable[None], consumer: Any) -> None:
    """Return when a consumer is stopped, by what stops it; None: it was not made yet.

    Trap: aiokafka cancels the fetches under way, and hands on that they were, if one waits to be tried
    again: the broker is away. Whoever stops it would take that for being cancelled.
    """
    try:
        await stopping
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if consumer is None or task is None or task.cancelling():
            raise
        await consumer._client.close()
