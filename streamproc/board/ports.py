"""What the board needs from outside: a way for a verdict to leave."""

from __future__ import annotations

from typing import Protocol

from streamproc.events.rooms import AlertJudged


class VerdictPublisher(Protocol):
    """Where a person's verdict on an alert leaves."""

    async def publish(self, verdict: AlertJudged) -> None:
        """Return once it is durable. Errors: ``VerdictUnpublished`` if that cannot be known in time."""
        ...

    async def stop(self) -> None:
        """Let go of what it holds."""
        ...
