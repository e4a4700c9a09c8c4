"""What an order adds to the sums: a pure function of the facts of its lines.

A tally moves by what the order adds after a change minus what it added before, so no sum depends
on how often or in which order its facts came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from streamproc.events.orders import OrderPaid
from streamproc.tally.figures import OrderFigures
from streamproc.tally.orders import Line, Order

CREATED: Final = "created"
UNPAID: Final = "unpaid"
SOLD: Final = "sold"
UNNAMED: Final = "unnamed"
MAIN: Final = "main"
REFUND: Final = "refund"
REFUNDED: Final = "refunded"
ORPHAN: Final = "orphan"
CONTRADICTED: Final = "contradicted"


class Contribution(NamedTuple):
    """What goes into one session, and unless it is ``late`` into the pane of ``at_ms``.

    Shapes: ``part`` is the name of one of the parts above and says which columns it goes to.
    Units: ``minor`` in minor units of ``currency``.
    """

    session_id: str
    at_ms: int
    late: bool
    part: str
    currency: str = ""
    minor: int = 0
    quantity: int = 0


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
        at_ms, minor, _, currency, session_id = created
        late = line.created_late
        added.append(Contribution(session_id, at_ms, late, CREATED, currency, minor))
        if paid is None and line.cancelled is None:
            added.append(Contribution(session_id, at_ms, late, UNPAID, currency, minor))
    if paid is not None:
        at_ms, minor, quantity, currency, session_id, payable_minor = paid
        late = line.paid_late
        if created is None:
            added.append(Contribution(session_id, at_ms, late, CREATED, currency, payable_minor))
        added.append(Contribution(session_id, at_ms, late, SOLD, currency, minor, quantity))
        if not line.buyer_known:
            added.append(Contribution(session_id, at_ms, late, UNNAMED))
    if line.refunded:
        added += _refunds(line)
    if line.contradicted or line.gives_back_too_much:
        added.append(Contribution(_session_of(line), _NO_PANE_MS, True, CONTRADICTED))
    return added


def of_whole(order: Order) -> list[Contribution]:
    """What an order adds as one order: a count in each session that it has a paid line in.

    Shapes: it stands where the first paid line of that session does, by time and then by line id.
    """
    first: dict[str, tuple[int, str, bool]] = {}
    for line_id, line in order.lines.items():
        paid = line.paid
        if paid is not None:
            here = (paid.at_ms, line_id, line.paid_late)
            held = first.get(paid.session_id)
            if held is None or here < held:
                first[paid.session_id] = here
    return [
        Contribution(session_id, at_ms, late, MAIN)
        for session_id, (at_ms, _, late) in first.items()
    ]


def add(figures: OrderFigures, contribution: Contribution, sign: int) -> None:
    """Add a contribution (sign 1) or take it back (sign -1); money that comes to zero is dropped.

    So a sum holds the same currencies whatever was added and taken back on the way.
    """
    _ADD[contribution.part](figures, contribution, sign)


def count_created(figures: OrderFigures, currency: str, payable_minor: int) -> None:
    """Add a line that was created, and nothing else."""
    figures.created_lines += 1
    for money in (figures.created_minor, figures.unpaid_minor):
        # As ``_add_money`` does, without a call for each.
        total = money.get(currency, 0) + payable_minor
        if total:
            money[currency] = total
        else:
            money.pop(currency, None)


def count_paid(figures: OrderFigures, paid: OrderPaid, main: bool) -> None:
    """Add the payment of a line that was created; ``main``: its order stands by it."""
    figures.paid_lines += 1
    figures.items_sold += paid.quantity
    if main:
        figures.orders_main += 1
    if paid.buyer_key is None:
        figures.unnamed_paid_lines += 1
    _add_money(figures.pay_gmv_minor, paid.currency, paid.paid_minor)


def settle(figures: OrderFigures, currency: str, payable_minor: int) -> None:
    """Take back that a line was not paid."""
    _add_money(figures.unpaid_minor, currency, -payable_minor)


def count_refunded(figures: OrderFigures, currency: str, refund_minor: int) -> None:
    """Add the first refund of a line."""
    figures.refunded_lines += 1
    _add_money(figures.refunded_minor, currency, refund_minor)


def _add_money(money: dict[str, int], currency: str, minor: int) -> None:
    total = money.get(currency, 0) + minor
    if total:
        money[currency] = total
    else:
        money.pop(currency, None)


def _add_created(figures: OrderFigures, added: Contribution, sign: int) -> None:
    figures.created_lines += sign
    _add_money(figures.created_minor, added.currency, sign * added.minor)


def _add_unpaid(figures: OrderFigures, added: Contribution, sign: int) -> None:
    _add_money(figures.unpaid_minor, added.currency, sign * added.minor)


def _add_sold(figures: OrderFigures, added: Contribution, sign: int) -> None:
    figures.paid_lines += sign
    figures.items_sold += sign * added.quantity
    _add_money(figures.pay_gmv_minor, added.currency, sign * added.minor)


def _add_unnamed(figures: OrderFigures, _added: Contribution, sign: int) -> None:
    figures.unnamed_paid_lines += sign


def _add_main(figures: OrderFigures, _added: Contribution, sign: int) -> None:
    figures.orders_main += sign


def _add_refund(figures: OrderFigures, added: Contribution, sign: int) -> None:
    _add_money(figures.refunded_minor, added.currency, sign * added.minor)


def _add_refunded(figures: OrderFigures, added: Contribution, sign: int) -> None:
    figures.refunded_lines += sign
    _add_money(figures.refunded_minor, added.currency, sign * added.minor)


def _add_orphan(figures: OrderFigures, _added: Contribution, sign: int) -> None:
    figures.orphan_refunds += sign


def _add_contradicted(figures: OrderFigures, _added: Contribution, sign: int) -> None:
    figures.contradicted_lines += sign


_ADD: Final[dict[str, Callable[[OrderFigures, Contribution, int], None]]] = {
    CREATED: _add_created,
    UNPAID: _add_unpaid,
    SOLD: _add_sold,
    UNNAMED: _add_unnamed,
    MAIN: _add_main,
    REFUND: _add_refund,
    REFUNDED: _add_refunded,
    ORPHAN: _add_orphan,
    CONTRADICTED: _add_contradicted,
}


def _refunds(line: Line) -> list[Contribution]:
    """Refunds are never late: they stand in the pane of their own time, weeks behind a sale."""
    paid = line.paid
    if paid is None:
        return [
            Contribution(each.session_id, each.at_ms, False, ORPHAN)
            for each in line.refunded.values()
        ]
    _, first_id = min((each.at_ms, refund_id) for refund_id, each in line.refunded.items())
    return [
        Contribution(
            paid.session_id,
            each.at_ms,
            False,
            REFUNDED if refund_id == first_id else REFUND,
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
