"""A room's events as somebody saw them who wrote everything down: lists by kind, in order of arrival."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final, Generic, NamedTuple, TypeVar

from streamproc.comments.classifier import Classifier
from streamproc.comments.products import Room as Shown
from streamproc.events.codec import Codec
from streamproc.events.comments import CommentPosted, Role
from streamproc.events.registry import AnyEvent
from streamproc.events.rejected import Rejected
from streamproc.events.rooms import ProductListed, ProductPinned
from streamproc.simulate.emission import Emission
from tests.simulated import END_MS
from tests.typed import catalog
from tests.unit.comments.reading import fresh

_E = TypeVar("_E")
NEVER: Final = -(10**15)


class Times(Generic[_E]):
    """Things with their times of arrival, ascending."""

    def __init__(self) -> None:
        self.at_ms: list[int] = []
        self.each: list[_E] = []

    def add(self, at_ms: int, one: _E) -> None:
        self.at_ms.append(at_ms)
        self.each.append(one)

    def within(self, start_ms: int, end_ms: int) -> list[_E]:
        """Those after a moment, until and with another."""
        return self.each[bisect_right(self.at_ms, start_ms) : bisect_right(self.at_ms, end_ms)]

    def count(self, start_ms: int, end_ms: int) -> int:
        return bisect_right(self.at_ms, end_ms) - bisect_right(self.at_ms, start_ms)

    def last_ms(self, now_ms: int) -> int:
        """When the last came; long ago if none did."""
        before = bisect_right(self.at_ms, now_ms)
        return self.at_ms[before - 1] if before else NEVER

    def last(self, now_ms: int) -> _E | None:
        before = bisect_right(self.at_ms, now_ms)
        return self.each[before - 1] if before else None

    def first_ms(self, from_ms: int) -> int | None:
        after = bisect_left(self.at_ms, from_ms)
        return self.at_ms[after] if after < len(self.at_ms) else None


class Said(NamedTuple):
    """A comment and how it is read. Shapes: ``via`` says what names its product, as ``Reading`` does."""

    at_ms: int
    event: CommentPosted
    labels: tuple[str, ...]
    product: str | None
    via: str | None

    @property
    def is_viewer(self) -> bool:
        return self.event.role is Role.VIEWER and not self.event.mirrored


class Watched:
    """One room."""

    def __init__(self) -> None:
        self.of: defaultdict[type, Times[AnyEvent]] = defaultdict(Times)
        self.all: Times[None] = Times()
        self.said: Times[Said] = Times()
        self.links: dict[int, str] = {}
        self.listed: set[str] = set()

    def on_show(self, now_ms: int) -> str | None:
        pinned = self.of[ProductPinned].last(now_ms)
        return pinned.product_id if isinstance(pinned, ProductPinned) else None


@cache
def reader() -> Classifier:
    """Reads comments about what the simulator sells."""
    return fresh(catalog())


def watched(emissions: Iterable[Emission]) -> dict[str, Watched]:
    """All rooms of a broadcast, by host."""
    codecs: dict[str, Codec] = {}
    rooms: dict[str, Watched] = defaultdict(Watched)
    for emission in emissions:
        codec = codecs.setdefault(emission.topic, Codec(emission.topic))
        event = codec.decode(emission.key, emission.value, END_MS)
        assert not isinstance(event, Rejected), event
        room = rooms[event.host_id]
        room.all.add(emission.at_ms, None)
        room.of[type(event)].add(emission.at_ms, event)
        if isinstance(event, ProductListed):
            room.listed.add(event.product_id)
            room.links[event.link_no or 0] = event.product_id
        elif isinstance(event, CommentPosted):
            room.said.add(emission.at_ms, _read(room, emission.at_ms, event))
    return rooms


def _read(room: Watched, at_ms: int, event: CommentPosted) -> Said:
    shown = Shown(room.on_show(at_ms), room.links)
    told = reader().read([event.text], [shown])[0]
    return Said(at_ms, event, told.decision.labels, told.product, told.product_via)
