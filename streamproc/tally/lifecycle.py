"""When a broadcast began, was paused and ended, whatever order its events came in."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import RoomEnded, RoomPaused, RoomResumed, RoomStarted

_NEVER_MS: Final = -1
"""Before every turn."""


class Status(StrEnum):
    """What a broadcast is doing."""

    UNKNOWN = "unknown"
    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"


class Started(Struct, array_like=True, frozen=True, gc=False, order=True):
    """What a start told; of two the greater stands. Shapes: 0 or empty is unknown."""

    at_ms: int
    title: str = ""
    venue_id: str = ""
    contest_id: str = ""
    planned_end_ms: int = 0


class Lifecycle(Struct, array_like=True):
    """The turns of one broadcast.

    Shapes: the greatest time of each turn, of the start also the smallest; None: it was not told.
        ``starts`` is how many starts were applied, so an event must be taken once only.
    """

    started_first_ms: int | None = None
    started_last: Started | None = None
    paused_ms: int | None = None
    resumed_ms: int | None = None
    ended_ms: int | None = None
    starts: int = 0

    def take(self, event: AnyEvent) -> bool:
        """Take in an event of the rooms topic; False: it changes nothing here."""
        at_ms = event.occurred_at_ms
        match event:
            case RoomStarted():
                self._start(event)
            case RoomPaused() if _is_later(at_ms, self.paused_ms):
                self.paused_ms = at_ms
            case RoomResumed() if _is_later(at_ms, self.resumed_ms):
                self.resumed_ms = at_ms
            case RoomEnded() if _is_later(at_ms, self.ended_ms):
                self.ended_ms = at_ms
            case _:
                return False
        return True

    def status(self) -> Status:
        """What the broadcast is doing, by its last turn.

        Shapes: of turns at the same time the end counts before the pause, the pause before the rest.
        """
        # of every room each second: so no lists
        ended_ms, paused_ms = _at(self.ended_ms), _at(self.paused_ms)
        started_ms = self.started_last.at_ms if self.started_last else _NEVER_MS
        live_ms = max(started_ms, _at(self.resumed_ms))
        if ended_ms > _NEVER_MS and ended_ms >= paused_ms and ended_ms >= live_ms:
            return Status.ENDED
        if paused_ms > _NEVER_MS and paused_ms >= live_ms:
            return Status.PAUSED
        return Status.LIVE if live_ms > _NEVER_MS else Status.UNKNOWN

    def _start(self, event: RoomStarted) -> None:
        self.starts += 1
        started = Started(
            event.occurred_at_ms,
            event.title or "",
            event.venue_id or "",
            event.contest_id or "",
            event.planned_end_ms or 0,
        )
        if self.started_last is None or started > self.started_last:
            self.started_last = started
        if self.started_first_ms is None or started.at_ms < self.started_first_ms:
            self.started_first_ms = started.at_ms


def _is_later(at_ms: int, held_ms: int | None) -> bool:
    return held_ms is None or at_ms > held_ms


def _at(told_ms: int | None) -> int:
    return _NEVER_MS if told_ms is None else told_ms
