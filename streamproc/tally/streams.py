"""What one topic told about one host: its watermark, what was seen, and the session it is in."""

from __future__ import annotations

from typing import Final

from streamproc.tally.dedupe import Bucket
from streamproc.tally.sessions import Session
from streamproc.tally.timing import NO_WATERMARK_MS

NEVER_MS: Final = 1 << 63


class HostStream:
    """One host in one topic.

    Shapes: ``latest`` is the session with the greatest event time, the greater id among equals;
        ``buckets`` holds live ones only, ``dies_at_ms`` is the watermark at which the first dies.
        Where the last event fell, so that the next one need not look: its ``session``, ``pane_no``
        and ``bucket`` (None: its bucket is dead). ``visited_ms`` is what the watermark was when it
        was last asked whether anything happens here.
    """

    __slots__ = (
        "bucket",
        "buckets",
        "dies_at_ms",
        "host",
        "latest",
        "pane_no",
        "session",
        "visited_ms",
        "watermark_ms",
    )

    def __init__(self, host: bytes, session: Session) -> None:
        self.host = host
        self.watermark_ms = self.visited_ms = NO_WATERMARK_MS
        self.latest = ""
        self.buckets: list[Bucket] = []  # a handful: a dict would only be larger
        self.dies_at_ms = NEVER_MS
        self.session = session
        self.pane_no = -1
        self.bucket: Bucket | None = None

    def hold(self, bucket: Bucket) -> None:
        """Remember by a new bucket."""
        self.buckets.append(bucket)
        self.dies_at_ms = min(self.dies_at_ms, bucket.dies_at_ms)

    def rest(self, nothing: Session) -> bool:
        """Let go of what is open, if all of it is taken and the watermark stood still since asked.

        Shapes: False: something happens here. What is opened again is as it was.
        """
        session = self.session
        moved, self.visited_ms = self.visited_ms != self.watermark_ms, self.watermark_ms
        if moved or session.dirty or session.minute.dirty:
            return False
        self.session, self.pane_no, self.bucket = nothing, -1, None
        for bucket in self.buckets:
            bucket.settle()
        return True

    def dead(self) -> list[Bucket]:
        """The buckets that the watermark has passed, taken out."""
        dead = [each for each in self.buckets if each.dies_at_ms <= self.watermark_ms]
        self.buckets = [each for each in self.buckets if each.dies_at_ms > self.watermark_ms]
        self.dies_at_ms = min((each.dies_at_ms for each in self.buckets), default=NEVER_MS)
        return dead
