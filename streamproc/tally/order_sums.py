"""What an order adds to the sums: a pure function of the facts of its lines.

A tally moves by what the order adds after a change minus what it added before, so no sum depends
on how often or in which order its facts came.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from streamproc.tally.figures import OrderFigures
from streamproc.tally.orders import Line, Order

Counts = tuple[tuple[str, int], ...]
"""Columns that hold counts, each with what is added to it."""


class Contribution(NamedTuple):
    """What goes into one session, and unless it is ``late`` into the pane of ``at_ms``.

    Shapes: ``money`` is the column of the money, empty if there is none.
    Units: ``minor`` in minor units of ``currency``.
    """

    session_id: str
    at_ms: int
    late: bool
    counts: Counts = ()
    money: str = ""
    currency: str = ""
    minor: int = 0


_CREATED: Final[Counts] = (("created_lines", 1),)
_REFUNDED: Final[Counts] = (("refunded_lines", 1),)
_ORPHAN: Final[Counts] = (("orphan_refunds", 1),)
_CONTRADICTED: Final[Counts] = (("contradicted_lines", 1),)
_MAIN: Final[Counts] = (("orders_main", 1),)
_NO_PANE_MS: Final = 0


def contributions(order: Order) -> list[Contribution]:
    """Everything that an order adds."""
    lines = [each for line in order.lines.values() for each in of_line(line)]
    return [*lines, *of_whole(order)]


def of_line(line: Line) -> list[Contribution]:
    """What a line adds whatever the other lines of its order are."""
    created, paid = line.created, line.paid
    added: list[Contribution] = []
    if created is not None:
        at_ms, payable_minor, _, currency, session_id = created
        due = (currency, payable_minor)
        late = line.created_late
        added.append(Contribution(session_id, at_ms, late, _CREATED, "created_minor", *due))
        if paid is None and line.cancelled is None:
            added.append(Contribution(session_id, at_ms, late, (), "unpaid_minor", *due))
    if paid is not None:
        at_ms, paid_minor, quantity, currency, session_id, payable_minor = paid
        late = line.paid_late
        if created is None:
            due = (currency, payable_minor)
            added.append(Contribution(session_id, at_ms, late, _CREATED, "created_minor", *due))
        counts: Counts = (("paid_lines", 1), ("items_sold", quantity))
        if not line.buyer_known:
            counts = (*counts, ("unnamed_paid_lines", 1))
        sold = (currency, paid_minor)
        added.append(Contribution(session_id, at_ms, late, counts, "pay_gmv_minor", *sold))
    if line.refunded:
        added += _refunds(line)
    if line.contradicted:
        session_id = _session_of(line)
        added.append(Contribution(session_id, _NO_PANE_MS, True, _CONTRADICTED))
    return added


def of_whole(order: Order) -> list[Contribution]:
    """What an order adds as one order: a count in each session that it has a paid line in.

    Shapes: it stands where the first paid line of that session does, by time and then by line id.
    """
    first: dict[str, tuple[int, str]] = {}
    for line_id, line in order.lines.items():
        paid = line.paid
        if paid is not None:
            here = (paid.at_ms, line_id)
            first[paid.session_id] = min(here, first.get(paid.session_id, here))
    return [
        Contribution(session_id, at_ms, order.lines[line_id].paid_late, _MAIN)
        for session_id, (at_ms, line_id) in first.items()
    ]


def add(figures: OrderFigures, contribution: Contribution, sign: int) -> None:
    """Add a contribution (sign 1) or take it back (sign -1); money that comes to zero is dropped.

    So a sum holds the same currencies whatever was added and taken back on the way.
    """
    for name, count in contribution.counts:
        setattr(figures, name, getattr(figures, name) + sign * count)
    if contribution.minor:
        money: dict[str, int] = getattr(figures, contribution.money)
        currency = contribution.currency
        minor = money.get(currency, 0) + sign * contribution.minor
        if minor:
            money[currency] = minor
        else:
            del money[currency]


def _refunds(line: Line) -> list[Contribution]:
    """Refunds are never late: they stand in the pane of their own time, weeks behind a sale."""
    paid = line.paid
    if paid is None:
        return [
            Contribution(each.session_id, each.at_ms, False, _ORPHAN)
            for each in line.refunded.values()
        ]
    _, first_id = min((each.at_ms, refund_id) for refund_id, each in line.refunded.items())
    return [
        Contribution(
            paid.session_id,
            each.at_ms,
            False,
            _REFUNDED if refund_id == first_id else (),
            "refunded_minor",
            each.currency,
            each.refund_minor,
        )
        for refund_id, each in line.refunded.items()
    ]


def _session_of(line: Line) -> str:
    """The session that a line belongs to as a whole."""
    standing = line.paid or line.created
    if standing is not None:
        return standing.session_id
    return max((each.at_ms, each.session_id) for each in line.facts())[1]
