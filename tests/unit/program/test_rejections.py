"""What cannot be used is counted by whose it is, and begins nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from streamproc.events.codec import encode
from streamproc.events.registry import (
    COMMENTS_TOPIC,
    HOSTS_TOPIC,
    INPUT_TOPICS,
    ORDERS_TOPIC,
    VIEWERS_TOPIC,
)
from streamproc.oracle.batch import LogRecord
from streamproc.program.canonical import canonical
from streamproc.program.keys import Kind
from streamproc.program.live import LiveProgram
from streamproc.program.tallies import Rejections, host_tallies, rejections
from streamproc.tally.formulas import session_answer
from streamproc.tally.retention import DAY_MS, SESSION_DAYS
from tests.builders import T0, comment, created, joined, paid, profiled
from tests.folding import State, batch_of, take_into, tell

YEAR_2100_MS = 4_102_444_800_000


def reject(
    program: LiveProgram,
    topic: str = ORDERS_TOPIC,
    session_id: str | None = "s-1",
    host_id: str = "h-1",
    **fields: Any,  # noqa: ANN401
) -> None:
    """Have a record of a host rejected."""
    body = {"type": "order.paid", "host_id": host_id, "session_id": session_id, **fields}
    value = msgspec.json.encode(body)
    report = program.apply(
        topic, batch_of([LogRecord(topic, 0, 0, host_id.encode(), value, YEAR_2100_MS)])
    )
    assert report.rejected == 1


def held(program: LiveProgram) -> Rejections:
    return rejections(program.records.items())


def completeness(program: LiveProgram, session_id: str = "s-1") -> Mapping[str, Any]:
    (tally,) = (each for each in host_tallies(program) if each.session_id == session_id)
    answer = session_answer(tally, T0)
    found: Mapping[str, Any] = answer["completeness"]
    return found


def restarted(program: LiveProgram, state: State) -> LiveProgram:
    take_into(state, program)
    again = LiveProgram()
    again.restore(iter(state.items()))
    return again


def test_a_broadcast_tells_how_many_of_its_records_cannot_be_used_by_topic() -> None:
    program = LiveProgram()
    tell(program, paid())
    assert completeness(program)["rejected"] == {}
    for topic in (ORDERS_TOPIC, ORDERS_TOPIC, COMMENTS_TOPIC):
        reject(program, topic)
    reject(program, session_id="s-2")
    reject(program, host_id="h-2")

    assert completeness(program)["rejected"] == {COMMENTS_TOPIC: 1, ORDERS_TOPIC: 2}


def test_garbage_counts_each_time_it_comes_and_also_before_its_broadcast_begins() -> None:
    program = LiveProgram()
    for _ in range(3):
        reject(program, event_id="e-1")
    tell(program, joined())

    assert completeness(program)["rejected"] == {ORDERS_TOPIC: 3}


def test_garbage_begins_no_broadcast_and_no_host() -> None:
    program = LiveProgram()
    reject(program, session_id="s-none")
    reject(program, session_id=None)

    assert list(host_tallies(program)) == []
    assert canonical(program.records.items())["hosts"] == {}
    assert {key[0] for key, _ in program.records.items()} == {Kind.REJECTED}


def test_what_was_rejected_stays_when_it_is_told_again_and_accepted() -> None:
    program = LiveProgram()
    program.apply(
        ORDERS_TOPIC,
        batch_of([LogRecord(ORDERS_TOPIC, 0, 0, b"h-1", encode(paid()), T0 - 2 * DAY_MS)]),
    )
    assert tell(program, paid()).applied == 1

    assert completeness(program)["rejected"] == {ORDERS_TOPIC: 1}


def test_what_names_no_broadcast_is_the_hosts_in_every_topic() -> None:
    program = LiveProgram()
    for topic in INPUT_TOPICS:
        reject(program, topic, session_id=None)
    program.apply(HOSTS_TOPIC, batch_of([LogRecord(HOSTS_TOPIC, 0, 0, b"h-1", None, T0)]))

    assert held(program) == {"h-1": {"": {**dict.fromkeys(INPUT_TOPICS, 1), HOSTS_TOPIC: 2}}}


def test_a_count_goes_on_after_a_restart() -> None:
    program, state = LiveProgram(), State()
    reject(program)
    program = restarted(program, state)
    reject(program)
    take_into(state, program)

    assert rejections(state.items()) == {"h-1": {"s-1": {ORDERS_TOPIC: 2}}}


def test_a_count_is_over_400_days_after_its_last_record_and_never_by_the_time_of_garbage() -> None:
    for days, expected in ((SESSION_DAYS, 3), (SESSION_DAYS + 1, 1)):
        program = LiveProgram()
        tell(program, paid())
        reject(program)
        reject(program)
        reject(program, COMMENTS_TOPIC, occurred_at_ms=YEAR_2100_MS)
        tell(program, comment(at_ms=T0 + 900 * DAY_MS))  # another topic's days are its own
        tell(program, created(at_ms=T0 + days * DAY_MS, order_id="o-2"))
        reject(program, occurred_at_ms=YEAR_2100_MS)

        assert held(program)["h-1"]["s-1"][ORDERS_TOPIC] == expected


def test_what_is_over_is_swept_in_every_topic_and_what_came_before_any_event_is_not() -> None:
    program, state = LiveProgram(), State()
    reject(program, VIEWERS_TOPIC)
    tell(program, paid(), profiled())
    for topic in (ORDERS_TOPIC, HOSTS_TOPIC):
        reject(program, topic)
    later_ms = T0 + (SESSION_DAYS + 1) * DAY_MS
    tell(program, created(at_ms=later_ms, order_id="o-2"), profiled(at_ms=later_ms))
    tell(program, joined(at_ms=later_ms))
    take_into(state, program)
    for _ in range(10):
        program.tick(0, True)
    take_into(state, program)

    assert rejections(state.items()) == {"h-1": {"s-1": {VIEWERS_TOPIC: 1}}}


def test_a_state_of_before_goes_on_with_what_is_rejected_from_then_on() -> None:
    program, state = LiveProgram(), State()
    tell(program, paid())
    reject(program)
    take_into(state, program)
    before = {key: value for key, value in state.items() if key[0] != Kind.REJECTED}
    program = LiveProgram()
    program.restore(iter(before.items()))
    reject(program)

    assert completeness(program)["rejected"] == {ORDERS_TOPIC: 1}
