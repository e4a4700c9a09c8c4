"""What goes wrong on the way: records twice, late, in another order, and garbage among them.

Within the allowances, so that the true totals stay what they are: a second copy comes while the
first is still remembered, and a delayed event before it would be late.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

import msgspec

from streamproc.events.codec import encode
from streamproc.events.comments import CommentPosted
from streamproc.events.hosts import HostProfiled
from streamproc.events.orders import (
    OrderCancelled,
    OrderCreated,
    OrderFailed,
    OrderPaid,
    OrdersCounted,
)
from streamproc.events.registry import ORDERS_TOPIC, AnyEvent
from streamproc.events.viewers import ViewerJoined, ViewerLeft, ViewerLiked
from streamproc.simulate.book import fact_of
from streamproc.simulate.emission import (
    DUPLICATE,
    GARBAGE,
    LATE,
    TOPIC_OF_CLASS,
    VALID,
    Emission,
    figures_of,
    person_of,
)
from streamproc.simulate.frame import Frame, Timed
from streamproc.simulate.garbage import GARBAGE_TOPICS, garbage
from streamproc.simulate.options import Options

_ALLOWANCE_MS: Final = 120_000
_ORDERS_ALLOWANCE_MS: Final = 900_000
_LATER_BY_MS: Final = (5_000, 60_000)
_DELAY_MS: Final = (1_000, 90_000)
_ORDERS_DELAY_MS: Final = (1_000, 590_000)
_AGAIN_AFTER_MS: Final = (100, 20_000)
_MAY_BE_LATE: Final = (
    CommentPosted,
    ViewerJoined,
    ViewerLeft,
    ViewerLiked,
    OrderCreated,
    OrderPaid,
    OrderCancelled,
)
_CALM_PAID_BY: Final = 0.9
"""The part of a run after which the rest owes nothing more for what came before it."""
_CHECKED_BY_EVENT_ID: Final = (OrderFailed, OrdersCounted)
"""Among orders; a second copy of these is only noticed for two minutes."""


class _Rates(NamedTuple):
    """How many of each there are for every event that is fine."""

    duplicates: float
    disorder: float
    lateness: float
    garbage: float


class Disturbance:
    """Turns events in order into emissions that are not quite.

    Shapes: everything delayed past the end of the run is emitted at its end. Shares are of everything
    emitted: what comes calmly before a run owes as much as the rest, and the rest pays it.
    """

    def __init__(self, options: Options, frame: Frame, rng: Random) -> None:
        self._frame = frame
        self._rng = rng
        fine = 1 - options.duplicates - options.garbage
        self._rates = _Rates(
            options.duplicates / fine,
            options.disorder / fine,
            options.lateness / fine,
            options.garbage / fine,
        )
        self._calm = not any(self._rates)
        self._owed_late = self._owed_delays = self._owed_copies = self._owed_garbage = 0
        self._calm_events = self._calm_drawn = 0
        self._kinds = options.garbage_kinds
        self._deck: list[str] = []
        self._watermarks: dict[tuple[str, str], int] = {}
        self._waiting: list[tuple[int, int, Emission]] = []
        self._number = 0
        self._last_ms = frame.base_ms + frame.until_ms

    def calm(self, timed: Timed) -> Emission:
        """An event as it is; what it would owe, those that are disturbed will."""
        self._calm_events += 1
        at_ms, event = timed
        emission = _emission(self._frame.base_ms + at_ms, event, encode(event), VALID)
        self._saw(emission, event.occurred_at_ms)
        return emission

    def disturb(self, timed: Timed) -> Iterator[Emission]:
        """What is to be sent by the moment of an event, that event included if nothing delays it."""
        if self._calm:
            yield self.calm(timed)
            return
        at_ms = self._frame.base_ms + timed[0]
        yield from self._due(at_ms)
        yield from self._one(at_ms, timed[1])

    def rest(self) -> Iterator[Emission]:
        """Everything still delayed."""
        yield from self._due(self._last_ms + 1)

    def _one(self, at_ms: int, event: AnyEvent) -> Iterator[Emission]:
        topic = TOPIC_OF_CLASS[type(event)]
        self._draw(1 + self._calm_due(at_ms))
        if self._owed_late and self._can_be_late(topic, event):
            self._owed_late -= 1
            yield self._backdated(at_ms, topic, event)
            return
        emission = _emission(at_ms, event, encode(event), VALID)
        sent_ms = at_ms
        if self._owed_delays:
            self._owed_delays -= 1
            sent_ms = self._delayed(at_ms, topic, event)
            self._wait(emission, sent_ms)
        else:
            self._saw(emission, event.occurred_at_ms)
            yield emission
        if self._owed_copies:
            self._owed_copies -= 1
            again_ms = sent_ms + self._rng.randint(*_AGAIN_AFTER_MS)
            self._wait(emission._replace(label=DUPLICATE, adds=None, fact=None), again_ms)
        if self._owed_garbage and topic in GARBAGE_TOPICS:
            self._owed_garbage -= 1
            yield self._spoilt(emission)

    def _draw(self, events: int) -> None:
        """Decide what so many events owe; what this one cannot be, a later one will."""
        random, rates = self._rng.random, self._rates
        for _ in range(events):
            self._owed_late += random() < rates.lateness
            self._owed_delays += random() < rates.disorder
            self._owed_copies += random() < rates.duplicates
            self._owed_garbage += random() < rates.garbage

    def _calm_due(self, at_ms: int) -> int:
        """For how many calm events more is to be drawn by now: evenly, and all before the end."""
        start_ms = self._frame.base_ms + self._frame.from_ms
        passed = (at_ms - start_ms) / max(1, (self._last_ms - start_ms) * _CALM_PAID_BY)
        due = int(self._calm_events * min(1.0, passed)) - self._calm_drawn
        self._calm_drawn += due
        return due

    def _wait(self, emission: Emission, at_ms: int) -> None:
        self._number += 1
        at_ms = min(at_ms, self._last_ms)
        heapq.heappush(self._waiting, (at_ms, self._number, emission._replace(at_ms=at_ms)))

    def _due(self, at_ms: int) -> Iterator[Emission]:
        while self._waiting and self._waiting[0][0] <= at_ms:
            yield heapq.heappop(self._waiting)[2]

    def _delayed(self, at_ms: int, topic: str, event: AnyEvent) -> int:
        may_wait = topic == ORDERS_TOPIC and not isinstance(event, _CHECKED_BY_EVENT_ID)
        return at_ms + self._rng.randint(*(_ORDERS_DELAY_MS if may_wait else _DELAY_MS))

    def _can_be_late(self, topic: str, event: AnyEvent) -> bool:
        return isinstance(event, _MAY_BE_LATE) and (event.host_id, topic) in self._watermarks

    def _backdated(self, at_ms: int, topic: str, event: AnyEvent) -> Emission:
        """The event as if it had happened long before and only now been told."""
        allowance_ms = _ORDERS_ALLOWANCE_MS if topic == ORDERS_TOPIC else _ALLOWANCE_MS
        watermark_ms = self._watermarks[event.host_id, topic]
        occurred_at_ms = watermark_ms - allowance_ms - self._rng.randint(*_LATER_BY_MS)
        late = msgspec.structs.replace(event, occurred_at_ms=occurred_at_ms)
        return _emission(at_ms, late, encode(late), LATE)

    def _saw(self, emission: Emission, occurred_at_ms: int) -> None:
        if self._rates.lateness:
            place = (emission.host_id, emission.topic)
            known = self._watermarks.get(place, 0)
            self._watermarks[place] = max(known, occurred_at_ms)

    def _spoilt(self, good: Emission) -> Emission:
        """Garbage made of a good record; each kind once before any comes again."""
        if not self._deck:
            self._deck = self._rng.sample(self._kinds, len(self._kinds))
        kind = self._deck.pop()
        topic, key, value = garbage(kind, self._rng, good.topic, good.key or b"", good.value or b"")
        return good._replace(
            topic=topic,
            key=key,
            value=value,
            label=GARBAGE + kind,
            partition=0 if key is None else None,
            adds=None,
            fact=None,
            person=None,
        )


def _emission(at_ms: int, event: AnyEvent, value: bytes, label: str) -> Emission:
    session_id = "" if isinstance(event, HostProfiled) else event.session_id
    return Emission(
        at_ms,
        TOPIC_OF_CLASS[type(event)],
        event.host_id.encode(),
        value,
        label,
        event.event_id,
        None,
        event.host_id,
        session_id,
        figures_of(event),
        fact_of(event),
        person_of(event),
    )
