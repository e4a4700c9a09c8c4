"""The minutes of a broadcast as rules look at them, read from records as they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Final

from streamproc.alerts.history import NO_PANES, Row
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.program.codecs import minute_rows
from streamproc.program.floor_codec import unpack_sold
from streamproc.program.keys import Kind, head
from streamproc.program.sense_codec import asked_rows, unpack_senses
from streamproc.tally.figures import CommentFigures, Figures, OrderFigures, ViewerFigures
from streamproc.tally.held import Held
from streamproc.tally.online import Readings
from streamproc.tally.panes import Minute
from streamproc.tally.people import UNIQUES
from streamproc.tally.senses import MinuteSenses
from streamproc.tally.sold import MinuteSold
from streamproc.tally.uniques import Uniques

_REASONS: Final = tuple(
    name.removeprefix("failed_") for name in OrderFigures.__slots__ if name.startswith("failed_")
)
_COMMENTERS: Final = UNIQUES[COMMENTS_TOPIC].index("commenters")
_ORDERS: Final = (
    "created_lines",
    "paid_lines",
    "pay_gmv_minor",
    *(f"failed_{name}" for name in _REASONS),
)
_FAILED: Final = 3

Take = Callable[[Row, bytes, Any, bool], None]
"""Puts one record into a row: of the row, the key, what is held (an open cell or bytes), and whether it
is to be known who did it and not only how many."""


def _columns(figures: type[Figures], names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Reads columns out of a row of a record; more than one."""
    places = [figures.__slots__.index(name) for name in names]
    return lambda row: tuple([row[place] for place in places])


_orders_of_row: Final = _columns(OrderFigures, _ORDERS)
_orders_of_pane: Final[Callable[[Any], tuple[Any, ...]]] = attrgetter(*_ORDERS)
_COMMENTS: Final = CommentFigures.__slots__.index("comments")
_CLICKS: Final = ViewerFigures.__slots__.index("clicks")


def _take_orders(row: Row, _key: bytes, held: Minute | bytes, _people: bool) -> None:
    panes: list[tuple[Any, ...] | None]
    if isinstance(held, bytes):
        panes = [_orders_of_row(pane) if pane else None for pane in minute_rows(held)[0]]
    else:
        panes = [_orders_of_pane(pane) if pane else None for pane in held.panes]
    row.created = _line(panes, 0)
    row.paid = _line(panes, 1)
    money = [pane[2] if pane else {} for pane in panes]
    row.paid_minor = {
        currency: tuple([each.get(currency, 0) for each in money])
        for currency in dict.fromkeys(chain.from_iterable(money))
    }
    told = [pane[_FAILED:] for pane in panes if pane]
    failed = {
        reason: count
        for reason, count in zip(_REASONS, map(sum, zip(*told, strict=True)), strict=False)
        if count
    }
    row.failed_by = failed
    row.failed = (
        tuple([sum(pane[_FAILED:]) if pane else 0 for pane in panes]) if failed else NO_PANES
    )


def _take_comments(row: Row, _key: bytes, held: Minute | bytes, people: bool) -> None:
    if isinstance(held, bytes):
        panes, members, _ = minute_rows(held)
        row.comments = _line(panes, _COMMENTS)
        packed = members[_COMMENTERS]
        row.commenters = Uniques.unpack(packed) if people and packed is not None else None
    else:
        row.comments = tuple([pane.comments if pane else 0 for pane in held.panes])  # type: ignore[attr-defined]
        row.commenters = held.members.counts()[_COMMENTERS]


def _take_viewers(row: Row, _key: bytes, held: Minute | bytes, _people: bool) -> None:
    if isinstance(held, bytes):
        panes, _, readings = minute_rows(held)
        row.clicks = _line(panes, _CLICKS)
        row.readings = Readings.unpack(row.number, readings).ordered() if readings else ()
    else:
        row.clicks = tuple([pane.clicks if pane else 0 for pane in held.panes])  # type: ignore[attr-defined]
        row.readings = held.readings()


def _take_senses(row: Row, key: bytes, held: MinuteSenses | bytes, people: bool) -> None:
    users: dict[str, int] = {}
    if not isinstance(held, bytes):
        row.asked = held.everything()
        for (label, _), asked in row.asked.items():
            users[label] = users.get(label, 0) + asked.weighing()
        row.asked_users = users
        return
    row.asked = unpack_senses(key, held).everything() if people else {}
    for label, _, _, told, weighed in asked_rows(held):
        packed = told if weighed is None else weighed
        count = Uniques.unpack(packed).count() if isinstance(packed, bytes) else len(packed)
        users[label] = users.get(label, 0) + count
    row.asked_users = users


def _take_sold(row: Row, _key: bytes, held: Held[MinuteSold] | bytes, _people: bool) -> None:
    row.sold = unpack_sold(held) if isinstance(held, bytes) else held.told


def _line(panes: Sequence[Any], index: int) -> Sequence[int]:
    line = tuple([pane[index] if pane else 0 for pane in panes])
    return line if any(line) else NO_PANES


TAKES: Final[Mapping[bytes, Take]] = {
    head(Kind.MINUTE, ORDERS_TOPIC): _take_orders,
    head(Kind.MINUTE, COMMENTS_TOPIC): _take_comments,
    head(Kind.MINUTE, VIEWERS_TOPIC): _take_viewers,
    head(Kind.SENSES, COMMENTS_TOPIC): _take_senses,
    head(Kind.SOLD, ORDERS_TOPIC): _take_sold,
}
"""What all keys of a minute's records begin with -> how such a record goes into a row."""
