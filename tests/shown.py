"""What is shown of hosts, plainly: from a tally that is built from records alone, and whoever watches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import json

from streamproc.events.host_tally import CurveMinute, HostTally, decode_tally, versioned
from streamproc.events.orders import FailReason
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC, VIEWERS_TOPIC
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import host_tallies, rejections
from streamproc.protocol import View
from streamproc.tally.beginning import begin_ms, started_by_minutes_ms
from streamproc.tally.figures import CommentFigures, OrderFigures, ViewerFigures
from streamproc.tally.formulas import minutes_sum, over_of
from streamproc.tally.lifecycle import Status
from streamproc.tally.model import MinuteTally, SessionTally
from streamproc.tally.senses import Asked, Pair
from streamproc.tally.timing import MINUTE_MS
from streamproc.tally.windows import Rolling

HOUR_MS = 3_600_000
LIVELY_MS = 300_000
Curve = dict[int, CurveMinute]


def plainly(program: LiveProgram, host_id: str, as_of_ms: int) -> HostTally:
    """What is to be seen of a host."""
    tallies = sorted(
        host_tallies(program, host_id), key=lambda each: _rank(each, as_of_ms), reverse=True
    )
    shown = [each for each in tallies[:4] if each is tallies[0] or _goes_on(each, as_of_ms)]
    profile = program.profiles.at(host_id, begin_ms(shown[0])) if shown else None
    body: dict[str, Any] = {
        "version": 0,
        "host_id": host_id,
        "as_of_ms": as_of_ms,
        "sessions": [
            {**_rest(each, as_of_ms), **json.decode(Rolling(each).encoded(as_of_ms))}
            for each in shown
        ],
        "rejected": rejections(program.records.items()).get(host_id, {}).get("", {}),
    }
    if profile is not None:
        body |= {"host_name": profile.name, "village": profile.village}
        body |= {"town": profile.town, "district": profile.district}
    return decode_tally(json.encode(body))


def _status(tally: SessionTally) -> Status:
    return Status.UNKNOWN if tally.lifecycle is None else tally.lifecycle.status()


def _alive_ms(tally: SessionTally) -> int:
    seen = tally.seen_ms
    signs = [seen[each] for each in (COMMENTS_TOPIC, VIEWERS_TOPIC, ROOMS_TOPIC) if each in seen]
    return max(signs or seen.values())


def _goes_on(tally: SessionTally, as_of_ms: int) -> bool:
    return _status(tally) is not Status.ENDED and as_of_ms - _alive_ms(tally) < HOUR_MS


def _rank(tally: SessionTally, as_of_ms: int) -> tuple[bool, bool, int, int, str]:
    goes_on, alive_ms = _goes_on(tally, as_of_ms), _alive_ms(tally)
    if goes_on and as_of_ms - alive_ms < LIVELY_MS:
        start_ms = 0 if tally.lifecycle is None else tally.lifecycle.started_first_ms or 0
        return goes_on, True, start_ms, 0, tally.session_id
    return goes_on, False, alive_ms, max(tally.seen_ms.values()), tally.session_id


def _rest(tally: SessionTally, as_of_ms: int) -> dict[str, Any]:
    turns, status = tally.lifecycle, _status(tally)
    last = as_of_ms // MINUTE_MS
    lately = [tally.minutes[each] for each in range(last - 9, last + 1) if each in tally.minutes]
    rest: dict[str, Any] = {
        "session_id": tally.session_id,
        "status": status.value,
        "started_ms": started_by_minutes_ms(tally, min(tally.minutes, default=None)),
        "ended_ms": turns.ended_ms if turns is not None and status is Status.ENDED else None,
        "heard_ms": max(tally.seen_ms.values()),
        "intents": _labels([tally.senses.asked]),
        "intents_10m": _labels([each.asked for each in lately]),
        "failed_by_reason": _failed(tally),
        "on_show": None,
    }
    if turns is not None and turns.started_last is not None:
        rest["venue_id"] = turns.started_last.venue_id
        rest["contest_id"] = turns.started_last.contest_id
    if tally.floor is not None:
        rest["room_id"] = tally.floor.room_id
        rest["on_show"] = _on_show(tally, as_of_ms)
    return rest


def _failed(tally: SessionTally) -> dict[str, int]:
    orders = tally.totals.get(ORDERS_TOPIC)
    counts = {
        each.value: 0 if orders is None else getattr(orders, f"failed_{each.value}")
        for each in FailReason
    }
    return {reason: failed for reason, failed in counts.items() if failed}


def _on_show(tally: SessionTally, as_of_ms: int) -> dict[str, Any] | None:
    floor = tally.floor
    assert floor is not None
    product_id = floor.on_show(as_of_ms)
    if product_id is None:
        return None
    shown: dict[str, Any] = {"product_id": product_id, "since_ms": floor.shown_since_ms(as_of_ms)}
    product = floor.products.get(product_id)
    if product is not None:
        shown |= {"title": product.title, "link_no": product.link_no or None}
        there = [each for each in product.stock.values() if not each.is_out]
        if there:
            packs = {pack for pack, each in product.stock.items() if each in there}
            stock = product.stock
            newest = max(packs, key=lambda pack: (stock[pack].as_of_ms, pack))
            whole_is_out = "" in stock and stock[""].is_out
            latest = max(stock, key=lambda pack: (stock[pack].as_of_ms, pack))
            is_out = whole_is_out and stock[latest].is_out
            shown["available"] = 0 if is_out else stock[newest].available
        elif product.stock:
            shown["available"] = 0
    return shown


def _labels(asked: Sequence[dict[Pair, Asked]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for each in asked:
        for (label, _), held in each.items():
            found[label] += held.comments
    return {label: comments for label, comments in found.items() if comments}


def curve(tally: SessionTally) -> Curve:
    """The curve of a broadcast."""
    return {
        number * MINUTE_MS: _minute(tally, minute)
        for number, minute in tally.minutes.items()
        if minute.panes
    }


def _minute(tally: SessionTally, minute: MinuteTally) -> CurveMinute:
    orders = minutes_sum([minute], OrderFigures, ORDERS_TOPIC)
    comments = minutes_sum([minute], CommentFigures, COMMENTS_TOPIC)
    viewers = minutes_sum([minute], ViewerFigures, VIEWERS_TOPIC)
    net = Counter(orders.pay_gmv_minor)
    net.subtract(orders.refunded_minor)
    asked = _labels([minute.asked])
    pins = [] if tally.floor is None else tally.floor.pins
    over = over_of(tally)

    def off_air(at_ms: int) -> bool:
        return any(begin <= at_ms and (end is None or at_ms < end) for begin, end in over)

    return CurveMinute(
        minute_ms=minute.number * MINUTE_MS,
        pay_gmv_minor={each: minor for each, minor in orders.pay_gmv_minor.items() if minor},
        net_gmv_minor={each: minor for each, minor in net.items() if minor},
        orders=orders.orders_main,
        items=orders.items_sold,
        comments=comments.comments,
        joins=viewers.joins,
        likes=viewers.likes,
        online=max(
            (each.online for each in minute.readings if not off_air(each.at_ms)), default=None
        ),
        asked=max(asked.get("restock_request", 0), asked.get("stockout_report", 0)),
        pins=[product for at_ms, product in pins if at_ms // MINUTE_MS == minute.number],
    )


class Watcher:
    """Whoever is told of views, and holds them against what the program knows."""

    def __init__(self) -> None:
        self.tallies: dict[str, HostTally] = {}
        self.curves: dict[tuple[str, str], Curve] = {}
        self._as_of_ms = 0

    def restarted(self) -> None:
        """Another program tells from now on, under greater versions; its clock begins anew."""
        self._as_of_ms = 0

    def see(self, program: LiveProgram, views: Sequence[View]) -> None:
        """Take views in; each must be what the program knows now."""
        for view in views:
            host_id = view.key.decode()
            assert view.value is not None
            tally = decode_tally(versioned(view.value, 0))
            assert tally == plainly(program, host_id, tally.as_of_ms)
            assert tally.as_of_ms >= self._as_of_ms
            self._as_of_ms = tally.as_of_ms
            self.tallies[host_id] = tally
            self._draw(host_id, view)

    def _draw(self, host_id: str, view: View) -> None:
        for name, minutes in view.parts.items():
            curve = self.curves.setdefault((host_id, name.removeprefix("curve:")), {})
            for minute_ms, value in minutes.items():
                curve[minute_ms] = json.decode(value, type=CurveMinute)
                assert curve[minute_ms].minute_ms == minute_ms

    def knows(self, program: LiveProgram) -> None:
        """Hold everything that was told against what the program knows."""
        for tally in host_tallies(program):
            told = self.tallies[tally.host_id]
            if tally.session_id in {each.session_id for each in told.sessions}:
                assert self.curves.get((tally.host_id, tally.session_id), {}) == curve(tally)
        for host_id, told in self.tallies.items():
            assert told == plainly(program, host_id, told.as_of_ms)
