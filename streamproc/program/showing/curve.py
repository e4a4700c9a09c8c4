"""Minutes of a broadcast as its curve shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import json

from streamproc.comments.labels import ALARMS
from streamproc.events.host_tally import CurveMinute
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.program.showing.broadcast import Broadcast
from streamproc.program.showing.cells import Comments
from streamproc.program.showing.turned import most_online
from streamproc.tally.floor import Floor
from streamproc.tally.lifecycle import Over
from streamproc.tally.model import MinuteTally
from streamproc.tally.spans import net_minor, without_zeros
from streamproc.tally.timing import MINUTE_MS

_encode: Final = json.Encoder().encode


def curve_of(broadcast: Broadcast, numbers: Iterable[int]) -> dict[int, bytes]:
    """Minutes by when they begin, those of which nothing is held left out."""
    curve: dict[int, bytes] = {}
    for number in numbers:
        minute = broadcast.minutes.get(number)
        if minute is not None:
            asked = broadcast.asked_in(number)
            curve[number * MINUTE_MS] = _encode(
                curve_minute(minute, asked, broadcast.floor, broadcast.over)
            )
    return curve


def curve_minute(
    minute: MinuteTally, asked: Comments, floor: Floor, over: Sequence[Over]
) -> CurveMinute:
    """One minute.

    Shapes: a comment may ask for more and say that there is none, so of those who do the one and the other
        the larger number is told. Nobody is online while the broadcast is ``over``.
    """
    panes: dict[str, list[Any]] = minute.panes
    sold = [pane for pane in panes.get(ORDERS_TOPIC, ()) if pane is not None]
    watched = [pane for pane in panes.get(VIEWERS_TOPIC, ()) if pane is not None]
    wrote = [pane for pane in panes.get(COMMENTS_TOPIC, ()) if pane is not None]
    paid: dict[str, int] = {}
    back: dict[str, int] = {}
    for pane in sold:
        for into, minors in ((paid, pane.pay_gmv_minor), (back, pane.refunded_minor)):
            for currency, minor in minors.items():
                into[currency] = into.get(currency, 0) + minor
    return CurveMinute(
        minute_ms=minute.number * MINUTE_MS,
        pay_gmv_minor=without_zeros(paid),
        net_gmv_minor=without_zeros(net_minor(paid, back)),
        orders=sum([pane.orders_main for pane in sold]),
        items=sum([pane.items_sold for pane in sold]),
        comments=sum([pane.comments for pane in wrote]),
        joins=sum([pane.joins for pane in watched]),
        likes=sum([pane.likes for pane in watched]),
        online=most_online(minute.readings, over),
        asked=max([_asking(asked, label) for label in ALARMS]) if asked else 0,
        pins=[product for at_ms, product in floor.pins if at_ms // MINUTE_MS == minute.number],
    )


def _asking(asked: Comments, label: str) -> int:
    return sum([comments for (each, _), comments in asked.items() if each == label])
