"""When a broadcast began, was paused and ended, whatever order its events came in."""

from __future__ import annotations

from bisect import bisect_left
from enum import StrEnum
from itertools import zip_longest
from typing import Final

from msgspec import Struct

from streamproc.events.registry import AnyEvent
from streamproc.events.rooms import RoomEnded, RoomPaused, RoomResumed, RoomStarted

TURNS_KEPT: Final = 64
"""So many of the latest turns are known one by one; a broadcast has a handful."""

Over = tuple[int, int | None]
"""A time in which a broadcast was over: from its end until before its next turn; None: it is over still."""

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
        ``starts`` is how many starts were applied, so an event must be taken once only. ``turns`` has of
        each of the latest, ascending, twice its time, plus 1 if it is an end; None: an earlier version of
        the program began it, which kept no more than the rest.
    """

    started_first_ms: int | None = None
    started_last: Started | None = None
    paused_ms: int | None = None
    resumed_ms: int | None = None
    ended_ms: int | None = None
    starts: int = 0
    turns: list[int] | None = None

    def take(self, event: AnyEvent) -> bool:
        """Take in an event of the rooms topic; False: it changes nothing here."""
        at_ms = event.occurred_at_ms
        match event:
            case RoomStarted():
                self._start(event)
                self._turn(at_ms)
                return True
            case RoomPaused():
                later = _is_later(at_ms, self.paused_ms)
                self.paused_ms = at_ms if later else self.paused_ms
            case RoomResumed():
                later = _is_later(at_ms, self.resumed_ms)
                self.resumed_ms = at_ms if later else self.resumed_ms
            case RoomEnded():
                later = _is_later(at_ms, self.ended_ms)
                self.ended_ms = at_ms if later else self.ended_ms
                return self._turn(at_ms, is_end=True) or later
            case _:
                return False
        return self._turn(at_ms) or later

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

    def over(self) -> list[Over]:
        """When it was over, by time: from each end until the turn of another kind that came after it.

        Shapes: of several ends in a row the last counts, of turns at the same time the end.
        """
        turns = self.known_turns()
        return [
            (turn >> 1, None if after is None else after >> 1)
            for turn, after in zip_longest(turns, turns[1:])
            if turn & 1 and (after is None or not after & 1)
        ]

    def known_turns(self) -> list[int]:
        """``turns``; where an earlier version began it, those that are known of the rest."""
        if self.turns is not None:
            return self.turns
        restarted_ms = None if self.started_last is None else self.started_last.at_ms
        goes_on = (self.started_first_ms, restarted_ms, self.paused_ms, self.resumed_ms)
        turns = [2 * at_ms for at_ms in goes_on if at_ms is not None]
        return sorted(turns if self.ended_ms is None else [*turns, 2 * self.ended_ms + 1])

    def _turn(self, at_ms: int, *, is_end: bool = False) -> bool:
        """Know a turn among the latest; False: it is known, or not one of them."""
        turns, turn = self.turns, 2 * at_ms + is_end
        if turns is None:
            return False
        place = bisect_left(turns, turn)
        if place < len(turns) and turns[place] == turn:
            return False
        turns.insert(place, turn)
        if len(turns) <= TURNS_KEPT:
            return True
        return turns.pop(0) != turn

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
