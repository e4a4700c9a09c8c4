"""Coupons that viewers claim, whether they order or not, and how many a room has left."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from streamproc.events.rooms import CouponClaimed
from streamproc.simulate.chance import poisson
from streamproc.simulate.frame import Frame, Timed
from streamproc.simulate.incident_plans import CouponExhaustedPlan
from streamproc.simulate.rooms import Room
from streamproc.simulate.sales import Line
from streamproc.simulate.show import Stage
from streamproc.simulate.spans import BLOCK_MS

_SPARE: Final = 40


class Coupons:
    """The coupon of one room."""

    def __init__(
        self, stage: Stage, room: Room, lines: Sequence[Line], scale: float, rng: Random
    ) -> None:
        scenario = stage.scenario
        self._room = room
        self._viewers = scenario.viewers
        self._gone = [staged.span for _, staged in room.of(CouponExhaustedPlan)]
        count = scenario.viewers * room.share * scenario.audience.claims_per_viewer * scale
        blocks = rng.choices(range(len(room.weights)), room.weights, k=poisson(rng, count))
        moments = [block * BLOCK_MS + rng.randrange(BLOCK_MS) for block in blocks]
        self._moments = [at_ms for at_ms in moments if not self.is_gone(at_ms)]
        self._people = [rng.randrange(scenario.viewers) for _ in self._moments]
        ordered = [line.created_ms for line in lines if line.coupon]
        self._claims = sorted([*self._moments, *ordered])

    def is_gone(self, at_ms: int) -> bool:
        """Whether there is none left at a moment."""
        return any(span.holds(at_ms) for span in self._gone)

    def remaining(self, at_ms: int) -> int:
        """How many are left at a moment."""
        if self.is_gone(at_ms):
            return 0
        return len(self._claims) - bisect_right(self._claims, at_ms) + _SPARE

    def claimed(self, frame: Frame) -> Iterator[Timed]:
        """The claims beside those of orders."""
        for number, (at_ms, viewer) in enumerate(zip(self._moments, self._people, strict=True)):
            name = f"{self._room.room_id}.claim.{number}"
            yield (
                at_ms,
                CouponClaimed(
                    **frame.envelope(self._room, at_ms, name),
                    coupon_id=coupon_id(self._room),
                    viewer_key=frame.viewer_key(viewer),
                ),
            )


def coupon_id(room: Room) -> str:
    """Name of the room's coupon."""
    return f"{room.room_id}-coupon"
