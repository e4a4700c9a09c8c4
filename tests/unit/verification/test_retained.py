"""A log that lost its beginning decides what it tells whole; what it does not is left out, and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streamproc.engine.fence import TopicPosition
from streamproc.events.registry import ORDERS_TOPIC, AnyEvent
from streamproc.program.live import LiveProgram
from streamproc.retained import Left, gone
from streamproc.tally.retention import DAY_MS
from streamproc.verification import Verification
from tests.builders import T0, comment, created, joined, paid, profiled, refunded, room_started
from tests.cut_log import numbered, verified
from tests.folding import batch_of

LATER_MS = T0 + 9 * DAY_MS
LATER = {"session_id": "s-2"}
OLD: list[AnyEvent] = [room_started(), joined(), comment(), paid(10), comment(session_id="s-0")]
NEW: list[AnyEvent] = [
    room_started(LATER_MS, **LATER),
    joined(2, LATER_MS, **LATER),
    comment(at_ms=LATER_MS, **LATER),
    paid(20, LATER_MS, order_id="o-2", **LATER),
]
"""The first of them is the first that the log still holds, so they are told a day too early."""
WHOLE: list[AnyEvent] = [
    room_started(LATER_MS + 2 * DAY_MS, session_id="s-3"),
    joined(3, LATER_MS + 2 * DAY_MS, session_id="s-3"),
    paid(30, LATER_MS + 2 * DAY_MS, order_id="o-3", session_id="s-3"),
]


def found_of(
    events: Sequence[AnyEvent],
    lost: int,
    unfolded: Sequence[int] = (),
    damage: Callable[[LiveProgram], object] = lambda _: None,
) -> Verification:
    """What verification finds of a state of these events, and a log without the first ``lost``."""
    log = numbered(events)
    begins = {each.topic: each.offset + 1 for each in log[:lost]}
    return verified(log, begins, unfolded=unfolded, damage=damage)


def test_where_nothing_is_gone_everything_is_compared() -> None:
    found = found_of([*OLD, *NEW, *WHOLE], 0)

    assert found.is_equal, found.differences
    assert found.notes == []


def test_what_the_log_lost_is_left_out_and_told_and_the_rest_compared() -> None:
    found = found_of([*OLD, *NEW, *WHOLE], len(OLD))

    assert found.is_equal, found.differences
    (broadcasts,) = [note for note in found.notes if "broadcasts reach back" in note]
    assert broadcasts.startswith("3 broadcasts")
    assert broadcasts.endswith("h-1/s-0, h-1/s-1, h-1/s-2")
    assert found.state_sha256 == found.log_sha256
    since = "live.orders.v1, partition 0: 1 records that the state folded are gone from the log"
    assert any(
        note.startswith(since) and "before 2026-12-01 12:01 UTC" in note for note in found.notes
    )


def test_nothing_of_a_topic_is_compared_whose_log_is_empty() -> None:
    events = [*OLD, *NEW]

    found = found_of(events, len(events))

    assert found.is_equal, found.differences
    assert any("nor any broadcast that it told of" in note for note in found.notes)


def test_a_real_difference_of_what_the_log_tells_whole_is_found() -> None:
    events = [*OLD, *NEW, *WHOLE]

    found = found_of(events, len(OLD), unfolded=[len(events) - 1])

    assert not found.is_equal
    assert all("h-1 / sessions / s-3" in line for line in found.differences)


def test_a_broadcast_that_the_state_made_up_is_found() -> None:
    later_ms = LATER_MS + 3 * DAY_MS
    other = numbered([joined(9, later_ms, session_id="s-9")])

    def damage(program: LiveProgram) -> None:
        program.apply(other[0].topic, batch_of(other))

    found = found_of([*OLD, *NEW, *WHOLE], len(OLD), damage=damage)

    assert [line for line in found.differences if "s-9" in line and line.endswith("missing")]


def test_a_broadcast_of_which_the_state_knows_nothing_and_the_log_a_part_is_found() -> None:
    lost = comment(at_ms=LATER_MS + 60_000, session_id="s-4")

    found = found_of([*OLD, *NEW, lost, *WHOLE], len(OLD), unfolded=[len(OLD + NEW)])

    (line,) = found.differences
    assert "s-4: missing" in line


def test_what_an_order_joins_that_began_before_is_left_out() -> None:
    back_ms = LATER_MS + 2 * DAY_MS
    bought = paid(10, order_id="o-9")
    changed = paid(12, back_ms, order_id="o-9", session_id="s-3")
    given_back = refunded(5, back_ms, order_id="o-8", session_id="s-5")

    sold: list[AnyEvent] = [paid(10, order_id="o-8"), bought]
    found = found_of([*OLD, *sold, *NEW, *WHOLE, changed, given_back], len(OLD) + 2)

    assert found.is_equal, found.differences
    (note,) = [note for note in found.notes if "broadcasts reach back" in note]
    assert "h-1/s-3, h-1/s-5" in note
    assert "(4 orders among what does)" in note


def test_what_only_the_log_calls_contradicted_is_compared() -> None:
    later_ms = LATER_MS + 2 * DAY_MS
    again: list[AnyEvent] = [
        created(10, later_ms, order_id="o-7", session_id="s-3"),
        created(11, later_ms + 1, order_id="o-7", session_id="s-3"),
    ]

    found = found_of([*OLD, *NEW, *WHOLE, *again], len(OLD))

    assert found.is_equal, found.differences
    (note,) = [note for note in found.notes if "broadcasts reach back" in note]
    assert "s-3" not in note


def test_more_folded_than_a_whole_log_holds_is_no_loss() -> None:
    fence = TopicPosition(1, 0, applied=1)

    assert gone({ORDERS_TOPIC: fence}, {ORDERS_TOPIC: Left(0, T0, 0)}).records == {}
    assert gone({ORDERS_TOPIC: fence}, {ORDERS_TOPIC: Left(1, T0, 0)}).records == {ORDERS_TOPIC: 1}


def test_a_name_that_a_profile_told_which_is_gone_is_left_out() -> None:
    current, former = profiled("now", valid_from_ms=T0), profiled("before", valid_from_ms=T0 - 1)

    for events in ([current, former], [former, current]):
        found = found_of(events, 1)
        assert found.is_equal, found.differences
        assert any("names of 1 hosts" in note for note in found.notes) is (events[0] is current)


def test_a_name_that_the_log_tells_is_compared() -> None:
    former, current = profiled("before", valid_from_ms=T0 - 1), profiled("now", valid_from_ms=T0)

    found = found_of([former, current], 1, unfolded=[1])

    assert found.differences == ['hosts / h-1 / name: "before" | "now"']
