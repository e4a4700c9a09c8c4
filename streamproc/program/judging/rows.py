"""The minutes of a broadcast as rules look at them, read from records as they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Final

from streamproc.alerts.history import NO_PANES, Row
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, VIEWERS_TOPIC
from streamproc.program.codecs import minute_rows
from streamproc.program.floor_codec import unpack_sold
from streamproc.program.keys import Kind, head
from streamproc.program.sense_codec import asked_rows, unpack_senses
from streamproc.tally.figures import CommentFigures, OrderFigures, ViewerFigures
from streamproc.tally.held import Held
from streamproc.tally.online import Readings
from streamproc.tally.panes import Minute
from streamproc.tally.people import UNIQUES
from streamproc.tally.senses import MinuteSenses
from streamproc.tally.sold import MinuteSold
from streamproc.tally.uniques import Uniques

_FAILURES: Final = tuple(name for name in OrderFigures.__slots__ if name.startswith("failed_"))
_REASONS: Final = tuple(name.removeprefix("failed_") for name in _FAILURES)
_COMMENTERS: Final = UNIQUES[COMMENTS_TOPIC].index("commenters")

Take = Callable[[Row, bytes, Any, bool], None]
"""Puts one record into a row: of the row, the key, what is held (an open cell or bytes), and whether it
is to be known who did it and not only how many."""


def _places(names: Iterable[str]) -> list[int]:
    return [OrderFigures.__slots__.index(name) for name in names]


_CREATED, _PAID, _MONEY = _places(("created_lines", "paid_lines", "pay_gmv_minor"))
_FAILED: Final = _places(_FAILURES)
_failed_of_pane: Final[Callable[[Any], tuple[int, ...]]] = attrgetter(*_FAILURES)
_COMMENTS: Final = CommentFigures.__slots__.index("comments")
_CLICKS: Final = ViewerFigures.__slots__.index("clicks")


def _take_orders(row: Row, _key: bytes, held: Minute | bytes, _people: bool) -> None:
    if isinstance(held, bytes):
        rows = minute_rows(held)[0]
        row.created, row.paid = _line(rows, _CREATED), _line(rows, _PAID)
        money = [pane[_MONEY] if pane else {} for pane in rows]
        failed = [tuple([pane[place] for place in _FAILED]) if pane else () for pane in rows]
    else:
        panes: Any = held.panes
        row.created = _told([pane.created_lines if pane else 0 for pane in panes])
        row.paid = _told([pane.paid_lines if pane else 0 for pane in panes])
        money = [pane.pay_gmv_minor if pane else {} for pane in panes]
        failed = [_failed_of_pane(pane) if pane else () for pane in panes]
    row.paid_minor = {
        currency: tuple([each.get(currency, 0) for each in money])
        for currency in dict.fromkeys(chain.from_iterable(money))
    }
    row.failed = _told([sum(each) for each in failed])
    row.failed_by = {}
    if row.failed is not NO_PANES:
        sums = map(sum, zip(*filter(None, failed), strict=True))
        row.failed_by = {
            reason: count for reason, count in zip(_REASONS, sums, strict=True) if count
        }


def _take_comments(row: Row, _key: bytes, held: Minute | bytes, people: bool) -> None:
    if isinstance(held, bytes):
        panes, members, _ = minute_rows(held)
        row.comments = _line(panes, _COMMENTS)
        packed = members[_COMMENTERS]
        row.commenters = Uniques.unpack(packed) if people and packed is not None else None
    else:
        row.comments = _told([pane.comments if pane else 0 for pane in held.panes])  # type: ignore[attr-defined]
        row.commenters = held.members.counts()[_COMMENTERS]


def _take_viewers(row: Row, _key: bytes, held: Minute | bytes, _people: bool) -> None:
    if isinstance(held, bytes):
        panes, _, readings = minute_rows(held)
        row.clicks = _line(panes, _CLICKS)
        row.readings = Readings.unpack(row.number, readings).ordered() if readings else ()
    else:
        row.clicks = _told([pane.clicks if pane else 0 for pane in held.panes])  # type: ignore[attr-defined]
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
    return _told([pane[index] if pane else 0 for pane in panes])


def _told(line: Sequence[int]) -> Sequence[int]:
    """What is told pane by pane; always the same object for nothing."""
    return tuple(line) if any(line) else NO_PANES


TAKES: Final[Mapping[bytes, Take]] = {
    head(Kind.MINUTE, ORDERS_TOPIC): _take_orders,
    head(Kind.MINUTE, COMMENTS_TOPIC): _take_comments,
    head(Kind.MINUTE, VIEWERS_TOPIC): _take_viewers,
    head(Kind.SENSES, COMMENTS_TOPIC): _take_senses,
    head(Kind.SOLD, ORDERS_TOPIC): _take_sold,
}
"""What all keys of a minute's records begin with -> how such a record goes into a row."""
