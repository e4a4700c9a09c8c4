"""What alerts look at is compared only where it was kept from the beginning, and said where not."""

from __future__ import annotations

from typing import Any

from streamproc.comparison import drop_kept_in_part, drop_unknown_begin, drop_unknown_turns
from streamproc.events.registry import COMMENTS_TOPIC, ORDERS_TOPIC, ROOMS_TOPIC

FLOOR = {"floor": {"acted_ms": 1}, "pulse": {"heartbeats": [[1, 1, -1]]}}
SOLD = {"sold": {"0": {"requested": {"late": 1}}}}
SPOKEN = {"senses": {"facts": [[1]], "spoken": [[1]]}}


def form(**session: Any) -> dict[str, Any]:  # noqa: ANN401
    """The canonical form of one broadcast."""
    return {"hosts": {"h-1": {"sessions": {"s-1": {"totals": {"comments": 1}, **session}}}}}


def test_what_was_kept_from_the_beginning_is_compared() -> None:
    state, log = form(**FLOOR), form(**FLOOR, **SOLD)

    assert drop_kept_in_part(state, log) == []
    assert (state, log) == (form(**FLOOR), form(**FLOOR, **SOLD))


def test_what_was_kept_in_part_is_left_out_topic_by_topic() -> None:
    for topic, left in (
        (ROOMS_TOPIC, form(**SOLD, **SPOKEN)),
        (ORDERS_TOPIC, form(**FLOOR, **SPOKEN)),
        (COMMENTS_TOPIC, form(**FLOOR, **SOLD, senses={"facts": [[1]]})),
    ):
        state = form(**FLOOR, **SOLD, senses=dict(SPOKEN["senses"]), in_part=[topic])
        log = form(**FLOOR, **SOLD, senses=dict(SPOKEN["senses"]))

        (note,) = drop_kept_in_part(state, log)
        assert "in 1 broadcasts" in note
        assert state == log == left


def test_when_a_broadcast_began_is_compared_where_the_state_knows() -> None:
    told = {ORDERS_TOPIC: 1, ROOMS_TOPIC: 2}
    state, log = form(begun_ms=dict(told)), form(begun_ms=dict(told))
    assert drop_unknown_begin(state, log) == []
    assert (state, log) == (form(begun_ms=told), form(begun_ms=told))

    state, log = form(begun_ms={ORDERS_TOPIC: 1}, unbegun=[ROOMS_TOPIC]), form(begun_ms=dict(told))
    (note,) = drop_unknown_begin(state, log)
    assert "1 broadcasts" in note
    assert state == log == form(begun_ms={ORDERS_TOPIC: 1})

    state, log = form(unbegun=[*told]), form(begun_ms=dict(told))
    assert len(drop_unknown_begin(state, log)) == 1
    assert state == log == form()


def test_turns_are_compared_where_the_state_knows_them() -> None:
    state, log = form(lifecycle={"turns": [2]}), form(lifecycle={"turns": [4]})
    assert drop_unknown_turns(state, log) == []
    assert (state, log) == (form(lifecycle={"turns": [2]}), form(lifecycle={"turns": [4]}))

    state, log = (
        form(lifecycle={"starts": 1}, unturned=True),
        form(lifecycle={"starts": 1, "turns": [4]}),
    )
    (note,) = drop_unknown_turns(state, log)
    assert "the turns of 1 broadcasts" in note
    assert state == log == form(lifecycle={"starts": 1})
