"""What a room's instruments report at intervals: viewers online, stock, coupons, health, sums."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random
from typing import Final

from streamproc.events.orders import OrdersCounted
from streamproc.events.rooms import AdapterHeartbeat, CouponReported, StockCause, StreamHealth
from streamproc.events.viewers import ViewersCounted
from streamproc.simulate.facts import coupon_id
from streamproc.simulate.frame import Frame, Timed
from streamproc.simulate.happenings import stock_report
from streamproc.simulate.sales import Line
from streamproc.simulate.show import BLOCK_MS, Room, Stage
from streamproc.simulate.stock import Stock

_COUPONS_SPARE: Final = 40
_ROUNDED_FROM: Final = 10_000
_ROUNDED_TO: Final = 1_000
_VIEWS_PER_VIEWER: Final = 1.5
_FULL_FPS: Final = 30.0


class Feeds:
    """The instruments of one room.

    Shapes: ``lines`` are the order lines that the run emits: the platform's own sums count these.
    """

    def __init__(
        self, stage: Stage, room: Room, lines: Sequence[Line], stock: Stock, frame: Frame
    ) -> None:
        self._stage = stage
        self._room = room
        self._stock = stock
        self._frame = frame
        paid = sorted(
            (line.paid_ms, line.payable_minor)
            for line in lines
            if line.paid_ms is not None and frame.holds(line.paid_ms)
        )
        self._paid_times = [at_ms for at_ms, _ in paid]
        self._paid_minor = [0, *accumulate(minor for _, minor in paid)]
        self._claims = sorted(line.created_ms for line in lines if line.coupon)
        self._seen = [0.0, *accumulate(room.weights)]
        periods = stage.scenario.feeds
        self._periods = (
            (periods.counted_s * 1000, self._viewers),
            (periods.heartbeat_s * 1000, self._heartbeat),
            (periods.health_s * 1000, self._health),
            (periods.stock_s * 1000, self._stock_left),
            (periods.coupon_s * 1000, self._coupons_left),
            (periods.orders_counted_s * 1000, self._orders),
        )

    def between(self, start_ms: int, end_ms: int, rng: Random) -> Iterator[Timed]:
        """The reports that fall between two moments."""
        for period_ms, report in self._periods:
            offset_ms = int(self._room.phase * period_ms)
            first_ms = start_ms + (offset_ms - start_ms) % period_ms
            for at_ms in range(first_ms, end_ms, period_ms):
                yield report(at_ms, rng)

    def _viewers(self, at_ms: int, rng: Random) -> Timed:
        scenario, room = self._stage.scenario, self._room
        block = min(at_ms // BLOCK_MS, len(room.weights) - 1)
        level = self._stage.levels[block] * rng.uniform(0.94, 1.0)
        online = round(scenario.peak_online * room.share * level)
        rounded = online >= _ROUNDED_FROM
        viewers = scenario.viewers * room.share * self._seen[block + 1]
        return at_ms, ViewersCounted(
            **self._frame.envelope(room, at_ms, f"{room.room_id}.online.{at_ms}"),
            online=online // _ROUNDED_TO * _ROUNDED_TO if rounded else online,
            views_total=round(viewers * _VIEWS_PER_VIEWER),
            viewers_total=round(viewers),
            approximate=True if rounded else None,
        )

    def _heartbeat(self, at_ms: int, rng: Random) -> Timed:
        return at_ms, AdapterHeartbeat(
            **self._frame.envelope(self._room, at_ms, f"{self._room.room_id}.beat.{at_ms}"),
            connected=True,
            last_message_age_ms=int(rng.random() * 900),
        )

    def _health(self, at_ms: int, rng: Random) -> Timed:
        on = not self._room.is_paused(at_ms)
        return at_ms, StreamHealth(
            **self._frame.envelope(self._room, at_ms, f"{self._room.room_id}.health.{at_ms}"),
            frames_per_s=round(_FULL_FPS - 4 * rng.random(), 1) if on else 0.0,
            bitrate_kbps=rng.randint(2_200, 4_500) if on else 0,
            audio_rms_db=round(rng.uniform(-30, -12), 1) if on else -90.0,
        )

    def _stock_left(self, at_ms: int, _: Random) -> Timed:
        place = self._room.segment_at(at_ms).place
        return at_ms, stock_report(
            self._room, self._stock, place, at_ms, self._frame, StockCause.SYNC
        )

    def _coupons_left(self, at_ms: int, _: Random) -> Timed:
        left = len(self._claims) - bisect_right(self._claims, at_ms) + _COUPONS_SPARE
        return at_ms, CouponReported(
            **self._frame.envelope(self._room, at_ms, f"{self._room.room_id}.coupon.{at_ms}"),
            coupon_id=coupon_id(self._room),
            remaining=left,
        )

    def _orders(self, at_ms: int, _: Random) -> Timed:
        count = bisect_right(self._paid_times, at_ms)
        return at_ms, OrdersCounted(
            **self._frame.envelope(self._room, at_ms, f"{self._room.room_id}.sums.{at_ms}"),
            paid_lines=count,
            paid_minor=self._paid_minor[count],
            currency=self._room.currency,
        )
