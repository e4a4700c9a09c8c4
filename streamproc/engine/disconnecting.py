"""Ending a Kafka client that reads, also while its broker is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any


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
