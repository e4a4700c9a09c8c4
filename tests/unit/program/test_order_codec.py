from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from streamproc.events.registry import ORDERS_TOPIC
from streamproc.program.keys import Kind, head
from streamproc.program.order_codec import open_order
from streamproc.tally.orders import Line, OrderFact
from tests.builders import T0, created, paid, viewer_key
from tests.unit.tally.told_orders import (
    Told,
    facts,
    order_of,
    recorded,
    sums_of,
    told_in_turn,
)

DICT_SLOT_BYTES = 60
"""What a dict of a million keys holds of each at most, itself."""
ALLOCATED_BYTES = 16
"""Small objects take a multiple of this."""


def held_bytes(*values: bytes) -> int:
    """What these take in a dict."""
    sizes = [-(-sys.getsizeof(value) // ALLOCATED_BYTES) * ALLOCATED_BYTES for value in values]
    return sum(sizes) + DICT_SLOT_BYTES


@given(told=st.lists(st.tuples(facts(), st.booleans()), min_size=1))
def test_an_order_comes_back_from_its_value(told: list[Told]) -> None:
    order, _ = told_in_turn(told)
    value = recorded(order).pack()
    again = open_order(b"an order", value).order()

    assert recorded(again).pack() == value
    assert sums_of(again) == sums_of(order)
    for line_id, line in order.lines.items():
        held = again.lines[line_id]
        assert all(getattr(held, each) == getattr(line, each) for each in Line.__slots__)


def test_a_line_of_the_usual_kind_takes_250_bytes_at_most() -> None:
    of_line = {"order_id": "6900000000000000001", "session_id": "session-000001-1"}
    key = head(Kind.LINE, ORDERS_TOPIC) + b"host-000001\x006900000000000000001"
    told: list[OrderFact] = [
        created(5_999, T0, buyer_key=viewer_key(), **of_line),
        paid(5_999, T0 + 65_000, buyer_key=viewer_key(), **of_line),
    ]
    value = recorded(order_of(*told)).pack()

    assert held_bytes(key, value) <= 250
