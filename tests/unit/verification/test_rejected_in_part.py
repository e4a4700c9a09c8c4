"""Whose the rejected records are is compared topic by topic, where both sides know of all."""

from __future__ import annotations

from typing import Any

from streamproc.comparison import drop_rejected_in_part
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC


def form(orders: int, comments: int = 1) -> dict[str, Any]:
    """The canonical form of one host's rejected records, and one of nobody's."""
    of_session = {ORDERS_TOPIC: orders} if orders else {}
    return {
        "hosts": {},
        "rejected": {
            "": {"": {COMMENTS_TOPIC: 1}},
            "h-1": {"s-1": {COMMENTS_TOPIC: comments, **of_session}},
        },
    }


def passed(orders: int, comments: int, gone: int = 0) -> dict[str, dict[int, dict[str, int]]]:
    """What fences account for, orders in two partitions."""
    of_orders = {0: {"rejected": 1}, 1: {"rejected": orders - 1}}
    if gone:
        of_orders[1]["gone"] = gone
    return {ORDERS_TOPIC: of_orders, COMMENTS_TOPIC: {0: {"rejected": comments}}}


def test_what_is_known_of_all_is_compared() -> None:
    state, log = form(2), form(3)

    assert drop_rejected_in_part(state, log, passed(2, 2)) == []
    assert (state, log) == (form(2), form(3))


def test_what_an_earlier_version_passed_is_left_out_and_told() -> None:
    state, log = form(2), form(3)

    (note,) = drop_rejected_in_part(state, log, passed(3, 2))
    assert "2 of 3" in note
    assert ORDERS_TOPIC in note
    assert state == log == form(0)


def test_what_the_log_lost_is_left_out() -> None:
    state, log = form(2), form(1)

    assert drop_rejected_in_part(state, log, passed(2, 2, gone=1)) == []
    assert state == log == form(0)


def test_a_host_of_whom_nothing_is_left_is_left_out() -> None:
    state: dict[str, Any] = {"rejected": {"h-1": {"s-1": {ORDERS_TOPIC: 1}}}}
    log: dict[str, Any] = {"rejected": {"h-2": {"": {ORDERS_TOPIC: 2}}}}

    assert len(drop_rejected_in_part(state, log, passed(2, 0))) == 1
    assert state == log == {"rejected": {}}
