"""What viewers do, block by block: come and go, like, look at products, and above all comment."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final

from streamproc.events.comments import CommentPosted, Role
from streamproc.events.registry import AnyEvent
from streamproc.events.viewers import (
    CartAdded,
    ProductClicked,
    ProductExposed,
    ViewerFollowed,
    ViewerJoined,
    ViewerLeft,
    ViewerLiked,
    ViewerShared,
)
from streamproc.simulate.answers import Answers, is_hushed
from streamproc.simulate.chance import chance, poisson
from streamproc.simulate.frame import Envelope, Frame, Timed
from streamproc.simulate.incidents import Out
from streamproc.simulate.rooms import Listing, Room, Segment
from streamproc.simulate.show import Stage
from streamproc.simulate.spans import BLOCK_MS, Span
from streamproc.simulate.speech import pick, texts_about
from streamproc.simulate.voices import chatter
from streamproc.simulate.world import phrases

_COMMENT_SHARE: Final = 0.16
_MIX: Final = (
    # share, kind of event
    (_COMMENT_SHARE, "comment"),
    (0.20, "join"),
    (0.18, "leave"),
    (0.21, "like"),
    (0.14, "expose"),
    (0.07, "click"),
    (0.02, "cart"),
    (0.015, "follow"),
    (0.005, "share"),
)
_WATCH_MEAN_MS: Final = 75_000
_STOCKOUT_BOOST: Final = 2.5
_RESTOCKED_BOOST: Final = 0.6
_RESTOCKED_MS: Final = 40_000
_AT_LEAST_PER_BLOCK: Final = 0.7
_STAFF_SHARE: Final = 0.03
_MIRRORED_SHARE: Final = 0.01
_CARD_SHARE: Final = 0.04
_ON_SHOW: Final = 0.7
_ROLES: Final = (Role.HOST, Role.STAFF)


class Audience:
    """All viewers of all rooms.

    Shapes: :meth:`block` is called for one block after the other; what it returns depends on the
    calls before it.
    """

    def __init__(self, stage: Stage, frame: Frame, *, scale: float, seed: int) -> None:
        scenario = stage.scenario
        self._frame = frame
        self._rng = chance(seed, scenario.name, "audience", scale, frame.from_ms)
        self._random = self._rng.random
        self._viewers = scenario.viewers
        self._total = scenario.viewers * scenario.audience.events_per_viewer * scale
        self._scale = scale
        self._bounds = list(accumulate(share for share, _ in _MIX))
        makers: dict[str, Callable[[Room, int], AnyEvent]] = {
            "comment": self._comment,
            "join": self._join,
            "leave": self._leave,
            "like": self._like,
            "expose": self._expose,
            "click": self._click,
            "cart": self._cart,
            "follow": self._follow,
            "share": self._share,
        }
        self._makers = [makers[kind] for _, kind in _MIX]
        self._phrases = phrases()
        self._intents = [(intent.id, intent.texts) for intent in self._phrases.intents]
        self._intent_bounds = list(accumulate(each.weight for each in self._phrases.intents))
        self._mirrors = scenario.rooms > 1
        self._number = 0
        self._segment: Segment | None = None
        self._answers = Answers(frame, chance(seed, scenario.name, "answers", scale, frame.from_ms))

    def block(self, rooms: Sequence[Room], block: int) -> list[Timed]:
        """Everything that viewers do in one block, in no order."""
        random, bounds, makers = self._random, self._bounds, self._makers
        start_ms = block * BLOCK_MS
        found: list[Timed] = []
        for room in rooms:
            mean = self._total * room.share * room.weights[block]
            self._segment = room.segment_at(start_ms)
            for _ in range(poisson(self._rng, mean)):
                at_ms = start_ms + int(random() * BLOCK_MS)
                found.append((at_ms, makers[bisect(bounds, random() * bounds[-1])](room, at_ms)))
            for out in room.outs:
                if out.staged is None and self._segment.span.holds(out.span.start_ms):
                    self._outcry(room, out, start_ms, mean * _COMMENT_SHARE, found)
            found += self._answers.told(room, start_ms + BLOCK_MS)
        return found

    def _outcry(self, room: Room, out: Out, start_ms: int, mean: float, found: list[Timed]) -> None:
        """Add the comments about a stock-out, and about its end."""
        relief = Span(out.span.end_ms, out.span.end_ms + _RESTOCKED_MS)
        least = _AT_LEAST_PER_BLOCK * min(1.0, self._scale)
        host = self._phrases.host
        for span, boost, said, answered in (
            (out.span, _STOCKOUT_BOOST, self._phrases.stockout.texts, host.stockout),
            (relief, _RESTOCKED_BOOST, self._phrases.restocked.texts, host.restocked),
        ):
            first_ms = max(span.start_ms, start_ms)
            length_ms = min(span.end_ms, start_ms + BLOCK_MS) - first_ms
            if length_ms <= 0:
                continue
            listing = room.listings[out.place]
            often = max(mean * boost, least) * length_ms / BLOCK_MS
            for _ in range(poisson(self._rng, often)):
                at_ms = first_ms + int(self._random() * length_ms)
                by_staff = self._random() < _STAFF_SHARE
                texts = texts_about(listing, answered if by_staff else said)
                role = pick(self._random, _ROLES) if by_staff else Role.VIEWER
                found.append(
                    (at_ms, self._say(room, at_ms, pick(self._random, texts), role, listing))
                )

    def _envelope(self, room: Room, at_ms: int) -> Envelope:
        self._number += 1
        return self._frame.envelope(room, at_ms, f"{self._number:x}")

    def _viewer(self) -> str:
        """Some viewer; a few do most."""
        return self._frame.viewer_key(int(self._random() ** 2 * self._viewers))

    def _listing(self, room: Room) -> Listing:
        """The product on show, mostly."""
        if self._segment is not None and self._random() < _ON_SHOW:
            return room.listings[self._segment.place]
        return pick(self._random, room.listings)

    def _comment(self, room: Room, at_ms: int) -> CommentPosted:
        listing = self._listing(room)
        if self._random() < _STAFF_SHARE and not is_hushed(room, at_ms):
            text = pick(self._random, texts_about(listing, chatter(room, at_ms)))
            return self._say(room, at_ms, text, pick(self._random, _ROLES), listing)
        place = bisect(self._intent_bounds, self._random() * self._intent_bounds[-1])
        intent, templates = self._intents[place]
        text = pick(self._random, texts_about(listing, templates))
        said = self._say(room, at_ms, text, Role.VIEWER, listing)
        if not said.mirrored:
            self._answers.hear(room, at_ms, intent, listing, said.event_id)
        return said

    def _say(
        self, room: Room, at_ms: int, text: str, role: Role, listing: Listing
    ) -> CommentPosted:
        mirrored = self._mirrors and self._random() < _MIRRORED_SHARE
        return CommentPosted(
            **self._envelope(room, at_ms),
            user_key=self._viewer(),
            role=role,
            text=text,
            product_id=listing.product_id if self._random() < _CARD_SHARE else None,
            mirrored=True if mirrored else None,
        )

    def _join(self, room: Room, at_ms: int) -> ViewerJoined:
        return ViewerJoined(
            **self._envelope(room, at_ms),
            viewer_key=self._viewer(),
        )

    def _leave(self, room: Room, at_ms: int) -> ViewerLeft:
        return ViewerLeft(
            **self._envelope(room, at_ms),
            viewer_key=self._viewer(),
            watched_ms=int(self._rng.expovariate(1 / _WATCH_MEAN_MS)),
        )

    def _like(self, room: Room, at_ms: int) -> ViewerLiked:
        return ViewerLiked(
            **self._envelope(room, at_ms),
            viewer_key=self._viewer(),
            count=1 + int(self._random() ** 3 * 15),
        )

    def _expose(self, room: Room, at_ms: int) -> ProductExposed:
        return ProductExposed(
            **self._envelope(room, at_ms),
            viewer_key=self._viewer(),
            product_id=self._listing(room).product_id,
        )

    def _click(self, room: Room, at_ms: int) -> ProductClicked:
        return ProductClicked(
            **self._envelope(room, at_ms),
            viewer_key=self._viewer(),
            product_id=self._listing(room).product_id,
        )

    def _cart(self, room: Room, at_ms: int) -> CartAdded:
        return CartAdded(
            **self._envelope(room, at_ms),
            viewer_key=self._viewer(),
            product_id=self._listing(room).product_id,
            quantity=1 + int(self._random() * 2),
        )

    def _follow(self, room: Room, at_ms: int) -> ViewerFollowed:
        return ViewerFollowed(**self._envelope(room, at_ms), viewer_key=self._viewer())

    def _share(self, room: Room, at_ms: int) -> ViewerShared:
        return ViewerShared(**self._envelope(room, at_ms), viewer_key=self._viewer())
