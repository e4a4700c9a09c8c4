"""What was given back, sale by sale: what minutes and sessions, which hold sums, cannot tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamproc.program.keys import Kind, parse
from streamproc.program.order_codec import open_order
from streamproc.tally.contests import Refund


def refunds_of(records: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, Refund]]:
    """The refunds of the orders of a state by host, of sales that were in time for their minute.

    Shapes: records of any partitions in any order, of which others than orders are passed over.
    """
    for key, value in records:
        if key[0] != Kind.LINE:
            continue
        for line in open_order(key, value).order().lines.values():
            paid = line.paid
            if paid is None or line.paid_late:
                continue
            for refund in line.refunded.values():
                told = Refund(paid.at_ms, refund.at_ms, refund.currency, refund.refund_minor)
                yield parse(key).host_id, told
