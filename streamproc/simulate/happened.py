"""What truly happened in a run, for its ledger: stock-outs, and every other incident."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streamproc.simulate.coupons import coupon_id
from streamproc.simulate.frame import Frame
from streamproc.simulate.incident_plans import (
    AdapterDownPlan,
    BatchSellingPlan,
    CouponExhaustedPlan,
    HostSilentPlan,
    ProductIncident,
    StockoutPlan,
    StreamDeadPlan,
    UnlistedDemandPlan,
)
from streamproc.simulate.incidents import Out, Staged
from streamproc.simulate.rooms import Room
from streamproc.simulate.spans import Span
from streamproc.simulate.truth import Incident, Stockout
from streamproc.simulate.voices import unlisted


def stockouts(rooms: Sequence[Room], frame: Frame) -> list[Stockout]:
    """Whenever a product was gone, within the part of the broadcast that is emitted."""
    return [
        Stockout(
            host_id=room.host_id,
            session_id=room.session_id,
            product_id=room.listings[out.place].product_id,
            start_ms=frame.base_ms + out.span.start_ms,
            end_ms=frame.base_ms + out.span.end_ms,
        )
        for room in rooms
        for out in room.outs
        if _within(out.span, frame)
    ]


def incidents(rooms: Sequence[Room], frame: Frame) -> list[Incident]:
    """Everything that happened, within the part of the broadcast that is emitted.

    Shapes: batch selling is one incident, whatever the number of its stock-outs.
    """
    return [each for room in rooms for each in _of_room(room, frame)]


def _of_room(room: Room, frame: Frame) -> Iterator[Incident]:
    for out in room.outs:
        if out.staged is None and _within(out.span, frame):
            yield _sold_out(room, out, frame)
    for staged in room.incidents:
        if _within(staged.span, frame):
            yield _incident(room, staged, frame)


def _sold_out(room: Room, out: Out, frame: Frame) -> Incident:
    """A product that sold out by itself; one whose end was announced is a batch."""
    return Incident(
        kind="BatchSelling" if out.planned_ms is not None else "Stockout",
        host_id=room.host_id,
        session_id=room.session_id,
        start_ms=frame.base_ms + out.span.start_ms,
        end_ms=frame.base_ms + out.span.end_ms,
        product_id=room.listings[out.place].product_id,
        variant="announced" if out.planned_ms is not None else _feed(room, stale=False),
        cycles=1 if out.planned_ms is not None else 0,
    )


def _incident(room: Room, staged: Staged, frame: Frame) -> Incident:
    plan = staged.plan
    product_id = coupon = None
    if isinstance(plan, ProductIncident):
        product_id = room.listings[staged.place].product_id
    elif isinstance(plan, UnlistedDemandPlan):
        product_id = unlisted(room).product_id
    elif isinstance(plan, CouponExhaustedPlan):
        coupon = coupon_id(room)
    outs = [out for out in room.outs if out.staged is staged]
    span = Span(outs[0].span.start_ms, outs[-1].span.end_ms) if outs else staged.span
    return Incident(
        kind=staged.kind,
        host_id=room.host_id,
        session_id=room.session_id,
        start_ms=frame.base_ms + span.start_ms,
        end_ms=frame.base_ms + span.end_ms,
        product_id=product_id,
        coupon_id=coupon,
        variant=_variant(room, staged),
        cycles=len(outs) if isinstance(plan, BatchSellingPlan) else 0,
    )


def _variant(room: Room, staged: Staged) -> str:
    match staged.plan:
        case StockoutPlan(stale=stale):
            return _feed(room, stale=stale)
        case BatchSellingPlan(announced=announced):
            return "announced" if announced else "learned"
        case HostSilentPlan() | StreamDeadPlan() | AdapterDownPlan():
            return staged.plan.signal
        case CouponExhaustedPlan(told=told):
            return "told" if told else "untold"
        case _:
            return ""


def _feed(room: Room, *, stale: bool) -> str:
    """Who tells of the stock of a room."""
    if not room.fed:
        return "no_feed"
    return "stale_feed" if stale else "feed"


def _within(span: Span, frame: Frame) -> bool:
    return span.start_ms < frame.until_ms and span.end_ms > frame.from_ms
