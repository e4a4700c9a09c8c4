"""Hosts and staff answer what viewers ask: every question within a minute, unless an incident says no."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Final, NamedTuple

from streamproc.events.comments import CommentPosted, Role
from streamproc.simulate.frame import Frame, Timed
from streamproc.simulate.incident_plans import HostSilentPlan, UnansweredQuestionsPlan
from streamproc.simulate.rooms import Listing, Room
from streamproc.simulate.speech import pick, texts_about
from streamproc.simulate.world import phrases

_AFTER_MS: Final = (12_000, 40_000)
_BREATH_MS: Final = 1_000
_HOST_SHARE: Final = 0.4
_ROOM: Final = -1
_OF_NO_PRODUCT: Final = frozenset(("coupon_question", "shipping_question"))
_OF_STOCK: Final = frozenset(("availability_question", "stockout_report"))


class _Question(NamedTuple):
    due_ms: int
    event_id: str
    intent: str
    place: int
    listing: Listing


class Answers:
    """Questions that wait for an answer: one for all who ask the same meanwhile.

    Shapes: what is told depends on the order of the calls.
    """

    def __init__(self, frame: Frame, rng: Random) -> None:
        self._frame = frame
        self._rng = rng
        self._waiting: dict[str, list[_Question]] = defaultdict(list)
        self._templates = phrases().host.answers
        self._out = phrases().host.out_of_stock
        self._number = 0

    def hear(self, room: Room, at_ms: int, intent: str, listing: Listing, event_id: str) -> None:
        """Take note of a comment; one that asks nothing is nobody's concern."""
        if intent not in self._templates:
            return
        place = _ROOM if intent in _OF_NO_PRODUCT else room.listings.index(listing)
        waiting = self._waiting[room.host_id]
        for each in waiting:
            if (each.intent, each.place) == (intent, place) and at_ms < each.due_ms:
                return
        due_ms = self._due_ms(room, at_ms, intent, place)
        waiting.append(_Question(due_ms, event_id, intent, place, listing))

    def told(self, room: Room, end_ms: int) -> list[Timed]:
        """The answers that are given before a moment, in no order."""
        waiting = self._waiting.get(room.host_id)
        if not waiting:
            return []
        due = [each for each in waiting if each.due_ms < end_ms]
        self._waiting[room.host_id] = [each for each in waiting if each.due_ms >= end_ms]
        return [
            (each.due_ms, self._answer(room, each))
            for each in due
            if each.due_ms < room.end_ms and not is_hushed(room, each.due_ms)
        ]

    def _due_ms(self, room: Room, at_ms: int, intent: str, place: int) -> int:
        due_ms = at_ms + self._rng.randint(*_AFTER_MS)
        if not room.incidents:
            return due_ms
        deaf = room.deaf_span(due_ms)
        if deaf is not None:
            return max(at_ms + _BREATH_MS, deaf.start_ms - _BREATH_MS)
        for plan, staged in room.of(UnansweredQuestionsPlan):
            span = staged.span
            if (plan.intent, staged.place) == (intent, place) and span.holds(due_ms):
                early_ms = span.start_ms - _BREATH_MS
                return early_ms if at_ms < early_ms else span.end_ms + _BREATH_MS
        return due_ms

    def _answer(self, room: Room, question: _Question) -> CommentPosted:
        at_ms, listing = question.due_ms, question.listing
        templates = self._templates[question.intent]
        if question.intent in _OF_STOCK and room.is_closed(question.place, at_ms):
            templates = self._out
        by_host = self._rng.random() < _HOST_SHARE and not room.during(HostSilentPlan, at_ms)
        role = Role.HOST if by_host else Role.STAFF
        self._number += 1
        return CommentPosted(
            **self._frame.envelope(room, at_ms, f"r{self._number:x}"),
            user_key=self._frame.crew_key(room, role),
            role=role,
            text=pick(self._rng.random, texts_about(listing, templates)),
            reply_to=question.event_id,
        )


def is_hushed(room: Room, at_ms: int) -> bool:
    """Whether neither host nor staff type at a moment."""
    silent = room.during(HostSilentPlan, at_ms)
    return silent is not None and silent[0].signal == "hands"
