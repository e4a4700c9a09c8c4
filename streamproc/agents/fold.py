"""The agents: every batch of a topic goes to the engine, in order, and nothing else is awaited.

Source: docs/architecture.md, "The way of an event".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import faust

from streamproc.engine.engine import Engine
from streamproc.engine.faustapp import batch_topic


def add_agents(app: faust.App, engine: Engine, topics: Iterable[str]) -> list[Any]:
    """Add one agent per topic to the app; returns them in the topics' order."""
    return [
        app.agent(batch_topic(app, topic), name=f"fold-{topic}")(_fold(engine, topic))
        for topic in topics
    ]


def _fold(engine: Engine, topic: str) -> Callable[[Any], Awaitable[None]]:
    async def fold(stream: Any) -> None:  # noqa: ANN401  # Faust has no types we can check
        async for event in stream.events():
            # synchronous on purpose: an await here would let another batch of the partition overtake
            engine.apply(topic, event.message.partition, event.value)

    return fold
