"""The times of a sample of a batch, kept until what came of it is visible."""

from __future__ import annotations

from typing import NamedTuple


class Folded(NamedTuple):
    """A sample of one batch, until what came of it is visible.

    Shapes: ``event_times_ms`` runs beside ``broker_times_ms``, 0 where a record was no event, or is empty:
        the program told none. Each stands for ``weight`` records.
    """

    topic: str
    broker_times_ms: list[int]
    event_times_ms: list[int]
    weight: int
