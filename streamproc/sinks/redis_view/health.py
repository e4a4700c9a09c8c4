"""How the Redis view is, for metrics and pages. Written by the writer's thread, read by anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Health:
    """How writing goes.

    Shapes: ``reason`` is why it does not: a word of ``faults``, empty while it does. ``refused_total``
        counts writes that Redis held something newer than; ``failed_total`` those that can never be
        written, of which the log tells. ``on_write``, if set, is told how long each exchange took.
    """

    up: bool = False
    reason: str = "starting"
    written_total: int = 0
    refused_total: int = 0
    failed_total: int = 0
    faults_total: int = 0
    full_publishes_total: int = 0
    writes_total: int = 0
    write_seconds_total: float = 0.0
    on_write: Callable[[float], None] | None = None

    def wrote(self, took_s: float) -> None:
        """An exchange with Redis took so long."""
        self.writes_total += 1
        self.write_seconds_total += took_s
        if self.on_write is not None:
            self.on_write(took_s)
