"""Rooms for tests of alerts, in one line: ``room(minutes={1: row(paid=3)}, floor=floor)``.

A room is live since an hour and every topic has just told something, unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from streamproc.alerts.history import History, Row
from streamproc.alerts.room import TOPICS, Room
from streamproc.tally.floor import Floor, Product, Stock
from streamproc.tally.lifecycle import Lifecycle, Started, Status
from streamproc.tally.online import Reading
from streamproc.tally.senses import Asked, Pair
from streamproc.tally.session_sense import SessionSense
from streamproc.tally.sold import MinuteSold, minute_of
from streamproc.tally.timing import MINUTE_MS, PANES_PER_MINUTE
from streamproc.tally.uniques import Uniques
from tests.builders import T0

HOUR_MS: Final = 60 * MINUTE_MS


def room(
    now_ms: int = T0,
    *,
    minutes: Mapping[int, Row] | None = None,
    floor: Floor | None = None,
    status: Status = Status.LIVE,
    live_for_ms: int = HOUR_MS,
    silent_ms: int = 0,
    venue_id: str = "",
    **fields: object,
) -> Room:
    """A broadcast at a moment.

    Shapes: ``minutes`` by how many minutes ago they began, 0 is the open one. ``fields`` are any of
        the room's own, set as they are. Paused or ended broadcasts became so just now.
    """
    made = Room("h-1", "s-1", now_ms)
    made.room_id = "r-1"
    made.begun_ms = now_ms - live_for_ms
    made.seen_ms = dict.fromkeys(TOPICS, now_ms - silent_ms)
    made.lifecycle = turned(status, now_ms, started_ms=now_ms - live_for_ms, venue_id=venue_id)
    made.floor = floor or Floor()
    made.said = SessionSense(b"")
    made.history = history(now_ms, minutes or {})
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def turned(status: Status, at_ms: int, *, started_ms: int, venue_id: str = "") -> Lifecycle:
    """The turns of a broadcast that took this status at a time; unknown: nobody told anything."""
    if status is Status.UNKNOWN:
        return Lifecycle()
    held = Lifecycle(started_ms, Started(started_ms, venue_id=venue_id), starts=1)
    if status is Status.PAUSED:
        held.paused_ms = at_ms
    if status is Status.ENDED:
        held.ended_ms = at_ms
    return held


def history(now_ms: int, minutes: Mapping[int, Row]) -> History:
    """The minutes of a room, by how many minutes ago they began."""
    rows = {}
    for ago, made in minutes.items():
        made.number = minute_of(now_ms) - ago
        made.readings = [
            each._replace(at_ms=each.at_ms + made.number * MINUTE_MS)
            if each.at_ms < MINUTE_MS
            else each
            for each in made.readings
        ]
        rows[made.number] = made
    return History(rows)


def row(
    *,
    online: int | Iterable[Reading] = (),
    sold: MinuteSold | None = None,
    failed_by: Mapping[str, int] | None = None,
    asked: Mapping[Pair, Iterable[int]] | None = None,
    asked_users: Mapping[str, int] | None = None,
    commenters: Iterable[int] | None = None,
    **columns: int | Iterable[int],
) -> Row:
    """One minute of a room.

    Shapes: a column is six numbers, or one that is spread over the panes, the earlier ones first.
        ``online`` is a count at the begin of the minute, or readings (times below a minute count
        from its begin). ``asked`` and ``commenters`` are numbers of people.
    """
    made = Row(0)
    for name, panes in columns.items():
        getattr(made, name)
        setattr(made, name, _spread(panes) if isinstance(panes, int) else tuple(panes))
    made.readings = [Reading(0, online, False)] if isinstance(online, int) else list(online)
    made.sold = sold
    made.failed_by = failed_by or {}
    made.asked = {pair: asked_by(people) for pair, people in (asked or {}).items()}
    made.asked_users = asked_users or {}
    made.commenters = None if commenters is None else Uniques(dict.fromkeys(commenters))
    return made


def asked_by(people: Iterable[int], damped: Iterable[int] = ()) -> Asked:
    """Who asked: one comment each; those who are damped do not weigh."""
    made = Asked()
    for weighs, users in ((True, people), (False, damped)):
        for user in users:
            made.comments += 1
            made.tell(user, weighs)
    return made


def product(
    *,
    listed_ms: int = T0 - HOUR_MS,
    title: str = "年糕",
    link_no: int = 1,
    stock: Stock | Mapping[str, Stock] | None = None,
    **fields: object,
) -> Product:
    """A product that is for sale; its stock is that of the whole, or by pack."""
    packs = {"": stock} if isinstance(stock, Stock) else dict(stock or {})
    rest: dict[str, Any] = fields
    return Product(listed_ms=listed_ms, title=title, link_no=link_no, stock=packs, **rest)


def shown(
    product_id: str = "p-1",
    since_ms: int = T0 - HOUR_MS,
    *others: str,
    held: Product | None = None,
) -> Floor:
    """A shop floor on which a product is for sale and on show; ``others`` are for sale, too.

    Shapes: ``held`` is the product itself. The others have the link numbers from 2 on.
    """
    products = {product_id: held or product()}
    for number, other in enumerate(others, start=2):
        products[other] = product(link_no=number)
    links = [(each.listed_ms, each.link_no, name) for name, each in products.items()]
    return Floor(products=products, links=links, pins=[(since_ms, product_id)])


def _spread(count: int) -> tuple[int, ...]:
    whole, rest = divmod(count, PANES_PER_MINUTE)
    return tuple(whole + (pane < rest) for pane in range(PANES_PER_MINUTE))
