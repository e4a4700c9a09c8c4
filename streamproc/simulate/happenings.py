"""What happens once in a room: its start and end, products listed and shown, stock running out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from streamproc.events.base import Source
from streamproc.events.hosts import HostProfiled
from streamproc.events.rooms import (
    ProductDelisted,
    ProductListed,
    ProductPinned,
    RoomEnded,
    RoomPaused,
    RoomResumed,
    RoomStarted,
    StockCause,
    StockReleasePlanned,
    StockReported,
)
from streamproc.simulate.frame import Frame, Timed
from streamproc.simulate.incident_plans import StockoutImminentPlan
from streamproc.simulate.incidents import Out
from streamproc.simulate.rooms import Room, Segment
from streamproc.simulate.scenario import Scenario
from streamproc.simulate.stock import Stock

_KNOWN_SINCE_MS: Final = 30 * 86_400_000
_DELISTED_BEFORE_END_MS: Final = 20_000


def prelude(scenario: Scenario, room: Room, stock: Stock, frame: Frame) -> Iterator[Timed]:
    """What is known of a room when a run begins: the host, the broadcast, products and stock."""
    now_ms = frame.from_ms
    yield now_ms, profile(room, frame)
    yield (
        now_ms,
        RoomStarted(
            **frame.envelope(room, 0, f"{room.room_id}.started"),
            title=f"{room.name}:{scenario.title}",
            planned_end_ms=frame.base_ms + (scenario.planned_s or scenario.duration_s) * 1000,
            venue_id=scenario.venue_id,
            contest_id=scenario.contest_id,
        ),
    )
    for place, listing in enumerate(room.listings):
        name = f"{room.room_id}.p{listing.link_no}"
        yield (
            now_ms,
            ProductListed(
                **frame.envelope(room, now_ms, f"{name}.listed"),
                product_id=listing.product_id,
                link_no=listing.link_no,
                title=listing.product.title,
                aliases=listing.product.aliases,
                price_minor=listing.price_minor,
                currency=room.currency,
            ),
        )
        if stock.is_told(now_ms):
            yield now_ms, stock_report(room, stock, place, now_ms, frame, StockCause.MANUAL)
    yield _pin(room, room.segment_at(now_ms), now_ms, frame, "first")


def profile(room: Room, frame: Frame) -> HostProfiled:
    """Who the host of a room is."""
    return HostProfiled(
        event_id=f"{frame.run}-{room.room_id}.profile",
        occurred_at_ms=frame.base_ms,
        host_id=room.host_id,
        source=Source.SIMULATOR,
        name=room.name,
        village=room.village,
        town=room.town,
        district=room.district,
        valid_from_ms=frame.base_ms - _KNOWN_SINCE_MS,
        platform="simulator",
    )


def stock_report(
    room: Room, stock: Stock, place: int, at_ms: int, frame: Frame, cause: StockCause
) -> StockReported:
    """How much of a product is left at a moment."""
    listing = room.listings[place]
    available = stock.available(place, at_ms)
    name = f"{room.room_id}.p{listing.link_no}.stock.{cause}.{at_ms}"
    return StockReported(
        **frame.envelope(room, at_ms, name),
        product_id=listing.product_id,
        available=available,
        sold_out=True if available == 0 else None,
        as_of_ms=frame.base_ms + at_ms,
        cause=cause,
    )


def happenings(room: Room, stock: Stock, frame: Frame) -> Iterator[Timed]:
    """Everything that happens once in a room after its start, in no order."""
    for segment in room.segments:
        start_ms = segment.span.start_ms
        if start_ms < room.end_ms:
            yield _pin(room, segment, start_ms, frame, str(start_ms))
    for out in room.outs:
        yield from _stockout(room, out, stock, frame)
    for _, staged in room.of(StockoutImminentPlan):
        for at_ms in (staged.span.start_ms, staged.span.end_ms):
            yield at_ms, stock_report(room, stock, staged.place, at_ms, frame, StockCause.SYNC)
    if room.pause is not None:
        start_ms, end_ms = room.pause.start_ms, room.pause.end_ms
        yield start_ms, RoomPaused(**frame.envelope(room, start_ms, f"{room.room_id}.paused"))
        yield end_ms, RoomResumed(**frame.envelope(room, end_ms, f"{room.room_id}.resumed"))
    end_ms = room.end_ms
    gone_ms = end_ms - _DELISTED_BEFORE_END_MS
    gone = room.listings[0].product_id
    envelope = frame.envelope(room, gone_ms, f"{room.room_id}.delisted")
    yield gone_ms, ProductDelisted(**envelope, product_id=gone)
    yield end_ms, RoomEnded(**frame.envelope(room, end_ms, f"{room.room_id}.ended"))


def _pin(room: Room, segment: Segment, at_ms: int, frame: Frame, name: str) -> Timed:
    product_id = room.listings[segment.place].product_id
    envelope = frame.envelope(room, at_ms, f"{room.room_id}.pin.{name}")
    return at_ms, ProductPinned(**envelope, product_id=product_id)


def _stockout(room: Room, out: Out, stock: Stock, frame: Frame) -> Iterator[Timed]:
    place, span = out.place, out.span
    if out.told_ms is not None:
        yield (
            out.told_ms,
            stock_report(room, stock, place, out.told_ms, frame, StockCause.SALE),
        )
    if out.planned_ms is not None:
        at_ms = out.planned_ms
        yield (
            at_ms,
            StockReleasePlanned(
                **frame.envelope(room, at_ms, f"{room.room_id}.release.{at_ms}"),
                product_id=room.listings[place].product_id,
                release_at_ms=frame.base_ms + span.end_ms,
                quantity=stock.available(place, span.end_ms),
            ),
        )
    if stock.is_told(span.end_ms):
        report = stock_report(room, stock, place, span.end_ms, frame, StockCause.BATCH_RELEASE)
        yield span.end_ms, report
