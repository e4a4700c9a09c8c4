"""The record of an order: its facts, packed small, because there are millions of them.

======  ==================================================================================
part    holds
======  ==================================================================================
base    a time of the first line; facts hold how long after it they were
names   sessions and currencies, each once, as they appear below; facts hold their index
lines   id, flags and place, created, paid, cancelled, requested, refunded, closed; nothing behind
        the last that a line has; the last three by refund id; requested ends in reason and late
        where it has one of them
======  ==================================================================================

Lines and refunds are sorted, so orders that hold the same facts have the same bytes. Behind them
is the day from which the age of the order counts.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from streamproc.events.orders import OrderCreated, OrderPaid, OrderRefunded
from streamproc.program.codecs import LINE_VERSION
from streamproc.program.expiry import STAMP_BYTES
from streamproc.tally.orders import Created, Line, Order, Paid, Refunded, Requested, Told

_VERSION: Final = bytes((LINE_VERSION,))
_CREATED_LATE: Final = 1
_PAID_LATE: Final = 2
_BUYER_KNOWN: Final = 4
_CONTRADICTED: Final = 8
_PLACE_BITS: Final = 4
"""Behind so many flags stands where a line counts in its minute."""
_OF_CREATED: Final = 3
"""A line that was created, and nothing else, has as many parts."""
_OF_MOST: Final = 4
"""Most lines have these parts and none behind them."""
_BEFORE_REFUNDS: Final = 6
_NOTHING: Final = [None, None, None]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(tuple[int, list[str], list[list[Any]]]).decode

_Row = list[Any]

Unpaid = tuple[int, int, int, bool]
"""What a payment settles: when the line was created, for how much, 1 if that was late; and whether
the payment is the one that stands for the order."""


class _Names(dict[str, int]):
    """Text -> its index; a new text has the next one."""

    def __missing__(self, text: str) -> int:
        self[text] = at = len(self)
        return at


class OrderRecord(msgspec.Struct, gc=False):
    """The record of an order, open from its first change until it is taken.

    The facts that nearly all orders consist of are added to the rows as they are packed; whatever
    else is told is merged into an :class:`Order`, of which the rows are made anew.

    Shapes: ``base_ms``, ``names`` and ``rows`` are the parts of the value; ``since`` is the day from
        which the age of the order counts, as values end in it.
    """

    key: bytes
    since: bytes
    base_ms: int
    names: list[str]
    rows: list[_Row]
    dirty: bool = False

    def pack(self) -> bytes:
        """The value of an order that holds a fact."""
        return _VERSION + _encode((self.base_ms, self.names, self.rows)) + self.since

    def order(self) -> Order:
        """Everything known of the order; this one does not change with it."""
        order = Order()
        for row in self.rows:
            order.lines[row[0]] = _unpacked_line(row, self.base_ms, self.names)
        return order

    def hold(self, order: Order) -> None:
        """Hold what is known of an order that holds a fact."""
        ordered = sorted(order.lines)
        self.base_ms = base_ms = _base_ms(order.lines[ordered[0]])
        names = _Names()
        self.rows = [_packed_line(each, order.lines[each], base_ms, names) for each in ordered]
        self.names = list(names)

    def create(self, event: OrderCreated, late: bool) -> bool:
        """Add a line of which nothing was known, behind all others; False: it is not such a line."""
        rows, names = self.rows, self.names
        line_id, at_ms = event.line_id, event.occurred_at_ms
        currency, session_id = event.currency, event.session_id
        if currency == session_id or (rows and line_id <= rows[-1][0]):
            return False
        if rows:
            names += [each for each in (currency, session_id) if each not in names]
        else:
            self.base_ms = at_ms
            names += (currency, session_id)
        fact = (
            at_ms - self.base_ms,
            event.payable_minor,
            event.quantity,
            names.index(currency),
            names.index(session_id),
        )
        rows.append([line_id, _CREATED_LATE if late else 0, fact])
        return True

    def put(self, place: int) -> None:
        """Say where in its minute the line counts that was added last."""
        self.rows[-1][1] |= place << _PLACE_BITS

    def pay(self, event: OrderPaid, late: bool) -> Unpaid | None:
        """Add the payment of a line of which only the creation is known, told of the same session.

        Shapes: None, and nothing is added: it is not such a line, it was created in another
            currency, or the order may stand by another of its lines from now on.
        """
        row = self._row(event.line_id)
        if row is None or len(row) != _OF_CREATED:
            return None
        created_at, minor, _, currency, session = row[2]
        names = self.names
        if names[currency] != event.currency or names[session] != event.session_id:
            return None
        at = event.occurred_at_ms - self.base_ms
        main = len(self.rows) == 1 or self._stands(at, event.line_id, session)
        if main is None:
            return None
        flags: int = row[1]
        row[1] = flags | late * _PAID_LATE | (event.buyer_key is not None) * _BUYER_KNOWN
        row.append((at, event.paid_minor, event.quantity, currency, session, event.payable_minor))
        return self.base_ms + created_at, minor, flags & _CREATED_LATE, main

    def refund(self, event: OrderRefunded) -> bool:
        """Add the first refund of a paid line, told of its session; False: it is not such a one.

        Shapes: nor is one of other money than was paid, which contradicts the payment.
        """
        row = self._row(event.line_id)
        if row is None or not _OF_CREATED < len(row) <= _BEFORE_REFUNDS:
            return False
        paid, names = row[_OF_CREATED], self.names
        if paid is None:
            return False
        paid_minor, _, currency, session = paid[1:5]
        if names[currency] != event.currency or names[session] != event.session_id:
            return False
        if event.refund_minor > paid_minor:
            return False
        fact = (event.occurred_at_ms - self.base_ms, event.refund_minor, currency, session)
        row += _NOTHING[: _BEFORE_REFUNDS - len(row)]
        row.append({event.refund_id: fact})
        return True

    def _row(self, line_id: str) -> _Row | None:
        for row in self.rows:
            if row[0] == line_id:
                return row
        return None

    def _stands(self, at: int, line_id: str, session: int) -> bool | None:
        """Whether the order stands by a payment in a session; None: perhaps, by another until now."""
        for row in self.rows:
            paid = row[_OF_CREATED] if len(row) > _OF_CREATED else None
            if paid is not None and paid[4] == session:
                return None if (at, line_id) < (paid[0], row[0]) else False
        return True


def open_order(key: bytes, value: bytes) -> OrderRecord:
    """The order of a record, to be changed."""
    base_ms, names, rows = _decode(value[1:-STAMP_BYTES])
    return OrderRecord(key, value[-STAMP_BYTES:], base_ms, names, rows)


def _base_ms(line: Line) -> int:
    first = line.created or line.paid or line.cancelled
    return min(fact.at_ms for fact in line.facts()) if first is None else first.at_ms


def _packed_line(line_id: str, line: Line, base_ms: int, names: _Names) -> _Row:
    flags = (
        line.created_late * _CREATED_LATE
        | line.paid_late * _PAID_LATE
        | line.buyer_known * _BUYER_KNOWN
        | line.contradicted * _CONTRADICTED
        | line.place << _PLACE_BITS
    )
    row: _Row = [line_id, flags, None, None]
    if line.created is not None:
        at_ms, minor, quantity, currency, session_id = line.created
        row[2] = (at_ms - base_ms, minor, quantity, names[currency], names[session_id])
    if line.paid is not None:
        at_ms, minor, quantity, currency, session_id, payable = line.paid
        row[3] = (at_ms - base_ms, minor, quantity, names[currency], names[session_id], payable)
    if line.cancelled or line.requested or line.refunded or line.closed:
        row += _packed_rest(line, base_ms, names)
    while row[-1] is None:
        row.pop()
    return row


def _packed_rest(line: Line, base_ms: int, names: _Names) -> _Row:
    """What most lines have nothing of."""
    row: _Row = []
    cancelled = line.cancelled
    row.append(cancelled and (cancelled.at_ms - base_ms, names[cancelled.session_id]))
    requested, refunded, closed = {}, {}, {}
    for refund_id, (at_ms, minor, session_id, reason, late) in sorted(line.requested.items()):
        fact = (at_ms - base_ms, minor, names[session_id])
        requested[refund_id] = (*fact, names[reason], int(late)) if reason or late else fact
    for refund_id, (at_ms, minor, currency, session_id) in sorted(line.refunded.items()):
        refunded[refund_id] = (at_ms - base_ms, minor, names[currency], names[session_id])
    for refund_id, (at_ms, session_id) in sorted(line.closed.items()):
        closed[refund_id] = (at_ms - base_ms, names[session_id])
    row += (requested or None, refunded or None, closed or None)
    return row


def _unpacked_line(row: _Row, base_ms: int, names: list[str]) -> Line:
    line = Line()
    if len(row) > _OF_MOST:
        _unpack_rest(line, row, base_ms, names)
    flags, created, paid = (row + _NOTHING)[1:_OF_MOST]
    if created is not None:
        at, minor, quantity, currency, session = created
        line.created = Created(base_ms + at, minor, quantity, names[currency], names[session])
        line.created_late = flags & _CREATED_LATE != 0
    if paid is not None:
        at, minor, quantity, currency, session, payable = paid
        line.paid = Paid(base_ms + at, minor, quantity, names[currency], names[session], payable)
        line.paid_late = flags & _PAID_LATE != 0
        line.buyer_known = flags & _BUYER_KNOWN != 0
    line.contradicted = flags & _CONTRADICTED != 0
    line.place = flags >> _PLACE_BITS
    return line


def _unpack_rest(line: Line, row: _Row, base_ms: int, names: list[str]) -> None:
    cancelled, requested, refunded, closed, *_ = row[_OF_MOST:] + _NOTHING
    if cancelled is not None:
        line.cancelled = Told(base_ms + cancelled[0], names[cancelled[1]])
    for refund_id, (at, minor, session, *said) in (requested or {}).items():
        reason, late = said or (None, 0)
        told = "" if reason is None else names[reason]
        line.requested[refund_id] = Requested(base_ms + at, minor, names[session], told, late > 0)
    for refund_id, (at, minor, currency, session) in (refunded or {}).items():
        money = (minor, names[currency], names[session])
        line.refunded[refund_id] = Refunded(base_ms + at, *money)
    for refund_id, (at, session) in (closed or {}).items():
        line.closed[refund_id] = Told(base_ms + at, names[session])
