"""What one topic told about one host: its watermark, what was seen, and the session it is in."""

from __future__ import annotations

from typing import Final

from streamproc.tally.dedupe import Bucket
from streamproc.tally.seen import Seen
from streamproc.tally.sessions import Session
from streamproc.tally.timing import NO_WATERMARK_MS

NEVER_MS: Final = 1 << 63


class HostStream:
    """One host in one topic.

    Shapes: ``latest`` is the session with the greatest event time, the greater id among equals;
        ``buckets`` holds live ones only, ``dies_at_ms`` is the watermark at which the first dies.
        ``seen`` has the hashes of all of them, to look into, ``is_seen_ahead``: but of those that die of an
        event that was looked for and may be a duplicate; ``bucket`` is the one that is added to,
        None until :meth:`add_to` is told of one. Where the last event fell, so that the next one need
        not look: its ``session`` and ``pane_no``. ``visited_ms`` is what the watermark was when it was
        last asked whether anything happens here. ``lent_ms`` is the last watermark that no
        event told but the record of one that was ahead: it does not say how old events are when they come.
    """

    __slots__ = (
        "bucket",
        "buckets",
        "dies_at_ms",
        "host",
        "is_seen_ahead",
        "latest",
        "lent_ms",
        "pane_no",
        "seen",
        "session",
        "visited_ms",
        "watermark_ms",
    )

    def __init__(self, host: bytes, session: Session) -> None:
        self.host = host
        self.watermark_ms = self.visited_ms = self.lent_ms = NO_WATERMARK_MS
        self.latest = ""
        self.buckets: list[Bucket] = []  # a handful: a dict would only be larger
        self.dies_at_ms = NEVER_MS
        self.session = session
        self.pane_no = -1
        self.bucket: Bucket | None = None
        self.seen = Seen()
        self.is_seen_ahead = False

    def hold(self, bucket: Bucket) -> None:
        """Remember by a new bucket, which :meth:`add_to` is told of next, if by anybody."""
        self.buckets.append(bucket)
        self.dies_at_ms = min(self.dies_at_ms, bucket.dies_at_ms)

    def add_to(self, bucket: Bucket, told_ms: int) -> None:
        """From now on add to this bucket, one of those that are held, and know what is alive at a time.

        Shapes: that time may be one that the watermark never reaches, as of an event that is a duplicate.
        """
        is_ahead = told_ms >= self.dies_at_ms
        if self.bucket is None or self.is_seen_ahead or is_ahead:
            self.seen.hold([each.hashes for each in self.buckets if each.dies_at_ms > told_ms])
        self.is_seen_ahead = is_ahead
        self.bucket = bucket

    def rest(self, nothing: Session) -> bool:
        """Let go of what is open, if all of it is taken and the watermark stood still since asked.

        Shapes: False: something happens here. What is opened again is as it was.
        """
        session = self.session
        moved, self.visited_ms = self.visited_ms != self.watermark_ms, self.watermark_ms
        if moved or session.dirty or session.minute.dirty:
            return False
        self.session = nothing
        self.look_again()
        return True

    def look_again(self) -> None:
        """Hold as little as can be of event ids, and look anew where the next event falls."""
        self.pane_no, self.bucket, self.seen, self.is_seen_ahead = -1, None, Seen(), False

    def dead(self, oldest_no: int) -> list[Bucket]:
        """The buckets that the watermark has passed, and those before a number, taken out."""
        passed_ms = self.watermark_ms
        dead = [b for b in self.buckets if b.dies_at_ms <= passed_ms or b.number < oldest_no]
        if dead:
            self.buckets = [each for each in self.buckets if each not in dead]
            self.dies_at_ms = min((each.dies_at_ms for each in self.buckets), default=NEVER_MS)
            if self.bucket is not None and not self.is_seen_ahead:
                self.seen.hold([each.hashes for each in self.buckets])
            self.is_seen_ahead = False
        return dead
