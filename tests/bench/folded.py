"""Several runs over the same records, and what is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Folded:
    """What workers made of the same records. Shapes: ``best`` is the report of the fastest."""

    def __init__(self, runs: Sequence[dict[str, Any]]) -> None:
        self.best = min(runs, key=lambda run: run["wall_s"])
        self.runs = runs

    def per_s(self, name: str) -> dict[str, Any]:
        """The events a second, under a name, and those of each run."""
        every = [round(run["events"] / run["wall_s"]) for run in self.runs]
        return {name: max(every), f"{name}_runs": every}

    def peak_mib(self) -> int:
        """The most memory that any of them took."""
        return round(max(float(run["peak_mib"]) for run in self.runs))

    def changelog_mib_per_s(self) -> float:
        """What the fastest of them wrote of its state."""
        mib_per_s: float = self.best["changelog_mib"] / self.best["wall_s"]
        return round(mib_per_s, 2)
