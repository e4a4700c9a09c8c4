"""The value of an order: its facts, packed small, because there are millions of them.

======  ==================================================================================
part    holds
======  ==================================================================================
base    a time of the first line; facts hold how long after it they were
names   sessions and currencies, each once, as they appear below; facts hold their index
lines   id, flags, created, paid, cancelled, requested, refunded, closed; nothing behind
        the last that a line has; the last three by refund id
======  ==================================================================================

Lines and refunds are sorted, so orders that hold the same facts have the same bytes.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from streamproc.program.codecs import VERSION
from streamproc.tally.orders import Created, Line, Order, Paid, Refunded, Requested, Told

_VERSION: Final = bytes((VERSION,))
_CREATED_LATE: Final = 1
_PAID_LATE: Final = 2
_BUYER_KNOWN: Final = 4
_CONTRADICTED: Final = 8
_OF_MOST: Final = 4
"""Most lines have these parts and none behind them."""
_NOTHING: Final = [None, None, None]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(tuple[int, list[str], list[list[Any]]]).decode

_Row = list[Any]


class _Names(dict[str, int]):
    """Text -> its index; a new text has the next one."""

    def __missing__(self, text: str) -> int:
        self[text] = at = len(self)
        return at


def pack_order(order: Order) -> bytes:
    """The value of an order that holds a fact."""
    ordered = sorted(order.lines)
    base_ms = _base_ms(order.lines[ordered[0]])
    names = _Names()
    lines = [_packed_line(line_id, order.lines[line_id], base_ms, names) for line_id in ordered]
    return _VERSION + _encode((base_ms, list(names), lines))


def unpack_order(value: bytes) -> Order:
    """The order of a value."""
    base_ms, texts, rows = _decode(memoryview(value)[1:])
    order = Order()
    for row in rows:
        order.lines[row[0]] = _unpacked_line(row, base_ms, texts)
    return order


def _base_ms(line: Line) -> int:
    first = line.created or line.paid or line.cancelled
    return min(fact.at_ms for fact in line.facts()) if first is None else first.at_ms


def _packed_line(line_id: str, line: Line, base_ms: int, names: _Names) -> _Row:
    flags = (
        line.created_late * _CREATED_LATE
        | line.paid_late * _PAID_LATE
        | line.buyer_known * _BUYER_KNOWN
        | line.contradicted * _CONTRADICTED
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
    for refund_id, (at_ms, minor, session_id) in sorted(line.requested.items()):
        requested[refund_id] = (at_ms - base_ms, minor, names[session_id])
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
    row += _NOTHING
    flags, created, paid = row[1:_OF_MOST]
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
    return line


def _unpack_rest(line: Line, row: _Row, base_ms: int, names: list[str]) -> None:
    cancelled, requested, refunded, closed, *_ = row[_OF_MOST:] + _NOTHING
    if cancelled is not None:
        line.cancelled = Told(base_ms + cancelled[0], names[cancelled[1]])
    for refund_id, (at, minor, session) in (requested or {}).items():
        line.requested[refund_id] = Requested(base_ms + at, minor, names[session])
    for refund_id, (at, minor, currency, session) in (refunded or {}).items():
        money = (minor, names[currency], names[session])
        line.refunded[refund_id] = Refunded(base_ms + at, *money)
    for refund_id, (at, session) in (closed or {}).items():
        line.closed[refund_id] = Told(base_ms + at, names[session])
