"""What a sink tells of itself."""

from __future__ import annotations

from typing import Protocol


class SinkState(Protocol):
    """A sink of views, as the metrics see it; read from another thread, so plain numbers only.

    Shapes: ``up``: the last write went through. ``refused`` counts writes that met something newer,
        ``dropped`` keys that were given up because too many waited. All counters only grow.
    Units: ``write_s`` is the time that all ``writes`` took together.
    """

    @property
    def name(self) -> str:
        """As the label ``sink`` has it."""
        ...

    @property
    def up(self) -> bool:
        """The last write went through."""
        ...

    @property
    def dirty_keys(self) -> int:
        """Keys that wait to be written."""
        ...

    @property
    def oldest_dirty_age_s(self) -> float:
        """How long the oldest of them waits; 0 if there is none."""
        ...

    @property
    def writes(self) -> int:
        """Writes so far."""
        ...

    @property
    def write_s(self) -> float:
        """Their time in all."""
        ...

    @property
    def refused(self) -> int:
        """Writes that met something newer."""
        ...

    @property
    def dropped(self) -> int:
        """Keys given up."""
        ...
