"""What is typed because something happens: outcries, bait, storms, complaints; and what hosts say.

Drawn before the show begins, as all incidents are; the audience types the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from streamproc.events.comments import CommentPosted, Role
from streamproc.simulate.answers import is_hushed
from streamproc.simulate.chance import chance
from streamproc.simulate.frame import Frame, Timed
from streamproc.simulate.incident_plans import (
    BaitPlan,
    BatchSellingPlan,
    CommentStormPlan,
    CouponExhaustedPlan,
    DeadLinkPlan,
    HostSilentPlan,
    NegativeBurstPlan,
    OversellPlan,
    PlantedPlan,
    StockoutPlan,
    StreamDeadPlan,
    UnansweredQuestionsPlan,
    UnlistedDemandPlan,
)
from streamproc.simulate.incidents import Staged
from streamproc.simulate.rooms import Listing, Room
from streamproc.simulate.show import Stage
from streamproc.simulate.spans import Span
from streamproc.simulate.speech import Speaker, pick, texts_about
from streamproc.simulate.world import phrases, products

_SILENT_FIRST_MS: Final = 5_000
"""It takes viewers so long to notice that something is gone."""
_ALL_NOTICED_MS: Final = 20_000
_OUTCRY_DECAY_MS: Final = 90_000
_OUTCRY_LEAST: Final = 0.3
_CREW_MS: Final = (25_000, 42_000)
_CREW_FIRST_MS: Final = (12_000, 22_000)
_RELIEF_MS: Final = (4_000, 40_000)
_RELIEF: Final = (4, 8)
_BURST_MS: Final = 6_000
_STILL_PER_MIN: Final = 4.0
_CHAT_JITTER: Final = (0.6, 1.4)
_ASKING: Final = ("吗", "?")

Templates = tuple[str, ...]
Shape = Callable[[float], float]


def _steady(_: float) -> float:
    return 1.0


def _outcry(since_ms: float) -> float:
    """How loud viewers are, of their loudest, so long after something was gone."""
    if since_ms < _SILENT_FIRST_MS:
        return 0.0
    if since_ms < _ALL_NOTICED_MS:
        return (since_ms - _SILENT_FIRST_MS) / (_ALL_NOTICED_MS - _SILENT_FIRST_MS)
    return max(_OUTCRY_LEAST, math.exp((_ALL_NOTICED_MS - since_ms) / _OUTCRY_DECAY_MS))


class Voices:
    """All comments of incidents, and the host's chatter."""

    def __init__(self, stage: Stage, frame: Frame, *, scale: float, seed: int) -> None:
        self._stage = stage
        self._frame = frame
        self._scale = min(1.0, scale)
        self._rng = chance(seed, stage.scenario.name, "voices", scale)
        self._speaker = Speaker(frame, self._rng, "v")
        self._phrases = phrases()
        self._heard: list[CommentPosted] = []
        """What viewers of the incident that is drawn now say."""

    def of(self, room: Room) -> Iterator[Timed]:
        """Everything that is said in a room because of what happens there, in no order."""
        if not self._scale:
            return
        yield from self._chatter(room)
        for staged in room.incidents:
            self._heard = []
            yield from self._incident(room, staged)

    def _chatter(self, room: Room) -> Iterator[Timed]:
        """The host is heard of now and then."""
        every_ms = self._stage.scenario.feeds.host_s * 1000 / self._scale
        if not every_ms:
            return
        at_ms = every_ms * self._rng.random()
        while at_ms < room.end_ms:
            listing = room.listings[room.segment_at(int(at_ms)).place]
            if not room.during(HostSilentPlan, int(at_ms)):
                texts = chatter(room, int(at_ms))
                yield self._crew(room, int(at_ms), texts, listing, Role.HOST)
            at_ms += every_ms * self._rng.uniform(*_CHAT_JITTER)

    def _incident(self, room: Room, staged: Staged) -> Iterator[Timed]:
        words, host = self._phrases.incidents, self._phrases.host
        listing, span = room.listings[staged.place], staged.span
        match staged.plan:
            case StockoutPlan() | BatchSellingPlan():
                yield from self._stockouts(room, staged, staged.plan.comments_per_min)
            case DeadLinkPlan(comments_per_min=rate) | OversellPlan(comments_per_min=rate):
                yield from self._viewers(room, span, rate, words.dead_link, listing, _outcry)
                yield from self._crews(room, span, host.dead_link, listing)
            case BaitPlan(comments_per_min=rate, staff_share=share):
                yield from self._viewers(room, span, rate * (1 - share), words.bait, listing)
                yield from self._staff(room, span, rate * share, host.bait, listing)
                yield from self._crews(room, span, host.plenty, listing)
            case PlantedPlan():
                yield from self._planted(room, span, staged.plan, listing)
            case UnlistedDemandPlan(comments_per_min=rate):
                other = unlisted(room)
                yield from self._viewers(room, span, rate, words.unlisted, other)
                yield from self._crews(room, span, host.unlisted, other)
                yield self._crew(room, span.end_ms + 1, host.unlisted, other, Role.HOST)
            case UnansweredQuestionsPlan():
                yield from self._unanswered(room, staged, staged.plan, listing)
            case _:
                yield from self._of_the_room(room, staged, listing)

    def _of_the_room(self, room: Room, staged: Staged, listing: Listing) -> Iterator[Timed]:
        words, host, span = self._phrases.incidents, self._phrases.host, staged.span
        match staged.plan:
            case CommentStormPlan(comments_per_min=rate, stock_share=share):
                yield from self._viewers(room, span, rate * (1 - share), words.storm, listing)
                yield from self._viewers(room, span, rate * share, words.storm_stock, listing)
                yield from self._crews(room, span, host.plenty, listing)
            case NegativeBurstPlan(comments_per_min=rate):
                yield from self._viewers(room, span, rate, words.complaint, listing)
                yield from self._crews(room, span, host.sorry, listing)
            case CouponExhaustedPlan(comments_per_min=rate):
                yield from self._viewers(room, span, rate, words.no_coupon, listing, _outcry)
                yield from self._crews(room, span, host.no_coupon, listing)
            case StreamDeadPlan(signal="still"):
                yield from self._viewers(room, span, _STILL_PER_MIN, words.still, listing)
            case _:
                return

    def _stockouts(self, room: Room, staged: Staged, rate: float) -> Iterator[Timed]:
        """Each stock-out of an incident: the outcry, what the crew says, and the relief."""
        listing, host = room.listings[staged.place], self._phrases.host
        said = self._phrases.stockout.texts
        if room.segment_at(staged.span.start_ms).place != staged.place:
            said = tuple(text for text in said if "{" in text)  # else they meant the one on show
        for out in room.outs:
            if out.staged is not staged:
                continue
            yield from self._viewers(room, out.span, rate, said, listing, _outcry)
            said_out = host.stockout + host.out_of_stock
            yield from self._crews(room, out.span, said_out, listing)
            for _ in range(self._rng.randint(*_RELIEF)):
                at_ms = out.span.end_ms + self._rng.randint(*_RELIEF_MS)
                texts = texts_about(listing, self._phrases.restocked.texts)
                yield self._viewer(room, at_ms, self._rng.choice(texts))

    def _planted(
        self, room: Room, span: Span, plan: PlantedPlan, listing: Listing
    ) -> Iterator[Timed]:
        """Bursts of one text each, by accounts that nobody saw before."""
        new = self._stage.scenario.viewers
        texts = texts_about(listing, self._phrases.incidents.planted)
        for start_ms in range(span.start_ms, span.end_ms, plan.every_s * 1000):
            text = self._rng.choice(texts)
            for copy in range(plan.copies):
                at_ms = start_ms + self._rng.randrange(_BURST_MS)
                key = self._frame.viewer_key(new + copy % plan.accounts)
                yield at_ms, self._speaker.say(room, at_ms, text, Role.VIEWER, key)

    def _unanswered(
        self, room: Room, staged: Staged, plan: UnansweredQuestionsPlan, listing: Listing
    ) -> Iterator[Timed]:
        intent = next(each for each in self._phrases.intents if each.id == plan.intent)
        about = tuple(text for text in intent.texts if "{" in text)
        yield from self._viewers(room, staged.span, plan.comments_per_min, about, listing)
        at_ms = staged.span.end_ms + 1
        answers = self._phrases.host.answers[plan.intent]
        yield self._crew(room, at_ms, answers, listing, Role.HOST)

    def _viewers(
        self,
        room: Room,
        span: Span,
        per_min: float,
        templates: Templates,
        listing: Listing,
        shape: Shape = _steady,
    ) -> Iterator[Timed]:
        """Viewers type at a rate that has a shape over time."""
        texts = texts_about(listing, templates)
        for at_ms in self._moments(span, per_min, shape):
            yield self._viewer(room, at_ms, pick(self._rng.random, texts))

    def _viewer(self, room: Room, at_ms: int, text: str) -> Timed:
        key = self._frame.viewer_key(self._rng.randrange(self._stage.scenario.viewers))
        said = self._speaker.say(room, at_ms, text, Role.VIEWER, key)
        self._heard.append(said)
        return at_ms, said

    def _staff(
        self, room: Room, span: Span, per_min: float, templates: Templates, listing: Listing
    ) -> Iterator[Timed]:
        for at_ms in self._moments(span, per_min, _steady):
            yield self._crew(room, at_ms, templates, listing, Role.STAFF)

    def _crews(
        self, room: Room, span: Span, templates: Templates, listing: Listing
    ) -> Iterator[Timed]:
        """The crew answers what was said since it last did, a question rather than another comment."""
        before_ms = span.start_ms
        at_ms = before_ms + self._rng.randint(*_CREW_FIRST_MS)
        while at_ms < span.end_ms:
            role = self._rng.choice((Role.HOST, Role.STAFF, Role.STAFF))
            start_ms = self._frame.base_ms + before_ms
            end_ms = self._frame.base_ms + at_ms
            said = [each for each in self._heard if start_ms <= each.occurred_at_ms < end_ms]
            asked = [each for each in said if each.text.endswith(_ASKING)]
            reply_to = next((each.event_id for each in reversed(asked or said)), None)
            yield self._crew(room, at_ms, templates, listing, role, reply_to)
            before_ms = at_ms
            at_ms += self._rng.randint(*_CREW_MS)

    def _crew(
        self,
        room: Room,
        at_ms: int,
        templates: Templates,
        listing: Listing,
        role: Role,
        reply_to: str | None = None,
    ) -> Timed:
        if is_hushed(room, at_ms):
            role = Role.STAFF
        return at_ms, self._speaker.crew(room, at_ms, templates, listing, role, reply_to)

    def _moments(self, span: Span, per_min: float, shape: Shape) -> Iterator[int]:
        """Moments of a Poisson process. Source: thinning, Lewis and Shedler."""
        mean_ms = 60_000 / per_min / self._scale
        at_ms = span.start_ms + self._rng.expovariate(1 / mean_ms)
        while at_ms < span.end_ms:
            if self._rng.random() < shape(at_ms - span.start_ms):
                yield int(at_ms)
            at_ms += self._rng.expovariate(1 / mean_ms)


def unlisted(room: Room) -> Listing:
    """A product that a room does not sell; the same whenever it is asked for."""
    sold = {listing.product_id for listing in room.listings}
    others = [product for product in products() if product.id not in sold]
    product = Random(room.room_id).choice(others)
    return Listing(product, 0, product.price_minor)


def chatter(room: Room, at_ms: int) -> Templates:
    """What a host may say for no reason; nothing of products while a question about one is ignored."""
    texts = phrases().host.chat
    if room.during(UnansweredQuestionsPlan, at_ms):
        return tuple(text for text in texts if "{" not in text)
    return texts


def mute(room: Room, at_ms: int) -> bool:
    """Whether no comment comes from a room at a moment."""
    return room.deaf_span(at_ms) is not None or at_ms >= room.end_ms
