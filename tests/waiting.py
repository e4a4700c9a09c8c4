"""Waiting for what other processes bring about."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

DEADLINE_S = 120.0
POLL_S = 0.25


async def until(
    holds: Callable[[], Any], what: str, *, still: Callable[[], None] = lambda: None
) -> Any:  # noqa: ANN401 - whatever is asked for
    """The first answer that is something, asked for in a thread; ``still`` is called between two questions.

    Errors: ``AssertionError`` with what was waited for; those of ``still``.
    """
    deadline_s = time.monotonic() + DEADLINE_S
    while not (found := await asyncio.to_thread(holds)):
        still()
        assert time.monotonic() < deadline_s, f"not in time: {what}"
        await asyncio.sleep(POLL_S)
    return found
