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
from streamproc.simulate.coupons import Coupons, coupon_id
from streamproc.simulate.delivery import lag_ms
from streamproc.simulate.frame import Frame, Timed
from streamproc.simulate.happenings import stock_report
from streamproc.simulate.incident_plans import (
    AdapterDownPlan,
    HostSilentPlan,
    SourceLagPlan,
    StreamDeadPlan,
    ViewerDropPlan,
)
from streamproc.simulate.rooms import Room
from streamproc.simulate.sales import Line
from streamproc.simulate.show import Stage
from streamproc.simulate.spans import BLOCK_MS
from streamproc.simulate.stock import Stock

_ROUNDED_FROM: Final = 10_000
_ROUNDED_TO: Final = 1_000
_VIEWS_PER_VIEWER: Final = 1.5
_FULL_FPS: Final = 30.0
_SILENT_DB: Final = -70.0


class Feeds:
    """The instruments of one room.

    Shapes: ``lines`` are the order lines that the run emits: the platform's own sums count these.
    """

    def __init__(
        self,
        stage: Stage,
        room: Room,
        lines: Sequence[Line],
        stock: Stock,
        coupons: Coupons,
        frame: Frame,
    ) -> None:
        self._stage = stage
        self._room = room
        self._stock = stock
        self._coupons = coupons
        self._frame = frame
        paid = sorted(
            (line.paid_ms, line.payable_minor)
            for line in lines
            if line.paid_ms is not None and frame.holds(line.paid_ms)
        )
        self._paid_times = [at_ms for at_ms, _ in paid]
        self._paid_minor = [0, *accumulate(minor for _, minor in paid)]
        # where the sound is known, it tells whether anybody speaks, and hands tell nothing
        self._sound_unknown = any(plan.signal == "hands" for plan, _ in room.of(HostSilentPlan))
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
            if not period_ms:
                continue
            offset_ms = int(self._room.phase * period_ms)
            first_ms = start_ms + (offset_ms - start_ms) % period_ms
            for at_ms in range(first_ms, min(end_ms, self._room.end_ms), period_ms):
                if self._room.silent_span(at_ms) is None:
                    yield from report(at_ms, rng)

    def _viewers(self, at_ms: int, rng: Random) -> Iterator[Timed]:
        scenario, room = self._stage.scenario, self._room
        if room.deaf_span(at_ms) is not None:
            return
        block = min(at_ms // BLOCK_MS, len(room.weights) - 1)
        level = self._stage.levels[block] * rng.uniform(0.94, 1.0)
        drop = room.during(ViewerDropPlan, at_ms)
        level *= 1 - drop[0].lost_share if drop else 1
        online = round(scenario.peak_online * room.share * level)
        rounded = online >= _ROUNDED_FROM
        viewers = scenario.viewers * room.share * self._seen[block + 1]
        yield (
            at_ms,
            ViewersCounted(
                **self._frame.envelope(room, at_ms, f"{room.room_id}.online.{at_ms}"),
                online=online // _ROUNDED_TO * _ROUNDED_TO if rounded else online,
                views_total=round(viewers * _VIEWS_PER_VIEWER),
                viewers_total=round(viewers),
                approximate=True if rounded else None,
            ),
        )

    def _heartbeat(self, at_ms: int, rng: Random) -> Iterator[Timed]:
        age_ms = int(rng.random() * 900)
        down = self._room.during(AdapterDownPlan, at_ms)
        behind = self._room.during(SourceLagPlan, at_ms)
        if down is not None and down[0].signal == "gone":
            return
        if down is not None:
            age_ms += at_ms - down[1].span.start_ms
        elif behind is not None:
            age_ms += lag_ms(*behind, at_ms)
        yield (
            at_ms,
            AdapterHeartbeat(
                **self._frame.envelope(self._room, at_ms, f"{self._room.room_id}.beat.{at_ms}"),
                connected=down is None,
                last_message_age_ms=age_ms,
            ),
        )

    def _health(self, at_ms: int, rng: Random) -> Iterator[Timed]:
        still = self._room.during(StreamDeadPlan, at_ms) is not None
        on = not still and not self._room.is_paused(at_ms)
        audio_db = round(rng.uniform(-30, -12), 1) if on else -90.0
        silent = self._room.during(HostSilentPlan, at_ms)
        if silent is not None and silent[0].signal == "audio":
            audio_db = _SILENT_DB - round(rng.random(), 1)
        heard = not still and not self._sound_unknown
        yield (
            at_ms,
            StreamHealth(
                **self._frame.envelope(self._room, at_ms, f"{self._room.room_id}.health.{at_ms}"),
                frames_per_s=round(_FULL_FPS - 4 * rng.random(), 1) if on else 0.0,
                bitrate_kbps=rng.randint(2_200, 4_500) if on else 0,
                audio_rms_db=audio_db if heard else None,
            ),
        )

    def _stock_left(self, at_ms: int, _: Random) -> Iterator[Timed]:
        room, stock, frame = self._room, self._stock, self._frame
        if not stock.is_told(at_ms):
            return
        all_of_it = self._stage.scenario.feeds.stock_all
        places = range(len(room.listings)) if all_of_it else (room.segment_at(at_ms).place,)
        for place in places:
            yield at_ms, stock_report(room, stock, place, at_ms, frame, StockCause.SYNC)

    def _coupons_left(self, at_ms: int, _: Random) -> Iterator[Timed]:
        yield (
            at_ms,
            CouponReported(
                **self._frame.envelope(self._room, at_ms, f"{self._room.room_id}.coupon.{at_ms}"),
                coupon_id=coupon_id(self._room),
                remaining=self._coupons.remaining(at_ms),
            ),
        )

    def _orders(self, at_ms: int, _: Random) -> Iterator[Timed]:
        count = bisect_right(self._paid_times, at_ms)
        yield (
            at_ms,
            OrdersCounted(
                **self._frame.envelope(self._room, at_ms, f"{self._room.room_id}.sums.{at_ms}"),
                paid_lines=count,
                paid_minor=self._paid_minor[count],
                currency=self._room.currency,
            ),
        )
