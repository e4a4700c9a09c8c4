"""What one topic told about one host: its watermark, what was seen, and the session it is in."""

from __future__ import annotations

from typing import Final

from streamproc.tally.dedupe import Bucket
from streamproc.tally.sessions import Session
from streamproc.tally.timing import NO_WATERMARK_MS

NEVER_MS: Final = 1 << 63


class HostStream:
    """One host in one topic.

    Shapes: ``session`` is the one of the last event, ``latest`` (event time, id) of the one with
        the greatest event time; ``buckets`` holds live ones only, ``dies_at_ms`` is the watermark
        at which the first of them dies.
    """

    __slots__ = ("buckets", "dies_at_ms", "host", "latest", "session", "watermark_ms")

    def __init__(self, host: bytes, session: Session) -> None:
        self.host = host
        self.watermark_ms = NO_WATERMARK_MS
        self.buckets: dict[int, Bucket] = {}
        self.dies_at_ms = NEVER_MS
        self.session = session
        self.latest = ""

    def dead(self) -> list[Bucket]:
        """The buckets that the watermark has passed, taken out."""
        dead = [each for each in self.buckets.values() if each.dies_at_ms <= self.watermark_ms]
        for bucket in dead:
            del self.buckets[bucket.number]
        alive = self.buckets.values()
        self.dies_at_ms = min((each.dies_at_ms for each in alive), default=NEVER_MS)
        return dead
