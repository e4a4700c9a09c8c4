"""When events reach the log: as they happen, unless an incident keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streamproc.events.comments import CommentPosted
from streamproc.events.registry import VIEWERS_TOPIC
from streamproc.simulate.emission import TOPIC_OF_CLASS
from streamproc.simulate.frame import Frame, Timed
from streamproc.simulate.incident_plans import SourceLagPlan
from streamproc.simulate.incidents import Staged
from streamproc.simulate.rooms import Room

_TOGETHER_MS: Final = 3_000
_CATCH_UP_MS: Final = 5_000


class Delivery:
    """Of a broadcast: rooms from which nothing comes for a while, rooms that are behind."""

    def __init__(self, rooms: Sequence[Room], frame: Frame) -> None:
        self._frame = frame
        self._rooms = {room.host_id: room for room in rooms if room.incidents}

    def delivered(self, timed: Timed) -> Timed:
        """An event at the moment it arrives."""
        at_ms, event = timed
        room = self._rooms.get(event.host_id)
        if room is None:
            return timed
        silent = room.silent_span(at_ms)
        if silent is not None:
            late_ms = (at_ms - silent.start_ms) % _TOGETHER_MS
            return min(silent.end_ms + late_ms, self._frame.until_ms - 1), event
        behind = room.during(SourceLagPlan, at_ms)
        if behind is None or not _is_slow(event):
            return timed
        return min(at_ms + lag_ms(*behind, at_ms), self._frame.until_ms - 1), event


def lag_ms(plan: SourceLagPlan, staged: Staged, at_ms: int) -> int:
    """How far the source is behind with what happens at a moment."""
    grown_ms = (at_ms - staged.span.start_ms) // 2
    left_ms = staged.span.end_ms - at_ms + _CATCH_UP_MS
    return min(plan.lag_s * 1000, grown_ms, left_ms)


def _is_slow(event: object) -> bool:
    return isinstance(event, CommentPosted) or TOPIC_OF_CLASS[type(event)] == VIEWERS_TOPIC
