"""How far a run of a broadcast is."""

from __future__ import annotations

from dataclasses import dataclass

from streamproc.simulate.generator import Broadcast


@dataclass(slots=True)
class Progress:
    """How far a run is.

    Units: ``at_ms`` is the moment of the broadcast, ``end_ms`` its last, UTC.
    """

    at_ms: int
    start_ms: int
    end_ms: int
    emitted: int = 0
    acked: int = 0
    failed: int = 0
    unknown: int = 0

    @property
    def share(self) -> float:
        """How much of the run is done, 0 to 1."""
        return min(1.0, (self.at_ms - self.start_ms) / max(1, self.end_ms - self.start_ms))


def progress_of(broadcast: Broadcast) -> Progress:
    """That of a broadcast of which nothing is emitted."""
    frame = broadcast.frame
    start_ms = frame.base_ms + frame.from_ms
    return Progress(at_ms=start_ms, start_ms=start_ms, end_ms=frame.base_ms + frame.until_ms)
